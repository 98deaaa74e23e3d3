//! Hostile guests end alone: while several of them do their worst at once, others run as ever, the host answers, and it
//! has its memory back afterwards. Each test prints a row: how it ended, the host's answers, its memory, and how long others
//! took beside it.

#![expect(
    clippy::unwrap_used,
    reason = "clippy takes the helpers of tests for code that is shipped"
)]

mod abi;
mod crowds;
mod floods;
mod lane;
mod loops;
mod memory;
mod stage;
mod texts;
mod wasi;
mod wat;
mod watch;
