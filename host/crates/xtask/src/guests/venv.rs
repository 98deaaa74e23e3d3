//! A Python environment in the build directory, for the tools that come from `PyPI`.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result, bail};

use super::apt;
use super::stamp::Stamp;
use crate::command::{run, works};
use crate::project::Project;

pub(crate) struct Venv {
    directory: PathBuf,
}

impl Venv {
    /// The environment of all tools, with what `requirements` pins.
    pub(crate) fn with(project: &Project, requirements: &Path) -> Result<Self> {
        Self::at(project.tools().join("venv"), requirements)
    }

    /// An environment of its own in `directory`, with what `requirements` pins.
    pub(crate) fn at(directory: PathBuf, requirements: &Path) -> Result<Self> {
        let venv = Self { directory };
        if !works(venv.program("python").arg("--version")) {
            venv.create()?;
        }
        let name = requirements
            .parent()
            .and_then(Path::file_name)
            .context("no such guest")?;
        let stamp = Stamp::of(&venv.directory.join(name)).file(requirements)?;
        if !stamp.is_fresh() {
            eprintln!("guests: pip install -r {}", requirements.display());
            let mut pip = venv.program("python");
            pip.args([
                "-m",
                "pip",
                "--disable-pip-version-check",
                "install",
                "--quiet",
                "-r",
            ]);
            run(pip.arg(requirements))?;
            stamp.keep()?;
        }
        Ok(venv)
    }

    /// A program of the environment.
    pub(crate) fn program(&self, name: &str) -> Command {
        let mut command = Command::new(self.programs().join(name));
        // Either would send a tool to another Python.
        command.env_remove("VIRTUAL_ENV").env_remove("PYTHONPATH");
        command
    }

    /// Where they are.
    pub(crate) fn programs(&self) -> PathBuf {
        self.directory.join("bin")
    }

    fn create(&self) -> Result<()> {
        fs::create_dir_all(&self.directory)
            .with_context(|| format!("cannot create {}", self.directory.display()))?;
        if !works(Command::new("python3").arg("--version")) {
            bail!("there is no Python; run: sudo apt-get install -y python3-venv");
        }
        let create = || {
            let mut command = Command::new("python3");
            command.args(["-m", "venv", "--clear"]).arg(&self.directory);
            command
        };
        // Debian keeps the module apart from Python.
        if !works(&mut create()) {
            apt::require(&["python3-venv"])?;
            run(&mut create())?;
        }
        Ok(())
    }
}
