//! `cargo xtask`: the project's own errands. It refuses to hold anything that a user of the host needs.

mod command;
mod demo;
mod guests;
mod project;

use std::process::ExitCode;

use anyhow::Result;
use clap::{Parser, Subcommand};

use crate::project::Project;

/// Builds, shows and checks Soloist.
#[derive(Parser)]
#[command(bin_name = "cargo xtask", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    errand: Errand,
}

#[derive(Subcommand)]
enum Errand {
    /// Show the main job: a singleton that survives the death of its host
    Demo,
    /// Build the plugins and the guests of the tests into target/guests
    Plugins(guests::Options),
}

fn main() -> ExitCode {
    let cli = Cli::parse();
    match run(cli.errand) {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

fn run(errand: Errand) -> Result<()> {
    let project = Project::find()?;
    match errand {
        Errand::Demo => demo::show(&project),
        Errand::Plugins(options) => guests::build(&project, &options),
    }
}
