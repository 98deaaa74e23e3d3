//! The replay core of Soloist: history in, decision out.
//!
//! An [`Event`] is a stored fact; an [`Action`] is what code asks for; a [`History`] is proof that events are well
//! formed; an [`Execution`] is the guest's counterpart, live or replaying; a [`Decision`] is all that a turn changes.
//!
//! This crate never waits, reads no clock, draws no random number and does no input or output. Time is a field of an
//! event, handed in by the owner; ids derive from the execution id and a counter. (The fourth dependency, `uuid`, is
//! here for the version 5 ids of `new-guid`, which are part of what replay must repeat.)

mod action;
mod decision;
mod event;
mod events_by_name;
mod execution;
mod failure;
mod history;
mod id;
mod log;
mod payload;
mod polling;
mod position;
mod refusal;
mod retry;
mod rewind;
mod task;
#[cfg(any(test, feature = "testing"))]
mod tempting;
mod timestamp;

pub use action::Action;
pub use decision::{Decision, Dispatch, End, GivenUp, SentEvent, Timer, Work};
pub use event::{Event, EventKind, Fact, Parent, Role, Started};
pub use execution::{Execution, REQUESTS_AT_ONCE_MAX, REQUESTS_MAX, Waiting};
pub use failure::{Failure, HostError};
pub use history::{CorruptHistory, History};
pub use id::{
    EventId, ExecutionId, FunctionName, InstanceId, InvalidFunctionName, InvalidId,
    InvalidInstanceId, ModuleDigest, Nonce, TaskId, TaskKey,
};
pub use log::{LOG_BYTES_MAX, LOG_LINES_MAX, LOG_MESSAGE_BYTES_MAX, LogLevel, LogLine};
pub use payload::{InvalidJson, Payload};
pub use polling::{POLLS_MAX, RetryAfter};
pub use position::Position;
pub use refusal::{NonDeterminism, Refusal};
pub use retry::RetryPolicy;
pub use rewind::{NotFailed, Rewind};
#[cfg(any(test, feature = "testing"))]
pub use tempting::Tempting;
pub use timestamp::Timestamp;

/// How a task ended: what its activity returned, or why it failed.
pub type TaskResult = Result<Payload, Failure>;
