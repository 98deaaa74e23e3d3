use crate::EventId;

/// A place in an execution's logical time. A guest has seen history up to one; it only grows.
///
/// Usually it is the place of an event. Three things make it more than that: an answer recorded while the execution was
/// suspended stands at its resumption; of those, the one recorded first comes first; and the answer `Canceled` stands
/// where the guest stood when it cancelled, after the facts of that place.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
#[expect(
    clippy::struct_field_names,
    reason = "each says at which event, which is what a position is made of"
)]
pub struct Position {
    /// The event at which it happens for the guest.
    pub(crate) stands_at: EventId,
    /// The event that recorded it.
    pub(crate) recorded_at: EventId,
    /// For the answer of a cancelled task: the event of the cancellation.
    pub(crate) canceled_at: Option<EventId>,
}

impl Position {
    pub(crate) fn of(event: EventId) -> Self {
        Self {
            stands_at: event,
            recorded_at: event,
            canceled_at: None,
        }
    }
}
