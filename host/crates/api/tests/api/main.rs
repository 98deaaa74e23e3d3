//! The router, called without a socket, over an engine with a hub in memory and guests that follow a script.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops here")]

mod admin;
mod again;
mod contract;
mod cors;
mod counts;
mod description;
mod executions;
mod find;
mod hygiene;
mod keys;
mod limits;
mod management;
mod origins;
mod scripted;
mod server;
mod start;
mod status;
mod world;
