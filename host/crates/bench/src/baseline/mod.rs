//! What the host is measured against: raw `SQLite` that commits the same rows, and axum that does next to nothing.

mod chain;
mod commits;
mod database;
mod server;

pub(crate) use chain::RawChains;
pub(crate) use server::{Baseline, serve};
