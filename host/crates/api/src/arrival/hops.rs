use axum::http::HeaderMap;

use super::authority::Authority;
use super::element::{Element, address, elements};
use super::network::Network;
use super::origin::Scheme;

const FORWARDED: &str = "forwarded";
const FORWARDED_FOR: &str = "x-forwarded-for";
const FORWARDED_HOST: &str = "x-forwarded-host";
const FORWARDED_PROTO: &str = "x-forwarded-proto";

/// What trusted proxies have said of how a caller addressed them.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Said {
    pub(super) scheme: Option<Scheme>,
    pub(super) authority: Option<Authority>,
}

/// Why what a trusted proxy has said is of no use.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum Misleading {
    #[error("the header Forwarded is malformed: the proxy must send it as RFC 7239 has it")]
    Malformed,
    #[error(
        "a proxy forwards a scheme that is neither http nor https: it must send the one that callers use"
    )]
    Scheme,
    #[error("a proxy forwards a host that is none: it must send the one that callers use")]
    Host,
    #[error(
        "the headers Forwarded and X-Forwarded-* say different things: the proxy must take away those that it does not set itself"
    )]
    Contradiction,
}

/// What the headers say that the sender of this request, itself trusted, and the trusted ones before it have added. What stands
/// before that is anybody's.
pub(super) fn said(headers: &HeaderMap, trusted: &[Network]) -> Result<Said, Misleading> {
    let ours = by_forwarded(headers, trusted)?;
    let older = by_x_forwarded(headers, trusted)?;
    Ok(Said {
        scheme: one(ours.scheme, older.scheme)?,
        authority: one(ours.authority, older.authority)?,
    })
}

/// What either says. A proxy that knows one of the headers alone passes on what a caller has sent in the other.
fn one<T: PartialEq>(ours: Option<T>, older: Option<T>) -> Result<Option<T>, Misleading> {
    match (ours, older) {
        (Some(ours), Some(older)) if ours != older => Err(Misleading::Contradiction),
        (ours, older) => Ok(ours.or(older)),
    }
}

fn by_forwarded(headers: &HeaderMap, trusted: &[Network]) -> Result<Said, Misleading> {
    let lines = headers.get_all(FORWARDED).iter();
    let lines: Option<Vec<_>> = lines.map(|line| elements(line.as_bytes())).collect();
    let elements = lines.ok_or(Misleading::Malformed)?.concat();
    let nodes = elements.iter().rev();
    let hops = hops(nodes.map(|element| element.node.as_deref()), trusted);
    let believed = &elements[elements.len().saturating_sub(hops)..];
    // The outermost of these proxies that says it has it from the caller.
    let first = |part: fn(&Element) -> Option<&str>| believed.iter().find_map(part);
    Ok(Said {
        scheme: scheme(first(|element| element.proto.as_deref()))?,
        authority: authority(first(|element| element.host.as_deref()))?,
    })
}

/// A proxy appends to these lists, or it sets them anew. So each has at most one entry of each trusted proxy at its end.
fn by_x_forwarded(headers: &HeaderMap, trusted: &[Network]) -> Result<Said, Misleading> {
    let nodes = list(headers, FORWARDED_FOR).into_iter().rev();
    let hops = hops(nodes.map(Some), trusted);
    let first = |name| {
        let entries = list(headers, name);
        let place = entries.len().saturating_sub(hops);
        entries.get(place).copied()
    };
    Ok(Said {
        scheme: scheme(first(FORWARDED_PROTO))?,
        authority: authority(first(FORWARDED_HOST))?,
    })
}

/// Of how many proxies what they have added is believed: the sender of this request, and each that a believed one has had it
/// from and that is trusted too. `nodes` are the senders that the proxies name, from the last to the first.
fn hops<'n>(
    mut nodes: impl ExactSizeIterator<Item = Option<&'n str>>,
    trusted: &[Network],
) -> usize {
    let all = nodes.len();
    let is_trusted = |node: Option<&str>| {
        let address = node.and_then(address);
        address.is_some_and(|address| trusted.iter().any(|network| network.contains(address)))
    };
    let first = nodes.position(|node| !is_trusted(node));
    first.map_or(all, |place| place + 1).max(1)
}

