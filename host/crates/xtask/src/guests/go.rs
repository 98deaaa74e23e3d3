//! The guest in Go: Go makes a module for WASI preview 1, and an adapter makes a component of it.

use std::fs;

use anyhow::{Context as _, Result};

use super::install;
use super::npm::Npm;
use super::venv::Venv;
use crate::command::run;
use crate::project::Project;

const SCRIPT: &str = "module.mjs";
const SOURCES: [&str; 4] = ["native.go", "abi.go", "go.mod", "requirements.txt"];

pub(crate) fn build(project: &Project) -> Result<()> {
    let source = project.path("tests/guests/native-go");
    let wit = project.path("wit/soloist.wit");
    let output = project.guests().join("native-go.wasm");
    let mut stamp = Npm::stamp(project, &output, SCRIPT)?.file(&wit)?;
    for file in SOURCES {
        stamp = stamp.file(&source.join(file))?;
    }
    if stamp.is_fresh() && output.exists() {
        return Ok(());
    }

    let venv = Venv::with(project, &source.join("requirements.txt"))?;
    let npm = Npm::install(project)?;
    let directory = project.tools().join("go");
    fs::create_dir_all(&directory)
        .with_context(|| format!("cannot create {}", directory.display()))?;
    let module = directory.join("module.wasm");
    let mut go = venv.program("go");
    go.current_dir(&source)
        .envs([("GOOS", "wasip1"), ("GOARCH", "wasm")])
        // What a user has set is for other programs.
        .envs([("GOENV", "off"), ("GOFLAGS", ""), ("GOWORK", "off")])
        .envs([("GOTOOLCHAIN", "local"), ("GOPROXY", "off")])
        .env("GOPATH", directory.join("path"))
        .env("GOCACHE", directory.join("cache"))
        .args(["build", "-buildmode=c-shared", "-trimpath", "-ldflags=-w"])
        .arg("-o")
        .arg(&module);
    run(&mut go)?;

    let built = directory.join("native-go.wasm");
    let mut script = npm.script(SCRIPT)?;
    script.arg(module).arg(wit).arg("orchestrator-module");
    run(script.arg(&built))?;
    install(project, &built, "native-go")?;
    stamp.keep()
}
