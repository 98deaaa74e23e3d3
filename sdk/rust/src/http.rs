use std::collections::BTreeMap;

use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

use crate::Failure;

/// What a durable HTTP call sends. See [`Context::call_http`](crate::Context::call_http).
///
/// ```
/// use soloist::HttpRequest;
///
/// let request = HttpRequest::post("https://api.example.com/orders")
///     .header("authorization", "Bearer abc")
///     .json(&["tea", "milk"]);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpRequest {
    method: String,
    uri: String,
    #[serde(skip_serializing_if = "BTreeMap::is_empty")]
    headers: BTreeMap<String, String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    content: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    async_pattern: Option<bool>,
}

impl HttpRequest {
    /// A request without headers or content.
    pub fn new(method: impl Into<String>, uri: impl Into<String>) -> Self {
        Self {
            method: method.into(),
            uri: uri.into(),
            headers: BTreeMap::new(),
            content: None,
            async_pattern: None,
        }
    }

    /// A GET.
    pub fn get(uri: impl Into<String>) -> Self {
        Self::new("GET", uri)
    }

    /// A POST.
    pub fn post(uri: impl Into<String>) -> Self {
        Self::new("POST", uri)
    }

    /// Adds a header, or replaces the one of that name.
    #[must_use]
    pub fn header(mut self, name: impl Into<String>, value: impl Into<String>) -> Self {
        let name = name.into();
        self.headers
            .retain(|other, _| !other.eq_ignore_ascii_case(&name));
        self.headers.insert(name, value.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn content(mut self, content: impl Into<String>) -> Self {
        self.content = Some(content.into());
        self
    }

    /// Sets the body to JSON, and says so in `content-type` unless that is set already.
    ///
    /// # Panics
    /// If `value` does not fit JSON.
    #[must_use]
    pub fn json(mut self, value: &(impl Serialize + ?Sized)) -> Self {
        const TYPE: &str = "content-type";
        let names = self.headers.keys();
        if !names
            .into_iter()
            .any(|name| name.eq_ignore_ascii_case(TYPE))
        {
            self = self.header(TYPE, "application/json");
        }
        self.content(serde_json::to_string(value).expect("what crosses to the host fits JSON"))
    }

    /// Whether the host follows a 202 with `Location` until the work behind it is done, which it does unless this says
    /// otherwise.
    #[must_use]
    pub fn async_pattern(mut self, follow: bool) -> Self {
        self.async_pattern = Some(follow);
        self
    }
}

/// What a durable HTTP call answers, whatever the status.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    /// Such as 200.
    pub status_code: u16,
    /// By name in small letters; what the server said several times stands in one text, with `, ` between.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub content: String,
}

impl HttpResponse {
    /// True for a status from 200 to 299.
    pub fn is_success(&self) -> bool {
        (200..300).contains(&self.status_code)
    }

    /// The header of this name, in whatever letters.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .get(&name.to_ascii_lowercase())
            .map(String::as_str)
    }

    /// The body, read as JSON.
    ///
    /// # Errors
    /// [`Failure::INVALID_ANSWER`] if it is not a `T`.
    pub fn json<T: DeserializeOwned>(&self) -> Result<T, Failure> {
        serde_json::from_str(&self.content).map_err(|error| {
            let wanted = std::any::type_name::<T>();
            let message = format!(
                "the content of a response with status {} is not a {wanted}: {error}",
                self.status_code
            );
            Failure::new(Failure::INVALID_ANSWER, message)
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_request_writes_only_what_was_set() {
        let bare = serde_json::to_value(HttpRequest::get("http://x/")).unwrap();
        assert_eq!(
            bare,
            serde_json::json!({"method": "GET", "uri": "http://x/"})
        );

        let full = HttpRequest::post("http://x/")
            .header("content-type", "text/plain")
            .content("hi")
            .async_pattern(false);
        assert_eq!(
            serde_json::to_value(full).unwrap(),
            serde_json::json!({
                "method": "POST",
                "uri": "http://x/",
                "headers": {"content-type": "text/plain"},
                "content": "hi",
                "asyncPattern": false,
            })
        );
    }

    #[test]
    fn a_response_needs_only_its_status() {
        let response: HttpResponse = serde_json::from_str(r#"{"statusCode":204}"#).unwrap();
        assert_eq!(response.status_code, 204);
        assert_eq!(response.content, "");
        assert!(response.is_success());
    }

    #[test]
    fn names_of_headers_are_the_same_in_whatever_letters() {
        let request = HttpRequest::get("http://x/")
            .header("X-A", "1")
            .header("x-a", "2")
            .header("Content-Type", "application/vnd.x+json")
            .json("text");
        assert_eq!(
            serde_json::to_value(request).unwrap(),
            serde_json::json!({
                "method": "GET",
                "uri": "http://x/",
                "headers": {"x-a": "2", "Content-Type": "application/vnd.x+json"},
                "content": "\"text\"",
            })
        );
        let response: HttpResponse =
            serde_json::from_str(r#"{"statusCode":500,"headers":{"x-a":"1"},"content":"[1"}"#)
                .unwrap();
        assert_eq!(response.header("X-A"), Some("1"));
        assert!(!response.is_success());
        let failure = response.json::<Vec<u8>>().unwrap_err();
        assert_eq!(failure.error_type, Failure::INVALID_ANSWER);
        assert!(failure.message.contains("status 500"), "{failure}");
    }
}
