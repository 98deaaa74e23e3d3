use std::future::Future;
use std::sync::Arc;

use soloist_core::{
    EventId, ExecutionId, FunctionName, History, InstanceId, ModuleDigest, Timestamp,
};

use crate::{
    Bound, BoxError, ChildStart, Committed, CountQuery, DueTimer, EarlierExecution, EndPlace,
    EndedInstance, FunctionRecord, InboxMessage, InstanceCounts, InstanceLimits, InstancePage,
    InstanceQuery, InstanceStatus, KeyStore, Loaded, Logs, Message, ModuleRecord, NewModule,
    Operation, Orphan, Purged, RemovedModule, TimerCursor, Unfinished,
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
/// - Instances are counted as of one moment, each in one state.
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

    /// How many instances there are in each state, or `None` if too many would have to be looked at.
    fn count(
        &self,
        query: CountQuery,
    ) -> impl Future<Output = Result<Option<InstanceCounts>, HubError>> + Send;

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
