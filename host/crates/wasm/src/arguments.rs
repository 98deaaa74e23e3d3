//! What guests pass to the host, checked.

use std::error::Error as _;
use std::num::NonZeroU32;

use soloist_core::{
    Failure, HostError, InstanceId, LogLevel, Payload, REQUESTS_MAX, Refusal, RetryPolicy, TaskId,
    TaskResult, Timestamp,
};

use crate::bindings::soloist::orchestration::{durable, types};
use crate::trap::cut;

/// The longest name of a function, an event or an instance, in bytes. Far above what any may have: a longer one is no name.
const NAME_BYTES_MAX: usize = 1024;

/// A guest's failure is kept in history: its texts are cut to these numbers of bytes.
const ERROR_TYPE_BYTES_MAX: usize = 1024;
const MESSAGE_BYTES_MAX: usize = 64 * 1024;
const FAILURE_DETAILS_BYTES_MAX: usize = 256 * 1024;

/// A JSON document of at most `bytes_max` bytes.
pub(crate) fn json(what: &'static str, text: &str, bytes_max: usize) -> Result<Payload, Refusal> {
    if text.len() > bytes_max {
        return Err(Refusal::TooLarge {
            what,
            bytes: text.len(),
            bytes_max,
        });
    }
    Payload::parse(text).map_err(|error| Refusal::InvalidJson {
        what,
        reason: error
            .source()
            .map_or_else(|| error.to_string(), ToString::to_string),
    })
}

pub(crate) fn name(what: &'static str, name: String) -> Result<String, Refusal> {
    if name.len() > NAME_BYTES_MAX {
        return Err(Refusal::TooLarge {
            what,
            bytes: name.len(),
            bytes_max: NAME_BYTES_MAX,
        });
    }
    Ok(name)
}

/// The instance id that a guest chose for a child.
pub(crate) fn child_id(id: String) -> Result<InstanceId, Refusal> {
    let id = name("an instance ID", id)?;
    id.parse()
        .map_err(|reason| Refusal::InvalidInstanceId { id, reason })
}

pub(crate) fn time(what: &'static str, millis: f64) -> Result<Timestamp, Refusal> {
    Timestamp::from_guest(millis).ok_or(Refusal::InvalidArgument {
        what,
        expected: "a finite number of milliseconds",
    })
}

pub(crate) fn retry(policy: &types::RetryPolicy) -> Result<RetryPolicy, Refusal> {
    let max_attempts = NonZeroU32::new(policy.max_attempts).ok_or(Refusal::InvalidArgument {
        what: "max-attempts",
        expected: "at least 1",
    })?;
    if !policy.backoff_coefficient.is_finite() || policy.backoff_coefficient < 1.0 {
        return Err(Refusal::InvalidArgument {
            what: "backoff-coefficient",
            expected: "a finite number that is at least 1",
        });
    }
    Ok(RetryPolicy {
        max_attempts,
        first_retry_interval: interval("first-retry-interval", policy.first_retry_interval)?,
        backoff_coefficient: policy.backoff_coefficient,
        max_retry_interval: policy
            .max_retry_interval
            .map(|millis| interval("max-retry-interval", millis))
            .transpose()?,
        retry_timeout: policy
            .retry_timeout
            .map(|millis| interval("retry-timeout", millis))
            .transpose()?,
        attempt_timeout: policy
            .attempt_timeout
            .map(|millis| interval("attempt-timeout", millis))
            .transpose()?,
    })
}

/// Whole milliseconds, rounded up.
fn interval(what: &'static str, millis: f64) -> Result<u64, Refusal> {
    if millis.is_finite() && millis > 0.0 {
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "the number is positive, and `as` saturates"
        )]
        Ok(millis.ceil() as u64)
    } else {
        Err(Refusal::InvalidArgument {
            what,
            expected: "a finite number of milliseconds greater than 0",
        })
    }
}

pub(crate) fn level(level: durable::Level) -> LogLevel {
    match level {
        durable::Level::Trace => LogLevel::Trace,
        durable::Level::Debug => LogLevel::Debug,
        durable::Level::Info => LogLevel::Info,
        durable::Level::Warn => LogLevel::Warn,
        durable::Level::Error => LogLevel::Error,
    }
}

/// What a guest's `run` returned.
pub(crate) fn returned(
    result: Result<String, types::Failure>,
    bytes_max: usize,
) -> Result<Payload, Failure> {
    match result {
        Ok(text) => json("the output", &text, bytes_max).map_err(|refusal| refusal.failure()),
        Err(failure) => Err(failure_from(failure)),
    }
}

