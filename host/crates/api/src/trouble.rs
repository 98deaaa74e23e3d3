use std::error::Error;

use soloist_engine::HubError;

/// An error that is the host's own. What it was is for the log; the caller is told only whether to come back.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Trouble {
    /// The same request may succeed later.
    Unavailable,
    /// A person has to look at it.
    Internal,
}

/// When to come back, in seconds.
pub(crate) const RETRY_AFTER_SECONDS: u64 = 5;

impl Trouble {
    /// What a caller is told.
    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::Unavailable => "the task hub is not available now; try again later",
            Self::Internal => {
                "the host could not do this; its log says why, under the x-request-id of this answer"
            }
        }
    }
}

impl From<HubError> for Trouble {
    /// Logs the error: here is where it stops being passed on.
    fn from(error: HubError) -> Self {
        let trouble = match &error {
            HubError::Unavailable { .. } | HubError::Conflict(_) | HubError::Full { .. } => {
                Self::Unavailable
            }
            HubError::Corrupt { .. } => Self::Internal,
        };
        tracing::error!(error = &error as &(dyn Error + 'static), "a request failed");
        trouble
    }
}
