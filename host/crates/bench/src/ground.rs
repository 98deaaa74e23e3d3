//! What one run is made on: a fresh host with its functions, a fresh raw database, and the baseline's server.

use std::path::Path;

use anyhow::{Context as _, Result};
use tempfile::TempDir;

use crate::baseline::{Baseline, RawChains};
use crate::host::Host;
use crate::options::{Choice, Place, Scale};

/// The activities of a chain, in the rows that say so.
pub(crate) const STEPS: u64 = 5;

/// What all runs have in common.
pub(crate) struct Bench {
    pub(crate) place: Place,
    pub(crate) choice: Choice,
    pub(crate) scale: Scale,
}

impl Place {
    /// A directory that goes when it is dropped, on the disk that is measured.
    pub(crate) fn directory(&self) -> Result<TempDir> {
        let dir = &self.dir;
        std::fs::create_dir_all(dir).with_context(|| format!("cannot make {}", dir.display()))?;
        tempfile::Builder::new()
            .prefix("run-")
            .tempdir_in(dir)
            .context("cannot make a directory")
    }

    /// A host over a data directory, as an operator starts it.
    pub(crate) async fn host(&self, data: &Path) -> Result<Host> {
        self.host_with(data, &[]).await
    }

    /// A host over a data directory that keeps no guest in memory.
    pub(crate) async fn cold_host(&self, data: &Path) -> Result<Host> {
        self.host_with(data, &["--hot-bytes", "0"]).await
    }

    /// A host with settings of its own.
    pub(crate) async fn host_with(&self, data: &Path, settings: &[&str]) -> Result<Host> {
        Host::start(&self.host, data, settings).await
    }

    /// A host over a data directory, with all functions bound.
    pub(crate) async fn host_with_functions(&self, data: &Path) -> Result<Host> {
        let host = self.host(data).await?;
        host.deploy(&self.guest).await?;
        Ok(host)
    }
}

/// See the module.
pub(crate) struct Ground {
    pub(crate) host: Host,
    pub(crate) raw: RawChains,
    pub(crate) baseline: Baseline,
    /// Goes last.
    _dir: TempDir,
}

impl Ground {
    pub(crate) async fn prepare(place: &Place) -> Result<Self> {
        let dir = place.directory()?;
        let path = |name| dir.path().join(name);
        Ok(Self {
            host: place.host_with_functions(&path("host")).await?,
            raw: RawChains::open(&path("raw"), STEPS).await?,
            baseline: Baseline::start(&path("axum"))?,
            _dir: dir,
        })
    }

    pub(crate) async fn leave(self) -> Result<()> {
        self.host.stop().await?;
        self.baseline
            .0
            .stop()
            .await
            .context("the baseline's server")
    }
}
