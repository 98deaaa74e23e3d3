use crate::{Event, EventId, EventKind, Role, Started};

/// Holding one is the proof: ids have no gaps, the first event starts the execution, every answer points back at one open
/// task, timestamps do not go back, and nothing follows an end.
#[derive(Debug, Clone, PartialEq)]
pub struct History(Vec<Event>);

/// Why a list of events is not a history.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum CorruptHistory {
    /// There are no events.
    #[error("the history is empty")]
    Empty,
    /// An id is missing or doubled.
    #[error("event {found} stands where event {expected} should")]
    Gap {
        /// The id that should be there.
        expected: EventId,
        /// The id that is.
        found: EventId,
    },
    /// The execution does not start exactly once, at its first event.
    #[error("event {0} is not where an execution starts")]
    MisplacedStart(EventId),
    /// A timestamp is earlier than the one before.
    #[error("event {0} is earlier than the event before it")]
    TimeWentBack(EventId),
    /// The first turn began twice, or code asked before it began.
    #[error("event {0} does not fit the beginning of the first turn")]
    MisplacedBegin(EventId),
    /// An answer or a cancellation to something that is not an open task.
    #[error("event {0} answers event {1}, which is not an open task")]
    NotOpen(EventId, EventId),
    /// A timer fired before its time.
    #[error("event {0} fires a timer before its time")]
    FiredEarly(EventId),
    /// Suspended twice, or resumed while running.
    #[error("event {0} suspends or resumes twice")]
    Suspension(EventId),
    /// Something after the end.
    #[error("event {0} follows the end")]
    AfterEnd(EventId),
}

#[derive(Clone, Copy, PartialEq)]
enum Slot {
    NoTask,
    Open,
    Answered,
    Canceled,
}

impl TryFrom<Vec<Event>> for History {
    type Error = CorruptHistory;

    fn try_from(events: Vec<Event>) -> Result<Self, CorruptHistory> {
        let mut slots = Vec::with_capacity(events.len());
        let (mut began, mut suspended, mut ended) = (false, false, false);
        for (index, event) in events.iter().enumerate() {
            let (id, expected) = (event.id, EventId::at(index));
            if id != expected {
                return Err(CorruptHistory::Gap {
                    expected,
                    found: id,
                });
            }
            if ended {
                return Err(CorruptHistory::AfterEnd(id));
            }
            if index > 0 && event.timestamp < events[index - 1].timestamp {
                return Err(CorruptHistory::TimeWentBack(id));
            }
            let role = event.kind.role();
            if matches!(role, Role::Start(_)) != (index == 0) {
                return Err(CorruptHistory::MisplacedStart(id));
            }
            let mut slot = Slot::NoTask;
            match role {
                Role::Began if began => return Err(CorruptHistory::MisplacedBegin(id)),
                Role::Began => began = true,
                Role::Request | Role::Told if !began => {
                    return Err(CorruptHistory::MisplacedBegin(id));
                }
                Role::Start(_)
                | Role::Raised { .. }
                | Role::Told
                | Role::Void
                | Role::Rewound(_) => {}
                Role::Request => slot = Slot::Open,
                Role::Cancel(to) => match slot_of(&mut slots, to) {
                    // An answer may stand before the cancellation: the guest had not seen it.
                    Some(slot @ (Slot::Open | Slot::Answered)) => *slot = Slot::Canceled,
                    _ => return Err(CorruptHistory::NotOpen(id, to)),
                },
                Role::Answer { to, .. } => match slot_of(&mut slots, to) {
                    Some(slot @ Slot::Open) => {
                        *slot = Slot::Answered;
                        check_answer(event, &events[slots_index(to)])?;
                    }
                    _ => return Err(CorruptHistory::NotOpen(id, to)),
                },
                Role::Attempt { of, .. } => match slot_of(&mut slots, of) {
                    Some(Slot::Open) if is_work(&events[slots_index(of)].kind) => {}
                    _ => return Err(CorruptHistory::NotOpen(id, of)),
                },
                Role::Accepted { of, .. } => match slot_of(&mut slots, of) {
                    Some(Slot::Open) if is_http(&events[slots_index(of)].kind) => {}
                    _ => return Err(CorruptHistory::NotOpen(id, of)),
                },
                Role::Suspended if suspended => return Err(CorruptHistory::Suspension(id)),
                Role::Suspended => suspended = true,
                Role::Resumed if !suspended => return Err(CorruptHistory::Suspension(id)),
                Role::Resumed => suspended = false,
                Role::End => ended = true,
            }
            slots.push(slot);
        }
        if events.is_empty() {
            Err(CorruptHistory::Empty)
        } else {
            Ok(Self(events))
        }
    }
}

fn slots_index(id: EventId) -> usize {
    usize::try_from(id.get())
        .unwrap_or(usize::MAX)
        .wrapping_sub(1)
}

fn slot_of(slots: &mut [Slot], id: EventId) -> Option<&mut Slot> {
    slots.get_mut(slots_index(id))
}

/// The answer is of the kind that its request takes.
fn check_answer(answer: &Event, request: &Event) -> Result<(), CorruptHistory> {
    match (&answer.kind, &request.kind) {
        (EventKind::TimerFired { .. }, EventKind::TimerCreated { fire_at })
            if answer.timestamp < *fire_at =>
        {
            Err(CorruptHistory::FiredEarly(answer.id))
        }
        (EventKind::TimerFired { .. }, EventKind::TimerCreated { .. }) => Ok(()),
        (EventKind::TaskCompleted { .. } | EventKind::TaskFailed { .. }, request)
            if is_work(request) =>
        {
            Ok(())
        }
        _ => Err(CorruptHistory::NotOpen(answer.id, request.id)),
    }
}

fn is_work(request: &EventKind) -> bool {
    matches!(
        request,
        EventKind::TaskScheduled { .. }
            | EventKind::ChildScheduled { .. }
            | EventKind::HttpScheduled { .. }
    )
}

fn is_http(request: &EventKind) -> bool {
    matches!(request, EventKind::HttpScheduled { .. })
}

impl History {
    /// The events, the first at index 0.
    pub fn events(&self) -> &[Event] {
        &self.0
    }

    /// The events, by value.
    pub fn into_events(self) -> Vec<Event> {
        self.0
    }

    /// How the execution was started.
    pub fn started(&self) -> &Started {
        match self.0[0].kind.role() {
            Role::Start(started) => started,
            _ => unreachable!("a history begins with its start"),
        }
    }

    /// The place that the next event will take.
    pub fn next_event(&self) -> EventId {
        EventId::at(self.0.len())
    }

    /// True if the execution has ended.
    pub fn is_ended(&self) -> bool {
        self.0
            .last()
            .is_some_and(|event| event.kind.role() == Role::End)
    }
}

#[cfg(test)]
mod tests;
