//! Who may be called: the entries of `allow_hosts`, and what they say of a request and of an address. Pure.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;
use std::sync::Arc;

use super::address::{Reach, canonical};
use super::target::{Host, Name, Scheme, Target, host_and_port};

/// One entry of `allow_hosts`, such as `api.example.com`, `https://*.example.com` or `127.0.0.1:9000`.
///
/// Without a scheme it is for `http` and `https`; without a port, for the scheme's own.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct AllowedHost {
    scheme: Option<Scheme>,
    host: Pattern,
    port: Option<u16>,
}

#[derive(Debug, Clone, PartialEq, Eq)]
enum Pattern {
    Exactly(Host),
    /// Every name that ends with a dot and this one.
    Under(Name),
}

/// A text is no entry of `allow_hosts`.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{text}' is no host to allow: {why}; write api.example.com, *.example.com, https://api.example.com:8443, 10.1.2.3 \
     or [::1]:9000"
)]
pub struct InvalidHost {
    text: String,
    why: &'static str,
}

impl FromStr for AllowedHost {
    type Err = InvalidHost;

    fn from_str(text: &str) -> Result<Self, InvalidHost> {
        let refused = |why| InvalidHost {
            text: text.to_owned(),
            why,
        };
        let (scheme, rest) = match text.split_once("://") {
            Some((scheme, rest)) => {
                let scheme = scheme
                    .parse()
                    .map_err(|_| refused("its scheme is neither http nor https"))?;
                (Some(scheme), rest)
            }
            None => (None, text),
        };
        if rest.contains(['/', '?', '#']) {
            return Err(refused("paths cannot be told apart"));
        }
        let under = rest.strip_prefix("*.");
        let (host, port) = host_and_port(under.unwrap_or(rest)).map_err(refused)?;
        let host = match (under, host) {
            (None, host) => Pattern::Exactly(host),
            (Some(_), Host::Name(parent)) => Pattern::Under(parent),
            (Some(_), Host::Address(_)) => {
                return Err(refused("an address has no names under it"));
            }
        };
        Ok(Self { scheme, host, port })
    }
}

impl fmt::Display for AllowedHost {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = self.scheme {
            write!(f, "{scheme}://")?;
        }
        match &self.host {
            Pattern::Exactly(host) => host.fmt(f)?,
            Pattern::Under(parent) => write!(f, "*.{parent}")?,
        }
        match self.port {
            Some(port) => write!(f, ":{port}"),
            None => Ok(()),
        }
    }
}

impl AllowedHost {
    /// For a request over this scheme to this port, whatever its host.
    fn fits(&self, target: &Target) -> bool {
        let scheme_fits = self.scheme.is_none_or(|scheme| scheme == target.scheme);
        scheme_fits && self.port.unwrap_or(target.scheme.port()) == target.port
    }

    fn names(&self, host: &Host) -> bool {
        match (&self.host, host) {
            (Pattern::Exactly(listed), host) => listed == host,
            (Pattern::Under(parent), Host::Name(name)) => name.is_under(parent),
            (Pattern::Under(_), Host::Address(_)) => false,
        }
    }
}

/// The hosts that may be called. Empty: none.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowList(Arc<[AllowedHost]>);

impl FromIterator<AllowedHost> for AllowList {
    fn from_iter<I: IntoIterator<Item = AllowedHost>>(entries: I) -> Self {
        Self(entries.into_iter().collect())
    }
}

/// Why a request may not be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Refused {
    /// Its host is not listed.
    Host(Target),
    /// The listed name leads to an address that must be listed itself.
    Address {
        target: Target,
        address: IpAddr,
        reach: Reach,
    },
}

impl Refused {
    /// What was refused, and the entry that would allow it.
    pub(crate) fn said(&self) -> (String, String) {
        match self {
            Self::Host(target) => (format!("call {target}"), target.entry()),
            Self::Address {
                target,
                address,
                reach,
            } => {
                let noun = reach.noun();
                let entry = match reach {
                    // The entry that was found is a wildcard.
                    Reach::Private => target.entry(),
                    Reach::Global | Reach::Loopback | Reach::Special(_) => {
                        target.at(*address).entry()
                    }
                };
                (
                    format!("call {target}, which leads to {address}, {noun}"),
                    entry,
                )
            }
        }
    }
}

impl AllowList {
    /// No host may be called.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// May a request to `target` be sent at all? Asked before its name is looked up.
    pub(crate) fn check(&self, target: &Target) -> Result<(), Refused> {
        if self.lists(target, |entry| entry.names(&target.host)) {
            return Ok(());
        }
        Err(Refused::Host(target.clone()))
    }

    /// May a request to `target`, which has been checked, be sent to this address? Asked of the very address that is then
    /// connected to.
    pub(crate) fn check_address(&self, target: &Target, address: IpAddr) -> Result<(), Refused> {
        let address = canonical(address);
        let listed = Host::Address(address);
        if self.lists(target, |entry| entry.names(&listed)) {
            return Ok(());
        }
        let reach = Reach::of(address);
        let named = || {
            self.lists(
                target,
                |entry| matches!(&entry.host, Pattern::Exactly(host) if *host == target.host),
            )
        };
        let allowed = match reach {
            Reach::Global => true,
            // Whoever owns a domain can let a name under it lead anywhere; only a name that the operator wrote is trusted.
            Reach::Private => named(),
            Reach::Loopback => target.host.is_localhost() && named(),
            Reach::Special(_) => false,
        };
        if allowed {
            return Ok(());
        }
        Err(Refused::Address {
            target: target.clone(),
            address,
            reach,
        })
    }

    fn lists(&self, target: &Target, names: impl Fn(&AllowedHost) -> bool) -> bool {
        self.0
            .iter()
            .any(|entry| entry.fits(target) && names(entry))
    }
}

#[cfg(test)]
mod tests;
