//! Keys: by which callers show what they may do. Only their digests are kept.

use std::collections::BTreeMap;
use std::fmt;
use std::future::Future;
use std::str::FromStr;
use std::sync::{Arc, RwLock};

use serde::{Deserialize, Serialize};
use sha2::{Digest, Sha256};
use soloist_core::{FunctionName, Nonce, Timestamp};
use subtle::ConstantTimeEq;
use tokio::sync::Mutex as AsyncMutex;

use crate::shared::Shared;
use crate::{Guests, HubError, Platform, TaskHub};

/// The most keys of one host: each request that brings one is held against all of them.
pub const KEYS_MAX: usize = 256;

/// What every key begins with, so that people and scanners for leaked secrets know it.
const PREFIX: &str = "soloist_";

/// What keys need of a store.
pub trait KeyStore: Send + Sync + 'static {
    /// All keys, by name.
    fn keys(&self) -> impl Future<Output = Result<Vec<KeyRecord>, HubError>> + Send;

    /// Keeps a key, in place of the one of this name if there is one.
    fn put_key(&self, key: KeyRecord) -> impl Future<Output = Result<(), HubError>> + Send;

    /// Forgets a key. False if there is none of this name.
    fn remove_key(&self, name: &KeyName) -> impl Future<Output = Result<bool, HubError>> + Send;
}

/// What a key is called: `[A-Za-z0-9][A-Za-z0-9_-]{0,63}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct KeyName(Arc<str>);

/// A text is not the name of a key.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not the name of a key: a letter or digit first, then letters, digits, '_' and '-', at most 64 characters in all"
)]
pub struct InvalidKeyName(String);

/// What a key is good for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum KeyKind {
    /// All that the host does.
    Master,
    /// Instances of all functions, by the management API.
    System,
    /// Starts of one function, or of all, and what was started by them.
    Function(Option<FunctionName>),
}

/// The SHA-256 of a key. A key is of 256 random bits, so nothing slower is needed to keep it secret.
#[derive(Clone, Copy, PartialEq, Eq)]
pub struct KeyDigest([u8; 32]);

/// A key as it is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KeyRecord {
    /// Its name.
    pub name: KeyName,
    /// What it is good for.
    pub kind: KeyKind,
    /// What it is known by.
    pub digest: KeyDigest,
    /// When it was made, or rolled.
    pub created: Timestamp,
}

/// A key itself: shown once, to whoever made it. `Debug` hides it.
#[derive(Clone, PartialEq, Eq)]
pub struct Secret(String);

/// A key was made or rolled.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What is kept of it.
    pub record: KeyRecord,
    /// The key.
    pub secret: Secret,
}

/// What became of a key that was to be revoked.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Revoked {
    /// It is void.
    Revoked,
    /// There is none of this name.
    Unknown,
    /// It is the only master key, and one was to be kept.
    LastMaster,
}

/// Why a key was not made.
#[derive(Debug, thiserror::Error)]
pub enum KeyError {
    /// There is one of this name.
    #[error("there is a key {0:?} already: roll it, or choose another name")]
    Exists(KeyName),
    /// There are as many as there may be.
    #[error("there are {KEYS_MAX} keys, and no more may be: revoke one first")]
    TooMany,
    /// The hub failed.
    #[error(transparent)]
    Hub(#[from] HubError),
}

impl KeyName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for KeyName {
    type Err = InvalidKeyName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ok = text.len() <= 64
            && text.starts_with(|c: char| c.is_ascii_alphanumeric())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if ok {
            Ok(Self(text.into()))
        } else {
            Err(InvalidKeyName(text.chars().take(80).collect()))
        }
    }
}

