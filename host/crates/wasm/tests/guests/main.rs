//! Small guests, written by hand, against the whole adapter.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes the helpers of tests for code that is shipped"
)]

mod activities;
mod component;
mod limits;
mod modules;
mod orchestrators;
mod owner;
mod wasi;