fn failure_from(failure: types::Failure) -> Failure {
    let types::Failure {
        mut error_type,
        mut message,
        mut details,
        non_retriable,
    } = failure;
    cut(&mut error_type, ERROR_TYPE_BYTES_MAX);
    cut(&mut message, MESSAGE_BYTES_MAX);
    if let Some(details) = &mut details {
        cut(details, FAILURE_DETAILS_BYTES_MAX);
    }
    Failure {
        error_type,
        message,
        details,
        non_retriable,
    }
}

/// A failure as a guest sees it.
pub(crate) fn failure_to(failure: Failure) -> types::Failure {
    types::Failure {
        error_type: failure.error_type,
        message: failure.message,
        details: failure.details,
        non_retriable: failure.non_retriable,
    }
}

/// Tasks to wait for. A guest may name one more than once, but no more in all than an execution can have.
pub(crate) fn tasks(tasks: Vec<u32>) -> Result<Vec<TaskId>, Refusal> {
    if tasks.len() > REQUESTS_MAX {
        return Err(Refusal::InvalidArgument {
            what: "the list of tasks",
            expected: "no longer than the number of requests that one execution may make",
        });
    }
    Ok(tasks.into_iter().map(TaskId).collect())
}

/// All answers at once. They must fit into the guest's memory, or the host would copy without bound.
pub(crate) fn answers(
    answers: Vec<TaskResult>,
    bytes_max: usize,
) -> Result<Vec<Result<String, types::Failure>>, Refusal> {
    let bytes = answers.iter().fold(0usize, |bytes, answer| {
        bytes.saturating_add(match answer {
            Ok(payload) => payload.as_str().len(),
            Err(failure) => {
                let details = failure.details.as_ref().map_or(0, String::len);
                failure.error_type.len() + failure.message.len() + details
            }
        })
    });
    if bytes > bytes_max {
        return Err(Refusal::TooLarge {
            what: "the list of all answers",
            bytes,
            bytes_max,
        });
    }
    Ok(answers.into_iter().map(answer).collect())
}

/// An answer as a guest sees it.
pub(crate) fn answer(result: TaskResult) -> Result<String, types::Failure> {
    result
        .map(|payload| payload.as_str().to_owned())
        .map_err(failure_to)
}

/// The failure of a call that took too long.
pub(crate) fn activity_timeout(limit: std::time::Duration) -> Failure {
    HostError::ActivityTimeout.failure(format!("the activity ran for more than {limit:?}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn policy() -> types::RetryPolicy {
        types::RetryPolicy {
            max_attempts: 3,
            first_retry_interval: 0.2,
            backoff_coefficient: 2.0,
            max_retry_interval: None,
            retry_timeout: Some(1e300),
            attempt_timeout: None,
        }
    }

    #[test]
    fn a_retry_policy_is_rounded_up_and_saturates() {
        let policy = retry(&policy()).expect("it is a good policy");
        assert_eq!(policy.first_retry_interval, 1);
        assert_eq!(policy.retry_timeout, Some(u64::MAX));
    }

    #[test]
    fn a_retry_policy_that_makes_no_sense_is_refused() {
        let bad = |change: fn(&mut types::RetryPolicy)| {
            let mut policy = policy();
            change(&mut policy);
            retry(&policy).expect_err("it is refused").to_string()
        };
        assert_eq!(
            bad(|policy| policy.max_attempts = 0),
            "max-attempts must be at least 1"
        );
        assert!(bad(|policy| policy.first_retry_interval = 0.0).contains("greater than 0"));
        assert!(bad(|policy| policy.first_retry_interval = f64::NAN).contains("finite"));
        assert!(bad(|policy| policy.backoff_coefficient = 0.5).contains("at least 1"));
        assert!(bad(|policy| policy.backoff_coefficient = f64::INFINITY).contains("finite"));
        assert!(bad(|policy| policy.attempt_timeout = Some(-1.0)).contains("greater than 0"));
    }

    #[test]
    fn what_is_not_json_is_refused_with_the_place() {
        let refusal = json("input", "{\"a\":", 100).expect_err("it is refused");
        assert_eq!(
            refusal.to_string(),
            "input is not valid JSON: EOF while parsing a value at line 1 column 5"
        );
        assert!(json("input", "\"123456789\"", 10).is_err());
    }

    #[test]
    fn a_long_failure_is_cut_at_a_character() {
        let failure = failure_from(types::Failure {
            error_type: "é".repeat(1000),
            message: String::new(),
            details: None,
            non_retriable: true,
        });
        assert_eq!(failure.error_type, "é".repeat(512));
        assert!(
            failure.error_type.capacity() < 2_000,
            "the rest is given back"
        );
    }
}
