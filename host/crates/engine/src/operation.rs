//! What an owner commits.

use soloist_core::{
    Event, EventId, ExecutionId, Fact, InstanceId, LogLine, ModuleDigest, Payload, Started, Timer,
    Timestamp,
};

use crate::{ChildStart, Orphan, RuntimeStatus};

/// What must be true for an operation to be committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Expects {
    /// The instance id is unknown, or its execution has ended.
    NotLive,
    /// This execution is the instance's current one, it is live, and its next event is `next`.
    At {
        /// The execution.
        execution: ExecutionId,
        /// The place of the first event of this operation.
        next: EventId,
    },
    /// This execution is the instance's current one, it has ended, and its next event would be `next`.
    Ended {
        /// The execution.
        execution: ExecutionId,
        /// The place of the first event of this operation.
        next: EventId,
    },
}

/// What a rewind undoes of a stored execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Voids {
    /// The events that become [`Voided`](soloist_core::EventKind::Voided).
    pub events: Vec<EventId>,
    /// Log lines of this time and later are forgotten.
    pub logs_from: Option<Timestamp>,
    /// The module that the execution is pinned to from here on.
    pub module: ModuleDigest,
}

/// All that one turn changes, or one fact without its turn.
#[derive(Debug, Clone, PartialEq)]
pub struct Operation {
    /// Whose.
    pub instance: InstanceId,
    /// The condition.
    pub expects: Expects,
    /// New events of the execution that is expected; none where a new execution begins from nothing.
    pub events: Vec<Event>,
    /// The next execution of the instance: a start, a continue-as-new. It takes the place of the one before, whose timers go,
    /// and its history and logs too, unless the hub keeps earlier executions; `timers`, `open_work`, `custom_status`, `logs` below are then the new one's. The inbox stays, and
    /// after `ContinuedAsNew` so does the time of creation. Without it, an end drops the inbox.
    pub begins: Option<Begin>,
    /// The runtime status after it.
    pub status: RuntimeStatus,
    /// A new custom status.
    pub custom_status: Option<Payload>,
    /// There is something to do that no turn has seen.
    pub ready: bool,
    /// How much work is open.
    pub open_work: u32,
    /// Timers to keep.
    pub timers: Vec<Timer>,
    /// Timers to forget. All of an execution that ends are forgotten anyway.
    pub timers_done: Vec<EventId>,
    /// Activities that outlive the execution that is expected.
    pub orphans: Vec<Orphan>,
    /// All orphans of the instance are forgotten, and the children that the execution asked for and that have not begun: it
    /// was terminated.
    pub drop_orphans: bool,
    /// Log lines, each stored if it is not there.
    pub logs: Vec<LogLine>,
    /// The last log lines of an execution that another takes the place of.
    pub last_logs: Vec<LogLine>,
    /// Messages to other instances. One whose target is not live is dropped.
    pub messages: Vec<Message>,
    /// Children to start; what asks for one already is replaced. Each is kept until an operation begins it, which is one that expects `NotLive` and whose new
    /// execution has this parent; such an operation is a `Conflict` if its start is not there.
    pub children: Vec<ChildStart>,
    /// Children of the execution that is expected that are not to be started any more: they have answered, or are given up.
    pub children_closed: Vec<EventId>,
    /// What is undone, where an ended execution goes on: its expectation is then `Ended`, and never is otherwise.
    pub voids: Option<Voids>,
    /// Messages of the own inbox that this operation has taken in or dropped.
    pub inbox_taken: Vec<i64>,
    /// When it was decided: becomes the time of the last update.
    pub now: Timestamp,
}

/// A new execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Begin {
    /// How it was started.
    pub started: Started,
    /// Its first events, `ExecutionStarted` the first of them.
    pub events: Vec<Event>,
}

/// A message from one instance to another, delivered through the target's inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct Message {
    /// To whom.
    pub target: InstanceId,
    /// To which execution, or to whichever is live.
    pub execution: Option<ExecutionId>,
    /// What happened.
    pub fact: Fact,
}
