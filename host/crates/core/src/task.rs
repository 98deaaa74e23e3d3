use crate::{EventId, EventKind, Position, TaskResult};

/// What the execution knows of one task.
#[derive(Debug)]
pub(crate) struct Task {
    /// The event that recorded the request.
    pub(crate) request: EventId,
    pub(crate) kind: TaskKind,
    /// The answer, wherever it stands; of an event wait only once it is consumed or cancelled.
    pub(crate) answer: Option<(Position, TaskResult)>,
    /// History holds an answer, whether or not the guest has come to it.
    pub(crate) answered: bool,
    /// History holds a cancellation, whether or not the guest has come to it.
    pub(crate) canceled: bool,
    /// The first answer or cancellation.
    pub(crate) closed_at: Option<EventId>,
    /// How many attempts have failed since it was asked for or last accepted.
    pub(crate) failed_attempts: u32,
    /// How often it was accepted: an HTTP call.
    pub(crate) accepted: u32,
    /// Each failed attempt and each acceptance: a timer is kept for what comes after it.
    pub(crate) pauses: Vec<EventId>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum TaskKind {
    /// An activity or HTTP call: something that the host runs.
    Work,
    /// A child: it answers by itself.
    Child,
    Timer,
    EventWait,
}

impl Task {
    pub(crate) fn new(request: EventId, kind: &EventKind) -> Self {
        let kind = match kind {
            EventKind::TimerCreated { .. } => TaskKind::Timer,
            EventKind::EventAwaited { .. } => TaskKind::EventWait,
            EventKind::ChildScheduled { .. } => TaskKind::Child,
            _ => TaskKind::Work,
        };
        Self {
            request,
            kind,
            answer: None,
            answered: false,
            canceled: false,
            closed_at: None,
            failed_attempts: 0,
            accepted: 0,
            pauses: Vec::new(),
        }
    }

    /// True if no further answer will be recorded.
    pub(crate) fn is_closed(&self) -> bool {
        self.answered || self.canceled
    }

    /// The number of the attempt that runs, or is to come.
    pub(crate) fn attempt(&self) -> u32 {
        self.failed_attempts.saturating_add(1)
    }

    /// True if something outside still has to answer it.
    pub(crate) fn is_to_be_answered(&self) -> bool {
        matches!(self.kind, TaskKind::Work | TaskKind::Child) && !self.is_closed()
    }

    /// True if the host still has to run it.
    pub(crate) fn is_open_work(&self) -> bool {
        self.kind == TaskKind::Work && !self.is_closed()
    }
}
