//! Events: awaited, raced against a timer, and sent.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use serde_json::{Value, json};
use soloist::{Context, Either, Failure};

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Approval {
    timeout_ms: u64,
}

impl Default for Approval {
    fn default() -> Self {
        Self { timeout_ms: 60_000 }
    }
}

/// The data of the event `Approval`.
#[derive(Deserialize)]
struct Decision {
    approved: bool,
    #[serde(default)]
    by: Option<String>,
}

#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
pub(crate) enum Outcome {
    Approved { by: Option<String> },
    Rejected { by: Option<String> },
    TimedOut,
}

pub(crate) fn approval(ctx: &Context, input: Option<Approval>) -> Result<Outcome, Failure> {
    let limit = Duration::from_millis(input.unwrap_or_default().timeout_ms);
    let until = ctx.current_time() + limit;
    ctx.set_custom_status(json!({"stage": "waiting", "until": until.to_string()}));
    let decision = ctx.wait_for_event_within::<Decision>("Approval", limit)?;
    ctx.set_custom_status(json!({"stage": "decided"}));
    Ok(match decision {
        Some(Decision { approved, by }) if approved => Outcome::Approved { by },
        Some(Decision { by, .. }) => Outcome::Rejected { by },
        None => Outcome::TimedOut,
    })
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Waits {
    name: String,
    n: u32,
    /// The most that each wait takes.
    within_ms: Option<u64>,
}

impl Default for Waits {
    fn default() -> Self {
        Self {
            name: "Go".to_owned(),
            n: 1,
            within_ms: None,
        }
    }
}

/// The data of events of one name; `null` where none came in time.
pub(crate) fn events(ctx: &Context, input: Option<Waits>) -> Result<Vec<Option<Value>>, Failure> {
    let Waits { name, n, within_ms } = input.unwrap_or_default();
    let next = |_| match within_ms {
        None => ctx.wait_for_event(&name).wait(),
        Some(limit) => ctx.wait_for_event_within(&name, Duration::from_millis(limit)),
    };
    (0..n).map(next).collect()
}

#[derive(Deserialize)]
pub(crate) struct Send {
    instance: String,
    #[serde(default = "go")]
    name: String,
    #[serde(default)]
    data: Value,
}

fn go() -> String {
    "Go".to_owned()
}

pub(crate) fn send(ctx: &Context, input: Send) -> Result<&'static str, Failure> {
    ctx.send_event(&input.instance, &input.name, input.data);
    Ok("sent")
}

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
pub(crate) struct Race {
    timer_ms: u64,
}

impl Default for Race {
    fn default() -> Self {
        Self { timer_ms: 60_000 }
    }
}

pub(crate) fn race(ctx: &Context, input: Option<Race>) -> Result<Value, Failure> {
    let limit = Duration::from_millis(input.unwrap_or_default().timer_ms);
    let timer = ctx.create_timer_after(limit);
    let event = ctx.wait_for_event::<Value>("Go");
    Ok(match ctx.await_either(&timer, &event)? {
        Either::First(()) => {
            event.cancel();
            json!({"winner": "timer"})
        }
        Either::Second(value) => {
            timer.cancel();
            json!({"winner": "event", "value": value})
        }
    })
}
