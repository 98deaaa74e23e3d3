//! Builds every guest into target/guests: the plugins, and what only tests need. And installs the clients that tests run.

mod apt;
mod c;
mod clients;
mod go;
mod javascript;
mod npm;
mod python;
mod rust;
mod sdks;
mod stamp;
mod toolchain;
mod venv;

use std::env;
use std::ffi::OsString;
use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::project::{Project, now};
use toolchain::{Choice, Toolchain};
pub(crate) use venv::Venv;

pub(crate) use sdks::test as test_sdks;

/// What to build, and with what.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Use Debian's Rust in place of rustup's targets, as `SOLOIST_GUEST_TOOLCHAIN=debian` does
    #[arg(long)]
    pub(crate) fallback: bool,
    /// Build the guests of one language
    #[arg(long)]
    pub(crate) only: Option<Language>,
}

#[derive(Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Language {
    Rust,
    C,
    Python,
    Javascript,
    Go,
}

/// Builds what has changed. A second run takes about a second.
pub(crate) fn build(project: &Project, options: &Options) -> Result<()> {
    let guests = project.guests();
    fs::create_dir_all(&guests).with_context(|| format!("cannot create {}", guests.display()))?;
    let wanted = |language| options.only.is_none_or(|only| only == language);
    if wanted(Language::Rust) || wanted(Language::C) {
        let choice = if options.fallback {
            Choice::Debian
        } else {
            Choice::from_environment()?
        };
        let toolchain = Toolchain::prepare(choice)?;
        if wanted(Language::Rust) {
            timed("rust", || rust::build(project, &toolchain))?;
        }
        if wanted(Language::C) {
            timed("c", || c::build(project, &toolchain))?;
        }
    }
    if wanted(Language::Python) {
        timed("python", || python::build(project))?;
    }
    if wanted(Language::Javascript) {
        timed("javascript", || javascript::build(project))?;
    }
    if wanted(Language::Go) {
        timed("go", || go::build(project))?;
    }
    if options.only.is_none() {
        clients::install(project).context("cannot install the clients that tests/clients runs")?;
    }
    Ok(())
}

/// PATH with the tools of all languages in front, as somebody has it who writes in them.
pub(crate) fn tools_path(project: &Project) -> Result<OsString> {
    let venv = Venv::with(project, &project.path(c::REQUIREMENTS))?;
    Venv::with(project, &project.path(go::REQUIREMENTS))?;
    let path = env::var_os("PATH").unwrap_or_default();
    let paths = [venv.programs()].into_iter().chain(env::split_paths(&path));
    env::join_paths(paths).context("cannot extend PATH")
}

fn timed(what: &str, work: impl FnOnce() -> Result<()>) -> Result<()> {
    let start = now();
    work().with_context(|| format!("cannot build the {what} guests"))?;
    eprintln!("guests: {what} in {:.1} s", start.elapsed().as_secs_f64());
    Ok(())
}

/// Puts a built component in place, unless the same is there: what depends on it then stays fresh.
fn install(project: &Project, built: &Path, name: &str) -> Result<()> {
    let bytes = fs::read(built).with_context(|| format!("cannot read {}", built.display()))?;
    let target = project.guests().join(format!("{name}.wasm"));
    if fs::read(&target).is_ok_and(|old| old == bytes) {
        return Ok(());
    }
    fs::write(&target, &bytes).with_context(|| format!("cannot write {}", target.display()))?;
    eprintln!("guests: {name}.wasm, {} KiB", bytes.len().div_ceil(1024));
    Ok(())
}
