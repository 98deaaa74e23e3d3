use std::sync::Arc;
use std::sync::atomic::{AtomicU32, Ordering};

use soloist_core::{
    EventId, ExecutionId, FunctionName, History, InstanceId, ModuleDigest, Payload, Timestamp,
};
use soloist_engine::testing::MemoryHub;
use soloist_engine::{
    Bound, ChildStart, Committed, CountQuery, DueTimer, EarlierExecution, EndPlace, EndedInstance,
    Expects, FunctionRecord, HubError, InboxMessage, InstanceCounts, InstanceFilter,
    InstanceLimits, InstancePage, InstanceQuery, InstanceStatus, KeyKind, KeyName, KeyRecord,
    KeyStore, Loaded, Logs, Message, ModuleRecord, NewModule, Operation, Orphan, Purged,
    RemovedModule, TaskHub, TimerCursor, Unfinished, WhenFull,
};

/// What a hub could get wrong.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    None,
    /// The next sequence is not looked at.
    AnyPlace,
    /// The execution is not looked at.
    AnyExecution,
    /// All racers are told that they won.
    AcceptsAndForgets,
    /// Part of a refused operation takes effect.
    RefusedButHalfDone,
    ForgetsTimersDone,
    ForgetsInboxTaken,
    ForgetsMessages,
    ForgetsKinds,
    /// A turn that has not seen a message makes its instance look idle.
    NotReadyForMessages,
    DropsOrphansOfOldExecutions,
    /// A child that its parent gave up begins.
    ForgetsChildrenGivenUp,
    /// What a rewind undoes stays.
    UndoesNothing,
    LogsAgain,
    ClearsCustomStatus,
    /// The time of creation does not survive continue-as-new.
    CreatedAnew,
    /// JSON is parsed and printed on its way.
    PrintsPayloads,
    ForgetsTags,
    /// Cursors are not looked at.
    FirstPageOnly,
    /// Open work does not count.
    ReadyOnly,
    RemovesNeededModules,
    AlwaysNew,
    /// The filter of a query is not looked at.
    FindsAll,
    /// A query goes on until its page is full.
    LooksAtAll,
    /// However large the payloads are, a page takes them.
    PagesOfAnySize,
    /// Where nothing was found, nothing is said to be behind.
    EndsAtShortPages,
    PurgesAnyExecution,
    /// Limits are not looked at.
    NoLimits,
    /// Where a start should wait, it is refused.
    NeverQueues,
    /// Who got a slot is not told.
    PromotesInSilence,
    /// Who waits is not told from who does not.
    HidesQueues,
    /// Only the first limits hold.
    LimitsOnce,
}

/// A good hub behind a flaw.
pub(crate) struct Flawed {
    hub: MemoryHub,
    flaw: Flaw,
    lines: AtomicU32,
}

impl Flawed {
    pub(crate) fn new(flaw: Flaw) -> Self {
        Self {
            hub: MemoryHub::new(),
            flaw,
            lines: AtomicU32::new(1_000),
        }
    }

    /// The operation as the flawed hub takes it.
    async fn spoiled(&self, mut operation: Operation) -> Operation {
        match self.flaw {
            Flaw::AnyPlace | Flaw::AnyExecution => self.pass(&mut operation).await,
            Flaw::ForgetsTimersDone => operation.timers_done.clear(),
            Flaw::ForgetsInboxTaken => operation.inbox_taken.clear(),
            Flaw::ForgetsMessages => operation.messages.clear(),
            Flaw::UndoesNothing => {
                if let Some(voids) = &mut operation.voids {
                    voids.logs_from = None;
                }
            }
            Flaw::ForgetsChildrenGivenUp => operation.children_closed.clear(),
            Flaw::DropsOrphansOfOldExecutions => {
                operation.drop_orphans |= operation.begins.is_some();
            }
            Flaw::LogsAgain => {
                for line in &mut operation.logs {
                    line.ordinal = self.lines.fetch_add(1, Ordering::Relaxed);
                }
            }
            Flaw::ClearsCustomStatus => {
                operation.custom_status.get_or_insert_with(Payload::null);
            }
            Flaw::None
            | Flaw::AcceptsAndForgets
            | Flaw::RefusedButHalfDone
            | Flaw::NotReadyForMessages
            | Flaw::CreatedAnew
            | Flaw::PrintsPayloads
            | Flaw::ForgetsTags
            | Flaw::ForgetsKinds
            | Flaw::FirstPageOnly
            | Flaw::ReadyOnly
            | Flaw::RemovesNeededModules
            | Flaw::AlwaysNew
            | Flaw::FindsAll
            | Flaw::LooksAtAll
            | Flaw::PagesOfAnySize
            | Flaw::EndsAtShortPages
            | Flaw::PurgesAnyExecution
            | Flaw::NoLimits
            | Flaw::NeverQueues
            | Flaw::PromotesInSilence
            | Flaw::HidesQueues
            | Flaw::LimitsOnce => {}
        }
        operation
    }

