use std::fmt;
use std::str::FromStr;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use uuid::Uuid;

/// The place of an event in its execution's history: 1, 2, 3, with no gaps.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct EventId(u64);

impl EventId {
    /// The place of the first event.
    pub const FIRST: Self = Self(1);

    /// The place numbered `number`, counting from 1.
    pub const fn new(number: u64) -> Self {
        Self(number)
    }

    /// The number, counting from 1.
    pub fn get(self) -> u64 {
        self.0
    }

    /// The place after this one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }

    pub(crate) fn at(index: usize) -> Self {
        Self(index as u64 + 1)
    }
}

impl fmt::Display for EventId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// The ordinal of a request: what the guest holds. Not an event id: answers take event ids too.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub u32);

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

/// One generation of an instance: a GUID that is never used again, even after purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct ExecutionId(Uuid);

impl ExecutionId {
    /// The execution named by `uuid`.
    pub fn new(uuid: Uuid) -> Self {
        Self(uuid)
    }

    /// The execution that a caller names, or `None` of what is no GUID.
    pub fn parse(text: &str) -> Option<Self> {
        Uuid::try_parse(text).ok().map(Self)
    }

    /// The GUID.
    pub fn as_uuid(&self) -> &Uuid {
        &self.0
    }

    /// The idempotency key of the task whose request is the event `scheduled`.
    pub fn task_key(self, scheduled: EventId) -> TaskKey {
        TaskKey {
            execution: self,
            scheduled,
        }
    }
}

impl ExecutionId {
    /// The instance id of the child that is asked for at the event `scheduled`: the one given, else the task key.
    pub fn child_id(self, scheduled: EventId, given: Option<&InstanceId>) -> InstanceId {
        given.cloned().unwrap_or_else(|| {
            let key = self.task_key(scheduled).to_string();
            key.parse().expect("a task key is an instance id")
        })
    }
}

impl fmt::Display for ExecutionId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.as_hyphenated().fmt(f)
    }
}

/// Names one request of one execution for ever: an idempotency key. Written `{execution}:{event}`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct TaskKey {
    /// The execution that asked.
    pub execution: ExecutionId,
    /// The event that recorded the request.
    pub scheduled: EventId,
}

impl fmt::Display for TaskKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.execution, self.scheduled)
    }
}

/// 128 secret random bits of one execution, from which a guest's random numbers are seeded.
#[derive(Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Nonce(Uuid);

impl Nonce {
    /// The nonce with these bits.
    pub fn new(bits: u128) -> Self {
        Self(Uuid::from_u128(bits))
    }

    /// The bits.
    pub fn bits(self) -> u128 {
        self.0.as_u128()
    }
}

impl fmt::Debug for Nonce {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Nonce(..)")
    }
}

/// The key of a singleton: chosen by the caller, 1 to 256 characters, without `/ \ # ?` and control characters, not
/// beginning with `@`, and neither `.` nor `..`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct InstanceId(Arc<str>);

/// Why a text is not an instance id.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum InvalidInstanceId {
    /// It has no characters.
    #[error("an instance ID must not be empty")]
    Empty,
    /// It is too long.
    #[error("an instance ID has at most {max} characters; this one has {0}", max = InstanceId::CHARS_MAX)]
    TooLong(usize),
    /// Ids with a leading `@` belong to entities.
    #[error("an instance ID must not begin with '@'")]
    LeadingAt,
    /// As a segment of a URL it means another place, so that no client could ever ask for the instance.
    #[error("an instance ID must not be '.' or '..': no URL leads to such an instance")]
    Dots,
    /// It holds a character that Durable Functions does not allow.
    #[error(
        "an instance ID must not contain {0:?}: '/', '\\', '#', '?' and control characters are not allowed"
    )]
    Character(char),
}

impl InstanceId {
    /// The longest id, in characters.
    pub const CHARS_MAX: usize = 256;

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for InstanceId {
    type Err = InvalidInstanceId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        if text.is_empty() {
            return Err(InvalidInstanceId::Empty);
        }
        let chars = text.chars().count();
        if chars > Self::CHARS_MAX {
            return Err(InvalidInstanceId::TooLong(chars));
        }
        if text.starts_with('@') {
            return Err(InvalidInstanceId::LeadingAt);
        }
        if matches!(text, "." | "..") {
            return Err(InvalidInstanceId::Dots);
        }
        match text
            .chars()
            .find(|c| matches!(c, '/' | '\\' | '#' | '?') || c.is_control())
        {
            Some(c) => Err(InvalidInstanceId::Character(c)),
            None => Ok(Self(text.into())),
        }
    }
}

