//! An eternal singleton: it looks around once a round, begins anew after each, and ends at dawn.

use std::num::NonZeroU64;
use std::time::Duration;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use soloist::{Context, Events, Failure, Level, Timestamp};

/// How many of the last sightings are kept.
const LATEST_MAX: usize = 5;

/// The input, and what one execution hands to the next.
#[derive(Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase", deny_unknown_fields)]
struct Watch {
    /// From the beginning of one round to that of the next.
    every_ms: NonZeroU64,
    seen: Seen,
}

impl Default for Watch {
    fn default() -> Self {
        Self {
            every_ms: NonZeroU64::new(3_600_000).expect("an hour is not 0"),
            seen: Seen::default(),
        }
    }
}

/// What all rounds saw, and the output. It must not grow with the rounds: no number of them is the last.
#[derive(Default, Serialize, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Seen {
    rounds: u64,
    /// Rounds in which looking around failed.
    blind: u64,
    slowest: Option<Sighting>,
    latest: Vec<Sighting>,
}

/// What `look-around` reports.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Sighting {
    at: Timestamp,
    took_us: u64,
}

/// What `customStatus` shows.
#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Status<'s> {
    round: u64,
    next_round: Timestamp,
    last: Option<&'s Sighting>,
}

#[soloist::orchestrator]
fn night_watch(ctx: &Context, input: Option<Watch>) -> Result<Seen, Failure> {
    let Watch { every_ms, mut seen } = input.unwrap_or_default();
    seen.rounds += 1;
    // Counted from here, so that the time it takes to look around does not add up over the rounds.
    let next_round = ctx.current_time() + Duration::from_millis(every_ms.get());
    // A custom status ends with its execution: so first the last round's, then this one's.
    seen.show(ctx, next_round);
    let sighting = ctx.call_activity::<Sighting>("look-around", ()).wait();
    if let Err(failure) = &sighting {
        ctx.log(Level::Warn, format!("round {}: {failure}", seen.rounds));
    }
    seen.add(sighting.ok());
    seen.show(ctx, next_round);

    let dawn = ctx.wait_for_event::<IgnoredAny>("dawn");
    let timer = ctx.create_timer(next_round);
    if ctx.await_any([dawn.id(), timer.id()]) == 0 {
        timer.cancel();
        return Ok(seen);
    }
    dawn.cancel();
    // The next execution begins with an empty history, and with the events that nobody waited for.
    ctx.continue_as_new(Watch { every_ms, seen }, Events::Keep)
}

impl Seen {
    fn add(&mut self, sighting: Option<Sighting>) {
        let Some(sighting) = sighting else {
            self.blind += 1;
            return;
        };
        if self.latest.len() == LATEST_MAX {
            self.latest.remove(0);
        }
        self.latest.push(sighting.clone());
        self.slowest = self
            .slowest
            .take()
            .filter(|slowest| slowest.took_us >= sighting.took_us)
            .or(Some(sighting));
    }

    fn show(&self, ctx: &Context, next_round: Timestamp) {
        ctx.set_custom_status(Status {
            round: self.rounds,
            next_round,
            last: self.latest.last(),
        });
    }
}
