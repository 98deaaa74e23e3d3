//! The `SQLite` task hub of Soloist: one file, one writing connection on its own thread, a few that read.
//!
//! The turns of all instances share commits, each in a savepoint of its own and under its own condition. Nothing is
//! acknowledged before it is durable. This crate decides nothing about orchestrations, reads no clock, and never opens a
//! data directory that another host holds.

mod change;
mod children;
mod columns;
mod count;
mod earlier;
mod functions;
mod hub;
mod inbox;
mod instances;
mod keys;
mod lists;
mod litter;
mod lock;
mod open;
mod query;
mod queue;
mod readers;
mod rewind;
mod settings;
mod slots;
mod tags;
#[cfg(test)]
mod tests;
mod walk;
mod write;
mod writer;

pub use hub::SqliteHub;
pub use open::OpenError;
pub use settings::StoreSettings;
