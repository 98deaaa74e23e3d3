//! The suite's orchestrators in Rust. What they take and answer is the same in every language: see `tests/guests/suite`.

#![allow(
    clippy::needless_pass_by_value,
    clippy::unnecessary_wraps,
    reason = "the host gives an owned input and takes a `Result`"
)]

mod children;
mod events;
mod failures;
mod knowing;
mod steps;

soloist::orchestrators! {
    "hello-cities" => steps::hello_cities,
    "fan-out" => steps::fan_out,
    "chain-rust" => steps::chain,
    "counter" => steps::counter,
    "http" => steps::http,
    "retry" => failures::retry,
    "fails" => failures::fails,
    "catches" => failures::catches,
    "throws" => failures::throws,
    "cancels" => failures::cancels,
    "child" => children::child,
    "double" => children::double,
    "child-fails" => children::child_fails,
    "approval" => events::approval,
    "events" => events::events,
    "send" => events::send,
    "race" => events::race,
    "status" => knowing::status,
    "log" => knowing::log,
    "readings" => knowing::readings,
    "context" => knowing::context,
}
