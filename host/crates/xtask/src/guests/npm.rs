//! Tools that come from npm, in the build directory, and a Node to run them with.

use std::env;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context as _, Result};

use super::stamp::Stamp;
use super::venv::Venv;
use crate::command::{capture, run, works};
use crate::project::Project;

/// What the tools need.
const NODE_MAJOR_MIN: u32 = 20;

/// What npm installs, and all that it installs with it.
const PACKAGES: [&str; 2] = ["package.json", "package-lock.json"];

/// Packages, installed.
pub(crate) struct Npm {
    source: PathBuf,
    directory: PathBuf,
    node: Node,
}

/// Where `node` and `npm` are.
enum Node {
    /// In PATH.
    Machine,
    /// From `PyPI`: Debian's own is too old.
    Wheel(Venv),
}

impl Npm {
    /// A stamp of `output` that holds all that the tools and a script of ours are made of.
    pub(crate) fn stamp(project: &Project, output: &Path, script: &str) -> Result<Stamp> {
        Self::tools_stamp(project, output)?.file(&source(project).join(script))
    }

    /// A stamp of `output` that holds all that the tools are made of.
    pub(crate) fn tools_stamp(project: &Project, output: &Path) -> Result<Stamp> {
        let source = source(project);
        let mut stamp = Stamp::of(output);
        for package in PACKAGES {
            stamp = stamp.file(&source.join(package))?;
        }
        Ok(stamp)
    }

    pub(crate) fn install(project: &Project) -> Result<Self> {
        Self::install_from(project, source(project), project.tools().join("npm"))
    }

    /// What `source` locks, in `directory`.
    pub(crate) fn install_from(
        project: &Project,
        source: PathBuf,
        directory: PathBuf,
    ) -> Result<Self> {
        let npm = Self {
            source,
            directory,
            node: Node::find(project)?,
        };
        let mut stamp = Stamp::of(&npm.directory.join("installed"));
        for package in PACKAGES {
            stamp = stamp.file(&npm.source.join(package))?;
        }
        if stamp.is_fresh() {
            return Ok(npm);
        }
        fs::create_dir_all(&npm.directory)
            .with_context(|| format!("cannot create {}", npm.directory.display()))?;
        for package in PACKAGES {
            npm.bring(package)?;
        }
        let lock = npm.source.join("package-lock.json");
        eprintln!("guests: npm ci, as {} says", project.shown(&lock).display());
        let mut ci = npm.node.program("npm")?;
        // Nothing here needs a script of its own to be installed, and none should run.
        ci.current_dir(&npm.directory).args([
            "ci",
            "--ignore-scripts",
            "--no-audit",
            "--no-fund",
            "--loglevel=error",
        ]);
        run(&mut ci)?;
        stamp.keep()?;
        Ok(npm)
    }

    /// One of our scripts, beside the packages that it imports.
    pub(crate) fn script(&self, name: &str) -> Result<Command> {
        let script = self.bring(name)?;
        let mut node = self.node.program("node")?;
        node.arg(script);
        Ok(node)
    }

    /// A script of a package of ours.
    pub(crate) fn package_script(
        &self,
        package: &Path,
        files: &[PathBuf],
        script: &str,
    ) -> Result<Command> {
        let copy = self.package(package, files)?;
        let mut node = self.program("node")?;
        node.arg(copy.join(script));
        Ok(node)
    }

    /// `node` or `npm`.
    pub(crate) fn program(&self, name: &str) -> Result<Command> {
        self.node.program(name)
    }

    /// A package of ours, whose files are copied to where they find the packages that they import. Returns its folder.
    pub(crate) fn package(&self, package: &Path, files: &[PathBuf]) -> Result<PathBuf> {
        let name = package.file_name().context("a package has a folder")?;
        let copy = self.directory.join(name);
        for file in files {
            let (from, to) = (package.join(file), copy.join(file));
            if let Some(folder) = to.parent() {
                fs::create_dir_all(folder)
                    .with_context(|| format!("cannot create {}", folder.display()))?;
            }
            fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        }
        Ok(copy)
    }

    fn bring(&self, name: &str) -> Result<PathBuf> {
        let (from, to) = (self.source.join(name), self.directory.join(name));
        fs::copy(&from, &to).with_context(|| format!("cannot copy {}", from.display()))?;
        Ok(to)
    }
}

fn source(project: &Project) -> PathBuf {
    project.path("tests/guests/npm")
}

impl Node {
    fn find(project: &Project) -> Result<Self> {
        if is_new_enough() && works(Command::new("npm").arg("--version")) {
            return Ok(Self::Machine);
        }
        eprintln!("guests: there is no Node of {NODE_MAJOR_MIN} or later, so one comes by pip");
        let venv = Venv::with(project, &source(project).join("requirements.txt"))?;
        Ok(Self::Wheel(venv))
    }

    fn program(&self, name: &str) -> Result<Command> {
        match self {
            Self::Machine => Ok(Command::new(name)),
            Self::Wheel(venv) => {
                let mut command = venv.program(name);
                // npm starts node by its name.
                let path = env::var_os("PATH").unwrap_or_default();
                let paths = [venv.programs()].into_iter().chain(env::split_paths(&path));
                let path = env::join_paths(paths).context("cannot extend PATH")?;
                command.env("PATH", path);
                Ok(command)
            }
        }
    }
}

/// Whether the Node in PATH will do.
fn is_new_enough() -> bool {
    let version = capture(Command::new("node").args(["--print", "process.versions.node"]));
    let major = version.ok().and_then(|version| major(&version));
    major.is_some_and(|major| major >= NODE_MAJOR_MIN)
}

fn major(version: &str) -> Option<u32> {
    version.split('.').next()?.parse().ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_major_version_comes_first() {
        assert_eq!(major("20.20.2"), Some(20));
        assert_eq!(major("v20"), None);
        assert_eq!(major(""), None);
    }
}
