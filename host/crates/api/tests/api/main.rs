//! The router, called without a socket, over an engine with a hub in memory and guests that follow a script.

#![expect(clippy::unwrap_used, reason = "a test that cannot go on stops here")]

mod admin;
mod contract;
mod description;
mod executions;
mod find;
mod limits;
mod management;
mod scripted;
mod server;
mod start;
mod world;
