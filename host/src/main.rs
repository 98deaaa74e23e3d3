//! The binary of Soloist: the command line, the settings, and the one place where adapters meet the engine.

mod authorities;
mod cli;
mod client;
mod config;
mod failure;
mod platform;
mod table;
mod tag;
mod telemetry;
mod wiring;

use std::process::ExitCode;

use clap::Parser;

fn main() -> ExitCode {
    match cli::Cli::parse().run() {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => failure::report(&error),
    }
}
