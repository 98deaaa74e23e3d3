//! The activities.

use std::hint::black_box;

use serde::Deserialize;
use serde_json::{Value, json};
use soloist::{ActivityContext, Failure};

use crate::{Output, misuse, read, steps, write};

/// The activity of that name. All names that begin with `echo` are the same one.
pub(crate) fn named(name: &str) -> Option<fn(&ActivityContext, Value) -> Output> {
    Some(match name {
        _ if name.starts_with("echo") => |_, input| Ok(input),
        "slow" => slow,
        "fail-activity" => |_, input| Err(steps::failure(input)?),
        "flaky" => flaky,
        "context" => context,
        "trap-activity" => |_, _| panic!("as the test asked"),
        "spin-activity" => |_, _| misuse::forever(),
        "memory-activity" => |_, _| misuse::hoard(),
        _ => return None,
    })
}

#[derive(Deserialize)]
#[serde(default)]
struct Slow {
    /// Millions of turns of an empty loop: about a millisecond each.
    rounds: u64,
    value: Value,
}

impl Default for Slow {
    fn default() -> Self {
        Self {
            rounds: 100,
            value: Value::Null,
        }
    }
}

/// Computes for a while, for there is no sleep without WASI; returns `value`.
fn slow(_: &ActivityContext, input: Value) -> Output {
    let Slow { rounds, value } = read(input)?;
    let mut n = 0_u64;
    for _ in 0..rounds.saturating_mul(1_000_000) {
        n = black_box(n.wrapping_add(1));
    }
    Ok(value)
}

#[derive(Deserialize)]
struct Flaky {
    until: u32,
}

/// Fails on each attempt before `until`; returns the attempt.
fn flaky(ctx: &ActivityContext, input: Value) -> Output {
    let Flaky { until } = read(input)?;
    let attempt = ctx.attempt();
    if attempt < until {
        return Err(Failure::new(
            "Flaky",
            format!("attempt {attempt} of {until}"),
        ));
    }
    write(attempt)
}

/// What the activity knows of its call.
fn context(ctx: &ActivityContext, input: Value) -> Output {
    write(json!({
        "functionName": ctx.function_name(),
        "instanceId": ctx.instance_id(),
        "taskKey": ctx.task_key(),
        "attempt": ctx.attempt(),
        "input": input,
    }))
}
