use std::env;
use std::ffi::OsString;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use anyhow::{Context as _, Result};

/// Where things are in this clone.
pub(crate) struct Project {
    root: PathBuf,
}

impl Project {
    /// Found by this crate's place, which cargo tells also when the clone has moved.
    pub(crate) fn find() -> Result<Self> {
        let here = env::var_os("CARGO_MANIFEST_DIR")
            .map_or_else(|| PathBuf::from(env!("CARGO_MANIFEST_DIR")), PathBuf::from);
        let root = here
            .ancestors()
            .nth(3)
            .context("this crate has left host/crates/xtask")?;
        Ok(Self {
            root: root.to_owned(),
        })
    }

    pub(crate) fn root(&self) -> &Path {
        &self.root
    }

    pub(crate) fn path(&self, relative: &str) -> PathBuf {
        self.root.join(relative)
    }

    /// A path as one would type it at the root of the clone.
    pub(crate) fn shown<'p>(&self, path: &'p Path) -> &'p Path {
        path.strip_prefix(&self.root).unwrap_or(path)
    }

    /// Where built guests go.
    pub(crate) fn guests(&self) -> PathBuf {
        self.path("target/guests")
    }

    /// Where cargo builds.
    pub(crate) fn target(&self) -> PathBuf {
        let target = env::var_os("CARGO_TARGET_DIR").unwrap_or_else(|| OsString::from("target"));
        self.root.join(target)
    }

    /// The host as `cargo build` leaves it.
    pub(crate) fn host_binary(&self) -> PathBuf {
        self.target().join("debug/soloist")
    }

    /// A program as `cargo build --release` leaves it.
    pub(crate) fn release_binary(&self, name: &str) -> PathBuf {
        self.target().join("release").join(name)
    }

    /// Where tools of other languages are installed.
    pub(crate) fn tools(&self) -> PathBuf {
        self.path("target/guest-tools")
    }

    /// The cargo that runs us, in the root workspace.
    pub(crate) fn cargo(&self) -> Command {
        let cargo = env::var_os("CARGO").unwrap_or_else(|| OsString::from("cargo"));
        let mut command = Command::new(cargo);
        command.current_dir(&self.root);
        // Said by `cargo run` of this package, and of no meaning for another one.
        for (name, _) in env::vars_os() {
            let text = name.to_string_lossy();
            if text.starts_with("CARGO_PKG_") || text.starts_with("CARGO_MANIFEST_") {
                command.env_remove(name);
            }
        }
        command
    }
}

#[expect(
    clippy::disallowed_methods,
    reason = "errands tell how long they took; no engine here"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}
