//! Commands that see a file system of their own, which nobody else sees and which goes with them.

use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, bail};

/// A small, empty file system in place of a directory.
pub(crate) const SMALL: &str = r#"mount -t tmpfs -o size=32m tmpfs "$1" && shift && exec "$@""#;
/// The same file or directory, but it cannot be written.
pub(crate) const READ_ONLY: &str =
    r#"mount --bind "$1" "$1" && mount -o remount,ro,bind "$1" && shift && exec "$@""#;

/// The words that go before a command, so that it sees `place` as `script` mounts it. The process stays the same.
pub(crate) fn mounted(script: &str, place: &Path) -> Result<Vec<String>> {
    let mut said = String::new();
    // Users may mount where they have a name space of their own; root may where users may not.
    for name_space in [&["--map-root-user"][..], &[]] {
        let words = [
            &["unshare"],
            name_space,
            &["--mount", "sh", "-c", script, "sh"],
        ]
        .concat();
        let place = place.to_str().context("the path is text")?;
        let words: Vec<String> = words
            .into_iter()
            .chain([place])
            .map(str::to_owned)
            .collect();
        let probe = command(&words)?.arg("true").output();
        let probe = probe.context("nothing can be mounted here: install unshare (util-linux)")?;
        if probe.status.success() {
            return Ok(words);
        }
        said += &String::from_utf8_lossy(&probe.stderr);
    }
    bail!(
        "nothing can be mounted here, so this is not tested: let this user do that in a name space ({said})"
    )
}

/// A command of these words.
pub(crate) fn command(words: &[String]) -> Result<Command> {
    let (program, arguments) = words.split_first().context("there are no words")?;
    let mut command = Command::new(program);
    command.args(arguments);
    Ok(command)
}
