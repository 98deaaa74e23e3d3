use std::collections::BTreeMap;
use std::future::Future;
use std::sync::Arc;

use serde::{Deserialize, Serialize};
use soloist_core::{
    Event, EventId, ExecutionId, Fact, FunctionName, History, InstanceId, LogLine, ModuleDigest,
    Payload, Started, Timer, Timestamp,
};

use crate::{
    Bound, BoxError, ChildStart, Committed, EarlierExecution, EndPlace, EndedInstance,
    FunctionRecord, InstanceLimits, InstancePage, InstanceQuery, KeyStore, ModuleRecord, NewModule,
    RemovedModule,
};

/// What keeps instances, histories and queues. It decides nothing: it commits what owners decided, or refuses.
///
/// Promises that every hub keeps, and `task_hub_contract!` (feature `testing`) checks:
/// - An operation is committed whole or not at all; when `commit` returns `Ok`, it is durable.
/// - An operation whose expectation does not hold changes nothing and is a `Conflict`, and so are the later ones of that
///   instance that were built on it; other instances' operations in the same batch are not touched.
/// - After `Unavailable` nothing of that operation is durable, unless the hub was being closed: then it may be.
/// - Operations of one instance take effect in the order in which the futures of `commit` were first polled. One that is
///   dropped after that may still take effect.
/// - Events are numbered on from the place that is expected, those of a new execution from the first; else `Conflict`.
/// - A new execution needs its module; without it, `Unavailable`. It never has the id of the one that it replaces.
/// - Of a function with a limit no more than so many instances hold a slot. A start beyond is `Full`, or queued: then it is not
///   ready and takes no turn. Only a start that is `Pending` is queued. Whatever follows in one instance from the same function
///   keeps its slot or its place in the queue. What leaves a slot promotes the first in the queue, in one transaction; whoever
///   was promoted is ready until it has begun.
/// - While messages wait in the inbox of a live instance it is ready, whatever its turns say.
/// - Lists are in a stable order and can be read page by page while they change. So are the answers to queries: what matches
///   and is not started anew meanwhile is found exactly once.
pub trait TaskHub: KeyStore {
    /// Commits what one owner decided, whole or not at all, if the instance still stands at `operation.expects`. Returns
    /// once it is durable.
    fn commit(
        &self,
        operation: Operation,
    ) -> impl Future<Output = Result<Committed, HubError>> + Send;

    /// From now on these limits hold. Those who were queued and have room now are promoted.
    fn limit(&self, limits: &InstanceLimits) -> impl Future<Output = Result<(), HubError>> + Send;

    /// The current execution of an instance with its history and inbox, or `None`.
    fn load(
        &self,
        id: &InstanceId,
    ) -> impl Future<Output = Result<Option<Loaded>, HubError>> + Send;

    /// The messages that wait in the inbox of an instance, oldest first: what `load` says of it.
    fn inbox(
        &self,
        id: &InstanceId,
    ) -> impl Future<Output = Result<Vec<InboxMessage>, HubError>> + Send;

    /// What callers may know of an instance, or `None`.
    fn status(
        &self,
        id: &InstanceId,
    ) -> impl Future<Output = Result<Option<InstanceStatus>, HubError>> + Send;

    /// The log of an execution of an instance, of the current one where none is named: at most `limit` lines that come after
    /// the ordinal `after`, in order. `None` if there is no such instance, or the execution is not kept.
    fn logs(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
        after: Option<u32>,
        limit: usize,
    ) -> impl Future<Output = Result<Option<Logs>, HubError>> + Send;

    /// The executions of an instance that its current one has taken the place of, as far as they are kept, newest first; `None`
    /// if there is no such instance.
    fn earlier(
        &self,
        id: &InstanceId,
    ) -> impl Future<Output = Result<Option<Vec<EarlierExecution>>, HubError>> + Send;

    /// The history of an execution of an instance, the current one or one that is kept, or `None`.
    fn history(
        &self,
        id: &InstanceId,
        execution: ExecutionId,
    ) -> impl Future<Output = Result<Option<History>, HubError>> + Send;

