use crate::{
    Dispatch, Event, EventId, EventKind, Execution, Failure, History, InstanceId, ModuleDigest,
    Role, Timer, Timestamp,
};

/// What lets a failed execution go on from before its last failure.
#[derive(Debug, Clone, PartialEq)]
pub struct Rewind {
    /// Events that are undone: a [`Voided`](EventKind::Voided) takes the place of each.
    pub voided: Vec<EventId>,
    /// The event that records it.
    pub event: Event,
    /// Timers that are open again: those of an execution that ends are forgotten.
    pub timers: Vec<Timer>,
    /// How much work is open again.
    pub open_work: u32,
    /// Children that it waits for again: each is to be started, unless it lives, is rewound too, or has its answer ready. One
    /// that ended while this execution had ended could not tell it. Those that are to be tried again have a timer.
    pub children: Vec<Dispatch>,
    /// Log lines of this time and later are undone, for the code will log there again; none if no failure was undone.
    pub logs_from: Option<Timestamp>,
    /// True if it is suspended.
    pub is_suspended: bool,
}

/// Only an execution that failed can be rewound.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("only a failed instance can be rewound")]
pub struct NotFailed;

impl History {
    /// How the failed execution goes on from before its last failure: that of the last task that failed, if nothing was asked
    /// for since, or if the execution failed with its message. Those that failed together with it are undone too, and so is all
    /// that the code asked for since. What came from outside stays. If there is no such task, only the end is undone: then a
    /// better module may do better.
    ///
    /// # Errors
    /// If the execution has not failed.
    pub fn rewind(
        &self,
        instance: InstanceId,
        reason: Option<String>,
        module: ModuleDigest,
        now: Timestamp,
    ) -> Result<Rewind, NotFailed> {
        let events = self.events();
        let end = &events[events.len() - 1];
        let EventKind::ExecutionFailed { failure } = &end.kind else {
            return Err(NotFailed);
        };
        let cause = cause(events, failure);
        let mut voided = cause.map_or_else(Vec::new, |cause| undone(events, cause));
        voided.push(end.id);
        let event = Event {
            id: self.next_event(),
            timestamp: now.max(end.timestamp),
            kind: EventKind::ExecutionRewound { reason, module },
        };
        let mut rewound: Vec<_> = events.to_vec();
        for id in &voided {
            rewound[index(*id)].kind = EventKind::Voided {};
        }
        rewound.push(event.clone());
        let rewound = Self::try_from(rewound).expect("what is undone is undone whole");
        let execution = Execution::load(instance, rewound, 0, None);
        Ok(Rewind {
            voided,
            event,
            timers: execution.open_timers(),
            children: execution.open_children(),
            open_work: u32::try_from(execution.open_work().count()).unwrap_or(u32::MAX),
            logs_from: cause.map(|cause| events[cause].timestamp),
            is_suspended: execution.is_suspended(),
        })
    }
}

fn index(id: EventId) -> usize {
    usize::try_from(id.get() - 1).expect("a history fits into memory")
}

fn is_asked(event: &Event) -> bool {
    matches!(
        event.kind.role(),
        Role::Began | Role::Request | Role::Told | Role::Cancel(_)
    )
}

/// The last task that failed, if the execution failed for it.
fn cause(events: &[Event], end: &Failure) -> Option<usize> {
    let (at, failure) =
        events
            .iter()
            .enumerate()
            .rev()
            .find_map(|(at, event)| match &event.kind {
                EventKind::TaskFailed { failure, .. } => Some((at, failure)),
                _ => None,
            })?;
    let is_last = !events[at..].iter().any(is_asked);
    (is_last || end.message.contains(&failure.message)).then_some(at)
}

/// What is undone with the failure at `cause`, but for the end.
fn undone(events: &[Event], cause: usize) -> Vec<EventId> {
    // All that failed since the code last asked: it saw them together, or could have.
    let first = events[..cause].iter().rposition(is_asked).unwrap_or(0);
    let mut tasks = Vec::new();
    for event in &events[first..=cause] {
        if let EventKind::TaskFailed { scheduled, .. } = event.kind {
            tasks.push(scheduled);
        }
    }
    let asked_since = |id: EventId| index(id) > cause;
    let is_undone = |event: &&Event| match &event.kind {
        EventKind::TaskFailed { scheduled, .. }
        | EventKind::AttemptFailed { scheduled, .. }
        | EventKind::HttpAccepted { scheduled, .. } => {
            tasks.contains(scheduled) || asked_since(*scheduled)
        }
        EventKind::TaskCompleted { scheduled, .. } => asked_since(*scheduled),
        EventKind::TimerFired { timer } => asked_since(*timer),
        _ => asked_since(event.id) && is_asked(event),
    };
    events
        .iter()
        .filter(is_undone)
        .map(|event| event.id)
        .collect()
}
