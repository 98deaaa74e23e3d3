//! What the guest asks and tells.

use uuid::Uuid;

use super::Execution;
use crate::log::cut;
use crate::task::TaskKind;
use crate::{
    Action, EventId, EventKind, HostError, LOG_BYTES_MAX, LOG_LINES_MAX, LogLevel, LogLine,
    NonDeterminism, Payload, Position, Refusal, TaskId, Timestamp,
};

/// The most requests that one execution may make.
pub const REQUESTS_MAX: usize = 100_000;

/// The most requests that one execution may make before it consumes an answer: they become durable in one commit, which all
/// others wait for.
pub const REQUESTS_AT_ONCE_MAX: usize = 20_000;

/// The largest custom status, in bytes of JSON.
const CUSTOM_STATUS_BYTES_MAX: usize = 16 * 1024;

impl Execution {
    /// Asks for `action`. During replay it is checked against history; past the end of history it becomes a new event.
    ///
    /// # Errors
    /// If history has something else there, or the execution has asked too often.
    pub fn perform(&mut self, action: Action) -> Result<TaskId, Refusal> {
        let task = TaskId(u32::try_from(self.performed).expect("requests are bounded"));
        if let Some(recorded) = self.next_recorded() {
            let event = self.event(recorded).expect("what is recorded is there");
            if !action.is_recorded_by(&event.kind) {
                let differs = NonDeterminism::differs(recorded, &event.kind, &action);
                return Err(self.refuse(differs.into()));
            }
        } else {
            self.record_request(action.into_request())?;
        }
        self.replayed += 1;
        self.asked_at_once += 1;
        self.performed += 1;
        if self.tasks[task.0 as usize].kind == TaskKind::EventWait {
            let name = self.wait_name(task).to_owned();
            self.external.wait(&name, task);
        }
        Ok(task)
    }

    /// Sends an event to another instance, once: with the commit of this turn. There is nothing to wait for.
    ///
    /// # Errors
    /// If history has something else here, or the execution has asked too often.
    pub fn send_event(
        &mut self,
        instance_id: String,
        name: String,
        data: Payload,
    ) -> Result<(), Refusal> {
        let sent = EventKind::EventSent {
            instance_id,
            name,
            data,
        };
        if let Some(recorded) = self.next_recorded() {
            let event = self.event(recorded).expect("what is recorded is there");
            if !is_same_event(&event.kind, &sent) {
                let differs = NonDeterminism::Differs {
                    at: recorded,
                    recorded: Box::new(event.kind.clone()),
                    asked: sent.describe(),
                };
                return Err(self.refuse(differs.into()));
            }
        } else {
            self.record_request(sent)?;
        }
        self.replayed += 1;
        Ok(())
    }

    /// Gives up a task that is not done for the guest, which is to say: its answer is not at or before the guest's
    /// position, or it is an event wait that was not consumed. Of a task that is done, nothing changes and nothing is
    /// recorded.
    ///
    /// # Errors
    /// If no request made this task, or history has something else here.
    pub fn cancel(&mut self, id: TaskId) -> Result<(), Refusal> {
        self.check_task(id)?;
        if self.seems_done(id) {
            return Ok(());
        }
        let task = &self.tasks[id.0 as usize];
        let (request, kind) = (task.request, task.kind);
        let canceled_at = if let Some(recorded) = self.next_recorded() {
            let event = self.event(recorded).expect("what is recorded is there");
            if event.kind != (EventKind::TaskCanceled { scheduled: request }) {
                let differs = NonDeterminism::Differs {
                    at: recorded,
                    recorded: Box::new(event.kind.clone()),
                    asked: format!("the cancellation of the request at event {request}"),
                };
                return Err(self.refuse(differs.into()));
            }
            recorded
        } else {
            self.record_request(EventKind::TaskCanceled { scheduled: request })?
        };
        self.replayed += 1;
        self.asked_at_once += 1;
        if kind == TaskKind::EventWait {
            let name = self.wait_name(id).to_owned();
            self.external.cancel(&name, id);
        }
        let here = self
            .position
            .expect("a guest runs only after its first turn began");
        let failure = HostError::Canceled.failure("the task was cancelled by the orchestrator");
        self.tasks[id.0 as usize].answer = Some((
            Position {
                canceled_at: Some(canceled_at),
                ..here
            },
            Err(failure),
        ));
        Ok(())
    }

