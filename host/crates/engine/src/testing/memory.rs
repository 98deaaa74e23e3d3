use std::sync::{Arc, Mutex, MutexGuard};

use soloist_core::{
    EventId, ExecutionId, FunctionName, History, InstanceId, ModuleDigest, Timestamp,
};

use self::state::{Refused, State};
use crate::{
    Bound, ChildStart, Committed, CountQuery, DueTimer, EarlierExecution, EndPlace, EndedInstance,
    FunctionRecord, HubError, InboxMessage, InstanceCounts, InstanceLimits, InstancePage,
    InstanceQuery, InstanceStatus, Loaded, Logs, Message, ModuleRecord, NewModule, Operation,
    Orphan, Purged, RemovedModule, TaskHub, TimerCursor, Unfinished,
};

mod children;
mod earlier;
mod functions;
mod keys;
mod queries;
mod slots;
mod state;

/// A task hub in memory. Clones are one hub: keep one to start another engine on what the first left behind.
#[derive(Clone, Default)]
pub struct MemoryHub {
    shared: Arc<Mutex<Shared>>,
}

type Hook = Box<dyn FnMut(&Operation) -> Option<Fault> + Send>;

#[derive(Default)]
struct Shared {
    state: State,
    on_commit: Option<Hook>,
}

/// What goes wrong with a commit.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// Nothing is committed; `Unavailable`.
    Unavailable,
    /// Nothing is committed; `Conflict`, though the expectation may hold.
    Conflict,
    /// It is committed, but the host is gone before it hears of it: the call never returns.
    NoAnswer,
}

/// The cause of an `Unavailable` that a test asked for, or that has no other.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct Cause(String);

impl MemoryHub {
    /// An empty hub.
    pub fn new() -> Self {
        Self::default()
    }

    /// An empty hub that keeps so many earlier executions of each instance.
    pub fn keeping(earlier: usize) -> Self {
        let hub = Self::default();
        hub.lock().state.kept = earlier;
        hub
    }

    /// From now on `hook` looks at each operation first and says what goes wrong with it, if anything.
    pub fn on_commit(&self, hook: impl FnMut(&Operation) -> Option<Fault> + Send + 'static) {
        self.lock().on_commit = Some(Box::new(hook));
    }

    /// The next commit goes wrong, and those after it do not. Takes the place of any hook.
    pub fn fail_next_commit(&self, fault: Fault) {
        let mut next = Some(fault);
        self.on_commit(move |_| next.take());
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().expect("no test panics in the hub")
    }
}

fn unavailable(cause: impl Into<String>) -> HubError {
    HubError::Unavailable {
        doing: "committing",
        cause: Cause(cause.into()).into(),
    }
}

impl TaskHub for MemoryHub {
    async fn limit(&self, limits: &InstanceLimits) -> Result<(), HubError> {
        self.lock().state.limit(limits);
        Ok(())
    }

    async fn commit(&self, operation: Operation) -> Result<Committed, HubError> {
        let instance = operation.instance.clone();
        let (fault, committed) = {
            let shared = &mut *self.lock();
            let fault = shared.on_commit.as_mut().and_then(|hook| hook(&operation));
            match fault {
                Some(Fault::Unavailable) => return Err(unavailable("a test asked for it")),
                Some(Fault::Conflict) => return Err(HubError::Conflict(instance)),
                Some(Fault::NoAnswer) | None => {}
            }
            let committed = shared
                .state
                .commit(operation)
                .map_err(|refused| match refused {
                    Refused::Conflict => HubError::Conflict(instance),
                    Refused::NoModule(digest) => {
                        unavailable(format!("module {digest} is not stored"))
                    }
                    Refused::Full(function, holder) => HubError::Full { function, holder },
                })?;
            (fault, committed)
        };
        match fault {
            Some(Fault::NoAnswer) => std::future::pending().await,
            Some(Fault::Unavailable | Fault::Conflict) | None => Ok(committed),
        }
    }

    async fn load(&self, id: &InstanceId) -> Result<Option<Loaded>, HubError> {
        let shared = self.lock();
        let Some(instance) = shared.state.instances.get(id) else {
            return Ok(None);
        };
        let history =
            History::try_from(instance.events.clone()).map_err(|cause| HubError::Corrupt {
                instance: id.clone(),
                cause: cause.into(),
            })?;
        Ok(Some(Loaded {
            history,
            status: instance.status,
            ready: instance.ready,
            custom_status: instance.custom_status.clone(),
            logged: u32::try_from(instance.logs.len()).expect("an execution keeps few log lines"),
            inbox: instance.inbox.clone(),
            queued: instance.queue_place.is_some(),
        }))
    }

    async fn inbox(&self, id: &InstanceId) -> Result<Vec<InboxMessage>, HubError> {
        let shared = self.lock();
        let instance = shared.state.instances.get(id);
        Ok(instance.map_or_else(Vec::new, |instance| instance.inbox.clone()))
    }

    async fn status(&self, id: &InstanceId) -> Result<Option<InstanceStatus>, HubError> {
        let shared = self.lock();
        let instance = shared.state.instances.get(id);
        Ok(instance.map(|instance| instance.shown(id)))
    }

