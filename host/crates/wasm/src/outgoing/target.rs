use std::fmt;
use std::net::{IpAddr, Ipv4Addr, Ipv6Addr};
use std::str::FromStr;

use super::address::canonical;

/// The most bytes that a name may have, without the dot at its end (RFC 1035).
const NAME_BYTES_MAX: usize = 253;
const LABEL_BYTES_MAX: usize = 63;

/// How a request is sent.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    /// Where its servers listen, unless something else is said.
    pub(crate) fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A scheme that is not known.
#[derive(Debug)]
pub(crate) struct UnknownScheme;

impl FromStr for Scheme {
    type Err = UnknownScheme;

    fn from_str(text: &str) -> Result<Self, UnknownScheme> {
        if text.eq_ignore_ascii_case("http") {
            Ok(Self::Http)
        } else if text.eq_ignore_ascii_case("https") {
            Ok(Self::Https)
        } else {
            Err(UnknownScheme)
        }
    }
}

impl fmt::Display for Scheme {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Http => "http",
            Self::Https => "https",
        })
    }
}

/// A name of the DNS, in lower case and without a dot at its end.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Name(String);

impl Name {
    pub(crate) fn as_str(&self) -> &str {
        &self.0
    }

    pub(crate) fn is_under(&self, parent: &Self) -> bool {
        self.0
            .strip_suffix(&parent.0)
            .is_some_and(|rest| rest.ends_with('.'))
    }
}

impl fmt::Display for Name {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// A name, or an address in the shortest form.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Host {
    Name(Name),
    Address(IpAddr),
}

impl Host {
    /// A name that means this machine by its definition (RFC 6761).
    pub(crate) fn is_localhost(&self) -> bool {
        match self {
            Self::Name(name) => name.0 == "localhost" || name.0.ends_with(".localhost"),
            Self::Address(_) => false,
        }
    }
}

impl fmt::Display for Host {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => name.fmt(f),
            Self::Address(IpAddr::V4(address)) => address.fmt(f),
            Self::Address(IpAddr::V6(address)) => write!(f, "[{address}]"),
        }
    }
}

/// Where a request goes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Target {
    pub(crate) scheme: Scheme,
    pub(crate) host: Host,
    pub(crate) port: u16,
}

impl Target {
    /// Of a request's scheme and authority; else what is wrong with them.
    pub(crate) fn new(scheme: Scheme, authority: &str) -> Result<Self, &'static str> {
        let (host, port) = host_and_port(authority)?;
        let port = port.unwrap_or(scheme.port());
        Ok(Self { scheme, host, port })
    }

    /// The same, at an address.
    pub(crate) fn at(&self, address: IpAddr) -> Self {
        Self {
            host: Host::Address(canonical(address)),
            ..self.clone()
        }
    }

    /// The host, and the port where it is not the scheme's own.
    pub(crate) fn entry(&self) -> String {
        if self.port == self.scheme.port() {
            self.host.to_string()
        } else {
            format!("{}:{}", self.host, self.port)
        }
    }
}

impl fmt::Display for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme, self.entry())
    }
}

/// Reads `host`, `host:port`, `[address]` or `[address]:port`.
pub(crate) fn host_and_port(text: &str) -> Result<(Host, Option<u16>), &'static str> {
    if text.contains('@') {
        return Err("it holds a user's name");
    }
    if let Some(rest) = text.strip_prefix('[') {
        let (address, rest) = rest.split_once(']').ok_or("a bracket is open at its end")?;
        let address: Ipv6Addr = address
            .parse()
            .map_err(|_| "what is in brackets is no IPv6 address")?;
        let port = match rest.strip_prefix(':') {
            Some(port) => Some(parse_port(port)?),
            None if rest.is_empty() => None,
            None => return Err("only a port may follow the bracket"),
        };
        return Ok((Host::Address(canonical(address.into())), port));
    }
    let (host, port) = match text.split_once(':') {
        Some((_, rest)) if rest.contains(':') => {
            return Err("an IPv6 address is written in brackets");
        }
        Some((host, port)) => (host, Some(parse_port(port)?)),
        None => (text, None),
    };
    if let Ok(address) = host.parse::<Ipv4Addr>() {
        return Ok((Host::Address(address.into()), port));
    }
    Ok((Host::Name(parse_name(host)?), port))
}

fn parse_port(text: &str) -> Result<u16, &'static str> {
    let digits = text.bytes().all(|byte| byte.is_ascii_digit());
    match text.parse() {
        Ok(port) if digits && port > 0 => Ok(port),
        Ok(_) | Err(_) => Err("its port is no number from 1 to 65535"),
    }
}

fn parse_name(text: &str) -> Result<Name, &'static str> {
    let text = text.strip_suffix('.').unwrap_or(text);
    if text.is_empty() {
        return Err("it names nothing");
    }
    if text.len() > NAME_BYTES_MAX {
        return Err("it is longer than a name can be");
    }
    if !text.is_ascii() {
        return Err("a name is written in its ASCII form (xn--)");
    }
    let mut last = "";
    for label in text.split('.') {
        if label.is_empty() {
            return Err("a part between its dots is empty");
        }
        if label.len() > LABEL_BYTES_MAX {
            return Err("a part between its dots is longer than it can be");
        }
        let known = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'-' || byte == b'_';
        if !label.bytes().all(known) {
            return Err("a name has letters, digits, '-', '_' and dots only");
        }
        if label.starts_with('-') || label.ends_with('-') {
            return Err("a part between its dots begins or ends with '-'");
        }
        last = label;
    }
    // Resolvers take `127.1` and `0x7f000001` for addresses.
    let hexadecimal = last.strip_prefix("0x").or_else(|| last.strip_prefix("0X"));
    let digits = |text: &str| text.bytes().all(|byte| byte.is_ascii_digit());
    if digits(last) || hexadecimal.is_some_and(|rest| rest.bytes().all(|b| b.is_ascii_hexdigit())) {
        return Err("an address is written with four numbers");
    }
    Ok(Name(text.to_ascii_lowercase()))
}
