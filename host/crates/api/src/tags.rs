use std::collections::BTreeMap;

use utoipa::ToSchema;

use crate::query::Query;

/// The most tags of one instance.
const TAGS_MAX: usize = 16;
/// The longest name of a tag, in bytes.
const NAME_BYTES_MAX: usize = 64;
/// The longest value of a tag, in bytes.
const VALUE_BYTES_MAX: usize = 256;

/// Tags that are none, in a sentence.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub(crate) enum InvalidTags {
    #[error("the tag {0:?} has no name and value: write tag=name:value")]
    NoTag(String),
    #[error("the name of a tag has at most {NAME_BYTES_MAX} bytes; this one has {0}")]
    LongName(usize),
    #[error("the value of the tag {name:?} has {bytes} bytes: {VALUE_BYTES_MAX} are allowed")]
    LongValue { name: String, bytes: usize },
    #[error("the tag {0:?} has a control character: write printable text")]
    Control(String),
    #[error("the tag {0:?} is given twice: give it one value")]
    Twice(String),
    #[error("an instance has at most {TAGS_MAX} tags")]
    TooMany,
}

/// A name, a colon, and a value.
#[derive(ToSchema)]
#[schema(pattern = "^[^:]+:")]
#[expect(dead_code, reason = "the description reads it")]
pub(crate) struct Tag(String);

/// The tags of a request: `tag=name:value`, as often as there are tags. The first colon ends the name.
pub(crate) fn tags(query: &Query) -> Result<BTreeMap<String, String>, InvalidTags> {
    let mut tags = BTreeMap::new();
    for text in query.all("tag") {
        let (name, value) = text
            .split_once(':')
            .filter(|(name, _)| !name.is_empty())
            .ok_or_else(|| InvalidTags::NoTag(text.chars().take(NAME_BYTES_MAX).collect()))?;
        if name.len() > NAME_BYTES_MAX {
            return Err(InvalidTags::LongName(name.len()));
        }
        if value.len() > VALUE_BYTES_MAX {
            return Err(InvalidTags::LongValue {
                name: name.to_owned(),
                bytes: value.len(),
            });
        }
        if text.contains(char::is_control) {
            return Err(InvalidTags::Control(name.to_owned()));
        }
        if tags.insert(name.to_owned(), value.to_owned()).is_some() {
            return Err(InvalidTags::Twice(name.to_owned()));
        }
        if tags.len() > TAGS_MAX {
            return Err(InvalidTags::TooMany);
        }
    }
    Ok(tags)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(query: &str) -> Result<BTreeMap<String, String>, InvalidTags> {
        tags(&Query::parse(Some(query)))
    }

    #[test]
    fn a_tag_is_a_name_and_a_value_of_which_only_the_value_may_hold_a_colon() {
        let tags = of("tag=customer:42&TAG=url:http%3A%2F%2Fa+b&x=1&tag=urgent:").unwrap();
        let expected = [("customer", "42"), ("url", "http://a b"), ("urgent", "")]
            .map(|(name, value)| (name.to_owned(), value.to_owned()));
        assert_eq!(tags, expected.into());
        assert_eq!(of("").unwrap(), BTreeMap::new());
    }

    #[test]
    fn what_is_no_tag_or_too_much_is_refused() {
        let many = |count: usize| {
            let tags: Vec<_> = (0..count).map(|n| format!("tag=t{n}:v")).collect();
            tags.join("&")
        };
        assert_eq!(of(&many(TAGS_MAX)).unwrap().len(), TAGS_MAX);
        assert_eq!(of(&many(TAGS_MAX + 1)), Err(InvalidTags::TooMany));
        let name = |bytes: usize| of(&format!("tag={}:v", "n".repeat(bytes)));
        assert!(name(NAME_BYTES_MAX).is_ok());
        assert_eq!(name(65), Err(InvalidTags::LongName(65)));
        let value = |bytes: usize| of(&format!("tag=n:{}", "v".repeat(bytes)));
        assert!(value(VALUE_BYTES_MAX).is_ok());
        for (query, part) in [
            (format!("tag=n:{}", "v".repeat(257)), "\"n\" has 257 bytes"),
            ("tag=urgent".to_owned(), "write tag=name:value"),
            ("tag=:value".to_owned(), "write tag=name:value"),
            ("tag=".to_owned(), "write tag=name:value"),
            ("tag=n:a%0Ab".to_owned(), "\"n\" has a control character"),
            ("tag=n:1&tag=n:2".to_owned(), "\"n\" is given twice"),
        ] {
            let said = of(&query).unwrap_err().to_string();
            assert!(said.contains(part), "{query}: {said}");
        }
    }
}
