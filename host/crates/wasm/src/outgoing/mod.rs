//! The way out of the host over HTTP: who may be called, and a client that calls nobody else.
//!
//! The list and the client know nothing of WASI; `wasi` puts them behind `wasi:http`. HTTP calls of orchestrations go out
//! here as well.

mod address;
mod allow;
mod body;
mod client;
mod error;
mod resolver;
mod settings;
mod target;
mod tls;
mod wasi;

pub use allow::{AllowList, AllowedHost, InvalidHost};
pub(crate) use client::{Caller, Client, Place, Waits, Way, target};
pub(crate) use error::SendError;
pub use settings::HttpSettings;
pub(crate) use wasi::{Http, Sending, not_sent};
