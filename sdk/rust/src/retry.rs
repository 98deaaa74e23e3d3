use std::time::Duration;

use crate::bindings::orchestrator::soloist::orchestration::types;
use crate::timestamp::whole_milliseconds;

/// When the host tries a step again, and for how long.
///
/// ```
/// use soloist::RetryPolicy;
/// use std::time::Duration;
///
/// let policy = RetryPolicy::new(5, Duration::from_secs(1))
///     .backoff_coefficient(2.0)
///     .max_retry_interval(Duration::from_secs(30));
/// ```
#[derive(Debug, Clone, PartialEq)]
pub struct RetryPolicy {
    max_attempts: u32,
    first_retry_interval: Duration,
    backoff_coefficient: f64,
    max_retry_interval: Option<Duration>,
    retry_timeout: Option<Duration>,
    attempt_timeout: Option<Duration>,
}

impl RetryPolicy {
    /// At most `max_attempts` attempts, the first included, with `first_retry_interval` before each of the others.
    pub fn new(max_attempts: u32, first_retry_interval: Duration) -> Self {
        Self {
            max_attempts,
            first_retry_interval,
            backoff_coefficient: 1.0,
            max_retry_interval: None,
            retry_timeout: None,
            attempt_timeout: None,
        }
    }

    /// Factor from one interval to the next; at least 1.
    #[must_use]
    pub fn backoff_coefficient(mut self, factor: f64) -> Self {
        self.backoff_coefficient = factor;
        self
    }

    /// Longest interval between attempts.
    #[must_use]
    pub fn max_retry_interval(mut self, interval: Duration) -> Self {
        self.max_retry_interval = Some(interval);
        self
    }

    /// No attempt starts later than this after the first.
    #[must_use]
    pub fn retry_timeout(mut self, timeout: Duration) -> Self {
        self.retry_timeout = Some(timeout);
        self
    }

    /// An attempt that takes longer counts as failed.
    #[must_use]
    pub fn attempt_timeout(mut self, timeout: Duration) -> Self {
        self.attempt_timeout = Some(timeout);
        self
    }
}

impl From<&RetryPolicy> for types::RetryPolicy {
    fn from(policy: &RetryPolicy) -> Self {
        Self {
            max_attempts: policy.max_attempts,
            first_retry_interval: whole_milliseconds(policy.first_retry_interval),
            backoff_coefficient: policy.backoff_coefficient,
            max_retry_interval: policy.max_retry_interval.map(whole_milliseconds),
            retry_timeout: policy.retry_timeout.map(whole_milliseconds),
            attempt_timeout: policy.attempt_timeout.map(whole_milliseconds),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_field_crosses_in_milliseconds() {
        let policy = RetryPolicy::new(5, Duration::from_secs(1))
            .backoff_coefficient(2.0)
            .max_retry_interval(Duration::from_secs(30))
            .retry_timeout(Duration::from_hours(1))
            .attempt_timeout(Duration::from_micros(1500));
        let crossed = types::RetryPolicy::from(&policy);
        assert_eq!(crossed.max_attempts, 5);
        assert_eq!(
            [crossed.first_retry_interval, crossed.backoff_coefficient].map(f64::to_bits),
            [1000.0, 2.0].map(f64::to_bits)
        );
        assert_eq!(crossed.max_retry_interval, Some(30_000.0));
        assert_eq!(crossed.retry_timeout, Some(3_600_000.0));
        assert_eq!(crossed.attempt_timeout, Some(2.0));
    }
}
