//! Scenarios about events, cancelling and continue-as-new.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use soloist::{Context, Events, Failure, Task};

use crate::{Output, read, write};

#[derive(Deserialize)]
#[serde(default)]
struct Waits {
    name: String,
    n: usize,
    /// All waits before the first answer, else one after the other.
    parallel: bool,
    /// Where given, the wait of each event ends after so many milliseconds, and counts as `null`.
    within: Option<u64>,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            name: "Go".to_owned(),
            n: 1,
            parallel: false,
            within: None,
        }
    }
}

/// The data of `n` events of one name, in their order.
pub(crate) fn events(ctx: &Context, input: Value) -> Output {
    let waits: Waits = read(input)?;
    if waits.parallel {
        let tasks: Vec<Task<Value>> = (0..waits.n)
            .map(|_| ctx.wait_for_event(&waits.name))
            .collect();
        return write(ctx.try_await_all(&tasks)?);
    }
    let mut data = Vec::new();
    for _ in 0..waits.n {
        data.push(match waits.within {
            None => ctx.wait_for_event::<Value>(&waits.name).wait()?,
            Some(ms) => ctx
                .wait_for_event_within(&waits.name, Duration::from_millis(ms))?
                .unwrap_or_default(),
        });
    }
    write(data)
}

#[derive(Deserialize, Serialize)]
#[serde(default, rename_all = "camelCase")]
struct Counter {
    /// Generations to go through.
    until: u64,
    generation: u64,
    keep_events: bool,
    /// Events to consume in each generation.
    events_each: usize,
    event: String,
    /// Whether each generation ends with the wait for an event `Gate`.
    gate: bool,
    /// Whether each generation makes an activity, so that its history is not empty.
    step: bool,
    collected: Vec<Value>,
    kind: String,
}

impl Default for Counter {
    fn default() -> Self {
        Self {
            until: 3,
            generation: 1,
            keep_events: true,
            events_each: 0,
            event: "Go".to_owned(),
            gate: false,
            step: false,
            collected: Vec::new(),
            kind: "counter".to_owned(),
        }
    }
}

/// Continues as new until generation `until`: `{generations, collected}`.
pub(crate) fn counter(ctx: &Context, input: Value) -> Output {
    let mut counter: Counter = read(input)?;
    ctx.set_custom_status(json!({"generation": counter.generation}));
    for _ in 0..counter.events_each {
        counter
            .collected
            .push(ctx.wait_for_event(&counter.event).wait()?);
    }
    if counter.step {
        ctx.call_activity::<Value>("echo", counter.generation)
            .wait()?;
    }
    if counter.gate {
        ctx.wait_for_event::<Value>("Gate").wait()?;
    }
    if counter.generation >= counter.until {
        return write(json!({"generations": counter.generation, "collected": counter.collected}));
    }
    counter.generation += 1;
    let events = if counter.keep_events {
        Events::Keep
    } else {
        Events::Drop
    };
    ctx.continue_as_new(counter, events)
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum What {
    Activity,
    Timer,
    /// The first of two waits; the second then gets the event.
    Event,
    /// An activity that is done.
    Done,
}

#[derive(Deserialize)]
struct Cancel {
    what: What,
    #[serde(default = "slow")]
    activity: String,
    #[serde(default)]
    input: Value,
}

fn slow() -> String {
    "slow".to_owned()
}

/// Gives something up and says what it then answers: `{failure}` or `{value}`, and for events `next`.
pub(crate) fn cancel(ctx: &Context, input: Value) -> Output {
    let cancel: Cancel = read(input)?;
    let answer = |task: &Task<Value>| match task.wait() {
        Ok(value) => json!({"value": value}),
        Err(failure) => json!({"failure": failure}),
    };
    match cancel.what {
        What::Activity => {
            let task = ctx.call_activity(&cancel.activity, &cancel.input);
            // A turn of its own, so that the activity is under way.
            ctx.create_timer_after(Duration::from_millis(1)).wait()?;
            task.cancel();
            write(answer(&task))
        }
        What::Timer => {
            let timer = ctx.create_timer_after(Duration::from_hours(1));
            timer.cancel();
            write(match timer.wait() {
                Ok(()) => json!({"value": null}),
                Err(failure) => json!({"failure": failure}),
            })
        }
        What::Event => {
            let (first, second) = (ctx.wait_for_event("Go"), ctx.wait_for_event::<Value>("Go"));
            first.cancel();
            let next = second.wait()?;
            let mut said = answer(&first);
            said["next"] = next;
            write(said)
        }
        What::Done => {
            let task: Task<Value> = ctx.call_activity("echo", "done");
            task.wait()?;
            task.cancel();
            write(answer(&task))
        }
    }
}

/// The failure as a value, so that a test can read it in the output.
pub(crate) fn told<T: Serialize>(answer: Result<T, Failure>) -> Output {
    match answer {
        Ok(value) => write(json!({"value": value})),
        Err(failure) => write(json!({"failure": failure})),
    }
}
