use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use soloist_core::{ExecutionId, Fact, FunctionName, History, InstanceId, ModuleDigest, Payload};
use tokio::sync::oneshot;

use crate::mailbox::{AdmittedStart, Mail, Reply};
use crate::shared::{Shared, unavailable};
use crate::{
    DeployError, Deployment, EarlierExecution, EngineSettings, FunctionKind, FunctionRecord,
    Guests, HubError, InstanceStatus, KeyDigest, KeyError, KeyKind, KeyName, KeyRecord, Logs,
    ModuleState, NewKey, OnExisting, Platform, Purged, Reach, RemovedModule, Restarted, Revoked,
    Rewound, Start, StartError, Started, TaskHub, Told,
};

/// The running engine. Cheap to clone; all clones are one engine.
#[derive(Debug)]
pub struct Engine<H, G, P> {
    pub(crate) shared: Arc<Shared<H, G, P>>,
}

impl<H, G, P> Clone for Engine<H, G, P> {
    fn clone(&self) -> Self {
        Self {
            shared: Arc::clone(&self.shared),
        }
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Engine<H, G, P> {
    /// Begins to work on what the hub holds: unfinished instances, activities that outlived their executions, timers.
    ///
    /// # Errors
    /// If the hub cannot be read.
    pub async fn start_up(
        hub: H,
        guests: G,
        platform: P,
        settings: EngineSettings,
    ) -> Result<Self, HubError> {
        let shared = Arc::new(Shared::new(hub, guests, platform, settings));
        shared.hub.limit(&shared.settings.limits).await?;
        shared.functions.fill(shared.hub.functions().await?);
        shared.keys.fill(shared.hub.keys().await?);
        shared.read_timers(None, shared.platform.now()).await?;
        shared.tasks.spawn(Arc::clone(&shared).run_timers());
        shared.tasks.spawn(Arc::clone(&shared).recover());
        let engine = Self { shared };
        if let Some(keep) = engine.shared.settings.retention {
            let retention = engine.clone().run_retention(keep);
            engine.shared.tasks.spawn(retention);
        }
        Ok(engine)
    }

    /// Stops: no turn begins, those under way are committed, activities are dropped (they run again at the next start).
    /// Returns when all that has happened, or after `patience`.
    pub async fn shut_down(&self, patience: Duration) {
        self.shared.stopping.cancel();
        self.shared.tasks.close();
        tokio::select! {
            biased;
            () = self.shared.tasks.wait() => {}
            () = self.shared.platform.sleep(patience) => {
                tracing::warn!("some turns did not end in time; they are taken again at the next start");
            }
        }
    }

    /// Starts an instance, if none of its id is live. Of any number of concurrent callers exactly one is told `Started`.
    pub async fn start(&self, start: Start) -> Result<Started, StartError> {
        let function = self.shared.functions.get(&start.function);
        let Some(function) = function
            .as_ref()
            .filter(|function| function.kind == FunctionKind::Orchestrator)
        else {
            let all = self.shared.functions.all().into_iter();
            let known = all
                .filter(|function| function.kind == FunctionKind::Orchestrator)
                .map(|function| function.name);
            return Err(StartError::UnknownFunction {
                name: start.function,
                is_activity: function.is_some(),
                known: known.collect(),
            });
        };
        let instance = start
            .instance
            .unwrap_or_else(|| self.shared.platform.new_instance_id());
        if start.on_existing == OnExisting::Reject && self.shared.owners.is_live(&instance) {
            return Ok(Started::Exists { instance });
        }
        let admitted = AdmittedStart {
            function: start.function,
            module: function.digest,
            input: start.input,
            pin: start.pin,
            start_at: start.start_at,
            tags: start.tags,
            parent: None,
            on_existing: start.on_existing,
        };
        Ok(self
            .ask(&instance, |reply| Mail::Start {
                start: Box::new(admitted),
                reply,
            })
            .await?)
    }

    /// What callers may know of an instance, or `None`.
    pub async fn status(&self, id: &InstanceId) -> Result<Option<InstanceStatus>, HubError> {
        self.shared.hub.status(id).await
    }

    /// The history of the current execution of an instance, or `None`.
    pub async fn history(&self, id: &InstanceId) -> Result<Option<History>, HubError> {
        Ok(self.shared.hub.load(id).await?.map(|loaded| loaded.history))
    }

    /// The executions that the current one of an instance has taken the place of, as far as they are kept, newest first; `None`
    /// if there is no such instance.
    pub async fn earlier(
        &self,
        id: &InstanceId,
    ) -> Result<Option<Vec<EarlierExecution>>, HubError> {
        self.shared.hub.earlier(id).await
    }

    /// The history of an execution of an instance, the current one or one that is kept, or `None`.
    pub async fn history_of(
        &self,
        id: &InstanceId,
        execution: ExecutionId,
    ) -> Result<Option<History>, HubError> {
        self.shared.hub.history(id, execution).await
    }

    /// The log of an execution of an instance, of the current one where none is named, or `None`: at most `limit` lines after
    /// the ordinal `after`.
    pub async fn logs(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
        after: Option<u32>,
        limit: usize,
    ) -> Result<Option<Logs>, HubError> {
        self.shared.hub.logs(id, execution, after, limit).await
    }

    /// Returns when the instance has ended, or after `timeout`, with its status then. Woken by the commit.
    pub async fn wait(
        &self,
        id: &InstanceId,
        timeout: Duration,
    ) -> Result<Option<InstanceStatus>, HubError> {
        let sleep = self.shared.platform.sleep(timeout);
        tokio::pin!(sleep);
        loop {
            let mut watch = self.shared.watchers.watch(id);
            let status = self.status(id).await?;
            if status
                .as_ref()
                .is_none_or(|status| !status.status.is_live())
            {
                return Ok(status);
            }
            let in_time = tokio::select! {
                biased;
                () = watch.ended() => true,
                () = self.shared.stopping.cancelled() => false,
                () = &mut sleep => false,
            };
            if !in_time {
                return self.status(id).await;
            }
        }
    }

    /// Raises an external event.
    pub async fn raise_event(
        &self,
        id: &InstanceId,
        name: String,
        data: Payload,
    ) -> Result<Told, HubError> {
        self.tell_one(id, Fact::EventRaised { name, data }).await
    }

    /// Ends an instance at once; its orchestrator is not told.
    pub async fn terminate(
        &self,
        id: &InstanceId,
        reason: Option<String>,
        reach: Reach,
    ) -> Result<Told, HubError> {
        self.tell(id, Fact::Terminated { reason }, reach).await
    }

    /// Answers from here on have not happened until the instance is resumed.
    pub async fn suspend(
        &self,
        id: &InstanceId,
        reason: Option<String>,
        reach: Reach,
    ) -> Result<Told, HubError> {
        self.tell(id, Fact::Suspended { reason }, reach).await
    }

    /// Ends a suspension.
    pub async fn resume(
        &self,
        id: &InstanceId,
        reason: Option<String>,
        reach: Reach,
    ) -> Result<Told, HubError> {
        self.tell(id, Fact::Resumed { reason }, reach).await
    }

    /// Lets a failed instance go on from before its last failure: what failed is tried again, with the newest module unless
    /// the instance is pinned.
    pub async fn rewind(
        &self,
        id: &InstanceId,
        reason: Option<String>,
    ) -> Result<Rewound, HubError> {
        self.ask(id, |reply| Mail::Rewind { reason, reply }).await
    }

    /// Starts the function of an instance again with the same input, under the same id, or a new one.
    pub async fn restart(
        &self,
        id: &InstanceId,
        under_new_id: bool,
    ) -> Result<Restarted, StartError> {
        let Some(history) = self.history(id).await? else {
            return Ok(Restarted::Unknown);
        };
        let before = history.started();
        let start = Start {
            function: before.function.clone(),
            instance: (!under_new_id).then(|| id.clone()),
            input: before.input.clone(),
            pin: before.pin,
            start_at: None,
            tags: before.tags.clone(),
            on_existing: OnExisting::Reject,
        };
        self.start(start).await.map(Restarted::Started)
    }

    /// Removes one instance that has ended; where an execution is named, only if that is the current one.
    pub(crate) async fn purge_execution(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
    ) -> Result<Purged, HubError> {
        self.ask(id, |reply| Mail::Purge { execution, reply }).await
    }

    pub(crate) async fn tell_one(&self, id: &InstanceId, fact: Fact) -> Result<Told, HubError> {
        self.ask(id, |reply| Mail::Tell { fact, reply }).await
    }

    pub(crate) fn hub(&self) -> &H {
        &self.shared.hub
    }

    async fn ask<T>(
        &self,
        id: &InstanceId,
        mail: impl FnOnce(Reply<T>) -> Mail,
    ) -> Result<T, HubError> {
        let (reply, answer) = oneshot::channel();
        self.shared.send_bounded(id, mail(reply))?;
        answer
            .await
            .unwrap_or_else(|_| Err(unavailable("serving a request", "the host is stopping")))
    }

    /// Checks, compiles and binds a component; returns after `patience` if it compiles longer, and goes on compiling.
    pub async fn deploy(
        &self,
        name: FunctionName,
        kind: Option<FunctionKind>,
        bytes: Arc<[u8]>,
        patience: Duration,
    ) -> Result<Deployment, DeployError> {
        self.shared.deploy(name, kind, bytes, patience).await
    }

    /// All functions, in order of name.
    pub fn functions(&self) -> Vec<FunctionRecord> {
        self.shared.functions.all()
    }

    /// One function.
    pub fn function(&self, name: &FunctionName) -> Option<FunctionRecord> {
        self.shared.functions.get(name)
    }

    /// Takes a name away. False if it was not bound.
    pub async fn unbind(&self, name: &FunctionName) -> Result<bool, HubError> {
        self.shared.unbind(name).await
    }

    /// A module, or `None`.
    pub async fn module(&self, digest: ModuleDigest) -> Result<Option<ModuleState>, HubError> {
        self.shared.module(digest).await
    }

    /// Removes a module that nothing needs.
    pub async fn remove_module(&self, digest: ModuleDigest) -> Result<RemovedModule, HubError> {
        self.shared.remove_module(digest).await
    }

    /// All keys, by name.
    pub fn keys(&self) -> Vec<KeyRecord> {
        self.shared.keys.all()
    }

    /// The key that has this digest, or `None`.
    pub fn key(&self, digest: &KeyDigest) -> Option<KeyRecord> {
        self.shared.keys.find(digest)
    }

    /// Makes a key. It is known once it is durable.
    ///
    /// # Errors
    /// If there is one of this name, if there are too many, or if the hub cannot keep it.
    pub async fn create_key(&self, name: KeyName, kind: KeyKind) -> Result<NewKey, KeyError> {
        self.shared.create_key(name, kind).await
    }

    /// Gives a key a new secret; the old one is void. `None` if there is no such key.
    pub async fn roll_key(&self, name: &KeyName) -> Result<Option<NewKey>, HubError> {
        self.shared.roll_key(name).await
    }

    /// Makes a key void; not the only master key, where one is to be kept.
    pub async fn revoke_key(
        &self,
        name: &KeyName,
        keeps_a_master: bool,
    ) -> Result<Revoked, HubError> {
        self.shared.revoke_key(name, keeps_a_master).await
    }

    /// True if the engine takes work: it is not stopping, and its hub can be written. Where the last commit failed, that is
    /// tried anew: a host that is sent nothing because it is not ready would otherwise never be.
    pub async fn is_ready(&self) -> bool {
        if self.shared.stopping.is_cancelled() {
            return false;
        }
        self.shared.writable.load(Ordering::Relaxed) || self.shared.try_writing().await
    }
}
