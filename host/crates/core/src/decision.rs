use crate::{
    Event, EventId, EventKind, Failure, FunctionName, InstanceId, LogLine, Payload, RetryPolicy,
    Timestamp,
};

/// All that a turn changes. The store commits it whole or not at all.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Decision {
    /// New events, in order: the facts that came in, then what the code asked for.
    pub events: Vec<Event>,
    /// Work to begin, once this is committed. Nothing begins in the turn that a termination cuts short.
    pub dispatch: Vec<Dispatch>,
    /// Timers to keep until they fire, and the starts of further attempts and polls; none if the execution ended.
    pub timers: Vec<Timer>,
    /// Timers of earlier decisions that fired or were cancelled, also of attempts that are over.
    pub timers_done: Vec<EventId>,
    /// Work of earlier decisions that the code gave up before it answered: to be interrupted.
    pub interrupt: Vec<EventId>,
    /// Children that have answered for good: no attempt at one is to begin any more.
    pub children_answered: Vec<EventId>,
    /// Children of earlier decisions that the code gave up before they answered: to be terminated.
    pub given_up: Vec<GivenUp>,
    /// What the code told other instances.
    pub messages: Vec<SentEvent>,
    /// The custom status, if the turn changed it.
    pub custom_status: Option<Payload>,
    /// Lines that were not logged before.
    pub logs: Vec<LogLine>,
    /// How much work is open after it, children not counted: they answer by themselves.
    pub open_work: u32,
    /// Of an execution that ended, unless it was terminated: activities that were asked for and still have to run. Those
    /// that this very turn asked for are in `dispatch` too.
    pub orphans: Vec<Dispatch>,
    /// How the execution ended, if it did.
    pub end: Option<End>,
}

/// One timer.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Timer {
    /// The event that recorded the request.
    pub scheduled: EventId,
    /// When it fires.
    pub fire_at: Timestamp,
}

/// An event for another instance.
#[derive(Debug, Clone, PartialEq)]
pub struct SentEvent {
    /// The instance's id, as the code wrote it: it may be none.
    pub instance_id: String,
    /// The event's name.
    pub name: String,
    /// What it carries.
    pub data: Payload,
}

/// A child that its parent no longer waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct GivenUp {
    /// The event that recorded the request.
    pub scheduled: EventId,
    /// The child's instance id.
    pub instance: InstanceId,
}

/// One piece of work that was asked for and is not answered.
#[derive(Debug, Clone, PartialEq)]
pub struct Dispatch {
    /// The event that recorded the request.
    pub scheduled: EventId,
    /// The number of the attempt, from 1.
    pub attempt: u32,
    /// What to do.
    pub work: Work,
}

/// What a dispatcher is to do.
#[derive(Debug, Clone, PartialEq)]
pub enum Work {
    /// Run an activity.
    Activity {
        /// Its function name.
        name: String,
        /// What it is given.
        input: Payload,
        /// How it is retried.
        retry: Option<RetryPolicy>,
    },
    /// Start a child instance.
    Child {
        /// Its function name.
        name: String,
        /// What it is given.
        input: Payload,
        /// Its instance id.
        instance: InstanceId,
        /// How long the attempt may take, in milliseconds.
        timeout: Option<u64>,
    },
    /// Make an HTTP call, or ask after one that was accepted.
    Http {
        /// The orchestration that calls: what it may reach hangs on it.
        function: FunctionName,
        /// The request, as the guest wrote it.
        request: Payload,
        /// Where to ask, once it was accepted: the request itself is not sent again.
        poll: Option<String>,
        /// How it is retried.
        retry: Option<RetryPolicy>,
    },
}

/// How an execution ended.
#[derive(Debug, Clone, PartialEq)]
pub enum End {
    /// The orchestrator returned.
    Completed(Payload),
    /// The orchestrator failed.
    Failed(Failure),
    /// An operator ended it.
    Terminated(Option<String>),
    /// The next execution is to begin.
    ContinuedAsNew {
        /// What it is given.
        input: Payload,
        /// The events that it inherits, in order: name and data.
        carried: Vec<(String, Payload)>,
    },
}

impl End {
    /// The event that records it.
    pub(crate) fn to_event(&self) -> EventKind {
        match self.clone() {
            Self::Completed(output) => EventKind::ExecutionCompleted { output },
            Self::Failed(failure) => EventKind::ExecutionFailed { failure },
            Self::Terminated(reason) => EventKind::ExecutionTerminated { reason },
            Self::ContinuedAsNew { input, .. } => EventKind::ContinuedAsNew { input },
        }
    }
}
