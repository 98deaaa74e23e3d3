use std::error::Error;
use std::fmt::Write as _;
use std::io;
use std::time::Duration;

use soloist_engine::BoxError;

use super::allow::Refused;
use super::target::Target;

/// Why there is no answer, or no more of it.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SendError {
    /// No operator has allowed it.
    #[error("{} is not allowed", .0.said().0)]
    Refused(Refused),
    #[error("'{authority}' cannot be called: {why}")]
    Target {
        authority: String,
        why: &'static str,
    },
    #[error("a request by {0} cannot be sent")]
    Method(http::Method),
    #[error("the request's address and headers are larger than {bytes_max} bytes")]
    HeadTooLarge { bytes_max: usize },
    #[error("{target} has to wait: too many connections are open")]
    NoPlace { target: Target },
    #[error("the name in {target} cannot be looked up")]
    Lookup {
        target: Target,
        #[source]
        cause: io::Error,
    },
    #[error("cannot connect to {target}")]
    Connect {
        target: Target,
        #[source]
        cause: io::Error,
    },
    #[error("{target} and this host cannot agree on TLS")]
    Tls {
        target: Target,
        #[source]
        cause: io::Error,
    },
    #[error("{target} was not {phase} within {limit:?}")]
    TimedOut {
        target: Target,
        phase: Phase,
        limit: Duration,
    },
    #[error("the body of the request to {target} is larger than {bytes_max} bytes")]
    RequestTooLarge { target: Target, bytes_max: u64 },
    #[error("the body of the answer of {target} is larger than {bytes_max} bytes")]
    AnswerTooLarge { target: Target, bytes_max: u64 },
    #[error("the body of the request to {target} broke off")]
    RequestBody {
        target: Target,
        #[source]
        cause: BoxError,
    },
    #[error("no good answer came from {target}")]
    Exchange {
        target: Target,
        #[source]
        cause: hyper::Error,
    },
}

/// What is waited for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Phase {
    Connected,
    Answered,
    Continued,
}

impl std::fmt::Display for Phase {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(match self {
            Self::Connected => "connected",
            Self::Answered => "heard of",
            Self::Continued => "heard of again",
        })
    }
}

impl SendError {
    /// What went wrong while a request was sent, or its answer was read.
    pub(crate) fn exchange(target: &Target, cause: hyper::Error) -> Self {
        let target = target.clone();
        match own(&cause) {
            Some(Self::RequestTooLarge { bytes_max, .. }) => Self::RequestTooLarge {
                target,
                bytes_max: *bytes_max,
            },
            Some(_) | None => Self::Exchange { target, cause },
        }
    }

    /// The sentence with those of its causes.
    pub(crate) fn chain(&self) -> String {
        let mut text = self.to_string();
        let mut cause = self.source();
        while let Some(error) = cause {
            write!(text, ": {error}").expect("a string takes what is written");
            cause = error.source();
        }
        text
    }
}

/// What hyper was told by a body of ours.
fn own(error: &hyper::Error) -> Option<&SendError> {
    let mut cause = error.source();
    while let Some(error) = cause {
        if let Some(own) = error.downcast_ref() {
            return Some(own);
        }
        cause = error.source();
    }
    None
}
