use std::collections::{BTreeMap, VecDeque};

use soloist_core::{Event, ExecutionId, LogLine, Role};

use super::state::Instance;
use crate::{EarlierExecution, Ending};

/// An execution that is kept.
pub(super) struct Kept {
    pub(super) shown: EarlierExecution,
    events: Vec<Event>,
    logs: BTreeMap<u32, LogLine>,
}

impl Instance {
    /// What becomes of the instance's earlier executions, this one among them, when another takes its place.
    pub(super) fn left(
        mut self,
        last: &[Event],
        last_logs: Vec<LogLine>,
        most: usize,
    ) -> VecDeque<Kept> {
        self.events.extend_from_slice(last);
        for line in last_logs {
            self.logs.entry(line.ordinal).or_insert(line);
        }
        let ends = (self.events.first(), self.events.last());
        if let (Some(first), Some(last)) = ends
            && let Role::Start(started) = first.kind.role()
            && let Some(ending) = Ending::of(&last.kind)
        {
            let shown = EarlierExecution {
                execution: self.execution,
                function: started.function.clone(),
                generation: started.generation,
                ending,
                started: first.timestamp,
                ended: last.timestamp,
                history_events: self.events.len() as u64,
            };
            self.earlier.push_back(Kept {
                shown,
                events: self.events,
                logs: self.logs,
            });
        }
        let beyond = self.earlier.len().saturating_sub(most);
        self.earlier.drain(..beyond);
        self.earlier
    }

    /// The events of an execution, the current one or one that is kept.
    pub(super) fn events_of(&self, execution: ExecutionId) -> Option<&[Event]> {
        if execution == self.execution {
            return Some(&self.events);
        }
        Some(&self.kept(execution)?.events)
    }

    pub(super) fn logs_of(&self, execution: ExecutionId) -> Option<&BTreeMap<u32, LogLine>> {
        if execution == self.execution {
            return Some(&self.logs);
        }
        Some(&self.kept(execution)?.logs)
    }

    fn kept(&self, execution: ExecutionId) -> Option<&Kept> {
        let mut kept = self.earlier.iter();
        kept.find(|kept| kept.shown.execution == execution)
    }
}
