//! Whether something was made from just these inputs before.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context as _, Result};

/// A digest of all that a build depends on, kept beside what it made.
pub(crate) struct Stamp {
    file: PathBuf,
    digest: u64,
}

impl Stamp {
    /// The stamp of `output`, of nothing so far.
    pub(crate) fn of(output: &Path) -> Self {
        Self {
            file: output.with_extension("stamp"),
            digest: 0xcbf2_9ce4_8422_2325,
        }
    }

    pub(crate) fn text(mut self, text: &str) -> Self {
        self.add(text.as_bytes());
        self
    }

    pub(crate) fn file(mut self, path: &Path) -> Result<Self> {
        let bytes = fs::read(path).with_context(|| format!("cannot read {}", path.display()))?;
        self.add(&bytes);
        Ok(self)
    }

    /// True if the last build had the same inputs.
    pub(crate) fn is_fresh(&self) -> bool {
        fs::read_to_string(&self.file).is_ok_and(|digest| digest == self.digest.to_string())
    }

    /// To be called once the output stands.
    pub(crate) fn keep(&self) -> Result<()> {
        fs::write(&self.file, self.digest.to_string())
            .with_context(|| format!("cannot write {}", self.file.display()))
    }

    /// FNV-1a: the same on every machine and release, and nobody attacks it. The length separates inputs.
    fn add(&mut self, bytes: &[u8]) {
        for byte in bytes.iter().chain(&bytes.len().to_le_bytes()) {
            self.digest = (self.digest ^ u64::from(*byte)).wrapping_mul(0x0100_0000_01b3);
        }
    }
}
