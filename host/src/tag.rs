use std::fmt;
use std::str::FromStr;

/// A tag as the command line writes it, `name=value`, and as the host reads it, `name:value`.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Tag {
    name: String,
    value: String,
}

impl FromStr for Tag {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() && !name.contains(':') => Ok(Self {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            _ => Err(format!(
                "{text:?} is no tag: write name=value, with no colon in the name"
            )),
        }
    }
}

impl fmt::Display for Tag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.name, self.value)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_is_sent_as_the_host_reads_it() {
        let sent = |text: &str| text.parse::<Tag>().map(|tag| tag.to_string());
        assert_eq!(sent("customer=42").unwrap(), "customer:42");
        assert_eq!(sent("url=http://a?b=c").unwrap(), "url:http://a?b=c");
        assert_eq!(sent("urgent=").unwrap(), "urgent:");
        for text in ["urgent", "=42", "a:b=c", ""] {
            assert!(sent(text).is_err(), "{text}");
        }
    }
}
