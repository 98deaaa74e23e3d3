//! All checks, in one profile: wasmtime's code is generated once a run.

use std::path::PathBuf;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use clap::{Args, ValueEnum};

use crate::command::{run, shown, works};
use crate::project::{Project, now};
use crate::{guests, openapi, tidy};

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
    Schemathesis,
    Sdks,
    Doctest,
    Doc,
}

/// Of the one that is built where there is none.
const CARGO_DENY: &str = "0.20.2";

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
            Ok(()) => "passed",
            Err(error) => {
                eprintln!("error: {error:#}");
                failed.push(name.clone());
                "FAILED"
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

    fn run(self, project: &Project) -> Result<()> {
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
            Self::Deny => deny(project)?,
            // The tests of whole hosts run the binary. With all targets, as for the tests: other features of a crate below
            // would mean its code twice.
            Self::Build => {
                let arguments = ["build", "--locked", "--workspace", "--all-targets"];
                run(project.cargo().args(arguments))?;
            }
            Self::Test => test(project)?,
            Self::Schemathesis => openapi::try_out(project, &openapi::Options::default())?,
            Self::Sdks => guests::test_sdks(project)?,
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
        Ok(())
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

/// Licenses and sources of all that we use, and in the host the arrows between crates.
fn deny(project: &Project) -> Result<()> {
    let tool = cargo_deny(project)?;
    for (workspace, checks) in [("", &["bans"][..]), ("sdk/rust", &[]), ("plugins", &[])] {
        let mut deny = Command::new(&tool);
        deny.current_dir(project.path(workspace))
            .args(["--workspace", "--locked", "--config"]);
        deny.arg(project.path(".config/deny.toml"))
            .args(["check", "licenses", "sources"]);
        run(deny.args(checks))
            .with_context(|| format!("see .config/deny.toml, in {workspace:?}"))?;
    }
    Ok(())
}

/// Where cargo-deny is: found, or built into the build directory, once.
fn cargo_deny(project: &Project) -> Result<PathBuf> {
    let (found, built) = (
        PathBuf::from("cargo-deny"),
        project.tools().join("bin/cargo-deny"),
    );
    for tool in [found, built.clone()] {
        if works(Command::new(&tool).arg("--version")) {
            return Ok(tool);
        }
    }
    let mut install = project.cargo();
    // It runs for a second: not worth the minutes of an optimised build.
    install.args([
        "install",
        "cargo-deny",
        "--version",
        CARGO_DENY,
        "--locked",
        "--debug",
    ]);
    install.args(["--quiet", "--root"]).arg(project.tools());
    install
        .arg("--target-dir")
        .arg(project.tools().join("cargo-deny"));
    eprintln!("{}", shown(&install));
    run(&mut install)?;
    Ok(built)
}
