//! The guests in Python: componentize-py puts an interpreter around them.

use anyhow::Result;

use super::install;
use super::stamp::Stamp;
use super::venv::Venv;
use crate::command::run;
use crate::project::Project;

/// With `-s` a guest imports no WASI.
const GUESTS: [(&str, &[&str]); 2] = [("py-hello", &["-s"]), ("native-py", &[])];

/// The tool, for all of them.
const REQUIREMENTS: &str = "tests/guests/py-hello/requirements.txt";

pub(crate) fn build(project: &Project) -> Result<()> {
    for (name, flags) in GUESTS {
        componentize(project, name, flags)?;
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
