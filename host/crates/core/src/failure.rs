use serde::{Deserialize, Serialize};

/// Why a step, or a whole orchestration, failed. Part of history.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Failure {
    /// Stable and machine-readable, e.g. `PaymentDeclined`.
    pub error_type: String,
    /// One sentence for a person.
    pub message: String,
    /// Stack trace, inner errors: anything that helps, or nothing.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub details: Option<String>,
    /// True if a retry policy must not try again.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub non_retriable: bool,
}

/// The error types that the host itself gives. This is the whole list; guests may use any other name.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum HostError {
    /// The task was cancelled by the orchestrator.
    Canceled,
    /// The code asked for something else than its history holds.
    NonDeterminism,
    /// The guest trapped: a panic, an `unreachable`, an access out of bounds, or a call that the host refuses.
    Trap,
    /// An orchestrator computed longer than its limit without consuming an answer.
    TurnTimeout,
    /// An activity ran longer than its limit.
    ActivityTimeout,
    /// The guest wanted more memory than its limit.
    OutOfMemory,
    /// The guest passed a text that is not JSON.
    InvalidJson,
    /// No function of the name and kind is bound.
    UnknownFunction,
    /// A limit on size or number was passed.
    LimitExceeded,
    /// A child was to be started under an instance id that is live.
    InstanceExists,
    /// A child was terminated, or replaced by another.
    Terminated,
    /// An attempt at a child took longer than its limit.
    ChildTimeout,
    /// An HTTP call is no request that could be sent.
    InvalidRequest,
    /// The settings of the host do not allow it.
    NotAllowed,
    /// An HTTP call got no answer that code could be given.
    HttpCallFailed,
    /// An HTTP call took longer than its limit.
    HttpTimeout,
}

impl HostError {
    /// The name that failures carry as `error_type`.
    pub fn error_type(self) -> &'static str {
        match self {
            Self::Canceled => "Canceled",
            Self::NonDeterminism => "NonDeterminism",
            Self::Trap => "Trap",
            Self::TurnTimeout => "TurnTimeout",
            Self::ActivityTimeout => "ActivityTimeout",
            Self::OutOfMemory => "OutOfMemory",
            Self::InvalidJson => "InvalidJson",
            Self::UnknownFunction => "UnknownFunction",
            Self::LimitExceeded => "LimitExceeded",
            Self::InstanceExists => "InstanceExists",
            Self::Terminated => "Terminated",
            Self::ChildTimeout => "ChildTimeout",
            Self::InvalidRequest => "InvalidRequest",
            Self::NotAllowed => "NotAllowed",
            Self::HttpCallFailed => "HttpCallFailed",
            Self::HttpTimeout => "HttpTimeout",
        }
    }

    /// A failure of this type.
    pub fn failure(self, message: impl Into<String>) -> Failure {
        Failure {
            error_type: self.error_type().to_owned(),
            message: message.into(),
            details: None,
            non_retriable: false,
        }
    }

    /// True if a busy machine could have caused it: such a failure of an orchestrator is recorded only when a second run,
    /// from a fresh replay, fails too.
    pub fn depends_on_machine(self) -> bool {
        match self {
            Self::TurnTimeout | Self::OutOfMemory => true,
            Self::Canceled
            | Self::NonDeterminism
            | Self::Trap
            | Self::ActivityTimeout
            | Self::InvalidJson
            | Self::UnknownFunction
            | Self::LimitExceeded
            | Self::InstanceExists
            | Self::Terminated
            | Self::ChildTimeout
            | Self::InvalidRequest
            | Self::NotAllowed
            | Self::HttpCallFailed
            | Self::HttpTimeout => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::HostError;

    #[test]
    fn only_what_a_busy_machine_may_cause_is_run_again() {
        assert!(HostError::TurnTimeout.depends_on_machine());
        assert!(HostError::OutOfMemory.depends_on_machine());
        assert!(!HostError::Trap.depends_on_machine());
        assert!(!HostError::ActivityTimeout.depends_on_machine());
    }
}