    /// A page of the instances that a filter lets through, in its order. One that cannot be read is left out.
    fn query(
        &self,
        query: InstanceQuery,
    ) -> impl Future<Output = Result<InstancePage, HubError>> + Send;

    /// Instances that ended up to `until`, in the order of their places, after `after`.
    fn ended(
        &self,
        after: Option<EndPlace>,
        until: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<EndedInstance>, HubError>> + Send;

    /// All that is stored of an instance goes, if it has ended; where an execution is named, only if that is the current one.
    fn purge(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
    ) -> impl Future<Output = Result<Purged, HubError>> + Send;

    /// Instances that have something to do at start-up, in the order of their ids, after `after`.
    fn unfinished(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Unfinished>, HubError>> + Send;

    /// Activities that outlived their executions, in order of (execution, event), after `after`.
    fn orphans(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<Orphan>, HubError>> + Send;

    /// An orphan has run: it goes.
    fn finish_orphan(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> impl Future<Output = Result<(), HubError>> + Send;

    /// Children that were asked for and are neither started nor refused, in order of (execution, event), after `after`.
    fn child_starts(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<ChildStart>, HubError>> + Send;

    /// True if the child that was asked for at this event still waits to be started.
    fn has_child_start(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> impl Future<Output = Result<bool, HubError>> + Send;

    /// A child will not be started: what asks for it goes, and `answer`, if there is one, goes to the parent in the same
    /// commit. Changes nothing if it waits no longer.
    fn refuse_child(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
        answer: Option<Message>,
    ) -> impl Future<Output = Result<(), HubError>> + Send;

    /// Instances whose current execution is a child of `parent`, live or not, in the order of their ids, after `after`.
    fn children(
        &self,
        parent: &InstanceId,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<InstanceId>, HubError>> + Send;

    /// Timers that fire up to `until`, in the order of their cursors, after `after`.
    fn timers(
        &self,
        after: Option<TimerCursor>,
        until: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<DueTimer>, HubError>> + Send;

    /// When the first timer later than `after` fires.
    fn next_timer(
        &self,
        after: Timestamp,
    ) -> impl Future<Output = Result<Option<Timestamp>, HubError>> + Send;

    /// Binds a name to an export of a module, in one transaction with the module's bytes where they are new.
    fn bind(
        &self,
        function: FunctionRecord,
        module: NewModule,
    ) -> impl Future<Output = Result<Bound, HubError>> + Send;

    /// Takes a name away. False if it was not bound.
    fn unbind(&self, name: &FunctionName) -> impl Future<Output = Result<bool, HubError>> + Send;

    /// All bound names, in order.
    fn functions(&self) -> impl Future<Output = Result<Vec<FunctionRecord>, HubError>> + Send;

    /// What is known of a module.
    fn module(
        &self,
        digest: ModuleDigest,
    ) -> impl Future<Output = Result<Option<ModuleRecord>, HubError>> + Send;

    /// The bytes of a module.
    fn module_bytes(
        &self,
        digest: ModuleDigest,
    ) -> impl Future<Output = Result<Option<Arc<[u8]>>, HubError>> + Send;

    /// Removes a module that nothing needs.
    fn remove_module(
        &self,
        digest: ModuleDigest,
    ) -> impl Future<Output = Result<RemovedModule, HubError>> + Send;
}

/// Why the task hub did not do as asked. Part of the port, so it names no database.
#[derive(Debug, thiserror::Error)]
pub enum HubError {
    /// The condition (execution, next sequence) did not hold; this operation is void.
    #[error("the history of {0} has moved on")]
    Conflict(InstanceId),
    /// The only one worth a retry.
    #[error("the task hub failed while {doing}")]
    Unavailable {
        /// What was being done.
        doing: &'static str,
        /// What the hub's database said.
        #[source]
        cause: BoxError,
    },
    /// As many instances of a function are live as may be; nothing was written.
    #[error("no more instances of {function} may be live, since {holder} is")]
    Full {
        /// The function.
        function: FunctionName,
        /// One of those that are live.
        holder: InstanceId,
    },
    /// A person has to look at it.
    #[error("the history of {instance} is corrupt")]
    Corrupt {
        /// The instance.
        instance: InstanceId,
        /// What is wrong: a `CorruptHistory`, or a row that cannot be read.
        #[source]
        cause: BoxError,
    },
}

/// The states of an instance. `Completed`, `Failed` and `Terminated` are ends; all others are live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuntimeStatus {
    /// Started, its first turn not committed.
    Pending,
    /// Its first turn has been committed.
    Running,
    /// Suspended.
    Suspended,
    /// Its orchestrator returned.
    Completed,
    /// Its orchestrator failed.
    Failed,
    /// An operator ended it.
    Terminated,
}

impl RuntimeStatus {
    /// True until the execution has ended: no other of the same instance id may be started.
    pub fn is_live(self) -> bool {
        match self {
            Self::Pending | Self::Running | Self::Suspended => true,
            Self::Completed | Self::Failed | Self::Terminated => false,
        }
    }
}

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

/// A message that waits in an inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxMessage {
    /// Its id, never used again.
    pub id: i64,
    /// To which execution, or to whichever is live.
    pub execution: Option<ExecutionId>,
    /// What happened.
    pub fact: Fact,
}

/// An instance as its owner needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// Its history, of the current execution.
    pub history: History,
    /// Its runtime status.
    pub status: RuntimeStatus,
    /// True if something waits that no turn has seen.
    pub ready: bool,
    /// Its custom status.
    pub custom_status: Option<Payload>,
    /// How many log lines of the current execution are stored.
    pub logged: u32,
    /// Messages that no turn has taken in, oldest first.
    pub inbox: Vec<InboxMessage>,
    /// It has no slot: no turn begins until it is promoted.
    pub queued: bool,
}

/// An instance as callers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceStatus {
    /// Its id.
    pub instance: InstanceId,
    /// The name it was started under.
    pub function: FunctionName,
    /// Its current execution.
    pub execution: ExecutionId,
    /// Its runtime status.
    pub status: RuntimeStatus,
    /// What it was given.
    pub input: Payload,
    /// What it returned, why it failed or was terminated; `None` while it is live. A failure is given whole.
    pub end: Option<soloist_core::EventKind>,
    /// Its custom status.
    pub custom_status: Option<Payload>,
    /// How many events its history has.
    pub history_events: u64,
    /// When its current execution, or the first of its chain of continue-as-new, was started.
    pub created: Timestamp,
    /// When an operation last changed it.
    pub last_updated: Timestamp,
    /// What the caller of its start wrote on it.
    pub tags: BTreeMap<String, String>,
}

/// Lines that an execution logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// The execution.
    pub execution: ExecutionId,
    /// The lines, by ordinal.
    pub lines: Vec<LogLine>,
}

/// What became of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purged {
    /// All that was stored is gone.
    Purged,
    /// It is live: nothing changed.
    Live,
    /// No such instance, or another execution than was named.
    Unknown,
}

/// An instance that has something to do at start-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id.
    pub instance: InstanceId,
    /// Something waits that no turn has seen.
    pub ready: bool,
    /// How much work is open.
    pub open_work: u32,
}

/// An activity that outlives its execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Orphan {
    /// The instance that asked for it.
    pub instance: InstanceId,
    /// The execution that asked for it.
    pub execution: ExecutionId,
    /// The event that recorded the request.
    pub scheduled: EventId,
    /// The number of the attempt that runs, from 1.
    pub attempt: u32,
    /// Its function name.
    pub name: String,
    /// What it is given.
    pub input: Payload,
}

/// A place in the list of timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerCursor {
    /// When it fires.
    pub fire_at: Timestamp,
    /// The execution that asked for it.
    pub execution: ExecutionId,
    /// The event that recorded the request.
    pub scheduled: EventId,
}

/// A stored timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTimer {
    /// The instance that asked for it.
    pub instance: InstanceId,
    /// Which and when.
    pub cursor: TimerCursor,
}
