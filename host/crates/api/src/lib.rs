//! The HTTP surfaces of Soloist: what callers of Durable Functions know, and what only an operator does.
//!
//! [`router()`] is a value over an engine; [`serve`] puts it on a listener. Handlers translate: a request into a call of the
//! engine, its answer into a reply. They decide nothing, keep nothing, and never read a payload: it goes out as the text
//! that it came in as.

mod access;
mod admin;
mod app;
mod arrival;
mod body;
mod caller;
mod cors;
mod description;
mod guard;
mod health;
mod management;
mod moment;
mod path;
mod problem;
mod query;
mod reply;
mod request_id;
mod router;
mod row;
mod server;
mod settings;
mod start;
mod tags;
mod trouble;

pub use arrival::{Network, NoNetwork, NoOrigin, NoPublicUrl, Origin, PublicUrl};
pub use router::router;
pub use server::serve;
pub use settings::{ApiSettings, ServerSettings};
