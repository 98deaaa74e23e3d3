use std::num::NonZeroU32;

use serde::{Deserialize, Serialize};

use crate::{Failure, Timestamp};

/// When and how often a failed step is tried again. Times are in milliseconds.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct RetryPolicy {
    /// Total attempts, the first included.
    pub max_attempts: NonZeroU32,
    /// Delay before the second attempt.
    pub first_retry_interval: u64,
    /// Factor from one delay to the next; at least 1.
    pub backoff_coefficient: f64,
    /// Longest delay between attempts.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_retry_interval: Option<u64>,
    /// No attempt starts later than this after the first.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub retry_timeout: Option<u64>,
    /// An attempt that takes longer counts as failed.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub attempt_timeout: Option<u64>,
}

impl RetryPolicy {
    /// When to try again after attempt number `attempt` has failed at `now`; `first` is when the first was asked for. `None`
    /// if the failure is the answer. What is decided here is recorded, so a replay does not compute it again.
    pub(crate) fn retry_at(
        &self,
        failure: &Failure,
        attempt: u32,
        first: Timestamp,
        now: Timestamp,
    ) -> Option<Timestamp> {
        if failure.non_retriable || attempt >= self.max_attempts.get() {
            return None;
        }
        let retry_at = now.plus(std::time::Duration::from_millis(self.delay(attempt)));
        let last = self
            .retry_timeout
            .map(|timeout| first.plus(std::time::Duration::from_millis(timeout)));
        last.is_none_or(|last| retry_at <= last).then_some(retry_at)
    }

    /// How long to wait after attempt number `attempt`, in milliseconds.
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a delay is positive, need not be exact, and saturates"
    )]
    fn delay(&self, attempt: u32) -> u64 {
        let exponent = i32::try_from(attempt.saturating_sub(1)).unwrap_or(i32::MAX);
        let factor = self.backoff_coefficient.powi(exponent);
        let delay = (self.first_retry_interval as f64 * factor).ceil() as u64;
        delay.min(self.max_retry_interval.unwrap_or(u64::MAX))
    }
}

/// The failure that answers a step after so many attempts.
pub(crate) fn exhausted(mut failure: Failure, attempts: u32) -> Failure {
    let told = format!("attempts: {attempts}");
    failure.details = Some(match failure.details {
        Some(details) => format!("{details}\n{told}"),
        None => told,
    });
    failure
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::HostError;

    fn policy() -> RetryPolicy {
        RetryPolicy {
            max_attempts: NonZeroU32::new(5).expect("not zero"),
            first_retry_interval: 100,
            backoff_coefficient: 2.0,
            max_retry_interval: Some(300),
            retry_timeout: None,
            attempt_timeout: None,
        }
    }

    fn failure() -> Failure {
        HostError::Trap.failure("it trapped")
    }

    fn delays(policy: &RetryPolicy) -> Vec<Option<i64>> {
        let at = Timestamp::from_millis(1_000);
        (1..=6)
            .map(|attempt| {
                policy
                    .retry_at(&failure(), attempt, at, at)
                    .map(|retry_at| retry_at.as_millis() - 1_000)
            })
            .collect()
    }

    #[test]
    fn delays_grow_up_to_the_longest_and_attempts_end() {
        assert_eq!(
            delays(&policy()),
            [Some(100), Some(200), Some(300), Some(300), None, None]
        );
    }

    #[test]
    fn no_attempt_starts_after_the_timeout() {
        let policy = RetryPolicy {
            retry_timeout: Some(200),
            ..policy()
        };
        assert_eq!(delays(&policy)[..3], [Some(100), Some(200), None]);
    }

    #[test]
    fn a_failure_that_is_not_to_be_tried_again_is_the_answer() {
        let failure = Failure {
            non_retriable: true,
            ..failure()
        };
        let at = Timestamp::from_millis(1_000);
        assert_eq!(policy().retry_at(&failure, 1, at, at), None);
    }

    #[test]
    fn endless_growth_saturates() {
        let policy = RetryPolicy {
            max_attempts: NonZeroU32::MAX,
            max_retry_interval: None,
            ..policy()
        };
        let at = Timestamp::from_millis(1_000);
        let late = policy.retry_at(&failure(), u32::MAX - 1, at, at);
        assert!(late > Some(Timestamp::from_millis(1 << 40)), "{late:?}");
    }
}
