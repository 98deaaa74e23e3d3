//! The engine of Soloist: who owns an active instance, what runs next, and what may leave the host when.
//!
//! It states what it needs as ports: a [`TaskHub`] that keeps what was decided, [`Guests`] that run code, and a
//! [`Platform`] that tells time and draws random ids. It names no database, no WebAssembly runtime and no HTTP library.
//! Each active instance has one owner here; every fact about it is a message to that owner, which alone assigns sequence
//! numbers. Nothing leaves the host before the commit that it follows from.

mod child;
mod cleanup;
mod count;
mod dispatcher;
mod earlier;
mod engine;
mod functions;
mod guests;
mod hot;
mod http_call;
mod hub;
mod instance;
mod keys;
mod limits;
mod mailbox;
mod module_record;
mod operation;
mod outcome;
mod owner;
mod owners;
mod platform;
mod query;
mod recovery;
mod retention;
mod settings;
mod shared;
#[cfg(feature = "testing")]
pub mod testing;
mod timers;
mod tree;
mod watchers;

pub use child::ChildStart;
pub use cleanup::{COUNTED_MAX, Cleaned, InstanceList};
pub use count::{CountQuery, InstanceCounts, StatusCounts};
pub use earlier::{EarlierExecution, Ending};
pub use engine::Engine;
pub use guests::{
    ActivityCall, Exports, GuestError, Guests, ModuleError, Orchestrator, SharedExecution, Turn,
};
pub use http_call::{HttpAnswer, HttpCall};
pub use hub::{HubError, TaskHub};
pub use instance::{
    DueTimer, InboxMessage, InstanceStatus, Loaded, Logs, Orphan, Purged, RuntimeStatus,
    TimerCursor, Unfinished,
};
pub use keys::{
    InvalidKeyName, KEYS_MAX, KeyDigest, KeyError, KeyKind, KeyName, KeyRecord, KeyStore, NewKey,
    Revoked, Secret,
};
pub use limits::{Committed, InstanceLimit, InstanceLimits, Promoted, WhenFull};
pub use module_record::{
    Bound, FunctionKind, FunctionRecord, ModuleRecord, NewModule, RemovedModule,
};
pub use operation::{Begin, Expects, Message, Operation, Voids};
pub use outcome::{
    DeployError, Deployment, ModuleState, OnExisting, Restarted, Rewound, Start, StartError,
    Started, Told,
};
pub use platform::Platform;
pub use query::{
    EndPlace, EndedInstance, InstanceFilter, InstanceOrder, InstancePage, InstancePlace,
    InstanceQuery, Shown,
};
pub use settings::{EngineSettings, LONG_HISTORY};
pub use tree::Reach;

/// Any error, as a cause.
pub type BoxError = Box<dyn std::error::Error + Send + Sync>;