/// The entries of a header that is a list, in all its lines.
fn list<'h>(headers: &'h HeaderMap, name: &str) -> Vec<&'h str> {
    let lines = headers.get_all(name).iter();
    let entries = lines.flat_map(|line| line.as_bytes().split(|byte| *byte == b','));
    entries
        .map(|entry| std::str::from_utf8(entry).map_or("no text", str::trim))
        .filter(|entry| !entry.is_empty())
        .collect()
}

fn scheme(text: Option<&str>) -> Result<Option<Scheme>, Misleading> {
    let read = |text| Scheme::parse(text).ok_or(Misleading::Scheme);
    text.map(read).transpose()
}

fn authority(text: Option<&str>) -> Result<Option<Authority>, Misleading> {
    let read = |text| Authority::parse(text).ok_or(Misleading::Host);
    text.map(read).transpose()
}

#[cfg(test)]
mod tests {
    use axum::http::HeaderName;
    use proptest::prelude::*;

    use super::*;

    fn headers(lines: &[(&str, &str)]) -> HeaderMap {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, value.parse().unwrap());
        }
        headers
    }

    /// What is believed of these headers where 10.0.0.0/8 and `fd00::/8` are trusted: `scheme host`, each `-` where nothing is.
    fn believed(lines: &[(&str, &str)]) -> Result<String, Misleading> {
        let trusted = ["10.0.0.0/8", "fd00::/8"].map(|network| network.parse().unwrap());
        let said = said(&headers(lines), &trusted)?;
        let scheme = match said.scheme {
            Some(Scheme::Http) => "http",
            Some(Scheme::Https) => "https",
            None => "-",
        };
        let authority = said.authority.map(|authority| authority.to_string());
        Ok(format!("{scheme} {}", authority.as_deref().unwrap_or("-")))
    }

    #[test]
    fn the_last_element_counts() {
        for (line, expected) in [
            ("for=1.2.3.4;proto=https;host=a", "https a"),
            (
                "host=evil;proto=http, for=1.2.3.4;proto=https;host=a",
                "https a",
            ),
            ("host=evil;proto=http, for=1.2.3.4;proto=https", "https -"),
            ("host=evil, proto=https;host=a", "https a"),
            ("host=evil;proto=https, for=unknown", "- -"),
            ("host=evil;proto=https, for=_secret;host=a:80", "- a:80"),
            (
                "PROTO=HTTPS;Host=\"A.Example:8443\"",
                "https a.example:8443",
            ),
            ("", "- -"),
        ] {
            assert_eq!(
                believed(&[("forwarded", line)]).unwrap(),
                expected,
                "{line}"
            );
        }
    }

    #[test]
    fn the_walk_goes_on_past_trusted_proxies() {
        for (line, expected) in [
            (
                "for=1.2.3.4;proto=https;host=a, for=10.0.0.1;proto=http;host=inner",
                "https a",
            ),
            ("for=1.2.3.4;proto=https;host=a, for=10.0.0.1", "https a"),
            (
                "for=1.2.3.4;host=a, for=10.0.0.1;proto=https;host=inner",
                "https a",
            ),
            (
                "host=evil, for=1.2.3.4;host=a, for=\"[fd00::1]:1\";host=b, for=\"10.0.0.1:_x\"",
                "- a",
            ),
            (
                "host=evil, for=1.2.3.4;host=a, for=10.0.0.1;host=b, for=8.8.8.8;host=c",
                "- c",
            ),
            ("for=10.0.0.2;host=a, for=10.0.0.1;host=b", "- a"),
        ] {
            assert_eq!(
                believed(&[("forwarded", line)]).unwrap(),
                expected,
                "{line}"
            );
        }
        let lines = [
            ("forwarded", "for=1.2.3.4;host=a"),
            ("forwarded", "for=10.0.0.1;host=b"),
        ];
        assert_eq!(believed(&lines).unwrap(), "- a");
    }

    #[test]
    fn the_older_lists_are_read_from_their_ends() {
        const FOR: &str = FORWARDED_FOR;
        const HOST: &str = FORWARDED_HOST;
        const PROTO: &str = FORWARDED_PROTO;
        for (lines, expected) in [
            (vec![(PROTO, "https")], "https -"),
            (vec![(PROTO, "https"), (HOST, "a:8443")], "https a:8443"),
            (vec![(PROTO, "http, https"), (HOST, "evil,a")], "https a"),
            (vec![(PROTO, "http"), (PROTO, "https")], "https -"),
            (vec![(FOR, "9.9.9.9, 1.2.3.4"), (HOST, "evil, a")], "- a"),
            (
                vec![(FOR, "1.2.3.4, 10.0.0.1"), (PROTO, "https, http")],
                "https -",
            ),
            (
                vec![(FOR, "1.2.3.4, 10.0.0.1"), (PROTO, "https")],
                "https -",
            ),
            (
                vec![(FOR, "9.9.9.9, 1.2.3.4, 10.0.0.1"), (HOST, "evil, a, b")],
                "- a",
            ),
            (
                vec![(FOR, "1.2.3.4"), (FOR, "[fd00::1]:80"), (HOST, "a, b")],
                "- a",
            ),
            (
                vec![(FOR, "10.0.0.2, 10.0.0.1"), (HOST, "evil, a, b")],
                "- a",
            ),
            (vec![(FOR, "10.0.0.1, garbage"), (HOST, "evil, a")], "- a"),
            (vec![(HOST, " , a, ,"), (PROTO, "")], "- a"),
        ] {
            assert_eq!(believed(&lines).unwrap(), expected, "{lines:?}");
        }
    }

    #[test]
    fn what_is_not_believed_may_be_anything() {
        for line in [
            "host=\"a b\", for=1.2.3.4;host=a",
            "proto=gopher, for=1.2.3.4;host=a",
        ] {
            assert_eq!(believed(&[("forwarded", line)]).unwrap(), "- a", "{line}");
        }
        let lines = [
            (FORWARDED_HOST, "a b/c, a"),
            (FORWARDED_PROTO, "gopher, http"),
        ];
        assert_eq!(believed(&lines).unwrap(), "http a");
    }

    #[test]
    fn what_is_believed_must_make_sense() {
        for (lines, expected) in [
            (
                vec![("forwarded", "for=1.2.3.4;host")],
                Misleading::Malformed,
            ),
            (
                vec![("forwarded", "host=\"a"), ("forwarded", "host=a")],
                Misleading::Malformed,
            ),
            (vec![("forwarded", "proto=wss")], Misleading::Scheme),
            (vec![("forwarded", "host=\"user@a\"")], Misleading::Host),
            (vec![("forwarded", "host=\"\"")], Misleading::Host),
            (vec![(FORWARDED_PROTO, "https://")], Misleading::Scheme),
            (vec![(FORWARDED_HOST, "a/b")], Misleading::Host),
            (vec![(FORWARDED_HOST, "\u{e4}")], Misleading::Host),
        ] {
            assert_eq!(believed(&lines), Err(expected), "{lines:?}");
        }
    }

    #[test]
    fn both_kinds_of_headers_must_agree() {
        let both =
            |forwarded, older: &[_]| believed(&[&[("forwarded", forwarded)], older].concat());
        let older = [(FORWARDED_PROTO, "https"), (FORWARDED_HOST, "a")];
        assert_eq!(both("host=A;proto=https", &older).unwrap(), "https a");
        assert_eq!(both("for=1.2.3.4", &older).unwrap(), "https a");
        assert_eq!(both("proto=https", &older[1..]).unwrap(), "https a");
        for forwarded in ["host=evil", "proto=http", "host=\"a:443\""] {
            let said = both(forwarded, &older);
            assert_eq!(said, Err(Misleading::Contradiction), "{forwarded}");
        }
    }

    proptest! {
        /// Whatever a caller sends, a proxy that appends its own decides; or nothing is believed at all.
        #[test]
        fn no_caller_decides_what_is_believed(
            forwarded in "[ -~]{0,32}",
            nodes in "(10\\.0\\.0\\.1|1\\.2\\.3\\.4|x|,){0,6}",
            hosts in "[ -~]{0,16}",
        ) {
            let lines = [
                ("forwarded", format!("{forwarded}, for=1.2.3.4;host=good;proto=https")),
                (FORWARDED_FOR, format!("{nodes}, 1.2.3.4")),
                (FORWARDED_HOST, format!("{hosts}, good")),
                (FORWARDED_PROTO, format!("{hosts}, https")),
            ];
            let lines: Vec<_> = lines.iter().map(|(name, value)| (*name, value.as_str())).collect();
            match believed(&lines) {
                Ok(said) => prop_assert_eq!(said, "https good"),
                Err(error) => prop_assert_eq!(error, Misleading::Malformed),
            }
        }
    }
}
