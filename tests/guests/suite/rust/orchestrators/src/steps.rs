//! Steps, one after the other or at once.

use std::collections::BTreeMap;
use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use soloist::{Context, Events, Failure, HttpRequest, Task};

const CITIES: [&str; 5] = ["Tokyo", "Seattle", "London", "Cairo", "Lima"];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct HelloCities {
    delay_ms: u64,
}

pub(crate) fn hello_cities(
    ctx: &Context,
    input: Option<HelloCities>,
) -> Result<Vec<String>, Failure> {
    let HelloCities { delay_ms } = input.unwrap_or_default();
    let greet = |name| {
        let city = json!({"name": name, "delayMs": delay_ms});
        ctx.call_activity("say-hello", city).wait()
    };
    CITIES.into_iter().map(greet).collect()
}

#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct FanOut {
    n: u32,
}

impl Default for FanOut {
    fn default() -> Self {
        Self { n: 100 }
    }
}

pub(crate) fn fan_out(ctx: &Context, input: Option<FanOut>) -> Result<Vec<u32>, Failure> {
    let FanOut { n } = input.unwrap_or_default();
    let tasks: Vec<Task<u32>> = (0..n).map(|k| ctx.call_activity("echo", k)).collect();
    ctx.try_await_all(&tasks)
}

#[derive(Deserialize)]
pub(crate) struct Chain {
    activity: String,
    #[serde(default = "three")]
    n: u32,
    /// Milliseconds between two steps.
    #[serde(default)]
    rests: u64,
}

fn three() -> u32 {
    3
}

pub(crate) fn chain(ctx: &Context, input: Chain) -> Result<Vec<Value>, Failure> {
    let mut answers = Vec::new();
    for step in 0..input.n {
        if step > 0 && input.rests > 0 {
            ctx.create_timer_after(Duration::from_millis(input.rests))
                .wait()?;
        }
        answers.push(ctx.call_activity(&input.activity, step).wait()?);
    }
    Ok(answers)
}

#[derive(Deserialize, Serialize)]
#[serde(default)]
pub(crate) struct Counter {
    n: u32,
    until: u32,
}

impl Default for Counter {
    fn default() -> Self {
        Self { n: 0, until: 3 }
    }
}

pub(crate) fn counter(ctx: &Context, input: Option<Counter>) -> Result<u32, Failure> {
    let Counter { n, until } = input.unwrap_or_default();
    if n >= until {
        return Ok(n);
    }
    ctx.call_activity::<u32>("echo", n).wait()?;
    ctx.continue_as_new(Counter { n: n + 1, until }, Events::Keep)
}

#[derive(Deserialize)]
pub(crate) struct Http {
    #[serde(default = "get")]
    method: String,
    uri: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    content: Option<String>,
}

fn get() -> String {
    "GET".to_owned()
}

pub(crate) fn http(ctx: &Context, input: Http) -> Result<Value, Failure> {
    let mut request = HttpRequest::new(input.method, input.uri);
    for (name, value) in input.headers {
        request = request.header(name, value);
    }
    if let Some(content) = input.content {
        request = request.content(content);
    }
    let response = ctx.call_http(&request).wait()?;
    Ok(json!({"statusCode": response.status_code, "content": response.content}))
}
