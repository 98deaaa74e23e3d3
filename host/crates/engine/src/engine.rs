use std::sync::Arc;
use std::time::Duration;

use soloist_core::{ExecutionId, FunctionName, History, InstanceId, ModuleDigest, Payload};

use crate::{
    Bound, FunctionKind, FunctionRecord, Guests, HubError, InstanceStatus, ModuleError,
    ModuleRecord, Platform, Purged, RemovedModule, TaskHub,
};

/// The running engine. Cheap to clone; all clones are one engine.
pub struct Engine<H, G, P> {
    inner: Arc<(H, G, P)>,
}

/// A start, as a caller asks for it.
#[derive(Debug, Clone)]
pub struct Start {
    /// The name of an orchestrator function.
    pub function: FunctionName,
    /// The singleton key; a new GUID if none.
    pub instance: Option<InstanceId>,
    /// What the orchestrator is given.
    pub input: Payload,
    /// True if continue-as-new keeps the module.
    pub pin: bool,
}

/// What became of a start.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Started {
    /// This caller won: a new execution is durable.
    Started {
        /// Its instance.
        instance: InstanceId,
        /// Its execution.
        execution: ExecutionId,
    },
    /// An execution of this id is live.
    Exists {
        /// Its instance.
        instance: InstanceId,
    },
}

/// Why a start was refused.
#[derive(Debug, thiserror::Error)]
pub enum StartError {
    /// No such name, or it is bound to an activity.
    #[error("no orchestrator function '{name}'")]
    UnknownFunction {
        /// The name.
        name: FunctionName,
        /// True if the name is bound, but to an activity.
        is_activity: bool,
        /// The orchestrator functions that there are, in order.
        known: Vec<FunctionName>,
    },
    /// The host stops, or cannot write now.
    #[error(transparent)]
    Hub(#[from] HubError),
}

/// What became of something told to an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Told {
    /// It is durable.
    Accepted,
    /// The instance has ended.
    Ended,
    /// No such instance.
    Unknown,
}

/// What became of an upload.
#[derive(Debug, Clone)]
pub enum Deployment {
    /// The name is bound.
    Bound(FunctionRecord, Bound),
    /// It compiles on; the name is bound when that is done.
    Compiling(ModuleDigest),
}

/// Why an upload was refused.
#[derive(Debug, thiserror::Error)]
pub enum DeployError {
    /// The bytes are no usable component for this kind.
    #[error(transparent)]
    Module(#[from] ModuleError),
    /// The component exports both kinds and the caller named none.
    #[error(
        "this component exports an orchestrator and an activity: say which with ?kind=orchestrator or ?kind=activity"
    )]
    KindNeeded,
    /// Too many modules wait to be compiled.
    #[error("too many modules are being compiled; try again later")]
    Busy,
    /// The host stops, or cannot write now.
    #[error(transparent)]
    Hub(#[from] HubError),
}

/// A module as callers see it.
#[derive(Debug, Clone)]
pub enum ModuleState {
    /// It waits for its turn to be compiled, or is being compiled, since so long.
    Compiling(Duration),
    /// It was refused.
    Refused(String),
    /// It is stored and can run.
    Ready(ModuleRecord),
}

impl<H: TaskHub, G: Guests, P: Platform> Engine<H, G, P> {
    /// Starts an instance, if none of its id is live. Of any number of concurrent callers exactly one is told `Started`.
    pub async fn start(&self, start: Start) -> Result<Started, StartError> {
        todo!()
    }
    /// What callers may know of an instance, or `None`.
    pub async fn status(&self, id: &InstanceId) -> Result<Option<InstanceStatus>, HubError> {
        todo!()
    }
    /// An instance with the history of its current execution, or `None`.
    pub async fn history(&self, id: &InstanceId) -> Result<Option<History>, HubError> {
        todo!()
    }
    /// Returns when the instance has ended, or after `timeout`, with its status then. Woken by the commit.
    pub async fn wait(
        &self,
        id: &InstanceId,
        timeout: Duration,
    ) -> Result<Option<InstanceStatus>, HubError> {
        todo!()
    }
    /// Raises an external event.
    pub async fn raise_event(
        &self,
        id: &InstanceId,
        name: String,
        data: Payload,
    ) -> Result<Told, HubError> {
        todo!()
    }
    /// Ends an instance at once; its orchestrator is not told.
    pub async fn terminate(
        &self,
        id: &InstanceId,
        reason: Option<String>,
    ) -> Result<Told, HubError> {
        todo!()
    }
    /// Answers from here on have not happened until the instance is resumed.
    pub async fn suspend(&self, id: &InstanceId, reason: Option<String>) -> Result<Told, HubError> {
        todo!()
    }
    /// Ends a suspension.
    pub async fn resume(&self, id: &InstanceId, reason: Option<String>) -> Result<Told, HubError> {
        todo!()
    }
    /// Removes all that is stored of an instance that has ended.
    pub async fn purge(&self, id: &InstanceId) -> Result<Purged, HubError> {
        todo!()
    }
    /// Checks, compiles and binds a component; returns after `patience` if it compiles longer.
    pub async fn deploy(
        &self,
        name: FunctionName,
        kind: Option<FunctionKind>,
        bytes: Arc<[u8]>,
        patience: Duration,
    ) -> Result<Deployment, DeployError> {
        todo!()
    }
    /// All functions, in order of name.
    pub fn functions(&self) -> Vec<FunctionRecord> {
        todo!()
    }
    /// One function.
    pub fn function(&self, name: &FunctionName) -> Option<FunctionRecord> {
        todo!()
    }
    /// Takes a name away. False if it was not bound.
    pub async fn unbind(&self, name: &FunctionName) -> Result<bool, HubError> {
        todo!()
    }
    /// A module, or `None`.
    pub async fn module(&self, digest: ModuleDigest) -> Result<Option<ModuleState>, HubError> {
        todo!()
    }
    /// Removes a module that nothing needs.
    pub async fn remove_module(&self, digest: ModuleDigest) -> Result<RemovedModule, HubError> {
        todo!()
    }
    /// True if the engine takes work: recovery has begun and it is not stopping, and its hub could be written last.
    pub fn is_ready(&self) -> bool {
        todo!()
    }
}

impl<H, G, P> Clone for Engine<H, G, P> {
    fn clone(&self) -> Self {
        Self {
            inner: Arc::clone(&self.inner),
        }
    }
}
