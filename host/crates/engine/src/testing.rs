//! For tests of any crate: a task hub in memory, and the contract that every task hub keeps.
//!
//! Behind the feature `testing`. What is here may panic.

#[expect(missing_docs, reason = "the name of a promise says it in full")]
mod contract;
mod memory;
mod seen;
pub mod story;

pub use contract::promises;
pub use memory::{Fault, MemoryHub};

/// Runs a check to its end.
#[doc(hidden)]
pub fn block_on<F: Future>(check: F) -> F::Output {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .expect("a runtime can be made")
        .block_on(check)
}
