//! What the engine's callers ask for and are told.

use std::collections::BTreeMap;
use std::time::Duration;

use soloist_core::{ExecutionId, FunctionName, InstanceId, ModuleDigest, Payload, Timestamp};

use crate::{Bound, FunctionRecord, HubError, ModuleError, ModuleRecord};

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
    /// Not before then does the first turn begin.
    pub start_at: Option<Timestamp>,
    /// To find it by.
    pub tags: BTreeMap<String, String>,
    /// What to do where an execution of its id is live.
    pub on_existing: OnExisting,
}

/// What a start does where an execution of its id is live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum OnExisting {
    /// It is refused.
    #[default]
    Reject,
    /// The live one is terminated, and the new one takes its place in the same commit.
    Replace,
}

/// What became of a rewind.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Rewound {
    /// It goes on.
    Accepted,
    /// As many instances of its function as may be are live.
    Full {
        /// The function.
        function: FunctionName,
        /// One of them.
        holder: InstanceId,
    },
    /// Only a failed instance can be rewound, and this is none.
    NotFailed,
    /// No such instance.
    Unknown,
}

/// What became of a restart.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Restarted {
    /// As for any start.
    Started(Started),
    /// There is no such instance whose function and input could be taken.
    Unknown,
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
    /// As many instances of the function are live as may be.
    Full {
        /// The function.
        function: FunctionName,
        /// One of those that are live.
        holder: InstanceId,
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
