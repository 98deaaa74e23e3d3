//! How what comes from outside is recorded.

use super::Execution;
use crate::polling::{POLLS_MAX, endless, poll_at};
use crate::retry::exhausted;
use crate::task::Task;
use crate::{EventId, EventKind, Fact, Failure, Timestamp};

impl Execution {
    /// The event that records a fact: a failure may be that of an attempt after which there is another.
    pub(super) fn event_of(&self, fact: Fact) -> EventKind {
        match fact {
            Fact::Answer {
                scheduled,
                result: Ok(output),
            } => EventKind::TaskCompleted { scheduled, output },
            Fact::Answer {
                scheduled,
                result: Err(failure),
            } => self.failed(scheduled, failure),
            Fact::HttpAccepted {
                scheduled,
                uri,
                retry_after,
            } => {
                let accepted = self.task_at(scheduled).map_or(0, |task| task.accepted);
                if accepted >= POLLS_MAX {
                    let failure = endless();
                    return EventKind::TaskFailed { scheduled, failure };
                }
                EventKind::HttpAccepted {
                    scheduled,
                    uri,
                    poll_at: poll_at(retry_after, self.clock),
                }
            }
            Fact::HttpUnsuccessful {
                scheduled,
                output,
                failure,
            } => match self.failed(scheduled, failure) {
                attempt @ EventKind::AttemptFailed { .. } => attempt,
                _ => EventKind::TaskCompleted { scheduled, output },
            },
            Fact::TimerFired {
                timer: EventId::FIRST,
            } => EventKind::ExecutionTerminated {
                reason: Some("it took longer than the attempt-timeout of its call".to_owned()),
            },
            Fact::TimerFired { timer } => EventKind::TimerFired { timer },
            Fact::EventRaised { name, data } => EventKind::EventRaised { name, data },
            Fact::Suspended { reason } => EventKind::ExecutionSuspended { reason },
            Fact::Resumed { reason } => EventKind::ExecutionResumed { reason },
            Fact::Terminated { reason } => EventKind::ExecutionTerminated { reason },
            Fact::GivenUp { .. } => EventKind::ExecutionTerminated {
                reason: Some("cancelled by the orchestrator that called it".to_owned()),
            },
        }
    }

    fn failed(&self, scheduled: EventId, failure: Failure) -> EventKind {
        let request = self.event(scheduled);
        let policy = request.and_then(|request| request.kind.retry());
        let (Some(policy), Some(task)) = (policy, self.task_at(scheduled)) else {
            return EventKind::TaskFailed { scheduled, failure };
        };
        let attempt = task.attempt();
        match policy.retry_at(&failure, attempt, self.first_attempt(task), self.clock) {
            Some(retry_at) => EventKind::AttemptFailed {
                scheduled,
                attempt,
                failure,
                retry_at,
            },
            None => EventKind::TaskFailed {
                scheduled,
                failure: exhausted(failure, attempt),
            },
        }
    }

    /// When the first attempt was asked for. Being accepted is a success: the attempts to ask are counted anew.
    fn first_attempt(&self, task: &Task) -> Timestamp {
        let asked = || self.event(task.request).map(|request| request.timestamp);
        let polled = self.accepted(task).map(|(_, poll_at)| poll_at);
        polled.or_else(asked).unwrap_or(self.clock)
    }

    /// Where and when to ask after an HTTP call that was accepted.
    pub(super) fn accepted(&self, task: &Task) -> Option<(&str, Timestamp)> {
        let mut pauses = task.pauses.iter().rev();
        pauses.find_map(|pause| match &self.event(*pause)?.kind {
            EventKind::HttpAccepted { uri, poll_at, .. } => Some((uri.as_str(), *poll_at)),
            _ => None,
        })
    }
}
