use axum::http::HeaderMap;
use axum::http::header::AUTHORIZATION;
use base64::Engine as _;
use base64::prelude::BASE64_STANDARD;
use soloist_engine::KeyDigest;

use crate::query::Query;

const HEADER: &str = "x-functions-key";

/// The key that a request brings, if any: in the header `x-functions-key`, else as `code` in the query, else as the password of
/// HTTP's basic authentication, which a client sends where its base URL has a user and a password.
pub(crate) fn presented(headers: &HeaderMap, query: &Query) -> Option<KeyDigest> {
    if let Some(key) = headers.get(HEADER) {
        // What is no text is no key, but it was brought as one.
        return Some(KeyDigest::of(key.to_str().unwrap_or_default()));
    }
    if let Some(key) = query.words("code") {
        return Some(KeyDigest::of(key));
    }
    let credentials = headers.get(AUTHORIZATION)?.to_str().ok()?;
    let (scheme, rest) = credentials.split_once(' ')?;
    if !scheme.eq_ignore_ascii_case("basic") {
        return None;
    }
    let decoded = BASE64_STANDARD.decode(rest.trim()).ok()?;
    let text = String::from_utf8(decoded).ok()?;
    let (_, password) = text.split_once(':')?;
    Some(KeyDigest::of(password))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(headers: &[(&'static str, &str)], query: &str) -> Option<KeyDigest> {
        let headers = headers
            .iter()
            .map(|(name, value)| (name.parse().unwrap(), value.parse().unwrap()));
        presented(&headers.collect(), &Query::parse(Some(query)))
    }

    #[test]
    fn a_key_comes_by_header_by_query_or_as_a_password() {
        let key = Some(KeyDigest::of("K"));
        assert_eq!(of(&[("x-functions-key", "K")], ""), key);
        assert_eq!(of(&[("x-functions-key", "K")], "code=other"), key);
        assert_eq!(of(&[], "a=b&Code=K"), key);
        // `any:K` and `any:K:K`
        assert_eq!(of(&[("authorization", "Basic YW55Oks=")], ""), key);
        let with_colon = of(&[("authorization", "basic YW55Oks6Sw==")], "");
        assert_eq!(with_colon, Some(KeyDigest::of("K:K")));
        assert_eq!(
            of(&[("authorization", "Basic YW55Oks=")], "code=K2"),
            Some(KeyDigest::of("K2"))
        );
    }

    #[test]
    fn without_a_key_there_is_none() {
        assert_eq!(of(&[], ""), None);
        assert_eq!(of(&[], "code="), None);
        for other in ["Bearer K", "Basic", "Basic ?", "Basic YW55"] {
            assert_eq!(of(&[("authorization", other)], ""), None, "{other}");
        }
        assert_eq!(of(&[("x-functions-key", "")], ""), Some(KeyDigest::of("")));
    }
}
