//! The guest in Python: componentize-py puts an interpreter around it.

use anyhow::Result;

use super::install;
use super::stamp::Stamp;
use super::venv::Venv;
use crate::command::run;
use crate::project::Project;

pub(crate) fn build(project: &Project) -> Result<()> {
    let source = project.path("tests/guests/py-hello");
    let requirements = source.join("requirements.txt");
    let output = project.guests().join("py-hello.wasm");
    let stamp = Stamp::of(&output)
        .file(&requirements)?
        .file(&source.join("app.py"))?
        .file(&project.path("wit/soloist.wit"))?;
    if stamp.is_fresh() && output.exists() {
        return Ok(());
    }

    let venv = Venv::with(project, &requirements)?;
    let built = project.tools().join("py-hello.wasm");
    let mut tool = venv.program("componentize-py");
    tool.current_dir(&source)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .arg("-d")
        .arg(project.path("wit"))
        // `-s`: an orchestrator must not import WASI.
        .args([
            "-w",
            "orchestrator-module",
            "componentize",
            "-s",
            "app",
            "-p",
            ".",
            "-o",
        ])
        .arg(&built);
    run(&mut tool)?;
    install(project, &built, "py-hello")?;
    stamp.keep()
}