    async fn logs(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
        after: Option<u32>,
        limit: usize,
    ) -> Result<Option<Logs>, HubError> {
        let shared = self.lock();
        let found = shared.state.instances.get(id).and_then(|instance| {
            let execution = execution.unwrap_or(instance.execution);
            Some((execution, instance.logs_of(execution)?))
        });
        Ok(found.map(|(execution, logs)| {
            let lines = logs.values();
            let rest = lines.filter(|line| after.is_none_or(|after| line.ordinal > after));
            Logs {
                execution,
                lines: rest.take(limit).cloned().collect(),
            }
        }))
    }

    async fn earlier(&self, id: &InstanceId) -> Result<Option<Vec<EarlierExecution>>, HubError> {
        let shared = self.lock();
        Ok(shared.state.instances.get(id).map(|instance| {
            let newest_first = instance.earlier.iter().rev();
            newest_first.map(|kept| kept.shown.clone()).collect()
        }))
    }

    async fn history(
        &self,
        id: &InstanceId,
        execution: ExecutionId,
    ) -> Result<Option<History>, HubError> {
        let shared = self.lock();
        let instance = shared.state.instances.get(id);
        let events = instance.and_then(|instance| instance.events_of(execution));
        let history = events.map(|events| History::try_from(events.to_vec()));
        history.transpose().map_err(|cause| HubError::Corrupt {
            instance: id.clone(),
            cause: cause.into(),
        })
    }

    async fn query(&self, query: InstanceQuery) -> Result<InstancePage, HubError> {
        Ok(self.lock().state.query(&query))
    }

    async fn count(&self, query: CountQuery) -> Result<Option<InstanceCounts>, HubError> {
        Ok(self.lock().state.count(&query))
    }

    async fn ended(
        &self,
        after: Option<EndPlace>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<EndedInstance>, HubError> {
        Ok(self.lock().state.ended(after, until, limit))
    }

    async fn purge(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
    ) -> Result<Purged, HubError> {
        Ok(self.lock().state.purge(id, execution))
    }

    async fn unfinished(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<Unfinished>, HubError> {
        let shared = self.lock();
        let all = shared.state.instances.iter();
        let unfinished = all.filter(|(id, instance)| {
            after.is_none_or(|after| *id > after) && (instance.ready || instance.open_work > 0)
        });
        let page = unfinished.take(limit).map(|(id, instance)| Unfinished {
            instance: id.clone(),
            ready: instance.ready,
            open_work: instance.open_work,
        });
        Ok(page.collect())
    }

    async fn orphans(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> Result<Vec<Orphan>, HubError> {
        let shared = self.lock();
        let all = shared.state.orphans.iter();
        let rest = all.filter(|(place, _)| after.is_none_or(|after| **place > after));
        Ok(rest.take(limit).map(|(_, orphan)| orphan.clone()).collect())
    }

    async fn finish_orphan(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> Result<(), HubError> {
        self.lock().state.orphans.remove(&(execution, scheduled));
        Ok(())
    }

    async fn child_starts(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> Result<Vec<ChildStart>, HubError> {
        Ok(self.lock().state.child_starts(after, limit))
    }

    async fn has_child_start(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> Result<bool, HubError> {
        let key = (execution, scheduled);
        Ok(self.lock().state.children.contains_key(&key))
    }

    async fn refuse_child(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
        answer: Option<Message>,
    ) -> Result<(), HubError> {
        let state = &mut self.lock().state;
        state.refuse_child((execution, scheduled), answer);
        Ok(())
    }

    async fn children(
        &self,
        parent: &InstanceId,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, HubError> {
        Ok(self.lock().state.children_of(parent, after, limit))
    }

    async fn timers(
        &self,
        after: Option<TimerCursor>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueTimer>, HubError> {
        let shared = self.lock();
        let due = shared.state.timers.iter().filter(|(cursor, _)| {
            after.is_none_or(|after| **cursor > after) && cursor.fire_at <= until
        });
        let page = due.take(limit).map(|(cursor, instance)| DueTimer {
            instance: instance.clone(),
            cursor: *cursor,
        });
        Ok(page.collect())
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, HubError> {
        let shared = self.lock();
        let mut times = shared.state.timers.keys().map(|cursor| cursor.fire_at);
        Ok(times.find(|fire_at| *fire_at > after))
    }

    async fn bind(&self, function: FunctionRecord, module: NewModule) -> Result<Bound, HubError> {
        Ok(self.lock().state.bind(function, module))
    }

    async fn unbind(&self, name: &FunctionName) -> Result<bool, HubError> {
        Ok(self.lock().state.functions.remove(name).is_some())
    }

    async fn functions(&self) -> Result<Vec<FunctionRecord>, HubError> {
        Ok(self.lock().state.functions.values().cloned().collect())
    }

    async fn module(&self, digest: ModuleDigest) -> Result<Option<ModuleRecord>, HubError> {
        Ok(self.lock().state.module(digest))
    }

    async fn module_bytes(&self, digest: ModuleDigest) -> Result<Option<Arc<[u8]>>, HubError> {
        let shared = self.lock();
        let module = shared.state.modules.get(&digest);
        Ok(module.map(|module| Arc::clone(&module.bytes)))
    }

    async fn remove_module(&self, digest: ModuleDigest) -> Result<RemovedModule, HubError> {
        Ok(self.lock().state.remove_module(digest))
    }
}
