use std::fmt;
use std::net::Ipv6Addr;

/// The longest name that DNS has, and a dot behind it.
const HOST_BYTES_MAX: usize = 254;

/// The `host` or `host:port` of a URL, in lower case. It has no name of a user, and nothing that ends an authority or could
/// be read as another one.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Authority {
    host: String,
    pub(crate) port: Option<u16>,
}

impl Authority {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        let end = match text.strip_prefix('[') {
            Some(_) => text.find(']')? + 1,
            None => text.find(':').unwrap_or(text.len()),
        };
        let (host, rest) = text.split_at(end);
        if !is_name(host) && !is_bracketed(host) {
            return None;
        }
        let port = match rest {
            "" => None,
            rest => Some(port(rest.strip_prefix(':')?)?),
        };
        Some(Self {
            host: host.to_ascii_lowercase(),
            port,
        })
    }
}

impl fmt::Display for Authority {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.host)?;
        self.port.map_or(Ok(()), |port| write!(f, ":{port}"))
    }
}

/// A name, or an address of version 4. An underscore is in no name of a host by the book, but in some in private networks.
fn is_name(host: &str) -> bool {
    let is_part = |byte: u8| byte.is_ascii_alphanumeric() || b"-._".contains(&byte);
    !host.is_empty() && host.len() <= HOST_BYTES_MAX && host.bytes().all(is_part)
}

fn is_bracketed(host: &str) -> bool {
    host.strip_prefix('[')
        .and_then(|host| host.strip_suffix(']'))
        .is_some_and(|address| address.parse::<Ipv6Addr>().is_ok())
}

/// Digits alone: the library would take a sign.
fn port(text: &str) -> Option<u16> {
    let is_number = text.bytes().all(|byte| byte.is_ascii_digit());
    is_number.then(|| text.parse().ok())?
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_authority_is_written_in_one_way() {
        for (text, written) in [
            ("localhost", "localhost"),
            ("Jobs.Example.com:8443", "jobs.example.com:8443"),
            ("127.0.0.1:080", "127.0.0.1:80"),
            ("[2001:DB8::1]:7071", "[2001:db8::1]:7071"),
            ("[::1]", "[::1]"),
            ("a_b.internal", "a_b.internal"),
        ] {
            let authority = Authority::parse(text).map(|authority| authority.to_string());
            assert_eq!(authority.as_deref(), Some(written));
        }
    }

    #[test]
    fn what_could_be_read_as_something_else_is_none() {
        for text in [
            "",
            ":80",
            "a:",
            "a:b",
            "a:+80",
            "a:65536",
            "a:1:2",
            "user@a",
            "a/b",
            "a?b",
            "a#b",
            "a\\b",
            "a b",
            "a%2fb",
            "a\"b",
            "ä.example",
            "::1",
            "[::1",
            "[::1]x",
            "[a]",
            "[fe80::1%25eth0]",
            &"a".repeat(255),
        ] {
            assert_eq!(Authority::parse(text), None, "{text:?}");
        }
    }
}