    /// Makes a wrong expectation right.
    async fn pass(&self, operation: &mut Operation) {
        let Ok(Some(loaded)) = self.hub.load(&operation.instance).await else {
            return;
        };
        let Expects::At { execution, next } = &mut operation.expects else {
            return;
        };
        if self.flaw == Flaw::AnyExecution {
            *execution = loaded.history.started().execution;
            return;
        }
        *next = loaded.history.next_event();
        let mut place = *next;
        for event in &mut operation.events {
            event.id = place;
            place = place.next();
        }
    }
}

fn printed(payload: &Payload) -> Payload {
    let value: serde_json::Value = match serde_json::from_str(payload.as_str()) {
        Ok(value) => value,
        Err(_) => return Payload::null(),
    };
    Payload::parse(&value.to_string()).expect("what was printed can be parsed")
}

impl KeyStore for Flawed {
    async fn keys(&self) -> Result<Vec<KeyRecord>, HubError> {
        let mut keys = self.hub.keys().await?;
        if self.flaw == Flaw::ForgetsKinds {
            for key in &mut keys {
                key.kind = KeyKind::Master;
            }
        }
        Ok(keys)
    }

    async fn put_key(&self, key: KeyRecord) -> Result<(), HubError> {
        self.hub.put_key(key).await
    }

    async fn remove_key(&self, name: &KeyName) -> Result<bool, HubError> {
        self.hub.remove_key(name).await
    }
}

impl TaskHub for Flawed {
    async fn limit(&self, limits: &InstanceLimits) -> Result<(), HubError> {
        let mut limits = limits.clone();
        match self.flaw {
            Flaw::NoLimits => limits.clear(),
            Flaw::NeverQueues => {
                for limit in limits.values_mut() {
                    limit.when_full = WhenFull::Reject;
                }
            }
            Flaw::LimitsOnce if self.lines.fetch_add(1, Ordering::Relaxed) > 1_000 => {
                return Ok(());
            }
            _ => {}
        }
        self.hub.limit(&limits).await
    }

    async fn commit(&self, operation: Operation) -> Result<Committed, HubError> {
        let operation = self.spoiled(operation).await;
        let is_start = operation.expects == Expects::NotLive;
        let (instance, drops) = (operation.instance.clone(), operation.drop_orphans);
        let mut answer = self.hub.commit(operation).await;
        if let (Flaw::PromotesInSilence, Ok(committed)) = (self.flaw, &mut answer) {
            committed.promoted.clear();
        }
        match (self.flaw, &answer) {
            (Flaw::AcceptsAndForgets, Err(HubError::Conflict(_))) if is_start => {
                Ok(Committed::default())
            }
            (Flaw::RefusedButHalfDone, Err(HubError::Conflict(_))) if drops => {
                for orphan in self.hub.orphans(None, 100).await? {
                    if orphan.instance == instance {
                        self.hub
                            .finish_orphan(orphan.execution, orphan.scheduled)
                            .await?;
                    }
                }
                answer
            }
            _ => answer,
        }
    }

    async fn load(&self, id: &InstanceId) -> Result<Option<Loaded>, HubError> {
        let mut loaded = self.hub.load(id).await?;
        if let (Flaw::NotReadyForMessages, Some(loaded)) = (self.flaw, &mut loaded) {
            loaded.ready &= loaded.inbox.is_empty();
        }
        if let (Flaw::HidesQueues, Some(loaded)) = (self.flaw, &mut loaded) {
            loaded.queued = false;
        }
        Ok(loaded)
    }

    async fn inbox(&self, id: &InstanceId) -> Result<Vec<InboxMessage>, HubError> {
        self.hub.inbox(id).await
    }

    async fn status(&self, id: &InstanceId) -> Result<Option<InstanceStatus>, HubError> {
        let mut status = self.hub.status(id).await?;
        match (self.flaw, &mut status) {
            (Flaw::CreatedAnew, Some(status)) => status.created = status.last_updated,
            (Flaw::PrintsPayloads, Some(status)) => status.input = printed(&status.input),
            (Flaw::ForgetsTags, Some(status)) => status.tags.clear(),
            _ => {}
        }
        Ok(status)
    }

    async fn logs(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
        after: Option<u32>,
        limit: usize,
    ) -> Result<Option<Logs>, HubError> {
        self.hub.logs(id, execution, after, limit).await
    }

    async fn earlier(&self, id: &InstanceId) -> Result<Option<Vec<EarlierExecution>>, HubError> {
        self.hub.earlier(id).await
    }

