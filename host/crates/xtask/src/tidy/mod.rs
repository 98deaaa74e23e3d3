//! Rules of the house that no other tool checks.

mod identifiers;

use std::ffi::OsStr;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result, bail};

use crate::project::Project;

/// Past that, a file has more than one subject.
const LINES_MAX: usize = 500;

/// What stands at the top, besides dot-files.
const TOP_LEVEL: [&str; 9] = [
    "Cargo.lock",
    "Cargo.toml",
    "README.md",
    "host",
    "plugins",
    "sdk",
    "target",
    "tests",
    "wit",
];

/// What is built or installed, not written.
const BUILT: [&str; 4] = ["target", "node_modules", "__pycache__", ".git"];

pub(crate) fn check(project: &Project) -> Result<()> {
    let mut complaints = top_level(project.root())?;
    complaints.extend(plugins(&project.path("plugins"))?);
    let mut files = Vec::new();
    collect(project.root(), &mut files)?;
    for file in files
        .iter()
        .filter(|file| file.extension() == Some(OsStr::new("rs")))
    {
        let text =
            fs::read_to_string(file).with_context(|| format!("cannot read {}", file.display()))?;
        let name = project.shown(file).display();
        complaints.extend(source(&text).map(|complaint| format!("{name}{complaint}")));
    }
    if complaints.is_empty() {
        return Ok(());
    }
    for complaint in &complaints {
        eprintln!("tidy: {complaint}");
    }
    bail!("{} untidy", complaints.len())
}

/// What is wrong with a Rust file, to be put after its name.
fn source(text: &str) -> impl Iterator<Item = String> {
    let lines = text.lines().count();
    let long = (lines > LINES_MAX).then(|| format!(": {lines} lines, more than {LINES_MAX}"));
    let banned = identifiers::banned(text)
        .map(|(line, word, instead)| format!(":{line}: `{word}`: we say {instead}"))
        .collect::<Vec<_>>();
    long.into_iter().chain(banned)
}

fn top_level(root: &Path) -> Result<Vec<String>> {
    let names = names(root)?;
    let stray = names
        .iter()
        .filter(|name| !name.starts_with('.') && !TOP_LEVEL.contains(&name.as_str()));
    Ok(stray
        .map(|name| format!("{name}: does not belong at the top"))
        .collect())
}

fn plugins(directory: &Path) -> Result<Vec<String>> {
    let mut complaints = Vec::new();
    for name in names(directory)? {
        let plugin = directory.join(&name);
        let is_plugin = plugin.is_dir() && !name.starts_with('.') && !BUILT.contains(&&*name);
        if is_plugin && !plugin.join("README.md").exists() {
            complaints.push(format!("plugins/{name}: a lesson needs a README.md"));
        }
    }
    Ok(complaints)
}

fn collect(directory: &Path, files: &mut Vec<PathBuf>) -> Result<()> {
    for name in names(directory)? {
        let path = directory.join(&name);
        // A link could lead out of the clone, or around in it.
        if BUILT.contains(&&*name) || path.is_symlink() {
            continue;
        }
        if path.is_dir() {
            collect(&path, files)?;
        } else {
            files.push(path);
        }
    }
    Ok(())
}

/// What is in a directory, in order.
fn names(directory: &Path) -> Result<Vec<String>> {
    let entries =
        fs::read_dir(directory).with_context(|| format!("cannot list {}", directory.display()))?;
    let mut names = entries
        .map(|entry| Ok(entry?.file_name().to_string_lossy().into_owned()))
        .collect::<std::io::Result<Vec<_>>>()
        .with_context(|| format!("cannot list {}", directory.display()))?;
    names.sort();
    Ok(names)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_long_file_is_told_with_its_length() {
        assert_eq!(source(&"\n".repeat(500)).count(), 0);
        let complaints: Vec<_> = source(&"\n".repeat(501)).collect();
        assert_eq!(complaints, [": 501 lines, more than 500"]);
    }

    #[test]
    fn a_synonym_is_told_with_its_line() {
        let complaints: Vec<_> = source("\nfn start_workflow() {}").collect();
        assert_eq!(complaints, [":2: `workflow`: we say orchestration"]);
    }
}
