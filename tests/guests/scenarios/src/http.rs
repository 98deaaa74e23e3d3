//! HTTP calls of an orchestrator.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::Deserialize;
use serde_json::Value;
use soloist::{Context, HttpRequest, RetryPolicy};

use crate::events::told;
use crate::{Output, read};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Call {
    #[serde(default = "get")]
    method: String,
    uri: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    content: Option<String>,
    json: Option<Value>,
    async_pattern: Option<bool>,
    /// How often it is tried, 10 ms apart; without, there is no policy.
    attempts: Option<u32>,
    /// How long an attempt may take.
    attempt_timeout: Option<u64>,
}

fn get() -> String {
    "GET".to_owned()
}

/// One call: `{value}`, the response, or `{failure}`.
pub(crate) fn http(ctx: &Context, input: Value) -> Output {
    let call: Call = read(input)?;
    let mut request = HttpRequest::new(call.method, call.uri);
    for (name, value) in call.headers {
        request = request.header(name, value);
    }
    if let Some(content) = call.content {
        request = request.content(content);
    }
    if let Some(json) = call.json {
        request = request.json(&json);
    }
    if let Some(follow) = call.async_pattern {
        request = request.async_pattern(follow);
    }
    let task = match call.attempts {
        None => ctx.call_http(&request),
        Some(attempts) => {
            let mut policy = RetryPolicy::new(attempts, Duration::from_millis(10));
            if let Some(millis) = call.attempt_timeout {
                policy = policy.attempt_timeout(Duration::from_millis(millis));
            }
            ctx.call_http_with_retry(&request, &policy)
        }
    };
    told(task.wait())
}
