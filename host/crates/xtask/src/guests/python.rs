//! The guests in Python: componentize-py puts an interpreter around them.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::install;
use super::stamp::Stamp;
use super::venv::Venv;
use crate::command::run;
use crate::project::Project;

/// Made from the contract alone. With `-s` a guest imports no WASI.
const BARE: [(&str, &[&str]); 2] = [("py-hello", &["-s"]), ("native-py", &[])];

/// Made with the SDK: the module, and the component's name.
const WITH_SDK: [(&str, &str); 6] = [
    ("tests/guests/suite/python/suite.py", "suite-python"),
    (
        "tests/guests/suite/python/suite_activity.py",
        "suite-python-activity",
    ),
    (
        "plugins/hello-cities/python/hello_cities.py",
        "hello-cities-python",
    ),
    ("plugins/approval/python/approval.py", "approval-python"),
    ("plugins/statistics/app.py", "statistics"),
    (
        "sdk/python/examples/durable_functions/app.py",
        "durable-functions-python",
    ),
];

/// The tool, for all of them.
const REQUIREMENTS: &str = "tests/guests/py-hello/requirements.txt";

const SDK: &str = "sdk/python/src";

pub(crate) fn build(project: &Project) -> Result<()> {
    for (name, flags) in BARE {
        componentize(project, name, flags)?;
    }
    for (source, name) in WITH_SDK {
        build_with_sdk(project, &project.path(source), name)?;
    }
    Ok(())
}

fn componentize(project: &Project, name: &str, flags: &[&str]) -> Result<()> {
    let source = project.path("tests/guests").join(name);
    let requirements = project.path(REQUIREMENTS);
    let output = project.guests().join(format!("{name}.wasm"));
    let stamp = Stamp::of(&output)
        .text(&flags.join(" "))
        .file(&requirements)?
        .file(&source.join("app.py"))?
        .file(&project.path("wit/soloist.wit"))?;
    if stamp.is_fresh() && output.exists() {
        return Ok(());
    }

    let venv = Venv::with(project, &requirements)?;
    let built = project.tools().join(format!("{name}.wasm"));
    let mut tool = venv.program("componentize-py");
    tool.current_dir(&source)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg("-d")
        .arg(project.path("wit"))
        .args(["-w", "orchestrator-module", "componentize"])
        .args(flags)
        .args(["app", "-p", ".", "-o"])
        .arg(&built);
    run(&mut tool)?;
    install(project, &built, name)?;
    stamp.keep()
}

/// By the SDK's own command, as its README has it; the SDK is not installed, so that its sources are what is built with.
fn build_with_sdk(project: &Project, source: &Path, name: &str) -> Result<()> {
    let requirements = project.path(REQUIREMENTS);
    let output = project.guests().join(format!("{name}.wasm"));
    let folder = source.parent().context("a module is in a folder")?;
    let mut files = Vec::new();
    collect(&project.path(SDK), &mut files)?;
    collect(folder, &mut files)?;
    files.sort();
    let mut stamp = Stamp::of(&output)
        .text(&project.shown(source).to_string_lossy())
        .file(&requirements)?;
    for file in files {
        stamp = stamp
            .text(&project.shown(&file).to_string_lossy())
            .file(&file)?;
    }
    if stamp.is_fresh() && output.exists() {
        return Ok(());
    }

    let venv = Venv::with(project, &requirements)?;
    let built = project.tools().join(format!("{name}.wasm"));
    let mut sdk = venv.program("python");
    sdk.env("PYTHONPATH", project.path(SDK))
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-m", "soloist", "build"])
        .arg(source)
        .arg("-o")
        .arg(&built);
    run(&mut sdk)?;
    install(project, &built, name)?;
    stamp.keep()
}

/// The tests of the SDK.
pub(super) fn sdk_tests(project: &Project) -> Result<Command> {
    let venv = Venv::with(project, &project.path(REQUIREMENTS))?;
    let mut python = venv.program("python");
    python
        .current_dir(project.path(SDK).join(".."))
        .env("PYTHONPATH", "src")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-m", "unittest", "discover", "-s", "tests"]);
    Ok(python)
}

/// What a component is made of: the modules and the contract in a folder, and below.
fn collect(folder: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    let cannot = || format!("cannot list {}", folder.display());
    for entry in fs::read_dir(folder).with_context(cannot)? {
        let path = entry.with_context(cannot)?.path();
        if path.is_dir() {
            collect(&path, files)?;
        } else if path
            .extension()
            .is_some_and(|kind| kind == "py" || kind == "wit")
        {
            files.push(path);
        }
    }
    Ok(())
}
