//! What a guest wrote of its request, and the messages that are made of it.

use std::collections::BTreeMap;

use bytes::Bytes;
use http::header::{self, HeaderMap, HeaderName, HeaderValue};
use http::{Method, Request, Uri};
use http_body_util::Full;
use serde::Deserialize;
use serde_json::value::RawValue;
use soloist_core::{Failure, Payload};

use super::invalid;
use crate::outgoing::target;

/// Where the name of a header has one of these, it tells who the caller is.
const OF_CREDENTIALS: [&str; 8] = [
    "auth",
    "cookie",
    "credential",
    "key",
    "password",
    "secret",
    "session",
    "token",
];

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
struct Written<'a> {
    method: String,
    uri: String,
    headers: Option<BTreeMap<String, String>>,
    #[serde(borrow)]
    content: Option<&'a RawValue>,
    async_pattern: Option<bool>,
}

/// A request that can be sent, as far as one can tell without sending it.
#[derive(Debug)]
pub(super) struct CallRequest {
    method: Method,
    uri: Uri,
    headers: HeaderMap,
    content: Bytes,
    /// Whether a 202 is followed to the end of the work behind it.
    pub(super) async_pattern: bool,
}

impl CallRequest {
    pub(super) fn parse(text: &Payload) -> Result<Self, Failure> {
        let written: Written<'_> = serde_json::from_str(text.as_str()).map_err(invalid)?;
        let method = written.method.to_ascii_uppercase();
        let method = Method::from_bytes(method.as_bytes())
            .map_err(|_| invalid(format!("'{method}' is no HTTP method")))?;
        let uri = parse_uri(&written.uri)?;
        let mut headers = HeaderMap::new();
        for (name, value) in written.headers.unwrap_or_default() {
            let parsed = HeaderName::from_bytes(name.as_bytes())
                .map_err(|_| invalid(format!("'{name}' is no name of a header")))?;
            // What it holds may be a secret.
            let value = HeaderValue::from_bytes(value.as_bytes())
                .map_err(|_| invalid(format!("the value of the header '{name}' cannot be sent")))?;
            headers.append(parsed, value);
        }
        // The client counts for itself.
        headers.remove(header::CONTENT_LENGTH);
        let content = match written.content.map(RawValue::get) {
            None => Bytes::new(),
            Some(text) if text.starts_with('"') => serde_json::from_str::<String>(text)
                .map_err(invalid)?
                .into(),
            Some(json) => {
                headers
                    .entry(header::CONTENT_TYPE)
                    .or_insert(HeaderValue::from_static("application/json"));
                json.to_owned().into()
            }
        };
        Ok(Self {
            method,
            uri,
            headers,
            content,
            async_pattern: written.async_pattern.unwrap_or(true),
        })
    }

    pub(super) fn into_message(self) -> Request<Full<Bytes>> {
        message(self.method, self.uri, self.headers, self.content)
    }

    /// Asks after the request where it was accepted. Credentials go to nobody but the server that the guest gave them to.
    pub(super) fn into_poll(self, accepted_at: &str) -> Result<Request<Full<Bytes>>, Failure> {
        let uri = parse_uri(accepted_at)?;
        let same_origin = match (target(&self.uri), target(&uri)) {
            (Ok(asked), Ok(polled)) => asked == polled,
            _ => false,
        };
        let mut headers = self.headers;
        let names: Vec<_> = headers.keys().cloned().collect();
        for name in names {
            let of_content = name.as_str().starts_with("content-") || name == header::EXPECT;
            if of_content || (!same_origin && tells_who(&name)) {
                headers.remove(name);
            }
        }
        Ok(message(Method::GET, uri, headers, Bytes::new()))
    }
}

fn tells_who(name: &HeaderName) -> bool {
    OF_CREDENTIALS
        .iter()
        .any(|part| name.as_str().contains(part))
}

fn parse_uri(text: &str) -> Result<Uri, Failure> {
    text.parse().map_err(|error| {
        let shown: String = text.chars().take(200).collect();
        invalid(format!("'{shown}' is no URI: {error}"))
    })
}

fn message(method: Method, uri: Uri, headers: HeaderMap, content: Bytes) -> Request<Full<Bytes>> {
    let mut message = Request::new(Full::new(content));
    *message.method_mut() = method;
    *message.uri_mut() = uri;
    *message.headers_mut() = headers;
    message
}
