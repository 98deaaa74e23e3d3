//! `cargo xtask`: the project's own errands. It refuses to hold anything that a user of the host needs.

mod bench;
mod ci;
mod command;
mod demo;
mod guests;
mod languages;
mod openapi;
mod project;
mod projects;
mod tidy;

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
    /// Run all checks, as CI does
    Ci(ci::Options),
    /// Build the plugins and the guests of the tests into target/guests, and install the clients that tests run
    Plugins(guests::Options),
    /// Measure a host against the budgets, or draw how its costs grow; a full run takes some twenty minutes
    Bench(bench::Options),
    /// Measure what a component costs in each language
    Languages(languages::Options),
    /// Build and run what `soloist new` writes, in each language
    Projects(projects::Options),
    /// Write host/openapi.json from the code
    Openapi,
    /// Ask a host all that host/openapi.json allows, and some that it does not
    Schemathesis(openapi::Options),
    /// Check the rules of the house
    Tidy,
}

fn main() -> ExitCode {
    match run(Cli::parse().errand) {
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
        Errand::Ci(options) => ci::check(&project, &options),
        Errand::Plugins(options) => guests::build(&project, &options),
        Errand::Bench(options) => bench::measure(&project, &options),
        Errand::Languages(options) => languages::measure(&project, &options),
        Errand::Projects(options) => projects::check(&project, &options),
        Errand::Openapi => openapi::write(&project),
        Errand::Schemathesis(options) => openapi::try_out(&project, &options),
        Errand::Tidy => tidy::check(&project),
    }
}
