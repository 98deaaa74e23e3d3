//! The suite's activities in Rust. What they take and answer is the same in every language: see `tests/guests/suite`.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "the host gives an owned input and takes a `Result`"
)]

use std::error::Error;
use std::fmt;
use std::hint::black_box;

use serde::Deserialize;
use serde_json::{Value, json};
use soloist::{ActivityContext, Failure};

soloist::activities! {
    "say-hello" => say_hello,
    "echo" => echo,
    "echo-rust" => echo,
    "flaky" => flaky,
    "fails" => fails,
    "throws" => throws,
    "slow" => slow,
    "context" => context,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct City {
    name: String,
    #[serde(default)]
    delay_ms: u64,
}

fn say_hello(_: &ActivityContext, city: City) -> Result<String, Failure> {
    compute(city.delay_ms);
    Ok(format!("Hello {}!", city.name))
}

fn echo(_: &ActivityContext, input: Value) -> Result<Value, Failure> {
    Ok(input)
}

#[derive(Deserialize)]
struct Flaky {
    until: u32,
}

/// Fails on each attempt before `until`.
fn flaky(ctx: &ActivityContext, Flaky { until }: Flaky) -> Result<u32, Failure> {
    match ctx.attempt() {
        attempt if attempt < until => {
            let message = format!("attempt {attempt} of {until}");
            Err(Failure::new("Flaky", message))
        }
        attempt => Ok(attempt),
    }
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Fails {
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

fn fails(_: &ActivityContext, input: Option<Fails>) -> Result<(), Failure> {
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

#[derive(Deserialize)]
#[serde(default)]
struct Throws {
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
struct Boom(String);

impl fmt::Display for Boom {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

impl Error for Boom {}

fn throws(_: &ActivityContext, input: Option<Throws>) -> Result<(), Boom> {
    Err(Boom(input.unwrap_or_default().message))
}

#[derive(Deserialize)]
struct Slow {
    ms: u64,
}

fn slow(_: &ActivityContext, Slow { ms }: Slow) -> Result<(), Failure> {
    compute(ms);
    Ok(())
}

/// There is no clock and no sleep without WASI, so this counts: a million takes about a millisecond.
fn compute(milliseconds: u64) {
    let mut count = 0_u64;
    for _ in 0..milliseconds.saturating_mul(1_000_000) {
        count = black_box(count.wrapping_add(1));
    }
}

fn context(ctx: &ActivityContext, _: Value) -> Result<Value, Failure> {
    Ok(json!({
        "functionName": ctx.function_name(),
        "instanceId": ctx.instance_id(),
        "taskKey": ctx.task_key(),
        "attempt": ctx.attempt(),
    }))
}
