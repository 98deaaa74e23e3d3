//! For tests of any crate: a task hub in memory, and the contract that every task hub keeps.
//!
//! Behind the feature `testing`. What is here may panic.

mod memory;

pub use memory::{Fault, MemoryHub};
