//! The guest in JavaScript: componentize-js puts an engine around it.

use anyhow::Result;

use super::install;
use super::npm::Npm;
use crate::command::run;
use crate::project::Project;

const SCRIPT: &str = "javascript.mjs";

pub(crate) fn build(project: &Project) -> Result<()> {
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