    /// True if the guest has got past the answer of the task: it stands at or before the guest's position, an event wait was
    /// consumed, or the task was cancelled. What lies beyond has not happened yet, so this is no peek: every replay says the
    /// same here.
    ///
    /// # Errors
    /// If no request made this task.
    pub fn is_done(&mut self, id: TaskId) -> Result<bool, Refusal> {
        self.check_task(id)?;
        Ok(self.seems_done(id))
    }

    /// True if, for the guest, it is too late to give the task up.
    fn seems_done(&self, id: TaskId) -> bool {
        #[cfg(any(test, feature = "testing"))]
        if crate::tempting::Tempting::AnyAnswerIsDone.is_in_force() {
            return self.standing(id).is_some();
        }
        let task = &self.tasks[id.0 as usize];
        // Of an event wait, an answer is there only once it is consumed; a cancelled task is done.
        task.answer.as_ref().is_some_and(|(position, _)| {
            task.kind == TaskKind::EventWait
                || position.canceled_at.is_some()
                || Some(*position) <= self.position
        })
    }

    /// Past the end of history, what the code asks for becomes an event.
    fn record_request(&mut self, request: EventKind) -> Result<EventId, Refusal> {
        if self.ended {
            return Err(self.refuse(Refusal::Ended));
        }
        if self.recorded.len() >= REQUESTS_MAX {
            return Err(self.refuse(Refusal::TooManyRequests));
        }
        if self.asked_at_once >= REQUESTS_AT_ONCE_MAX {
            return Err(self.refuse(Refusal::TooManyAtOnce));
        }
        Ok(self.record(request))
    }

    /// The next request of a loaded history that the guest has not repeated.
    pub(super) fn next_recorded(&self) -> Option<EventId> {
        self.recorded.get(self.replayed).copied()
    }

    /// True while the guest repeats requests that history holds.
    pub fn is_replaying(&self) -> bool {
        self.replayed < self.recorded.len()
    }

    /// Shows `status` to whoever asks for the instance.
    ///
    /// # Errors
    /// If it is too large.
    pub fn set_custom_status(&mut self, status: Payload) -> Result<(), Refusal> {
        let bytes = status.as_str().len();
        if bytes > CUSTOM_STATUS_BYTES_MAX {
            let refusal = Refusal::TooLarge {
                what: "the custom status",
                bytes,
                bytes_max: CUSTOM_STATUS_BYTES_MAX,
            };
            return Err(self.refuse(refusal));
        }
        self.custom_status = Some(status);
        Ok(())
    }

    /// When `run` returns, this execution ends and the next begins with `input`. The last call counts.
    pub fn continue_as_new(&mut self, input: Payload, keep_events: bool) {
        self.continue_as_new = Some((input, keep_events));
    }

    /// Keeps a line with the instance. Lines that an earlier run logged are not kept twice; past [`LOG_LINES_MAX`] and
    /// [`LOG_BYTES_MAX`] they are dropped.
    pub fn log(&mut self, level: LogLevel, message: String) {
        let ordinal = self.log_lines;
        if ordinal >= LOG_LINES_MAX || self.log_bytes >= LOG_BYTES_MAX {
            return;
        }
        let message = cut(message);
        self.log_lines += 1;
        self.log_bytes += message.len();
        if ordinal >= self.logged {
            self.fresh_logs.push(LogLine {
                ordinal,
                timestamp: self.current_time(),
                level,
                message,
            });
        }
    }

    /// A version 5 UUID derived from this execution and a counter.
    pub fn new_guid(&mut self) -> Uuid {
        let guid = Uuid::new_v5(self.started.execution.as_uuid(), &self.guids.to_be_bytes());
        self.guids += 1;
        guid
    }

    /// Orchestration time: the moment of the last answer that the guest has consumed.
    pub fn current_time(&self) -> Timestamp {
        self.position
            .and_then(|position| self.event(position.stands_at))
            .map_or(self.clock, |event| event.timestamp)
    }

    /// Remembers why the guest must stop, whatever its host function makes of the error.
    pub fn refuse(&mut self, refusal: Refusal) -> Refusal {
        self.refusal.get_or_insert(refusal).clone()
    }
}

/// The same event for the same instance. What it carries is not compared.
fn is_same_event(recorded: &EventKind, sent: &EventKind) -> bool {
    match (recorded, sent) {
        (
            EventKind::EventSent {
                instance_id, name, ..
            },
            EventKind::EventSent {
                instance_id: to,
                name: sent,
                ..
            },
        ) => instance_id == to && name.eq_ignore_ascii_case(sent),
        _ => false,
    }
}
