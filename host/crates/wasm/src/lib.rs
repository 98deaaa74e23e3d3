//! What runs guests: the wasmtime adapter of the engine's port `Guests`.
//!
//! A component is checked and compiled once, linked once for each kind that it exports, and kept on disk in compiled form.
//! An orchestrator owns its store and its fiber, and is parked inside the host call that waits; an activity gets a store of
//! its own for each call. One engine and one compiled form serve both kinds.
//!
//! This crate decides nothing about replay: each import of an orchestrator asks the execution, and parks where that has no
//! answer. It keeps no history and knows no clock but the ticker that limits computing.

mod activity;
mod arguments;
mod bindings;
mod cache;
mod check;
mod compiler;
mod durable;
mod grants;
mod guests;
mod heap;
mod http_call;
mod limits;
mod line;
mod module;
mod notes;
mod orchestrator;
mod outgoing;
mod output;
mod room;
mod settings;
mod shape;
mod ticker;
mod trap;
mod wasi;

pub use grants::{Access, Directory, Grant, Grants, Variable};
pub use guests::WasmGuests;
pub use orchestrator::WasmOrchestrator;
pub use outgoing::{AllowList, AllowedHost, HttpSettings, InvalidHost};
pub use settings::{WasmError, WasmSettings};
