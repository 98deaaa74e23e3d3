//! The guests in JavaScript and TypeScript: the SDK's own `soloist-build` makes them, and for the one that knows only the
//! WIT, componentize-js puts an engine around it.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::install;
use super::npm::Npm;
use crate::command::run;
use crate::project::Project;

const SCRIPT: &str = "javascript.mjs";
const SDK: &str = "sdk/javascript";

/// Each guest of the SDK: its source, the component, the engine.
const GUESTS: [(&str, &str, &str); 5] = [
    (
        "tests/guests/suite/javascript/orchestrators.js",
        "suite-javascript",
        "quickjs",
    ),
    // For `fetch`, and to sleep.
    (
        "tests/guests/suite/javascript/activities.js",
        "suite-javascript-activity",
        "starlingmonkey",
    ),
    (
        "plugins/hello-cities/javascript/hello-cities.js",
        "hello-cities-javascript",
        "quickjs",
    ),
    (
        "plugins/approval/javascript/approval.ts",
        "approval-javascript",
        "quickjs",
    ),
    ("plugins/order-json/order.js", "order-json", "quickjs"),
];

pub(crate) fn build(project: &Project) -> Result<()> {
    native(project)?;
    let files = sdk_files(project)?;
    for guest in GUESTS {
        with_sdk(project, &files, guest)?;
    }
    Ok(())
}

/// The tests of the SDK, beside the packages that it imports.
pub(super) fn sdk_tests(project: &Project) -> Result<Command> {
    let sdk = project.path(SDK);
    let mut files = sdk_files(project)?;
    let tests =
        fs::read_dir(sdk.join("test")).with_context(|| format!("cannot list {SDK}/test"))?;
    for entry in tests {
        files.push(Path::new("test").join(entry?.file_name()));
    }
    let npm = Npm::install(project)?;
    let mut node = npm.program("node")?;
    let copy = npm.package(&sdk, &files)?;
    // A folder is all its tests only from Node 22 on.
    node.current_dir(&copy).arg("--test");
    for file in files {
        if file.to_string_lossy().ends_with(".test.js") {
            node.arg(file);
        }
    }
    Ok(node)
}

/// By the command that the README of the SDK names.
fn with_sdk(
    project: &Project,
    files: &[PathBuf],
    (source, name, engine): (&str, &str, &str),
) -> Result<()> {
    let (sdk, source) = (project.path(SDK), project.path(source));
    let output = project.guests().join(format!("{name}.wasm"));
    let mut stamp = Npm::tools_stamp(project, &output)?
        .text(engine)
        .file(&source)?;
    for file in files {
        stamp = stamp.file(&sdk.join(file))?;
    }
    if stamp.is_fresh() && output.exists() {
        return Ok(());
    }

    let npm = Npm::install(project)?;
    let built = project.tools().join(format!("{name}.wasm"));
    let mut command = npm.package_script(&sdk, files, "bin/soloist-build.js")?;
    command.arg(source).arg("-o").arg(&built);
    run(command.args(["--engine", engine]))?;
    install(project, &built, name)?;
    stamp.keep()
}

/// What of the SDK a component is made of and with, in order.
fn sdk_files(project: &Project) -> Result<Vec<PathBuf>> {
    let sdk = project.path(SDK);
    let mut files: Vec<_> = ["index.js", "package.json", "soloist.wit"]
        .map(PathBuf::from)
        .into();
    for folder in ["bin", "src", "src/build"] {
        let entries = fs::read_dir(sdk.join(folder))
            .with_context(|| format!("cannot list {SDK}/{folder}"))?;
        for entry in entries {
            let name = entry?.file_name();
            let file = Path::new(folder).join(name);
            if sdk.join(&file).is_file() {
                files.push(file);
            }
        }
    }
    files.sort();
    Ok(files)
}

fn native(project: &Project) -> Result<()> {
    let source = project.path("tests/guests/native-js/native.js");
    let wit = project.path("wit/soloist.wit");
    let output = project.guests().join("native-js.wasm");
    let stamp = Npm::stamp(project, &output, SCRIPT)?
        .file(&source)?
        .file(&wit)?;
    if stamp.is_fresh() && output.exists() {
        return Ok(());
    }

    let npm = Npm::install(project)?;
    let built = project.tools().join("native-js.wasm");
    let mut script = npm.script(SCRIPT)?;
    script.arg(source).arg(wit).arg("orchestrator-module");
    run(script.arg(&built))?;
    install(project, &built, "native-js")?;
    stamp.keep()
}