    async fn history(
        &self,
        id: &InstanceId,
        execution: ExecutionId,
    ) -> Result<Option<History>, HubError> {
        self.hub.history(id, execution).await
    }

    async fn query(&self, mut query: InstanceQuery) -> Result<InstancePage, HubError> {
        match self.flaw {
            Flaw::FirstPageOnly => query.after = None,
            Flaw::FindsAll => query.filter = InstanceFilter::default(),
            Flaw::LooksAtAll => query.looks_max = usize::MAX,
            Flaw::PagesOfAnySize => query.bytes_max = usize::MAX,
            _ => {}
        }
        if self.flaw == Flaw::ForgetsTags && !query.filter.tags.is_empty() {
            let (instances, next) = (Vec::new(), None);
            return Ok(InstancePage { instances, next });
        }
        let mut page = self.hub.query(query).await?;
        if self.flaw == Flaw::EndsAtShortPages && page.instances.is_empty() {
            page.next = None;
        }
        Ok(page)
    }

    async fn count(&self, mut query: CountQuery) -> Result<Option<InstanceCounts>, HubError> {
        match self.flaw {
            Flaw::FindsAll => query.function = None,
            Flaw::ForgetsTags => query.tags.clear(),
            Flaw::LooksAtAll => query.looks_max = usize::MAX,
            _ => {}
        }
        self.hub.count(query).await
    }

    async fn ended(
        &self,
        after: Option<EndPlace>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<EndedInstance>, HubError> {
        let after = after.filter(|_| self.flaw != Flaw::FirstPageOnly);
        self.hub.ended(after, until, limit).await
    }

    async fn purge(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
    ) -> Result<Purged, HubError> {
        let execution = execution.filter(|_| self.flaw != Flaw::PurgesAnyExecution);
        self.hub.purge(id, execution).await
    }

    async fn unfinished(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<Unfinished>, HubError> {
        let after = after.filter(|_| self.flaw != Flaw::FirstPageOnly);
        let mut page = self.hub.unfinished(after, limit).await?;
        page.retain(|row| row.ready || self.flaw != Flaw::ReadyOnly);
        Ok(page)
    }

    async fn orphans(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> Result<Vec<Orphan>, HubError> {
        let after = after.filter(|_| self.flaw != Flaw::FirstPageOnly);
        self.hub.orphans(after, limit).await
    }

    async fn finish_orphan(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> Result<(), HubError> {
        self.hub.finish_orphan(execution, scheduled).await
    }

    async fn child_starts(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> Result<Vec<ChildStart>, HubError> {
        let after = after.filter(|_| self.flaw != Flaw::FirstPageOnly);
        self.hub.child_starts(after, limit).await
    }

    async fn has_child_start(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> Result<bool, HubError> {
        self.hub.has_child_start(execution, scheduled).await
    }

    async fn refuse_child(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
        answer: Option<Message>,
    ) -> Result<(), HubError> {
        let answer = answer.filter(|_| self.flaw != Flaw::ForgetsMessages);
        self.hub.refuse_child(execution, scheduled, answer).await
    }

    async fn children(
        &self,
        parent: &InstanceId,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, HubError> {
        let after = after.filter(|_| self.flaw != Flaw::FirstPageOnly);
        self.hub.children(parent, after, limit).await
    }

    async fn timers(
        &self,
        after: Option<TimerCursor>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueTimer>, HubError> {
        let after = after.filter(|_| self.flaw != Flaw::FirstPageOnly);
        self.hub.timers(after, until, limit).await
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, HubError> {
        self.hub.next_timer(after).await
    }

    async fn bind(&self, function: FunctionRecord, module: NewModule) -> Result<Bound, HubError> {
        let bound = self.hub.bind(function, module).await?;
        Ok(match self.flaw {
            Flaw::AlwaysNew => Bound::New,
            _ => bound,
        })
    }

    async fn unbind(&self, name: &FunctionName) -> Result<bool, HubError> {
        self.hub.unbind(name).await
    }

    async fn functions(&self) -> Result<Vec<FunctionRecord>, HubError> {
        self.hub.functions().await
    }

    async fn module(&self, digest: ModuleDigest) -> Result<Option<ModuleRecord>, HubError> {
        self.hub.module(digest).await
    }

    async fn module_bytes(&self, digest: ModuleDigest) -> Result<Option<Arc<[u8]>>, HubError> {
        self.hub.module_bytes(digest).await
    }

    async fn remove_module(&self, digest: ModuleDigest) -> Result<RemovedModule, HubError> {
        let removed = self.hub.remove_module(digest).await?;
        Ok(match (self.flaw, removed) {
            (Flaw::RemovesNeededModules, RemovedModule::Needed(_)) => RemovedModule::Removed,
            (_, removed) => removed,
        })
    }
}
