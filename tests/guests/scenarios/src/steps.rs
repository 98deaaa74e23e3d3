//! Scenarios about steps and what the orchestrator knows.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use soloist::{Context, Events, Failure, Level, Task};

use crate::{Output, read, write};

#[derive(Deserialize)]
#[serde(default)]
struct Steps {
    /// How many.
    n: u64,
    activity: String,
    /// The activity's input; its own number where there is none.
    input: Option<Value>,
    /// Bytes of a status.
    bytes: usize,
    /// How a fire-and-forget ends.
    end: End,
}

impl Default for Steps {
    fn default() -> Self {
        Self {
            n: 5,
            activity: "echo".to_owned(),
            input: None,
            bytes: 0,
            end: End::Complete,
        }
    }
}

#[derive(Deserialize, Clone, Copy, PartialEq)]
#[serde(rename_all = "kebab-case")]
enum End {
    Complete,
    Fail,
    ContinueAsNew,
    /// Stays, so that something else ends it.
    Wait,
}

impl Steps {
    fn call(&self, ctx: &Context, k: u64) -> Task<Value> {
        match &self.input {
            Some(input) => ctx.call_activity(&self.activity, input),
            None => ctx.call_activity(&self.activity, k),
        }
    }
}

/// `n` activities, one after the other; the list of their answers.
pub(crate) fn chain(ctx: &Context, input: Value) -> Output {
    let steps: Steps = read(input)?;
    write(
        (0..steps.n)
            .map(|k| steps.call(ctx, k).wait())
            .collect::<Result<Vec<_>, _>>()?,
    )
}

/// `n` activities at once; the list of their answers.
pub(crate) fn fan(ctx: &Context, input: Value) -> Output {
    let steps: Steps = read(input)?;
    let tasks: Vec<_> = (0..steps.n).map(|k| steps.call(ctx, k)).collect();
    write(ctx.try_await_all(&tasks)?)
}

/// `n` activities that nobody awaits.
pub(crate) fn fire_and_forget(ctx: &Context, input: Value) -> Output {
    let steps: Steps = read(input)?;
    for k in 0..steps.n {
        let _ = steps.call(ctx, k);
    }
    match steps.end {
        End::Complete => write("left"),
        End::Fail => Err(Failure::new("Left", "without waiting")),
        End::ContinueAsNew => {
            ctx.continue_as_new(json!({"kind": "fire-and-forget", "n": 0}), Events::Keep)
        }
        End::Wait => ctx.wait_for_event("Go").wait(),
    }
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Race {
    activity: String,
    input: Value,
    timer_ms: u64,
    event: String,
}

impl Default for Race {
    fn default() -> Self {
        Self {
            activity: "echo".to_owned(),
            input: Value::Null,
            timer_ms: 60_000,
            event: "Go".to_owned(),
        }
    }
}

/// An activity against a timer against an event: `{winner, value}`. The losers are cancelled.
pub(crate) fn race(ctx: &Context, input: Value) -> Output {
    let race: Race = read(input)?;
    let activity: Task<Value> = ctx.call_activity(&race.activity, &race.input);
    let timer = ctx.create_timer_after(Duration::from_millis(race.timer_ms));
    let event: Task<Value> = ctx.wait_for_event(&race.event);
    let winner = ctx.await_any([activity.id(), timer.id(), event.id()]);
    let (winner, value) = match winner {
        0 => ("activity", activity.wait()?),
        1 => ("timer", write(timer.wait()?)?),
        _ => ("event", event.wait()?),
    };
    // No effect on the one that is done.
    activity.cancel();
    timer.cancel();
    event.cancel();
    write(json!({"winner": winner, "value": value}))
}

#[derive(Deserialize)]
#[serde(default)]
struct Sleep {
    ms: u64,
    /// How often.
    n: u64,
}

impl Default for Sleep {
    fn default() -> Self {
        Self { ms: 50, n: 1 }
    }
}

/// `n` timers of `ms` milliseconds, one after the other: orchestration time before and after each.
pub(crate) fn sleepy(ctx: &Context, input: Value) -> Output {
    let sleep: Sleep = read(input)?;
    let mut times = vec![ctx.current_time()];
    for _ in 0..sleep.n {
        ctx.create_timer_after(Duration::from_millis(sleep.ms))
            .wait()?;
        times.push(ctx.current_time());
    }
    write(times)
}

/// Sets `{"step": k}` before each of `n` activities, or a status of `bytes` bytes.
pub(crate) fn custom_status(ctx: &Context, input: Value) -> Output {
    let steps: Steps = read(input)?;
    if steps.bytes > 0 {
        ctx.set_custom_status("x".repeat(steps.bytes.saturating_sub(2)));
    }
    for k in 0..steps.n {
        ctx.set_custom_status(json!({"step": k}));
        steps.call(ctx, k).wait()?;
    }
    write("done")
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Known {
    guid: String,
    time: soloist::Timestamp,
    instance_id: String,
    function_name: String,
    parent_instance_id: Option<String>,
}

/// What the orchestrator knows before each of `n` activities and at the end.
pub(crate) fn guid_time(ctx: &Context, input: Value) -> Output {
    let steps: Steps = read(input)?;
    let know = || Known {
        guid: ctx.new_guid(),
        time: ctx.current_time(),
        instance_id: ctx.instance_id(),
        function_name: ctx.function_name(),
        parent_instance_id: ctx.parent_instance_id(),
    };
    let mut known = vec![know()];
    for k in 0..steps.n {
        steps.call(ctx, k).wait()?;
        known.push(know());
    }
    write(known)
}

/// A log line of each level before each of `n` activities.
pub(crate) fn log(ctx: &Context, input: Value) -> Output {
    let steps: Steps = read(input)?;
    for k in 0..steps.n {
        for level in [
            Level::Trace,
            Level::Debug,
            Level::Info,
            Level::Warn,
            Level::Error,
        ] {
            ctx.log(level, format!("step {k} at {level:?}"));
        }
        steps.call(ctx, k).wait()?;
    }
    write("done")
}

/// Fails as its input says: `{errorType, message, details?, nonRetriable?}`.
pub(crate) fn fail(_: &Context, input: Value) -> Output {
    Err(failure(input)?)
}

/// The failure that an input describes.
pub(crate) fn failure(input: Value) -> Result<Failure, Failure> {
    #[derive(Deserialize)]
    #[serde(default, rename_all = "camelCase")]
    struct Wanted {
        error_type: String,
        message: String,
        details: Option<String>,
        non_retriable: bool,
    }
    impl Default for Wanted {
        fn default() -> Self {
            Self {
                error_type: "Declined".to_owned(),
                message: "as the test asked".to_owned(),
                details: None,
                non_retriable: false,
            }
        }
    }
    let Wanted {
        error_type,
        message,
        details,
        non_retriable,
    } = read(input)?;
    Ok(Failure {
        error_type,
        message,
        details,
        non_retriable,
    })
}
