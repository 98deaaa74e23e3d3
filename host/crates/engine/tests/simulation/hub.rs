//! The task hub as the engine sees it: a hub in memory behind a scheduler, with faults.

use std::sync::Arc;

use soloist_core::{
    EventId, ExecutionId, FunctionName, History, InstanceId, ModuleDigest, Timestamp,
};
use soloist_engine::{
    Bound, ChildStart, Committed, CountQuery, DueTimer, EarlierExecution, EndPlace, EndedInstance,
    FunctionRecord, HubError, InboxMessage, InstanceCounts, InstanceLimits, InstancePage,
    InstanceQuery, InstanceStatus, KeyName, KeyRecord, KeyStore, Loaded, Logs, Message,
    ModuleRecord, NewModule, Operation, Orphan, Purged, RemovedModule, TaskHub, TimerCursor,
    Unfinished,
};

use crate::planted::Planted;
use crate::world::World;
use crate::writer::{Answer, Write, unavailable};

#[derive(Clone)]
pub(crate) struct SimHub(pub(crate) Arc<World>);

impl SimHub {
    /// Reads when the scheduler lets it; the answer may be old when it arrives.
    async fn read<T>(
        &self,
        what: &'static str,
        read: impl Future<Output = Result<T, HubError>>,
    ) -> Result<T, HubError> {
        self.0.gate(|| format!("{what} is asked")).await;
        let unreadable = {
            let mut state = self.0.lock();
            let unreadable = state.temper.unreadable;
            state.goes_wrong(unreadable)
        };
        let answer = if unreadable {
            Err(unavailable())
        } else {
            read.await
        };
        self.0.gate(|| format!("{what} is answered")).await;
        answer
    }
}

impl SimHub {
    fn double(&self, inbox: &mut Vec<InboxMessage>) {
        if let Some(last) = inbox.last().cloned()
            && self.0.is_planted(Planted::DoublesMessages)
        {
            inbox.push(InboxMessage { id: -1, ..last });
        }
    }
}

/// No key decides what an instance does, so these go right at once.
impl KeyStore for SimHub {
    async fn keys(&self) -> Result<Vec<KeyRecord>, HubError> {
        self.0.hub.keys().await
    }

    async fn put_key(&self, key: KeyRecord) -> Result<(), HubError> {
        self.0.hub.put_key(key).await
    }

    async fn remove_key(&self, name: &KeyName) -> Result<bool, HubError> {
        self.0.hub.remove_key(name).await
    }
}

impl TaskHub for SimHub {
    async fn commit(&self, operation: Operation) -> Result<Committed, HubError> {
        let commit = Write::Commit(Box::new(operation));
        match self.0.write(commit).await? {
            Answer::Committed(committed) => Ok(committed),
            other => unreachable!("{other:?}"),
        }
    }

    async fn limit(&self, limits: &InstanceLimits) -> Result<(), HubError> {
        self.0.write(Write::Limit(limits.clone())).await.map(drop)
    }

    async fn query(&self, query: InstanceQuery) -> Result<InstancePage, HubError> {
        self.read("a query", self.0.hub.query(query)).await
    }

    async fn count(&self, query: CountQuery) -> Result<Option<InstanceCounts>, HubError> {
        self.read("a count", self.0.hub.count(query)).await
    }

