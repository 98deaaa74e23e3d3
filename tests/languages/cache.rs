//! Compiled components, kept over hosts, processes and runs: the largest take a minute to compile.

use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// Where a host keeps what it has compiled: `compiled/FINGERPRINT OF THE ENGINE/DIGEST.cwasm` in its data directory.
const DIRECTORY: &str = "compiled";

/// What is kept of one component, until it is dropped: whoever else wants it waits, instead of compiling it too.
pub(crate) struct Kept {
    directory: PathBuf,
    _lock: File,
}

impl Kept {
    /// `component` is the name of its file.
    pub(crate) fn of(component: &str) -> Result<Self> {
        let all = Path::new(env!("CARGO_TARGET_TMPDIR")).join("languages");
        let directory = all.join(component);
        fs::create_dir_all(&directory)
            .with_context(|| format!("cannot create {}", directory.display()))?;
        let lock = File::create(all.join(format!("{component}.lock")))?;
        lock.lock()?;
        Ok(Self {
            directory,
            _lock: lock,
        })
    }

    /// Puts it where the host of this data directory looks before it compiles. A host of another build does not find it: the
    /// fingerprint differs.
    pub(crate) fn bring(&self, data: &Path) -> Result<()> {
        for file in modules(&self.directory)? {
            let name = file.strip_prefix(&self.directory)?;
            same(&file, &data.join(DIRECTORY).join(name))?;
        }
        Ok(())
    }

    /// Keeps what the host has compiled, in place of what was there.
    pub(crate) fn keep(&self, data: &Path, digest: &str) -> Result<()> {
        let compiled = data.join(DIRECTORY);
        let name = format!("{digest}.cwasm");
        let files = modules(&compiled)?;
        let file = files
            .iter()
            .find(|file| file.ends_with(&name))
            .with_context(|| format!("the host keeps no {name}"))?;
        let kept = self.directory.join(file.strip_prefix(&compiled)?);
        if kept.exists() {
            return Ok(());
        }
        fs::remove_dir_all(&self.directory)?;
        same(file, &kept)
    }
}

/// All compiled modules, whichever engine they are for.
fn modules(directory: &Path) -> Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for engine in fs::read_dir(directory)? {
        for file in fs::read_dir(engine?.path())? {
            let file = file?.path();
            if file
                .extension()
                .is_some_and(|extension| extension == "cwasm")
            {
                files.push(file);
            }
        }
    }
    Ok(files)
}

/// Makes `to` the same file as `from`, or a copy where they are on two disks. The host never writes to one that is whole.
fn same(from: &Path, to: &Path) -> Result<()> {
    let failed = || format!("cannot copy {} to {}", from.display(), to.display());
    fs::create_dir_all(to.parent().with_context(failed)?)?;
    match fs::hard_link(from, to) {
        Ok(()) => return Ok(()),
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        Err(_) => {}
    }
    // Under another name first: half a file must not look like a whole one.
    let part = to.with_extension("part");
    fs::copy(from, &part).with_context(failed)?;
    fs::rename(&part, to).with_context(failed)
}