impl TryFrom<String> for InstanceId {
    type Error = InvalidInstanceId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<InstanceId> for String {
    fn from(id: InstanceId) -> Self {
        id.0.as_ref().to_owned()
    }
}

impl fmt::Display for InstanceId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The name that a module's export is bound to: `[A-Za-z][A-Za-z0-9_-]{0,126}`.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct FunctionName(Arc<str>);

/// A text is not a function name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "{0:?} is not a function name: a letter first, then letters, digits, '_' and '-', at most 127 characters in all"
)]
pub struct InvalidFunctionName(String);

impl FunctionName {
    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl FromStr for FunctionName {
    type Err = InvalidFunctionName;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let ok = text.len() <= 127
            && text.starts_with(|c: char| c.is_ascii_alphabetic())
            && text
                .bytes()
                .all(|b| b.is_ascii_alphanumeric() || b == b'_' || b == b'-');
        if ok {
            Ok(Self(text.into()))
        } else {
            Err(InvalidFunctionName(text.chars().take(140).collect()))
        }
    }
}

impl TryFrom<String> for FunctionName {
    type Error = InvalidFunctionName;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<FunctionName> for String {
    fn from(name: FunctionName) -> Self {
        name.0.as_ref().to_owned()
    }
}

impl fmt::Display for FunctionName {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// The SHA-256 of a component's bytes, written as 64 lower-case hexadecimal digits.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct ModuleDigest([u8; 32]);

/// A text does not name an id of its kind.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{text:?} is not {expected}")]
pub struct InvalidId {
    text: String,
    expected: &'static str,
}

impl ModuleDigest {
    /// The digest with these bytes.
    pub fn new(sha256: [u8; 32]) -> Self {
        Self(sha256)
    }

    /// The bytes.
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl fmt::Display for ModuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|byte| write!(f, "{byte:02x}"))
    }
}

impl fmt::Debug for ModuleDigest {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "ModuleDigest({self})")
    }
}

impl FromStr for ModuleDigest {
    type Err = InvalidId;

    fn from_str(text: &str) -> Result<Self, Self::Err> {
        let invalid = || InvalidId {
            text: text.chars().take(80).collect(),
            expected: "a module digest (64 lower-case hexadecimal digits)",
        };
        if text.len() != 64 || !text.bytes().all(|b| matches!(b, b'0'..=b'9' | b'a'..=b'f')) {
            return Err(invalid());
        }
        let mut bytes = [0; 32];
        for (byte, digits) in bytes.iter_mut().zip(text.as_bytes().chunks(2)) {
            let digits = std::str::from_utf8(digits).map_err(|_| invalid())?;
            *byte = u8::from_str_radix(digits, 16).map_err(|_| invalid())?;
        }
        Ok(Self(bytes))
    }
}

impl TryFrom<String> for ModuleDigest {
    type Error = InvalidId;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        text.parse()
    }
}

impl From<ModuleDigest> for String {
    fn from(digest: ModuleDigest) -> Self {
        digest.to_string()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instance_ids_follow_durable_functions() {
        for good in [
            "a",
            "order-42",
            "Ünïcode id",
            "a@b",
            "...",
            ".a",
            &"é".repeat(256),
        ] {
            assert!(good.parse::<InstanceId>().is_ok(), "{good}");
        }
        for bad in [
            "",
            "@entity",
            ".",
            "..",
            "a/b",
            "a\\b",
            "a#b",
            "a?b",
            "a\nb",
            "a\u{85}b",
            &"x".repeat(257),
        ] {
            assert!(bad.parse::<InstanceId>().is_err(), "{bad}");
        }
    }

    #[test]
    fn function_names_are_plain() {
        for good in ["a", "Hello_World-2", &"x".repeat(127)] {
            assert!(good.parse::<FunctionName>().is_ok(), "{good}");
        }
        for bad in ["", "2a", "-a", "a b", "a.b", "é", &"x".repeat(128)] {
            assert!(bad.parse::<FunctionName>().is_err(), "{bad}");
        }
    }

    #[test]
    fn names_and_ids_are_shown_as_they_were_given() {
        assert_eq!(EventId::new(41).next(), EventId::new(42));
        assert_eq!(Nonce::new(41).bits(), 41);
        let instance: InstanceId = "order-42".parse().expect("an instance id");
        let function: FunctionName = "pay".parse().expect("a name");
        assert_eq!(format!("{instance} {function}"), "order-42 pay");
    }

    #[test]
    fn a_nonce_stays_secret() {
        assert_eq!(format!("{:?}", Nonce::new(41)), "Nonce(..)");
    }

    #[test]
    fn a_digest_reads_back_what_it_writes() {
        let digest = ModuleDigest::new([0xA5; 32]);
        assert_eq!(digest.as_bytes(), &[0xA5; 32]);
        assert_eq!(format!("{digest:?}"), format!("ModuleDigest({digest})"));
        assert_eq!(digest.to_string().parse(), Ok(digest));
        assert!("abc".parse::<ModuleDigest>().is_err());
        assert!("Z".repeat(64).parse::<ModuleDigest>().is_err());
    }
}