    async fn ended(
        &self,
        after: Option<EndPlace>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<EndedInstance>, HubError> {
        let read = self.0.hub.ended(after, until, limit.min(2));
        self.read("what has ended", read).await
    }

    async fn load(&self, id: &InstanceId) -> Result<Option<Loaded>, HubError> {
        let mut loaded = self.read("a history", self.0.hub.load(id)).await?;
        if let Some(loaded) = &mut loaded {
            self.double(&mut loaded.inbox);
        }
        Ok(loaded)
    }

    async fn inbox(&self, id: &InstanceId) -> Result<Vec<InboxMessage>, HubError> {
        let mut inbox = self.read("an inbox", self.0.hub.inbox(id)).await?;
        self.double(&mut inbox);
        Ok(inbox)
    }

    async fn status(&self, id: &InstanceId) -> Result<Option<InstanceStatus>, HubError> {
        let status = self.read("a status", self.0.hub.status(id)).await?;
        let forgets = self.0.is_planted(Planted::ForgetsTheLiving) && self.0.lock().happens(300);
        Ok(status.filter(|_| !forgets))
    }

    async fn logs(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
        after: Option<u32>,
        limit: usize,
    ) -> Result<Option<Logs>, HubError> {
        let read = self.0.hub.logs(id, execution, after, limit);
        self.read("a log", read).await
    }

    async fn earlier(&self, id: &InstanceId) -> Result<Option<Vec<EarlierExecution>>, HubError> {
        let read = self.0.hub.earlier(id);
        self.read("earlier executions", read).await
    }

    async fn history(
        &self,
        id: &InstanceId,
        execution: ExecutionId,
    ) -> Result<Option<History>, HubError> {
        let read = self.0.hub.history(id, execution);
        self.read("the history of an execution", read).await
    }

    async fn purge(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
    ) -> Result<Purged, HubError> {
        match self.0.write(Write::Purge(id.clone(), execution)).await? {
            Answer::Purged(purged) => Ok(purged),
            other => unreachable!("{other:?}"),
        }
    }

    async fn unfinished(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<Unfinished>, HubError> {
        let read = self.0.hub.unfinished(after, limit.min(2));
        let mut page = self.read("unfinished work", read).await?;
        if self.0.is_planted(Planted::HidesReady) {
            page.retain(|row| !row.ready);
        }
        Ok(page)
    }

    async fn orphans(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> Result<Vec<Orphan>, HubError> {
        let read = self.0.hub.orphans(after, limit.min(2));
        self.read("orphans", read).await
    }

    async fn finish_orphan(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> Result<(), HubError> {
        let write = Write::FinishOrphan(execution, scheduled);
        self.0.write(write).await.map(drop)
    }

    async fn child_starts(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> Result<Vec<ChildStart>, HubError> {
        let read = self.0.hub.child_starts(after, limit.min(2));
        self.read("starts of children", read).await
    }

    async fn has_child_start(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> Result<bool, HubError> {
        let read = self.0.hub.has_child_start(execution, scheduled);
        let is_there = self.read("the start of a child", read).await?;
        Ok(is_there || self.0.is_planted(Planted::LiesAboutChildStarts))
    }

    async fn refuse_child(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
        answer: Option<Message>,
    ) -> Result<(), HubError> {
        let write = Write::RefuseChild(execution, scheduled, answer);
        self.0.write(write).await.map(drop)
    }

    async fn children(
        &self,
        parent: &InstanceId,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, HubError> {
        let read = self.0.hub.children(parent, after, limit.min(2));
        self.read("the children", read).await
    }

    async fn timers(
        &self,
        after: Option<TimerCursor>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueTimer>, HubError> {
        let read = self.0.hub.timers(after, until, limit);
        let mut timers = self.read("timers", read).await?;
        if self.0.is_planted(Planted::EndsDelaysEarly) {
            for timer in &mut timers {
                if timer.cursor.scheduled == EventId::FIRST {
                    timer.cursor.fire_at = self.0.lock().now();
                }
            }
        }
        Ok(timers)
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, HubError> {
        self.read("the next timer", self.0.hub.next_timer(after))
            .await
    }

    async fn bind(&self, function: FunctionRecord, module: NewModule) -> Result<Bound, HubError> {
        match self.0.write(Write::Bind(function, module)).await? {
            Answer::Bound(bound) => Ok(bound),
            other => unreachable!("{other:?}"),
        }
    }

    async fn unbind(&self, name: &FunctionName) -> Result<bool, HubError> {
        match self.0.write(Write::Unbind(name.clone())).await? {
            Answer::Unbound(unbound) => Ok(unbound),
            other => unreachable!("{other:?}"),
        }
    }

    async fn functions(&self) -> Result<Vec<FunctionRecord>, HubError> {
        self.read("the functions", self.0.hub.functions()).await
    }

    async fn module(&self, digest: ModuleDigest) -> Result<Option<ModuleRecord>, HubError> {
        self.read("a module", self.0.hub.module(digest)).await
    }

    async fn module_bytes(&self, digest: ModuleDigest) -> Result<Option<Arc<[u8]>>, HubError> {
        let read = self.0.hub.module_bytes(digest);
        let bytes = self.read("the bytes of a module", read).await?;
        let is_hidden = self.0.lock().ledger.hidden_modules.contains(&digest);
        Ok(bytes.filter(|_| !is_hidden))
    }

    async fn remove_module(&self, digest: ModuleDigest) -> Result<RemovedModule, HubError> {
        match self.0.write(Write::RemoveModule(digest)).await? {
            Answer::Removed(removed) => Ok(removed),
            other => unreachable!("{other:?}"),
        }
    }
}
