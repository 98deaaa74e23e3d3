//! What a task hub tells of instances.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use soloist_core::{
    EventId, ExecutionId, Fact, FunctionName, History, InstanceId, LogLine, Payload, Timestamp,
};

/// The states of an instance. `Completed`, `Failed` and `Terminated` are ends; all others are live.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum RuntimeStatus {
    /// Started, its first turn not committed.
    Pending,
    /// Its first turn has been committed.
    Running,
    /// Suspended.
    Suspended,
    /// Its orchestrator returned.
    Completed,
    /// Its orchestrator failed.
    Failed,
    /// An operator ended it.
    Terminated,
}

impl RuntimeStatus {
    /// All there are.
    pub const ALL: [Self; 6] = [
        Self::Pending,
        Self::Running,
        Self::Suspended,
        Self::Completed,
        Self::Failed,
        Self::Terminated,
    ];

    /// True until the execution has ended: no other of the same instance id may be started.
    pub fn is_live(self) -> bool {
        match self {
            Self::Pending | Self::Running | Self::Suspended => true,
            Self::Completed | Self::Failed | Self::Terminated => false,
        }
    }
}

/// A message that waits in an inbox.
#[derive(Debug, Clone, PartialEq)]
pub struct InboxMessage {
    /// Its id, never used again.
    pub id: i64,
    /// To which execution, or to whichever is live.
    pub execution: Option<ExecutionId>,
    /// What happened.
    pub fact: Fact,
}

/// An instance as its owner needs it.
#[derive(Debug, Clone, PartialEq)]
pub struct Loaded {
    /// Its history, of the current execution.
    pub history: History,
    /// Its runtime status.
    pub status: RuntimeStatus,
    /// True if something waits that no turn has seen.
    pub ready: bool,
    /// Its custom status.
    pub custom_status: Option<Payload>,
    /// How many log lines of the current execution are stored.
    pub logged: u32,
    /// Messages that no turn has taken in, oldest first.
    pub inbox: Vec<InboxMessage>,
    /// It has no slot: no turn begins until it is promoted.
    pub queued: bool,
}

/// An instance as callers see it.
#[derive(Debug, Clone, PartialEq)]
pub struct InstanceStatus {
    /// Its id.
    pub instance: InstanceId,
    /// The name it was started under.
    pub function: FunctionName,
    /// Its current execution.
    pub execution: ExecutionId,
    /// Its runtime status.
    pub status: RuntimeStatus,
    /// What it was given.
    pub input: Payload,
    /// What it returned, why it failed or was terminated; `None` while it is live. A failure is given whole.
    pub end: Option<soloist_core::EventKind>,
    /// Its custom status.
    pub custom_status: Option<Payload>,
    /// How many events its history has.
    pub history_events: u64,
    /// When its current execution, or the first of its chain of continue-as-new, was started.
    pub created: Timestamp,
    /// When an operation last changed it.
    pub last_updated: Timestamp,
    /// What the caller of its start wrote on it.
    pub tags: BTreeMap<String, String>,
}

/// Lines that an execution logged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Logs {
    /// The execution.
    pub execution: ExecutionId,
    /// The lines, by ordinal.
    pub lines: Vec<LogLine>,
}

/// What became of a purge.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Purged {
    /// All that was stored is gone.
    Purged,
    /// It is live: nothing changed.
    Live,
    /// No such instance, or another execution than was named.
    Unknown,
}

/// An instance that has something to do at start-up.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Unfinished {
    /// Its id.
    pub instance: InstanceId,
    /// Something waits that no turn has seen.
    pub ready: bool,
    /// How much work is open.
    pub open_work: u32,
}

/// An activity that outlives its execution.
#[derive(Debug, Clone, PartialEq)]
pub struct Orphan {
    /// The instance that asked for it.
    pub instance: InstanceId,
    /// The execution that asked for it.
    pub execution: ExecutionId,
    /// The event that recorded the request.
    pub scheduled: EventId,
    /// The number of the attempt that runs, from 1.
    pub attempt: u32,
    /// Its function name.
    pub name: String,
    /// What it is given.
    pub input: Payload,
}

/// A place in the list of timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct TimerCursor {
    /// When it fires.
    pub fire_at: Timestamp,
    /// The execution that asked for it.
    pub execution: ExecutionId,
    /// The event that recorded the request.
    pub scheduled: EventId,
}

/// A stored timer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct DueTimer {
    /// The instance that asked for it.
    pub instance: InstanceId,
    /// Which and when.
    pub cursor: TimerCursor,
}
