//! Failures: one's own, those of a step, and those that a policy mends.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use soloist::{Context, Failure, RetryPolicy};

#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Retry {
    failures: u32,
    attempts: u32,
}

impl Default for Retry {
    fn default() -> Self {
        Self {
            failures: 2,
            attempts: 5,
        }
    }
}

pub(crate) fn retry(ctx: &Context, input: Option<Retry>) -> Result<u32, Failure> {
    let Retry { failures, attempts } = input.unwrap_or_default();
    let policy = RetryPolicy::new(attempts, Duration::from_millis(10)).backoff_coefficient(2.0);
    let until = json!({"until": failures + 1});
    ctx.call_activity_with_retry("flaky", until, &policy).wait()
}

#[derive(Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Fails {
    error_type: String,
    message: String,
    details: Option<String>,
    non_retriable: bool,
}

impl Default for Fails {
    fn default() -> Self {
        Self {
            error_type: "Declined".to_owned(),
            message: "no funds".to_owned(),
            details: None,
            non_retriable: false,
        }
    }
}

pub(crate) fn fails(_: &Context, input: Option<Fails>) -> Result<(), Failure> {
    let input = input.unwrap_or_default();
    let mut failure = Failure::new(input.error_type, input.message);
    if let Some(details) = input.details {
        failure = failure.with_details(details);
    }
    if input.non_retriable {
        failure = failure.non_retriable();
    }
    Err(failure)
}

pub(crate) fn catches(ctx: &Context, input: Option<Fails>) -> Result<Failure, Failure> {
    let policy = RetryPolicy::new(3, Duration::from_millis(10));
    let input = input.unwrap_or_default();
    caught(ctx.call_activity_with_retry("fails", input, &policy).wait())
}

/// The failure as an output. Its JSON has the keys `errorType`, `message`, `details` and `nonRetriable`.
pub(crate) fn caught(answer: Result<Value, Failure>) -> Result<Failure, Failure> {
    match answer {
        Err(failure) => Ok(failure),
        Ok(value) => Err(Failure::new("NotFailed", format!("it answered {value}"))),
    }
}

#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Throws {
    message: String,
}

impl Default for Throws {
    fn default() -> Self {
        Self {
            message: "boom".to_owned(),
        }
    }
}

/// An error as any library has its own: it becomes a failure by itself.
#[derive(Debug)]
pub(crate) struct Boom(String);

impl fmt::Display for Boom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Boom {}

pub(crate) fn throws(_: &Context, input: Option<Throws>) -> Result<(), Boom> {
    Err(Boom(input.unwrap_or_default().message))
}

pub(crate) fn cancels(ctx: &Context, _: Value) -> Result<String, Failure> {
    let slow = ctx.call_activity("slow", json!({"ms": 60_000}));
    slow.cancel();
    Ok(caught(slow.wait())?.error_type)
}
