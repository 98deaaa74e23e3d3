use crate::{Action, EventId, EventKind, Failure, HostError, InvalidInstanceId, TaskId};

/// The code asked for something else than its history holds.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum NonDeterminism {
    /// Another request than the recorded one.
    #[error(
        "non-deterministic orchestrator: event {at} of the history is {}, but the code now asked for {asked}; was the \
         code changed, or does it depend on something that is not in its history?",
        recorded.describe()
    )]
    Differs {
        /// The recorded request.
        at: EventId,
        /// What history has there.
        recorded: Box<EventKind>,
        /// What the code asked for.
        asked: String,
    },
    /// The code stopped, though it went on when its history was recorded.
    #[error(
        "non-deterministic orchestrator: event {at} of the history is {}, but the code {instead} without asking for it; \
         was the code changed, or does it depend on something that is not in its history?",
        recorded.describe()
    )]
    Missing {
        /// The recorded request.
        at: EventId,
        /// What history has there.
        recorded: Box<EventKind>,
        /// What the code did.
        instead: &'static str,
    },
}

impl NonDeterminism {
    pub(crate) fn differs(at: EventId, recorded: &EventKind, asked: &Action) -> Self {
        Self::Differs {
            at,
            recorded: Box::new(recorded.clone()),
            asked: asked.to_string(),
        }
    }
}

/// Why the host will not do what a guest asked. The guest traps, and its instance fails with the sentence.
#[derive(Debug, Clone, PartialEq, thiserror::Error)]
pub enum Refusal {
    /// See [`NonDeterminism`].
    #[error(transparent)]
    NonDeterminism(#[from] NonDeterminism),
    /// A task id that no request of this execution made.
    #[error("no task {0}: this execution has made {1} requests, numbered from 0")]
    UnknownTask(TaskId, usize),
    /// `await-any` of an empty list would wait for ever.
    #[error("await-any needs at least one task")]
    NothingToAwait,
    /// More requests than one execution may make.
    #[error("more than {max} requests in one execution; use continue-as-new to begin a fresh history", max = crate::REQUESTS_MAX)]
    TooManyRequests,
    /// More requests than one execution may make before it consumes an answer.
    #[error("more than {max} requests at once; wait for some of them before you make more", max = crate::REQUESTS_AT_ONCE_MAX)]
    TooManyAtOnce,
    /// The execution was terminated while the guest ran.
    #[error("this execution has ended")]
    Ended,
    /// A text that is not JSON.
    #[error("{what} is not valid JSON: {reason}")]
    InvalidJson {
        /// Which argument.
        what: &'static str,
        /// What the parser says.
        reason: String,
    },
    /// Some limit on size.
    #[error("{what} has {bytes} bytes; at most {bytes_max} are allowed")]
    TooLarge {
        /// Which argument.
        what: &'static str,
        /// Its size.
        bytes: usize,
        /// The limit.
        bytes_max: usize,
    },
    /// A number that makes no sense for its argument.
    #[error("{what} must be {expected}")]
    InvalidArgument {
        /// Which argument.
        what: &'static str,
        /// What would do.
        expected: &'static str,
    },
    /// A text under which no instance can be.
    #[error("'{id}' cannot be the instance ID of a child: {reason}")]
    InvalidInstanceId {
        /// The text.
        id: String,
        /// What is wrong with it.
        reason: InvalidInstanceId,
    },
}

impl Refusal {
    /// True if what the guest asked for in this turn is too much to begin.
    pub(crate) fn is_of_a_flood(&self) -> bool {
        match self {
            Self::TooManyRequests | Self::TooManyAtOnce => true,
            Self::NonDeterminism(_)
            | Self::UnknownTask(..)
            | Self::NothingToAwait
            | Self::Ended
            | Self::InvalidJson { .. }
            | Self::TooLarge { .. }
            | Self::InvalidArgument { .. }
            | Self::InvalidInstanceId { .. } => false,
        }
    }

    /// The failure that the instance ends with.
    pub fn failure(&self) -> Failure {
        let error = match self {
            Self::NonDeterminism(_) => HostError::NonDeterminism,
            Self::InvalidJson { .. } => HostError::InvalidJson,
            Self::TooManyRequests | Self::TooManyAtOnce | Self::TooLarge { .. } => {
                HostError::LimitExceeded
            }
            Self::UnknownTask(..)
            | Self::NothingToAwait
            | Self::Ended
            | Self::InvalidArgument { .. }
            | Self::InvalidInstanceId { .. } => HostError::Trap,
        };
        error.failure(self.to_string())
    }
}
