//! The clients of Durable Functions that `tests/clients` runs, apart from the tools that make guests.

use std::fs;
use std::os::unix::fs::symlink;

use anyhow::{Context as _, Result};

use super::npm::Npm;
use super::venv::Venv;
use crate::command::capture;
use crate::project::Project;

/// Installs what `tests/clients` locks: `venv`, `npm` and `node` in the folder where the suite looks for them.
pub(crate) fn install(project: &Project) -> Result<()> {
    let (source, target) = (
        project.path("tests/clients"),
        project.tools().join("clients"),
    );
    Venv::at(target.join("venv"), &source.join("python/requirements.txt"))?;
    let npm = Npm::install_from(project, source.join("javascript"), target.join("npm"))?;

    // The program itself: the suite need not know where a Node was found.
    let program = capture(npm.program("node")?.args(["--print", "process.execPath"]))?;
    let link = target.join("node");
    if fs::read_link(&link).is_ok_and(|old| old.as_os_str() == program.as_str()) {
        return Ok(());
    }
    if link.is_symlink() {
        fs::remove_file(&link).with_context(|| format!("cannot remove {}", link.display()))?;
    }
    symlink(program, &link).with_context(|| format!("cannot create {}", link.display()))
}
