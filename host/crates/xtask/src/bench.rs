//! The benchmark: all is built with optimisation, then it runs in a process of its own.

use std::path::PathBuf;
use std::process::Command;

use anyhow::Result;
use clap::Args;

use crate::command::{capture, run};
use crate::guests::{self, Language};
use crate::project::Project;

/// What the benchmark is told.
#[derive(Args)]
pub(crate) struct Options {
    /// Draw a page with plots instead: how costs grow with load, length and number
    #[arg(long, conflicts_with_all = ["runs", "json"])]
    report: bool,
    /// A look: one short run, with few instances at rest
    #[arg(long)]
    quick: bool,
    /// Measure one row: chains, alone, fan, steps, starts, asleep, restart, completed, replay, idle or listing; with --report draw one
    /// plot: concurrency, steps, sleepers, completed, replay or fairness; may be given more than once
    #[arg(long, value_name = "ROW")]
    only: Vec<String>,
    /// How many runs the medians are of [default: 5, quick: 1]
    #[arg(long, value_name = "COUNT")]
    runs: Option<u64>,
    /// How many instances rest, completed, while rows are measured again [default: 1000000, quick: 20000]
    #[arg(long, value_name = "COUNT")]
    completed: Option<u64>,
    /// How many instances sleep through a restart [default: 1000000, quick: 20000, with --report 10000]
    #[arg(long, value_name = "COUNT")]
    asleep: Option<u64>,
    /// How many instances there are to be listed and counted [default: 1000000, quick: 20000]
    #[arg(long, value_name = "COUNT")]
    listed: Option<u64>,
    /// Also write all samples as JSON
    #[arg(long, value_name = "FILE")]
    json: Option<PathBuf>,
}

/// Builds the guests, the host and the benchmark, and runs it.
pub(crate) fn measure(project: &Project, options: &Options) -> Result<()> {
    let rust = guests::Options {
        only: Some(Language::Rust),
        ..guests::Options::default()
    };
    guests::build(project, &rust)?;
    // Apart, so that the host has the features that it has by itself.
    for package in ["soloist", "soloist-bench"] {
        let arguments = ["build", "--release", "--locked", "--package", package];
        run(project.cargo().args(arguments))?;
    }
    let mut bench = Command::new(project.release_binary("soloist-bench"));
    let dir = project.target().join("bench");
    if options.report {
        bench.arg("report");
        bench.arg("--guests").arg(project.guests());
        bench.arg("--page").arg(dir.join("report/index.html"));
        bench.arg("--commit").arg(commit(project));
    } else {
        bench.arg("run");
    }
    bench.arg("--host").arg(project.release_binary("soloist"));
    bench
        .arg("--guest")
        .arg(project.guests().join("bench.wasm"));
    bench.arg("--dir").arg(dir);
    if options.quick {
        bench.arg("--quick");
    }
    for row in &options.only {
        bench.arg("--only").arg(row);
    }
    for (name, count) in [
        ("--runs", options.runs),
        ("--completed", options.completed),
        ("--asleep", options.asleep),
        ("--listed", options.listed),
    ] {
        if let Some(count) = count {
            bench.arg(name).arg(count.to_string());
        }
    }
    if let Some(file) = &options.json {
        bench.arg("--json").arg(file);
    }
    run(&mut bench)
}

/// What is built, as git names it; a clone without git has no name.
fn commit(project: &Project) -> String {
    let mut git = Command::new("git");
    git.current_dir(project.root());
    git.args(["describe", "--always", "--dirty", "--abbrev=12"]);
    capture(&mut git).unwrap_or_else(|_| "unknown".to_owned())
}
