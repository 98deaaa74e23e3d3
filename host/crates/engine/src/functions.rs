//! Names bound to modules, and the compiling of modules that are not bound yet.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use soloist_core::{FunctionName, ModuleDigest, Timestamp};
use tokio::sync::{Mutex as AsyncMutex, OwnedSemaphorePermit, Semaphore, oneshot};

use crate::shared::{Shared, unavailable};
use crate::{
    Bound, DeployError, Deployment, Exports, FunctionKind, FunctionRecord, Guests, HubError,
    ModuleError, ModuleState, NewModule, Platform, RemovedModule, TaskHub,
};

/// How many refused modules are remembered, for callers who ask what became of an upload.
const REFUSED_MAX: usize = 100;

/// All functions, in memory; the hub has the same.
#[derive(Debug)]
pub(crate) struct Functions {
    table: Mutex<Table>,
    /// Held while the hub and the table are changed together.
    binding: AsyncMutex<()>,
    compiles: Arc<Semaphore>,
}

#[derive(Debug, Default)]
struct Table {
    bound: BTreeMap<FunctionName, FunctionRecord>,
    /// The number of the last change asked for.
    last_ticket: u64,
    /// By name, the ticket of the change that took effect last: an older one that comes later is void.
    in_effect: HashMap<FunctionName, u64>,
    compiling: HashMap<ModuleDigest, Compiling>,
    refused: VecDeque<(ModuleDigest, String)>,
}

#[derive(Debug)]
struct Compiling {
    since: Timestamp,
    uploads: usize,
}

impl Functions {
    pub(crate) fn new(compiles_max: usize) -> Self {
        Self {
            table: Mutex::default(),
            binding: AsyncMutex::default(),
            compiles: Arc::new(Semaphore::new(compiles_max)),
        }
    }

    fn lock(&self) -> MutexGuard<'_, Table> {
        self.table
            .lock()
            .expect("no code panics while it holds the functions")
    }

    /// Takes in what the hub holds.
    pub(crate) fn fill(&self, records: Vec<FunctionRecord>) {
        self.lock().bound = records
            .into_iter()
            .map(|record| (record.name.clone(), record))
            .collect();
    }

    pub(crate) fn get(&self, name: &FunctionName) -> Option<FunctionRecord> {
        self.lock().bound.get(name).cloned()
    }

    pub(crate) fn all(&self) -> Vec<FunctionRecord> {
        self.lock().bound.values().cloned().collect()
    }

    fn ticket(&self) -> u64 {
        let mut table = self.lock();
        table.last_ticket += 1;
        table.last_ticket
    }

    /// False if a later change of this name has taken effect.
    fn claim(&self, name: &FunctionName, ticket: u64) -> bool {
        let mut table = self.lock();
        let in_effect = table.in_effect.entry(name.clone()).or_default();
        let is_latest = *in_effect < ticket;
        if is_latest {
            *in_effect = ticket;
        }
        is_latest
    }

    fn begin_compiling(&self, digest: ModuleDigest, now: Timestamp) {
        let mut table = self.lock();
        table.refused.retain(|(refused, _)| *refused != digest);
        table
            .compiling
            .entry(digest)
            .or_insert(Compiling {
                since: now,
                uploads: 0,
            })
            .uploads += 1;
    }

    fn end_compiling(&self, digest: ModuleDigest, error: Option<&DeployError>) {
        let mut table = self.lock();
        if let Some(compiling) = table.compiling.get_mut(&digest) {
            compiling.uploads -= 1;
            if compiling.uploads == 0 {
                table.compiling.remove(&digest);
            }
        }
        if let Some(error) = error {
            table.refused.push_back((digest, error.to_string()));
            if table.refused.len() > REFUSED_MAX {
                table.refused.pop_front();
            }
        }
    }

    fn unsettled(&self, digest: ModuleDigest, now: Timestamp) -> Option<ModuleState> {
        let table = self.lock();
        let refused = table.refused.iter().find(|(refused, _)| *refused == digest);
        match (table.compiling.get(&digest), refused) {
            (Some(compiling), _) => Some(ModuleState::Compiling(now.since(compiling.since))),
            (None, Some((_, message))) => Some(ModuleState::Refused(message.clone())),
            (None, None) => None,
        }
    }
}

/// An upload on its way.
struct Upload {
    name: FunctionName,
    kind: Option<FunctionKind>,
    module: NewModule,
    ticket: u64,
    _permit: OwnedSemaphorePermit,
}

