//! How JSON from outside is read.

use serde::de::DeserializeOwned;

/// Reads JSON. A string that is not what is wanted, but holds JSON that is, is read as that: the Python client of Durable
/// Functions encodes inputs and events twice. An empty one is read as `null`: the JavaScript client sends that where there is
/// no input. Whoever wants a string, or any value, gets what was sent.
pub(crate) fn decode<T: DeserializeOwned>(json: &str) -> Result<T, serde_json::Error> {
    serde_json::from_str(json).or_else(|error| {
        let inner: Option<String> = serde_json::from_str(json).ok();
        inner
            .map(|inner| {
                if inner.is_empty() {
                    "null".to_owned()
                } else {
                    inner
                }
            })
            .and_then(|inner| serde_json::from_str(&inner).ok())
            .ok_or(error)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_encoded_twice_is_read_where_a_string_will_not_do() {
        assert_eq!(decode::<Vec<u32>>(r#""[1,2]""#).unwrap(), [1, 2]);
        assert_eq!(decode::<Vec<u32>>("[1,2]").unwrap(), [1, 2]);
        assert_eq!(decode::<String>(r#""[1,2]""#).unwrap(), "[1,2]");
        let value: serde_json::Value = decode(r#""[1,2]""#).unwrap();
        assert_eq!(value, serde_json::json!("[1,2]"));
    }

    #[test]
    fn an_empty_text_is_nothing_where_a_string_will_not_do() {
        assert_eq!(decode::<Option<Vec<u32>>>(r#""""#).unwrap(), None);
        assert_eq!(
            decode::<Option<String>>(r#""""#).unwrap(),
            Some(String::new())
        );
        let error = decode::<Vec<u32>>(r#""""#).unwrap_err();
        assert!(
            error.to_string().contains("invalid type: string"),
            "{error}"
        );
    }

    #[test]
    fn what_does_not_fit_is_told_as_it_came() {
        let error = decode::<u32>(r#""x""#).unwrap_err();
        assert!(
            error.to_string().contains("invalid type: string"),
            "{error}"
        );
    }
}
