//! When an HTTP call that was accepted is asked after again, and how often.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use crate::{Failure, HostError, Timestamp};

/// How often one HTTP call is asked after at most. Each time is an event of its history.
pub const POLLS_MAX: u32 = 10_000;

/// The wait where the server names none, as in Durable Functions.
const WAIT: Duration = Duration::from_secs(30);
/// A server that wants to be asked at once, without end, would fill the task hub.
const WAIT_MIN: Duration = Duration::from_secs(1);
const WAIT_MAX: Duration = Duration::from_hours(24);

/// When a server wants to be asked again.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RetryAfter {
    /// So many seconds after its answer.
    Seconds(u64),
    /// Then.
    At(Timestamp),
}

/// When to ask again after an answer that came at `now`.
pub(crate) fn poll_at(wanted: Option<RetryAfter>, now: Timestamp) -> Timestamp {
    let wait = match wanted {
        None => WAIT,
        Some(RetryAfter::Seconds(seconds)) => Duration::from_secs(seconds),
        Some(RetryAfter::At(at)) => at.since(now),
    };
    now.plus(wait.clamp(WAIT_MIN, WAIT_MAX))
}

/// What answers a call that was asked after too often.
pub(crate) fn endless() -> Failure {
    let failure = HostError::LimitExceeded.failure(format!(
        "the HTTP call was asked after {POLLS_MAX} times and is still answered by 202: let the server name a longer \
         Retry-After, or set asyncPattern to false and wait by timers of your own"
    ));
    Failure {
        non_retriable: true,
        ..failure
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_server_is_asked_again_when_it_wants_but_not_at_once_and_not_after_years() {
        let now = Timestamp::from_millis(1_000_000);
        let at = |millis| RetryAfter::At(Timestamp::from_millis(millis));
        for (wanted, millis) in [
            (None, 30_000),
            (Some(RetryAfter::Seconds(7)), 7_000),
            (Some(RetryAfter::Seconds(0)), 1_000),
            (Some(RetryAfter::Seconds(u64::MAX)), 86_400_000),
            (Some(at(1_002_500)), 2_500),
            (Some(at(0)), 1_000),
            (Some(at(i64::MAX)), 86_400_000),
        ] {
            let waits = poll_at(wanted, now).since(now).as_millis();
            assert_eq!(waits, millis, "{wanted:?}");
        }
    }
}
