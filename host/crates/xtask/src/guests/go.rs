//! The guests in Go: built as the README of its SDK says, by Go alone.

use std::env;
use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::install;
use super::stamp::Stamp;
use super::venv::Venv;
use crate::command::run;
use crate::project::Project;

/// Folder of the Go module, package in it, name of the component.
const GUESTS: [(&str, &str, &str); 6] = [
    ("tests/guests/native-go", ".", "native-go"),
    ("tests/guests/suite/go", "./orchestrators", "suite-go"),
    ("tests/guests/suite/go", "./activities", "suite-go-activity"),
    ("plugins/hello-cities/go", ".", "hello-cities-go"),
    ("plugins/approval/go", ".", "approval-go"),
    ("plugins/reconcile", ".", "reconcile"),
];

const SDK: &str = "sdk/go";
/// Go itself, for all of them.
pub(super) const REQUIREMENTS: &str = "tests/guests/native-go/requirements.txt";

pub(crate) fn build(project: &Project) -> Result<()> {
    for (folder, package, name) in GUESTS {
        build_guest(project, folder, package, name)?;
    }
    Ok(())
}

fn build_guest(project: &Project, folder: &str, package: &str, name: &str) -> Result<()> {
    let source = project.path(folder);
    let requirements = project.path(REQUIREMENTS);
    let output = project.guests().join(format!("{name}.wasm"));
    let mut stamp = Stamp::of(&output).text(package).file(&requirements)?;
    for file in files(&project.path(SDK))?.iter().chain(&files(&source)?) {
        stamp = stamp.file(file)?;
    }
    if stamp.is_fresh() && output.exists() {
        return Ok(());
    }

    let built = project.tools().join("go").join(format!("{name}.wasm"));
    let mut go = go(project)?;
    go.current_dir(&source)
        .args(["run", "soloist/cmd/soloist-build", "-o"])
        .arg(&built)
        .arg(package);
    run(&mut go)?;
    install(project, &built, name)?;
    stamp.keep()
}

/// The tests of the SDK.
pub(super) fn sdk_tests(project: &Project) -> Result<Command> {
    let mut go = go(project)?;
    go.current_dir(project.path(SDK)).args(["test", "./..."]);
    Ok(go)
}

/// Go itself, with caches in the build directory.
fn go(project: &Project) -> Result<Command> {
    let venv = Venv::with(project, &project.path(REQUIREMENTS))?;
    let directory = project.tools().join("go");
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    // The builder runs `go` by its name.
    let path = env::var_os("PATH").unwrap_or_default();
    let paths = [venv.programs()].into_iter().chain(env::split_paths(&path));
    let mut go = venv.program("go");
    go.env(
        "PATH",
        env::join_paths(paths).context("cannot extend PATH")?,
    )
    // What a user has set is for other programs.
    .envs([("GOENV", "off"), ("GOFLAGS", ""), ("GOWORK", "off")])
    .envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off")])
    .env("GOPATH", directory.join("path"))
    .env("GOCACHE", directory.join("cache"))
    .env_remove("GOOS")
    .env_remove("GOARCH");
    Ok(go)
}

/// All that a Go build may read in a folder, in the order of their names.
fn files(folder: &Path) -> Result<Vec<PathBuf>> {
    let doing = || format!("cannot list {}", folder.display());
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).with_context(doing)? {
        let path = entry.with_context(doing)?.path();
        if path.is_dir() {
            found.extend(files(&path)?);
        } else if ["go", "mod", "s", "shell"]
            .map(OsStr::new)
            .map(Some)
            .contains(&path.extension())
        {
            found.push(path);
        }
    }
    found.sort();
    Ok(found)
}
