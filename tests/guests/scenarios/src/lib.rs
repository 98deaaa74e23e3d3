//! Everything that a test asks of a guest, in one component without WASI: orchestrators and activities by name.
//!
//! The name is that of the function, as deployed; where that is not one of ours, the `kind` of the input.

#![allow(
    clippy::needless_pass_by_value,
    reason = "all scenarios have one signature"
)]

mod activities;
mod events;
mod http;
mod misuse;
mod script;
mod steps;

use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use soloist::{ActivityContext, Context, Failure};

/// What every scenario returns.
type Output = Result<Value, Failure>;

soloist::orchestrators! { _ => orchestrate }
soloist::activities! { _ => act }

fn orchestrate(ctx: &Context, input: Value) -> Output {
    let name = ctx.function_name();
    if let Some(scenario) = orchestrator(&name) {
        return scenario(ctx, input);
    }
    let kind = kind(&input);
    let scenario = orchestrator(kind).ok_or_else(|| unknown(&name, kind))?;
    scenario(ctx, input)
}

fn act(ctx: &ActivityContext, input: Value) -> Output {
    let name = ctx.function_name();
    if let Some(activity) = activities::named(&name) {
        return activity(ctx, input);
    }
    let kind = kind(&input);
    let activity = activities::named(kind).ok_or_else(|| unknown(&name, kind))?;
    activity(ctx, input)
}

fn orchestrator(name: &str) -> Option<fn(&Context, Value) -> Output> {
    Some(match name {
        "chain" => steps::chain,
        "fan" => steps::fan,
        "race" => steps::race,
        "sleepy" => steps::sleepy,
        "custom-status" => steps::custom_status,
        "guid-time" => steps::guid_time,
        "log" => steps::log,
        "fire-and-forget" => steps::fire_and_forget,
        "fail" => steps::fail,
        "events" => events::events,
        "counter" => events::counter,
        "cancel" => events::cancel,
        "http" => http::http,
        "script" => script::script,
        "nondeterministic" => misuse::nondeterministic,
        "trap" => misuse::trap,
        "spin" => misuse::spin,
        "memory-bomb" => misuse::memory_bomb,
        "deep" => misuse::deep,
        "unknown-task" => misuse::unknown_task,
        "empty-any" => misuse::empty_any,
        "bad-json" => misuse::bad_json,
        "native" => misuse::native,
        _ => return None,
    })
}

fn kind(input: &Value) -> &str {
    input
        .get("kind")
        .and_then(Value::as_str)
        .unwrap_or_default()
}

fn unknown(name: &str, kind: &str) -> Failure {
    Failure::new(
        Failure::UNKNOWN_FUNCTION,
        format!("no scenario `{name}`, nor kind `{kind}`"),
    )
    .non_retriable()
}

/// The parameters of a scenario; `null` stands for none.
fn read<T: DeserializeOwned>(input: Value) -> Result<T, Failure> {
    let input = if input.is_null() {
        Value::Object(serde_json::Map::new())
    } else {
        input
    };
    serde_json::from_value(input)
        .map_err(|error| Failure::new(Failure::INVALID_INPUT, error.to_string()).non_retriable())
}

fn write(output: impl Serialize) -> Output {
    Ok(serde_json::to_value(output)?)
}
