//! What an answer tells the guest.

use std::collections::BTreeMap;
use std::time::UNIX_EPOCH;

use http::header::{self, HeaderMap, HeaderValue};
use http::{StatusCode, Uri, response};
use serde::Serialize;
use soloist_core::{Failure, HostError, Payload, RetryAfter, Timestamp};
use soloist_engine::HttpAnswer;

use super::{limit_exceeded, non_retriable};

/// An answer that was read to its end.
pub(super) struct Answer {
    pub(super) head: response::Parts,
    pub(super) content: Vec<u8>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Shown<'a> {
    status_code: u16,
    headers: BTreeMap<&'a str, String>,
    content: &'a str,
}

impl Answer {
    pub(super) fn into_http_answer(
        self,
        uri: &Uri,
        bytes_max: usize,
    ) -> Result<HttpAnswer, Failure> {
        let status = self.head.status;
        let Ok(content) = str::from_utf8(&self.content) else {
            return Err(not_text(uri, status));
        };
        let shown = Shown {
            status_code: status.as_u16(),
            headers: shown(&self.head.headers),
            content,
        };
        let text = serde_json::to_string(&shown).expect("texts and a number fit JSON");
        if text.len() > bytes_max {
            return Err(limit_exceeded(format!(
                "the answer of {uri} is larger than {bytes_max} bytes as JSON: to allow more, raise body-bytes in the host's \
                 settings"
            )));
        }
        let output = Payload::parse(&text).expect("what was just written is JSON");
        Ok(if is_worth_another_attempt(status) {
            let failure = HostError::HttpCallFailed
                .failure(format!("{uri} answered with the status {status}"));
            HttpAnswer::Unsuccessful { output, failure }
        } else {
            HttpAnswer::Answered(output)
        })
    }
}

/// The server, or the way to it, may do better later: 408, 429 and 5xx.
fn is_worth_another_attempt(status: StatusCode) -> bool {
    let busy = [StatusCode::REQUEST_TIMEOUT, StatusCode::TOO_MANY_REQUESTS];
    status.is_server_error() || busy.contains(&status)
}

fn not_text(uri: &Uri, status: StatusCode) -> Failure {
    let failure = HostError::HttpCallFailed.failure(format!(
        "the body of the answer of {uri}, with the status {status}, is no UTF-8 text, and call-http carries nothing else: \
         fetch it in an activity"
    ));
    if is_worth_another_attempt(status) {
        failure
    } else {
        non_retriable(failure)
    }
}

/// By name; what was said several times in one text.
fn shown(headers: &HeaderMap) -> BTreeMap<&str, String> {
    let mut shown = BTreeMap::new();
    for (name, value) in headers {
        let value = text(value);
        shown
            .entry(name.as_str())
            .and_modify(|said: &mut String| {
                said.push_str(", ");
                said.push_str(&value);
            })
            .or_insert(value);
    }
    shown
}

/// What is no UTF-8 is Latin-1, as it once was by definition.
fn text(value: &HeaderValue) -> String {
    let bytes = value.as_bytes();
    str::from_utf8(bytes).map_or_else(
        |_| bytes.iter().map(|byte| char::from(*byte)).collect(),
        str::to_owned,
    )
}

/// When the server wants to be asked again, if it says so in a way that can be read.
pub(super) fn retry_after(headers: &HeaderMap) -> Option<RetryAfter> {
    let text = headers.get(header::RETRY_AFTER)?.to_str().ok()?.trim();
    if !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit()) {
        return Some(RetryAfter::Seconds(text.parse().unwrap_or(u64::MAX)));
    }
    let date = httpdate::parse_http_date(text).ok()?;
    let since = date.duration_since(UNIX_EPOCH).ok()?;
    let millis = i64::try_from(since.as_millis()).ok()?;
    Some(RetryAfter::At(Timestamp::from_millis(millis)))
}
