use std::fmt;
use std::str::FromStr;

use serde::Deserialize;

use super::origin::Origin;

/// Where callers reach this host: what all links begin with. A path is one that a proxy takes off before it passes a request on.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub struct PublicUrl {
    origin: Origin,
    /// Empty, or `/` and what follows it, with no `/` at its end.
    path: String,
}

/// A text is no [`PublicUrl`].
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error(
    "'{0}' is no address that callers could have: write https://jobs.example.com, or https://example.com/jobs where a proxy takes \
     /jobs off again"
)]
pub struct NoPublicUrl(String);

impl PublicUrl {
    pub(crate) fn origin(&self) -> &Origin {
        &self.origin
    }
}

impl fmt::Display for PublicUrl {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}{}", self.origin, self.path)
    }
}

impl FromStr for PublicUrl {
    type Err = NoPublicUrl;

    fn from_str(text: &str) -> Result<Self, NoPublicUrl> {
        let unusable = || NoPublicUrl(text.to_owned());
        let (origin, path) = Origin::split(text).ok_or_else(unusable)?;
        let path = path.strip_suffix('/').unwrap_or(path);
        if !path.split('/').skip(1).all(is_segment) {
            return Err(unusable());
        }
        Ok(Self {
            origin,
            path: path.to_owned(),
        })
    }
}

impl TryFrom<String> for PublicUrl {
    type Error = NoPublicUrl;

    fn try_from(text: String) -> Result<Self, NoPublicUrl> {
        text.parse()
    }
}

/// Only what stands for itself in a path, and what no client takes out of one.
fn is_segment(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    !["", ".", ".."].contains(&text) && text.bytes().all(is_plain)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_public_url_is_an_origin_and_perhaps_a_path() {
        for (text, written) in [
            ("https://jobs.example.com", "https://jobs.example.com"),
            ("https://jobs.example.com/", "https://jobs.example.com"),
            ("HTTP://Jobs.example.com:80", "http://jobs.example.com"),
            ("https://[2001:db8::1]:8443", "https://[2001:db8::1]:8443"),
            (
                "https://example.com/Jobs/v1/",
                "https://example.com/Jobs/v1",
            ),
        ] {
            assert_eq!(text.parse::<PublicUrl>().unwrap().to_string(), written);
        }
    }

    #[test]
    fn what_no_link_can_begin_with_is_refused() {
        for text in [
            "",
            "jobs.example.com",
            "//jobs.example.com",
            "https://",
            "https:///jobs",
            "ftp://jobs.example.com",
            "https://user:word@jobs.example.com",
            "https://jobs.example.com:port",
            "https://jobs.example.com?x",
            "https://jobs.example.com/?x",
            "https://jobs.example.com/#x",
            "https://jobs.example.com//",
            "https://jobs.example.com/a//b",
            "https://jobs.example.com/../a",
            "https://jobs.example.com/a%2fb",
            "https://jobs.example.com/a b",
            "https://jobs.example.com\n",
            " https://jobs.example.com",
        ] {
            let refused = text.parse::<PublicUrl>().unwrap_err();
            assert_eq!(refused, NoPublicUrl(text.to_owned()));
        }
    }
}
