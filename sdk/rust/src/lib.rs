//! Write orchestrators and activities for Soloist in Rust.
//!
//! An **orchestrator** is a deterministic function that the host replays from its history, so that it survives
//! any crash; an **activity** is a side effect that the host runs at least once and whose result it records.
//!
//! ```no_run
//! use soloist::{Context, Failure};
//!
//! #[soloist::orchestrator]
//! fn hello_cities(ctx: &Context, cities: Vec<String>) -> Result<Vec<String>, Failure> {
//!     let mut greetings = Vec::new();
//!     for city in cities {
//!         greetings.push(ctx.call_activity("say-hello", city).wait()?);
//!     }
//!     Ok(greetings)
//! }
//! ```
//!
//! ```no_run
//! use soloist::{ActivityContext, Failure};
//!
//! #[soloist::activity]
//! fn say_hello(_: &ActivityContext, city: String) -> Result<String, Failure> {
//!     Ok(format!("Hello {city}!"))
//! }
//! ```
//!
//! Input and output are whatever `serde` reads and writes. [`orchestrators!`] and [`activities!`] put several
//! functions into one component. Build with `crate-type = ["cdylib"]` and the linker `wasm-component-ld`, which
//! comes with rustup's toolchain; the README of this crate has the whole of it.
//!
//! # What an orchestrator must not do
//! It is built for `wasm32-unknown-unknown`, where there is no machine: `SystemTime::now`, `Instant::now` and
//! `thread::sleep` panic, files and sockets give errors, and a random number generator does not link or fails.
//! Ask the [`Context`]: [`current_time`](Context::current_time), [`new_guid`](Context::new_guid), and timers. Do
//! not let the order of a `HashMap` decide what you ask for: it is the same on every replay of one component, but
//! not of the next. An activity built for `wasm32-wasip2` has clocks, random numbers and what the operator grants.
//!
//! # What happens on a panic
//! It traps: the instance or the call fails with the error type `Trap` and a backtrace. In an orchestrator the text
//! of the panic goes to the instance's log first. Return a [`Failure`] for all that a caller should handle.

mod activity;
#[doc(hidden)]
#[allow(
    missing_docs,
    unsafe_code,
    unreachable_pub,
    clippy::pedantic,
    clippy::allow_attributes_without_reason,
    reason = "wit-bindgen writes it"
)]
pub mod bindings;
mod context;
mod decode;
mod export;
mod failure;
#[cfg(test)]
mod fake;
mod http;
mod retry;
mod task;
mod timestamp;

pub use activity::ActivityContext;
pub use context::{Context, Either, Events, Level, OrchestratorOptions};
pub use failure::Failure;
pub use http::{HttpRequest, HttpResponse};
pub use retry::RetryPolicy;
pub use soloist_sdk_macros::{activity, orchestrator};
pub use task::{Task, TaskId};
pub use timestamp::Timestamp;

// The interface `durable`: the host's, or in tests a scripted one.
#[cfg(not(test))]
use bindings::orchestrator::soloist::orchestration::durable;
#[cfg(test)]
use fake as durable;

/// For the macros only.
#[doc(hidden)]
pub mod __private {
    pub use crate::bindings::orchestrator::soloist::orchestration::types::Failure as WitFailure;
    pub use crate::export::{Answer, act, orchestrate, run_activity, run_orchestrator, unknown};
}

/// The README's program compiles too.
#[cfg(doctest)]
#[doc = include_str!("../README.md")]
struct Readme;
