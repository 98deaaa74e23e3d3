//! An orchestrator is data here (`script.rs`), and so is what happens to it; `run.rs` is the one place that drives an
//! execution. The other files hold what must be true, one theme each.

mod cases;
mod happenings;
mod play;
mod run;
mod script;
mod stored;

mod cancel;
mod children;
mod decisions;
mod ends;
mod equality;
mod events;
mod histories;
mod polls;
mod races;
mod requests;
mod retries;
mod rewind;
mod suspension;
mod telling;
mod tempting;
mod time;
