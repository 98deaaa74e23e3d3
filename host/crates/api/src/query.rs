use std::str::FromStr;
use std::time::Duration;

/// The query of a request. Keys match whatever their case, the first of a key counts, and `%20` and `+` are both a
/// space. A value that cannot be read as what it should be is as good as absent.
#[derive(Debug, Default)]
pub(crate) struct Query(Vec<(String, String)>);

impl Query {
    pub(crate) fn parse(text: Option<&str>) -> Self {
        Self(text.map_or_else(Vec::new, |text| {
            form_urlencoded::parse(text.as_bytes())
                .into_owned()
                .collect()
        }))
    }

    pub(crate) fn text(&self, key: &str) -> Option<&str> {
        self.0
            .iter()
            .find(|(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
    }

    /// All texts of a key that may stand more than once.
    pub(crate) fn all(&self, key: &str) -> impl Iterator<Item = &str> {
        self.0
            .iter()
            .filter(move |(name, _)| name.eq_ignore_ascii_case(key))
            .map(|(_, value)| value.as_str())
    }

    /// The text, or `None` also where it is empty.
    pub(crate) fn words(&self, key: &str) -> Option<&str> {
        self.text(key).filter(|text| !text.is_empty())
    }

    pub(crate) fn flag(&self, key: &str, absent: bool) -> bool {
        let text = self.text(key).map_or("", str::trim);
        if text.eq_ignore_ascii_case("true") {
            true
        } else if text.eq_ignore_ascii_case("false") {
            false
        } else {
            absent
        }
    }

    /// Seconds, decimals allowed. Negative and infinite lengths are no lengths.
    pub(crate) fn seconds(&self, key: &str) -> Option<Duration> {
        let seconds = f64::from_str(self.text(key)?.trim()).ok()?;
        Duration::try_from_secs_f64(seconds).ok()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn query(text: &str) -> Query {
        Query::parse(Some(text))
    }

    #[test]
    fn keys_match_whatever_their_case_and_the_first_counts() {
        assert_eq!(query("REASON=a&reason=b").text("reason"), Some("a"));
        assert_eq!(Query::parse(None).text("reason"), None);
    }

    #[test]
    fn both_ways_of_writing_a_space_are_read() {
        let both = query("a=taking%20a%20break&b=fixed+bug&c=1%2B1");
        assert_eq!(both.text("a"), Some("taking a break"));
        assert_eq!(both.text("b"), Some("fixed bug"));
        assert_eq!(both.text("c"), Some("1+1"));
    }

    #[test]
    fn booleans_are_read_as_python_and_javascript_write_them() {
        for (text, expected) in [
            ("x=True", true),
            ("x=true", true),
            ("x=FALSE", false),
            ("x=1", true),
            ("x=", true),
            ("y=false", true),
        ] {
            assert_eq!(query(text).flag("x", true), expected, "{text}");
        }
    }

    #[test]
    fn what_is_no_length_of_time_is_absent() {
        assert_eq!(
            query("t=1.5").seconds("t"),
            Some(Duration::from_millis(1500))
        );
        for text in ["t=", "t=-1", "t=inf", "t=NaN", "t=1e300", "t=soon"] {
            assert_eq!(query(text).seconds("t"), None, "{text}");
        }
    }
}