impl TryFrom<String> for KeyName {
    type Error = InvalidKeyName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<KeyName> for String {
    fn from(name: KeyName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for KeyName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl KeyDigest {
    /// The digest of a key.
    pub fn of(key: &str) -> Self {
        Self(Sha256::digest(key.as_bytes()).into())
    }

    /// A digest that was kept.
    pub fn new(bytes: [u8; 32]) -> Self {
        Self(bytes)
    }

    /// Its bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// True if both are of one key. Takes the same time wherever they differ.
    pub fn is(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl fmt::Debug for KeyDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("KeyDigest(..)")
    }
}

impl Secret {
    /// A key of 256 random bits.
    fn new(high: Nonce, low: Nonce) -> Self {
        Self(format!("{PREFIX}{:032x}{:032x}", high.bits(), low.bits()))
    }

    /// The text that callers send.
    pub fn reveal(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Secret(..)")
    }
}

/// All keys, in memory; the hub has the same.
#[derive(Debug, Default)]
pub(crate) struct Keys {
    table: RwLock<BTreeMap<KeyName, KeyRecord>>,
    /// Held while the hub and the table are changed together.
    changing: AsyncMutex<()>,
}

impl Keys {
    /// Takes in what the hub holds.
    pub(crate) fn fill(&self, records: Vec<KeyRecord>) {
        let records = records.into_iter();
        *self.write() = records.map(|key| (key.name.clone(), key)).collect();
    }

    pub(crate) fn all(&self) -> Vec<KeyRecord> {
        self.read().values().cloned().collect()
    }

    /// The key that this is. All are looked at, so that the time tells nothing about them.
    pub(crate) fn find(&self, digest: &KeyDigest) -> Option<KeyRecord> {
        let mut found = None;
        for record in self.read().values() {
            if record.digest.is(digest) {
                found = Some(record.clone());
            }
        }
        found
    }

    fn is_last_master(&self, name: &KeyName) -> bool {
        let table = self.read();
        let mut masters = table
            .values()
            .filter(|record| record.kind == KeyKind::Master);
        masters.next().is_some_and(|record| record.name == *name) && masters.next().is_none()
    }

    fn read(&self) -> std::sync::RwLockReadGuard<'_, BTreeMap<KeyName, KeyRecord>> {
        self.table
            .read()
            .expect("no code panics while it holds the keys")
    }

    fn write(&self) -> std::sync::RwLockWriteGuard<'_, BTreeMap<KeyName, KeyRecord>> {
        self.table
            .write()
            .expect("no code panics while it holds the keys")
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Shared<H, G, P> {
    pub(crate) async fn create_key(
        &self,
        name: KeyName,
        kind: KeyKind,
    ) -> Result<NewKey, KeyError> {
        let _changing = self.keys.changing.lock().await;
        {
            let table = self.keys.read();
            if table.contains_key(&name) {
                return Err(KeyError::Exists(name));
            }
            if table.len() >= KEYS_MAX {
                return Err(KeyError::TooMany);
            }
        }
        Ok(self.put_key(name, kind).await?)
    }

    pub(crate) async fn roll_key(&self, name: &KeyName) -> Result<Option<NewKey>, HubError> {
        let _changing = self.keys.changing.lock().await;
        let kind = self.keys.read().get(name).map(|record| record.kind.clone());
        match kind {
            Some(kind) => self.put_key(name.clone(), kind).await.map(Some),
            None => Ok(None),
        }
    }

    /// Makes a key under a name, and knows it once it is durable.
    async fn put_key(&self, name: KeyName, kind: KeyKind) -> Result<NewKey, HubError> {
        let secret = Secret::new(self.platform.new_nonce(), self.platform.new_nonce());
        let record = KeyRecord {
            digest: KeyDigest::of(secret.reveal()),
            created: self.platform.now(),
            name,
            kind,
        };
        self.hub.put_key(record.clone()).await?;
        self.keys
            .write()
            .insert(record.name.clone(), record.clone());
        Ok(NewKey { record, secret })
    }

    pub(crate) async fn revoke_key(
        &self,
        name: &KeyName,
        keeps_a_master: bool,
    ) -> Result<Revoked, HubError> {
        let _changing = self.keys.changing.lock().await;
        if keeps_a_master && self.keys.is_last_master(name) {
            return Ok(Revoked::LastMaster);
        }
        let was_there = self.hub.remove_key(name).await?;
        self.keys.write().remove(name);
        Ok(if was_there {
            Revoked::Revoked
        } else {
            Revoked::Unknown
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(name: &str, key: &str) -> KeyRecord {
        KeyRecord {
            name: name.parse().unwrap(),
            kind: KeyKind::Master,
            digest: KeyDigest::of(key),
            created: Timestamp::from_millis(0),
        }
    }

    #[test]
    fn a_name_is_of_letters_digits_and_dashes() {
        let long = "n".repeat(64);
        for name in ["a", "7", "ci-deploy_2", &long] {
            assert_eq!(name.parse::<KeyName>().unwrap().as_str(), name);
        }
        let longer = "n".repeat(65);
        for name in ["", "-a", "_master", "a b", "a/b", "ä", &longer] {
            assert!(name.parse::<KeyName>().is_err(), "{name}");
        }
    }

    #[test]
    fn a_key_is_found_by_what_it_is_and_by_nothing_else() {
        let keys = Keys::default();
        keys.fill(vec![record("a", "one"), record("b", "two")]);
        let find = |key| Some(keys.find(&KeyDigest::of(key))?.name.to_string());
        assert_eq!(find("one").as_deref(), Some("a"));
        assert_eq!(find("two").as_deref(), Some("b"));
        for other in ["", "a", "on", "one ", "ONE"] {
            assert_eq!(find(other), None, "{other}");
        }
    }

    #[test]
    fn a_key_has_256_bits_and_shows_itself_only_when_asked() {
        let secret = Secret::new(Nonce::new(1), Nonce::new(u128::MAX));
        let (zeros, ones) = ("0".repeat(31), "f".repeat(32));
        assert_eq!(secret.reveal(), format!("soloist_{zeros}1{ones}"));
        let digest = KeyDigest::of(secret.reveal());
        assert_eq!(format!("{secret:?} {digest:?}"), "Secret(..) KeyDigest(..)");
    }
}
