use std::sync::Arc;

use serde::{Deserialize, Serialize};
use soloist_core::{FunctionName, InstanceId, ModuleDigest, Timestamp};

/// The two kinds of function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FunctionKind {
    /// Replayed from history.
    Orchestrator,
    /// Run at least once.
    Activity,
}

/// A bound name.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct FunctionRecord {
    /// The name.
    pub name: FunctionName,
    /// The export.
    pub kind: FunctionKind,
    /// The module.
    pub digest: ModuleDigest,
    /// The size of the module, in bytes.
    pub size: u64,
    /// When it was bound.
    pub created: Timestamp,
}

/// A module to keep.
#[derive(Debug, Clone)]
pub struct NewModule {
    /// Its digest.
    pub digest: ModuleDigest,
    /// Its bytes.
    pub bytes: Arc<[u8]>,
}

/// What `bind` did.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Bound {
    /// The name is new.
    New,
    /// The name was bound before.
    Anew,
}

/// A stored module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModuleRecord {
    /// Its digest.
    pub digest: ModuleDigest,
    /// Its size, in bytes.
    pub size: u64,
    /// When it was first stored.
    pub created: Timestamp,
    /// The names bound to it, in order.
    pub functions: Vec<FunctionName>,
    /// Some of the live instances pinned to it, in order; at most 10.
    pub instances: Vec<InstanceId>,
}

/// What became of the removal of a module.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum RemovedModule {
    /// It is gone.
    Removed,
    /// Something needs it: nothing changed.
    Needed(ModuleRecord),
    /// No such module.
    Unknown,
}
