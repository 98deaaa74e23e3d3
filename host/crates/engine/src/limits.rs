use std::collections::BTreeMap;
use std::num::NonZeroU32;

use soloist_core::{ExecutionId, FunctionName, InstanceId};

/// Functions of which only so many instances may hold a slot at once; of all others any number.
pub type InstanceLimits = BTreeMap<FunctionName, InstanceLimit>;

/// How many instances of a function may hold a slot at once. A live instance holds one, unless it is queued.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct InstanceLimit {
    /// So many.
    pub max: NonZeroU32,
    /// What becomes of a start beyond that.
    pub when_full: WhenFull,
}

/// What becomes of a start while all slots of its function are held.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum WhenFull {
    /// It is refused, and nothing is written.
    Reject,
    /// It is accepted, and begins when its turn has come: first in, first out.
    Queue,
}

/// What came of a commit beyond what was asked.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Committed {
    /// The instance has no slot: no turn begins until it is promoted.
    pub queued: bool,
    /// Who got a slot that this commit left. They are ready.
    pub promoted: Vec<Promoted>,
}

/// A queued execution that has got a slot.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Promoted {
    /// Its instance.
    pub instance: InstanceId,
    /// The execution.
    pub execution: ExecutionId,
}
