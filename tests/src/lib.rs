//! The harness of the end-to-end suites: a real host in a process of its own, real components, real sockets.

mod client;
mod guests;
mod host;
mod proxy;
mod raw;
mod server;
mod table;

pub use client::{Client, Ended, eventually};
pub use guests::{Guest, Language, component, guest_file};
pub use host::{Host, HostOptions, binary};
pub use proxy::TlsProxy;
pub use raw::{Answer, Connection};
pub use server::{Authority, Server};
pub use table::tests_in;
