use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// What a durable HTTP call sends. See [`Context::call_http`](crate::Context::call_http).
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
        self.headers.insert(name.into(), value.into());
        self
    }

    /// Sets the body.
    #[must_use]
    pub fn content(mut self, content: impl Into<String>) -> Self {
        self.content = Some(content.into());
        self
    }

    /// Whether the host follows a 202 with `Location` until the work behind it is done.
    #[must_use]
    pub fn async_pattern(mut self, follow: bool) -> Self {
        self.async_pattern = Some(follow);
        self
    }
}

/// What a durable HTTP call answers, whatever the status.
#[derive(Debug, Clone, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct HttpResponse {
    /// Such as 200.
    pub status_code: u16,
    /// By name, as the server wrote them.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body.
    #[serde(default)]
    pub content: Option<String>,
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
        assert_eq!(response.content, None);
    }
}
