use soloist_core::{EventKind, ExecutionId, FunctionName, Timestamp};

/// An execution that another has taken the place of, and that is kept.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EarlierExecution {
    /// Its id.
    pub execution: ExecutionId,
    /// The name that it was started under.
    pub function: FunctionName,
    /// How many executions came before it in its chain of continue-as-new.
    pub generation: u64,
    /// How it ended.
    pub ending: Ending,
    /// When it was started.
    pub started: Timestamp,
    /// When it ended.
    pub ended: Timestamp,
    /// How many events its history has, its end the last of them.
    pub history_events: u64,
}

/// How an execution ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Ending {
    /// Its orchestrator returned.
    Completed,
    /// Its orchestrator failed.
    Failed,
    /// It was ended from outside: terminated, or replaced.
    Terminated,
    /// It went on as the next execution of its chain.
    ContinuedAsNew,
}

impl Ending {
    /// What the last event of an execution says; `None` of one that is no end.
    pub fn of(last: &EventKind) -> Option<Self> {
        let endings = [
            (
                matches!(last, EventKind::ExecutionCompleted { .. }),
                Self::Completed,
            ),
            (
                matches!(last, EventKind::ExecutionFailed { .. }),
                Self::Failed,
            ),
            (
                matches!(last, EventKind::ExecutionTerminated { .. }),
                Self::Terminated,
            ),
            (
                matches!(last, EventKind::ContinuedAsNew { .. }),
                Self::ContinuedAsNew,
            ),
        ];
        let found = endings.into_iter().find(|(is_it, _)| *is_it);
        found.map(|(_, ending)| ending)
    }
}