impl<H: TaskHub, G: Guests, P: Platform> Shared<H, G, P> {
    /// See [`Engine::deploy`](crate::Engine::deploy).
    pub(crate) async fn deploy(
        self: &Arc<Self>,
        name: FunctionName,
        kind: Option<FunctionKind>,
        bytes: Arc<[u8]>,
        patience: Duration,
    ) -> Result<Deployment, DeployError> {
        if self.stopping.is_cancelled() {
            return Err(unavailable("taking an upload", "the host is stopping").into());
        }
        let permit = Arc::clone(&self.functions.compiles)
            .try_acquire_owned()
            .map_err(|_| DeployError::Busy)?;
        let digest = self.guests.digest(&bytes);
        let ticket = self.functions.ticket();
        let upload = Upload {
            name,
            kind,
            module: NewModule { digest, bytes },
            ticket,
            _permit: permit,
        };
        self.functions.begin_compiling(digest, self.platform.now());
        let (sender, receiver) = oneshot::channel();
        let shared = Arc::clone(self);
        self.tasks.spawn(async move {
            // A host that stops does not wait for a compiler: what it compiled is in nobody's hands yet.
            let result = tokio::select! {
                biased;
                result = shared.take_in(upload) => result,
                () = shared.stopping.cancelled() => return,
            };
            if let Err(error @ DeployError::Hub(_)) = &result {
                tracing::warn!(
                    module.digest = %digest,
                    error = error as &dyn std::error::Error,
                    "a module that was compiled could not be bound"
                );
            }
            shared
                .functions
                .end_compiling(digest, result.as_ref().err());
            // A caller who no longer waits asks the module for its state.
            drop(sender.send(result));
        });
        tokio::select! {
            biased;
            result = receiver => match result {
                Ok(result) => result.map(|(record, bound)| Deployment::Bound(record, bound)),
                Err(_) => Err(unavailable("compiling a module", "the host is stopping").into()),
            },
            () = self.platform.sleep(patience) => Ok(Deployment::Compiling(digest)),
        }
    }

    async fn take_in(&self, upload: Upload) -> Result<(FunctionRecord, Bound), DeployError> {
        let digest = upload.module.digest;
        let size = upload.module.bytes.len() as u64;
        let exports = self
            .guests
            .prepare(digest, Arc::clone(&upload.module.bytes))
            .await?;
        let kind = choose_kind(exports, upload.kind)?;
        let record = FunctionRecord {
            name: upload.name,
            kind,
            digest,
            size,
            created: self.platform.now(),
        };
        let _binding = self.functions.binding.lock().await;
        if !self.functions.claim(&record.name, upload.ticket) {
            // A later upload of the name is in effect: this one was replaced before it was bound.
            return Ok((record, Bound::Anew));
        }
        let bound = self.hub.bind(record.clone(), upload.module).await?;
        self.functions
            .lock()
            .bound
            .insert(record.name.clone(), record.clone());
        Ok((record, bound))
    }

    /// See [`Engine::unbind`](crate::Engine::unbind).
    pub(crate) async fn unbind(&self, name: &FunctionName) -> Result<bool, HubError> {
        let ticket = self.functions.ticket();
        let _binding = self.functions.binding.lock().await;
        self.functions.claim(name, ticket);
        let was_bound = self.hub.unbind(name).await?;
        self.functions.lock().bound.remove(name);
        Ok(was_bound)
    }

    /// See [`Engine::module`](crate::Engine::module).
    pub(crate) async fn module(
        &self,
        digest: ModuleDigest,
    ) -> Result<Option<ModuleState>, HubError> {
        if let Some(state) = self.functions.unsettled(digest, self.platform.now()) {
            return Ok(Some(state));
        }
        Ok(self.hub.module(digest).await?.map(ModuleState::Ready))
    }

    /// See [`Engine::remove_module`](crate::Engine::remove_module).
    pub(crate) async fn remove_module(
        &self,
        digest: ModuleDigest,
    ) -> Result<RemovedModule, HubError> {
        let _binding = self.functions.binding.lock().await;
        let removed = self.hub.remove_module(digest).await?;
        if removed == RemovedModule::Removed {
            self.guests.forget(digest);
        }
        Ok(removed)
    }
}

/// What a component is bound as.
fn choose_kind(exports: Exports, asked: Option<FunctionKind>) -> Result<FunctionKind, DeployError> {
    let refused = |message: &str| Err(ModuleError(message.to_owned()).into());
    match (asked, exports.orchestrator, exports.activity) {
        (None, true, true) => Err(DeployError::KindNeeded),
        (Some(FunctionKind::Orchestrator), false, _) => refused(
            "this component does not export soloist:orchestration/orchestrator: bind it with ?kind=activity",
        ),
        (Some(FunctionKind::Activity), _, false) => refused(
            "this component does not export soloist:orchestration/activity: bind it with ?kind=orchestrator",
        ),
        (None, false, false) => refused(
            "this component exports neither soloist:orchestration/orchestrator nor soloist:orchestration/activity: build \
                 it against wit/soloist.wit",
        ),
        (Some(kind), _, _) => Ok(kind),
        (None, true, false) => Ok(FunctionKind::Orchestrator),
        (None, false, true) => Ok(FunctionKind::Activity),
    }
}
