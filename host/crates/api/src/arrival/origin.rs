use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::authority::Authority;

/// How a URL begins that leads here or to a page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Scheme {
    Http,
    Https,
}

impl Scheme {
    pub(crate) fn parse(text: &str) -> Option<Self> {
        if text.eq_ignore_ascii_case("http") {
            Some(Self::Http)
        } else if text.eq_ignore_ascii_case("https") {
            Some(Self::Https)
        } else {
            None
        }
    }

    fn name(self) -> &'static str {
        match self {
            Self::Http => "http",
            Self::Https => "https",
        }
    }

    fn port(self) -> u16 {
        match self {
            Self::Http => 80,
            Self::Https => 443,
        }
    }
}

/// A scheme, a host and a port, as a browser writes them in `Origin`: in lower case, and without the port that the scheme has
/// anyway.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct Origin {
    scheme: Scheme,
    authority: Authority,
}

/// A text is no [`Origin`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoOrigin {
    /// All origins at once.
    #[error(
        "'*' would let every page call this host: list the origins that may, such as https://app.example.com"
    )]
    All,
    /// Something else.
    #[error(
        "'{0}' is no origin: write https://app.example.com or http://localhost:3000, and nothing behind"
    )]
    Other(String),
}

impl Origin {
    pub(crate) fn new(scheme: Scheme, mut authority: Authority) -> Self {
        authority.port = authority.port.filter(|port| *port != scheme.port());
        Self { scheme, authority }
    }

    /// The origin that a URL begins with, and the rest of the URL.
    pub(super) fn split(url: &str) -> Option<(Self, &str)> {
        let (scheme, rest) = url.split_once("://")?;
        let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
        let origin = Self::new(Scheme::parse(scheme)?, Authority::parse(authority)?);
        Some((origin, path))
    }

    /// Whether a request for this authority may be for this origin. Which scheme it had at first, nobody knows here.
    pub(super) fn is_at(&self, authority: &Authority) -> bool {
        Self::new(self.scheme, authority.clone()) == *self
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}://{}", self.scheme.name(), self.authority)
    }
}

impl FromStr for Origin {
    type Err = NoOrigin;

    fn from_str(text: &str) -> Result<Self, NoOrigin> {
        // A list may have a space behind each comma.
        let text = text.trim();
        match Self::split(text) {
            Some((origin, "")) => Ok(origin),
            _ if text == "*" => Err(NoOrigin::All),
            _ => Err(NoOrigin::Other(text.to_owned())),
        }
    }
}

impl TryFrom<String> for Origin {
    type Error = NoOrigin;

    fn try_from(text: String) -> Result<Self, NoOrigin> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_origin_is_written_as_browsers_write_it() {
        for (text, written) in [
            ("HTTPS://App.Example.com", "https://app.example.com"),
            ("https://app.example.com:443", "https://app.example.com"),
            ("http://app.example.com:443", "http://app.example.com:443"),
            ("http://localhost:3000", "http://localhost:3000"),
            (" http://[::1]:80", "http://[::1]"),
        ] {
            assert_eq!(text.parse::<Origin>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_is_no_origin_is_refused_with_what_would_be_one() {
        for text in [
            "",
            "null",
            "app.example.com",
            "https://",
            "https://app.example.com/",
            "https://app.example.com/path",
            "https://*.example.com",
            "https://user@app.example.com",
            "ftp://app.example.com",
            "https:app.example.com",
        ] {
            let refused = text.parse::<Origin>().unwrap_err();
            assert_eq!(refused, NoOrigin::Other(text.to_owned()));
        }
        let all = "*".parse::<Origin>().unwrap_err().to_string();
        assert!(all.starts_with("'*' would let every page"), "{all}");
    }
}
