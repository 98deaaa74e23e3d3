use std::time::Duration;

use soloist_core::{EventId, Fact, Failure, FunctionName, InstanceId, Payload, RetryAfter};

/// One HTTP call of an orchestration.
#[derive(Debug, Clone)]
pub struct HttpCall {
    /// The orchestration: whom it may call hangs on its name.
    pub function: FunctionName,
    /// The instance that calls.
    pub instance: InstanceId,
    /// The request, as the guest wrote it.
    pub request: Payload,
    /// Where to ask after it, once it was accepted: the request itself is not sent again.
    pub poll: Option<String>,
    /// The longest that this attempt may take, if that is less than any may.
    pub timeout: Option<Duration>,
}

/// What an HTTP call came to.
#[derive(Debug, Clone, PartialEq)]
pub enum HttpAnswer {
    /// Its answer, whatever the status.
    Answered(Payload),
    /// Its answer, of a status that is worth another attempt.
    Unsuccessful {
        /// The answer.
        output: Payload,
        /// What is said of the attempt if there is another.
        failure: Failure,
    },
    /// It goes on elsewhere, and is to be asked after.
    Accepted {
        /// Where to ask.
        uri: String,
        /// When its server wants to be asked.
        retry_after: Option<RetryAfter>,
    },
    /// There is no answer.
    Failed(Failure),
}

impl HttpAnswer {
    /// What its owner is told of the request at `scheduled`.
    pub(crate) fn into_fact(self, scheduled: EventId) -> Fact {
        let result = match self {
            Self::Answered(output) => Ok(output),
            Self::Failed(failure) => Err(failure),
            Self::Unsuccessful { output, failure } => {
                return Fact::HttpUnsuccessful {
                    scheduled,
                    output,
                    failure,
                };
            }
            Self::Accepted { uri, retry_after } => {
                return Fact::HttpAccepted {
                    scheduled,
                    uri,
                    retry_after,
                };
            }
        };
        Fact::Answer { scheduled, result }
    }
}
