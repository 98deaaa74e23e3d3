//! All checks, in one profile: wasmtime's code is generated once a run.

use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::command::{run, shown, works};
use crate::project::{Project, now};
use crate::{guests, tidy};

/// What to check.
#[derive(Args)]
pub(crate) struct Options {
    /// The stages to run; all of them if none is named
    stages: Vec<Stage>,
}

/// The quick ones first. Guests come before tests, which deploy them.
#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Stage {
    Fmt,
    Tidy,
    Plugins,
    Clippy,
    Deny,
    Build,
    Test,
    Doctest,
    Doc,
}

/// How a stage went.
enum Outcome {
    Passed,
    Skipped(String),
}

/// Runs every stage, also after one has failed: one run then shows all that is wrong.
pub(crate) fn check(project: &Project, options: &Options) -> Result<()> {
    let start = now();
    let mut rows = Vec::new();
    let mut failed = Vec::new();
    for stage in Stage::value_variants() {
        if !options.stages.is_empty() && !options.stages.contains(stage) {
            continue;
        }
        let name = stage.name();
        eprintln!("\n== {name}");
        let stage_start = now();
        let outcome = match stage.run(project) {
            Ok(Outcome::Passed) => "passed".to_owned(),
            Ok(Outcome::Skipped(reason)) => format!("skipped: {reason}"),
            Err(error) => {
                eprintln!("error: {error:#}");
                failed.push(name.clone());
                "FAILED".to_owned()
            }
        };
        let minutes = minutes(stage_start.elapsed());
        eprintln!("== {name}: {outcome}, {minutes} min");
        rows.push(format!("{name:<8} {minutes:>6} min  {outcome}"));
    }
    println!(
        "\n{}\n{:<8} {:>6} min",
        rows.join("\n"),
        "in all",
        minutes(start.elapsed())
    );
    if !failed.is_empty() {
        bail!("failed: {}", failed.join(", "));
    }
    Ok(())
}

fn minutes(length: Duration) -> String {
    format!("{:.2}", length.as_secs_f64() / 60.0)
}

impl Stage {
    fn name(self) -> String {
        self.to_possible_value()
            .map_or_else(String::new, |value| value.get_name().to_owned())
    }

    fn run(self, project: &Project) -> Result<Outcome> {
        match self {
            Self::Fmt => {
                component("fmt", "rustfmt")?;
                in_all(project, &["fmt", "--all", "--check"])?;
            }
            Self::Tidy => tidy::check(project)?,
            Self::Plugins => guests::build(project, &guests::Options::default())?,
            Self::Clippy => {
                component("clippy", "clippy")?;
                let arguments = ["--workspace", "--all-targets", "--", "-D", "warnings"];
                in_all(project, &[&["clippy", "--locked"], &arguments[..]].concat())?;
            }
            Self::Deny => return deny(project),
            // The tests of whole hosts run the binary.
            Self::Build => run(project.cargo().args(["build", "--locked", "--workspace"]))?,
            Self::Test => test(project)?,
            Self::Doctest => {
                run(project
                    .cargo()
                    .args(["test", "--locked", "--workspace", "--doc"]))?;
                run(sdk(project).args(["test", "--locked", "--workspace", "--doc"]))?;
            }
            Self::Doc => {
                for cargo in [&mut project.cargo(), &mut sdk(project)] {
                    cargo.env("RUSTDOCFLAGS", "-D warnings");
                    run(cargo.args(["doc", "--locked", "--workspace", "--no-deps"]))?;
                }
            }
        }
        Ok(Outcome::Passed)
    }
}

/// Runs cargo in each of the three workspaces.
fn in_all(project: &Project, arguments: &[&str]) -> Result<()> {
    for mut cargo in [project.cargo(), sdk(project), plugins(project)] {
        run(cargo.args(arguments))?;
    }
    Ok(())
}

fn sdk(project: &Project) -> Command {
    beside(project, "sdk/rust")
}

fn plugins(project: &Project) -> Command {
    beside(project, "plugins")
}

/// Cargo in another workspace of this clone, which has a target directory of its own.
fn beside(project: &Project, workspace: &str) -> Command {
    let mut cargo = project.cargo();
    cargo
        .current_dir(project.path(workspace))
        .env_remove("CARGO_TARGET_DIR");
    cargo
}

fn test(project: &Project) -> Result<()> {
    let mut tests = project.cargo();
    if works(project.cargo().args(["nextest", "--version"])) {
        tests.args(["nextest", "run", "--locked", "--workspace"]);
    } else {
        eprintln!("there is no cargo-nextest, so cargo test runs the tests");
        tests.args([
            "test",
            "--locked",
            "--workspace",
            "--all-targets",
            "--no-fail-fast",
        ]);
    }
    run(&mut tests)?;
    run(sdk(project).args(["test", "--locked", "--workspace", "--all-targets"]))
}

/// A part of the toolchain, added where rustup may.
fn component(subcommand: &str, component: &str) -> Result<()> {
    let there = || works(Command::new("cargo").args([subcommand, "--version"]));
    if there() {
        return Ok(());
    }
    let mut add = Command::new("rustup");
    add.args(["component", "add", component]);
    eprintln!("{}", shown(&add));
    if works(&mut add) && there() {
        return Ok(());
    }
    bail!("there is no {component}; run: {}", shown(&add))
}

fn deny(project: &Project) -> Result<Outcome> {
    let config = project.path(".config/deny.toml");
    if !works(Command::new("cargo").args(["deny", "--version"])) {
        return Ok(Outcome::Skipped(
            "run: cargo install cargo-deny --locked".to_owned(),
        ));
    }
    let mut deny = project.cargo();
    deny.args(["deny", "--locked", "--workspace", "check", "--config"])
        .arg(config);
    run(deny.args(["bans", "licenses", "sources"])).context("see .config/deny.toml")?;
    Ok(Outcome::Passed)
}
