//! The benchmark of Soloist: load from a process of its own, baselines beside it, and a table against the budgets or a page
//! with plots.
//!
//! It measures the host as an operator has it, from outside, and refuses to know anything of the engine. `cargo xtask bench`
//! runs it; `host/PERFORMANCE.md` tells what each row means.

mod baseline;
mod clock;
mod ground;
mod host;
mod http;
mod load;
mod loads;
mod names;
mod options;
mod population;
mod process;
mod report;
mod rows;
mod seed;
mod statistics;
mod stored;
mod table;
mod written;

use std::path::PathBuf;
use std::process::ExitCode;

use anyhow::{Context as _, Result};
use clap::{Parser, Subcommand};
use serde::Serialize;

use crate::ground::Bench;
use crate::options::{Options, Scale};
use crate::rows::Samples;
use crate::table::Line;

/// Measures a host against the budgets.
#[derive(Parser)]
#[command(bin_name = "cargo xtask bench", disable_help_subcommand = true)]
struct Cli {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Measure
    Run(Options),
    /// Measure, and draw a page with plots
    Report(report::Options),
    /// Serve what a host is compared with, for another process of this program
    #[command(hide = true)]
    ServeBaseline {
        /// Where its database is
        #[arg(long)]
        data: PathBuf,
    },
}

/// All that a run leaves.
#[derive(Serialize)]
struct Written<'r> {
    scale: Scale,
    cores: usize,
    lines: &'r [Line],
    samples: &'r Samples,
}

fn main() -> ExitCode {
    let done = match Cli::parse().command {
        Command::Run(options) => run(options),
        Command::Report(options) => {
            runtime().and_then(|runtime| runtime.block_on(report::run(options)))
        }
        Command::ServeBaseline { data } => baseline::serve(&data),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("error: {error:#}");
            ExitCode::FAILURE
        }
    }
}

/// One thread, as the load has at most one core.
fn runtime() -> Result<tokio::runtime::Runtime> {
    tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .build()
        .context("no runtime")
}

fn run(options: Options) -> Result<()> {
    let scale = options.choice.scale();
    let Options { place, choice } = options;
    let bench = Bench {
        place,
        choice,
        scale,
    };
    let samples = runtime()?.block_on(Samples::take(&bench))?;
    let lines = samples.lines(&bench);
    print!("{}", table::table(&lines));
    println!(
        "\nMedians of {} runs. Raw SQLite ran with synchronous=FULL, read back as 2; a host refuses to start otherwise.",
        scale.runs
    );
    if let Some(path) = &bench.choice.json {
        let report = Written {
            scale,
            cores: std::thread::available_parallelism().map_or(0, Into::into),
            lines: &lines,
            samples: &samples,
        };
        let text = serde_json::to_string_pretty(&report).context("a report is JSON")?;
        std::fs::write(path, text).with_context(|| format!("cannot write {}", path.display()))?;
    }
    Ok(())
}
