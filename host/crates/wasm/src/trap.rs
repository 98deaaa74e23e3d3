use std::fmt::Write as _;
use std::time::Duration;

use soloist_core::{Failure, HostError, Refusal};
use wasmtime::{Error, Trap, WasmBacktrace};
use wasmtime_wasi::I32Exit;

use crate::limits::Limits;

/// The most text that goes into the details of a failure, in bytes.
const DETAILS_BYTES_MAX: usize = 16 * 1024;

/// Why a host function, or the limit on computing, stops a guest.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Stop {
    /// The execution refused what the guest asked for.
    #[error(transparent)]
    Refused(#[from] Refusal),
    /// It computed too long.
    #[error("the limit of {0:?} on computing is used up")]
    Overrun(Duration),
    /// The call is for the other kind of guest.
    #[error("{0} may be called by {1} only")]
    OtherKind(&'static str, &'static str),
    /// An orchestrator asked for something that no history holds.
    #[error(
        "an orchestrator cannot use {0}, for it is replayed from its history: let an activity do it"
    )]
    NotReplayable(&'static str),
    /// `wasi:io/poll` with nothing to wait for.
    #[error("poll needs at least one pollable: it would wait for ever")]
    EmptyPoll,
}

/// How a guest failed that did not return.
#[derive(Debug)]
pub(crate) struct Stopped {
    pub(crate) error: HostError,
    pub(crate) failure: Failure,
}

/// The machine, not the guest, is why a guest could not be begun.
#[derive(Debug)]
pub(crate) struct Shortage(pub(crate) Error);

impl Shortage {
    /// Sorts what went wrong while a guest was being set up: code that ran may have trapped, or it may have asked for more
    /// than its limits; all else is the machine.
    pub(crate) fn or_of_guest(error: Error, limits: &Limits) -> Result<Error, Self> {
        let of_guest = error.is::<Trap>()
            || error.is::<Stop>()
            || error.is::<I32Exit>()
            // A host function failed that code of the guest called.
            || error.is::<WasmBacktrace>()
            || limits.refused().is_some();
        if of_guest {
            Ok(error)
        } else {
            Err(Self(error))
        }
    }
}

/// The two kinds of guests, as failures speak of them.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Orchestrator,
    Activity,
}

impl Kind {
    pub(crate) fn noun(self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestrator",
            Self::Activity => "activity",
        }
    }
}

impl Stopped {
    /// What `error` means. `memory_refused` says that the guest wanted more memory than its limit, `said` is what it wrote
    /// to its standard error.
    pub(crate) fn of(error: &Error, kind: Kind, memory_refused: Option<usize>, said: &str) -> Self {
        let noun = kind.noun();
        let (host_error, mut failure) = match error.downcast_ref::<Stop>() {
            // The execution remembers the refusal too, and knows its error type.
            Some(Stop::Refused(refusal)) => (HostError::Trap, refusal.failure()),
            Some(Stop::Overrun(limit)) => match kind {
                Kind::Orchestrator => told(
                    HostError::TurnTimeout,
                    format!(
                        "the orchestrator computed for more than {limit:?} without consuming an answer"
                    ),
                ),
                Kind::Activity => told(
                    HostError::ActivityTimeout,
                    format!("the activity computed for more than {limit:?}"),
                ),
            },
            Some(stop @ (Stop::OtherKind(..) | Stop::NotReplayable(_) | Stop::EmptyPoll)) => {
                told(HostError::Trap, stop.to_string())
            }
            None => match memory_refused {
                Some(bytes_max) => told(
                    HostError::OutOfMemory,
                    format!("the {noun} wanted more memory than the {bytes_max} bytes it may have"),
                ),
                None => told(HostError::Trap, sentence(error, noun)),
            },
        };
        failure.details = details(error, said);
        Self {
            error: host_error,
            failure,
        }
    }
}

fn told(error: HostError, message: String) -> (HostError, Failure) {
    (error, error.failure(message))
}

fn sentence(error: &Error, noun: &str) -> String {
    if let Some(exit) = error.downcast_ref::<I32Exit>() {
        return format!("the {noun} called exit with code {}", exit.0);
    }
    match error.downcast_ref::<Trap>() {
        Some(Trap::StackOverflow) => {
            format!("the {noun} trapped: its call stack is used up; does it recurse without end?")
        }
        Some(Trap::UnreachableCodeReached) => {
            format!("the {noun} trapped: it panicked or aborted (`unreachable` was executed)")
        }
        Some(Trap::MemoryOutOfBounds) => format!(
            "the {noun} trapped: it used memory out of bounds; very deep recursion can end like this too"
        ),
        Some(trap) => {
            let text = trap.to_string();
            let text = text.strip_prefix("wasm trap: ").unwrap_or(&text);
            format!("the {noun} trapped: {text}")
        }
        None => format!("the {noun} trapped: {}", error.root_cause()),
    }
}

/// What the guest said last, then its backtrace.
fn details(error: &Error, said: &str) -> Option<String> {
    let mut details = String::new();
    let said = said.trim_end();
    if !said.is_empty() {
        details.push_str(said);
        details.push('\n');
    }
    if let Some(backtrace) = error.downcast_ref::<WasmBacktrace>() {
        write!(details, "{backtrace}").expect("a string takes what is written");
    }
    cut(&mut details, DETAILS_BYTES_MAX);
    (!details.is_empty()).then_some(details)
}

/// Shortens `text` to at most `bytes_max` bytes, at a character.
pub(crate) fn cut(text: &mut String, bytes_max: usize) {
    if text.len() > bytes_max {
        text.truncate(text.floor_char_boundary(bytes_max));
        // What was cut off may be a thousand times as long.
        text.shrink_to_fit();
    }
}
