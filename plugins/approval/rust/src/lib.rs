//! A decision by a person, raced against a timer.

use std::time::Duration;

use serde::{Deserialize, Serialize};
use soloist::{Context, Failure, Timestamp};

#[derive(Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Input {
    timeout_ms: u64,
}

impl Default for Input {
    fn default() -> Self {
        Self { timeout_ms: 60_000 }
    }
}

/// The data of the event `Approval`.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Decision {
    approved: bool,
    #[serde(default)]
    by: Option<String>,
}

#[derive(Serialize)]
#[serde(tag = "outcome", rename_all = "camelCase")]
enum Outcome {
    Approved { by: Option<String> },
    Rejected { by: Option<String> },
    TimedOut,
}

/// What `customStatus` shows.
#[derive(Serialize)]
#[serde(tag = "stage", rename_all = "camelCase")]
enum Status {
    Waiting { until: Timestamp },
    Decided,
}

#[soloist::orchestrator]
fn approval(ctx: &Context, input: Option<Input>) -> Result<Outcome, Failure> {
    let limit = Duration::from_millis(input.unwrap_or_default().timeout_ms);
    ctx.set_custom_status(Status::Waiting {
        until: ctx.current_time() + limit,
    });
    let decision = ctx.wait_for_event_within::<Decision>("Approval", limit)?;
    ctx.set_custom_status(Status::Decided);
    Ok(match decision {
        Some(Decision { approved: true, by }) => Outcome::Approved { by },
        Some(Decision {
            approved: false,
            by,
        }) => Outcome::Rejected { by },
        None => Outcome::TimedOut,
    })
}
