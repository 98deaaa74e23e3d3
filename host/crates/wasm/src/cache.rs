use std::fs::File;
use std::io::{self, Read, Seek, Write};

use camino::{Utf8Path, Utf8PathBuf};
use sha2::{Digest, Sha256};
use soloist_core::ModuleDigest;
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::WasmError;

/// Ends every file of the cache: what wasmtime made, then the size of the component (8 bytes, little endian), then the
/// SHA-256 of all that, then this.
const MARK: &[u8; 8] = b"soloist1";
/// The sum and the mark.
const SEAL_BYTES: u64 = 32 + MARK.len() as u64;

/// Compiled components on disk. Only files that this host wrote, whole and for this engine, are ever run.
#[derive(Debug)]
pub(crate) struct Cache {
    dir: Utf8PathBuf,
}

/// A component from the cache.
pub(crate) struct Cached {
    pub(crate) component: Component,
    /// The size that it had before it was compiled.
    pub(crate) component_bytes: usize,
}

impl Cache {
    /// Opens `dir` for the engine with this fingerprint. What other engines compiled there is removed.
    pub(crate) fn open(dir: &Utf8Path, fingerprint: &str) -> Result<Self, WasmError> {
        let failed = |cause| WasmError::Cache {
            dir: dir.to_owned(),
            cause,
        };
        let mine = dir.join(fingerprint);
        std::fs::create_dir_all(&mine).map_err(failed)?;
        for entry in dir.read_dir_utf8().map_err(failed)? {
            let entry = entry.map_err(failed)?;
            if entry.path() != mine && entry.file_type().map_err(failed)?.is_dir() {
                std::fs::remove_dir_all(entry.path()).map_err(failed)?;
            }
        }
        Ok(Self { dir: mine })
    }

    fn path(&self, digest: ModuleDigest) -> Utf8PathBuf {
        self.dir.join(format!("{digest}.cwasm"))
    }

    /// The component of this digest, if it is here. A file that is damaged is removed.
    pub(crate) fn load(&self, engine: &Engine, digest: ModuleDigest) -> Option<Cached> {
        let path = self.path(digest);
        let loaded = match check(&path) {
            Ok(Some(component_bytes)) => deserialize(engine, &path).map(|component| Cached {
                component,
                component_bytes,
            }),
            Ok(None) => Err(wasmtime::Error::msg("it is not as it was written")),
            Err(error) if error.kind() == io::ErrorKind::NotFound => return None,
            Err(error) => Err(error.into()),
        };
        match loaded {
            Ok(cached) => Some(cached),
            Err(error) => {
                tracing::warn!(
                    %path,
                    error = format!("{error:#}"),
                    "a compiled module cannot be used; it will be compiled again"
                );
                self.remove(digest);
                None
            }
        }
    }

    /// Keeps a component. After this returns, a crash does not lose it.
    pub(crate) fn store(
        &self,
        digest: ModuleDigest,
        component: &Component,
        component_bytes: usize,
    ) -> wasmtime::Result<()> {
        let mut bytes = component.serialize()?;
        bytes.extend_from_slice(&(component_bytes as u64).to_le_bytes());
        let sum = Sha256::digest(&bytes);
        bytes.extend_from_slice(&sum);
        bytes.extend_from_slice(MARK);
        let path = self.path(digest);
        let temporary = path.with_extension("tmp");
        let mut file = File::create(&temporary)?;
        file.write_all(&bytes)?;
        file.sync_all()?;
        std::fs::rename(&temporary, &path)?;
        File::open(&self.dir)?.sync_all()?;
        Ok(())
    }

    /// Forgets a component.
    pub(crate) fn remove(&self, digest: ModuleDigest) {
        let path = self.path(digest);
        if let Err(error) = std::fs::remove_file(&path)
            && error.kind() != io::ErrorKind::NotFound
        {
            tracing::warn!(%path, %error, "a compiled module could not be removed");
        }
    }
}

/// The size of the component, if the file is whole.
fn check(path: &Utf8Path) -> io::Result<Option<usize>> {
    let mut file = File::open(path)?;
    let Some(summed) = file.metadata()?.len().checked_sub(SEAL_BYTES) else {
        return Ok(None);
    };
    let mut sum = Sha256::new();
    let mut chunk = vec![0; 256 << 10];
    let mut body = Read::take(&mut file, summed);
    loop {
        let read = body.read(&mut chunk)?;
        if read == 0 {
            break;
        }
        sum.update(&chunk[..read]);
    }
    let mut seal = Vec::new();
    file.read_to_end(&mut seal)?;
    if !seal.starts_with(&sum.finalize()) || !seal.ends_with(MARK) {
        return Ok(None);
    }
    let mut component_bytes = [0; 8];
    let Some(at) = summed.checked_sub(8) else {
        return Ok(None);
    };
    file.seek(io::SeekFrom::Start(at))?;
    file.read_exact(&mut component_bytes)?;
    Ok(usize::try_from(u64::from_le_bytes(component_bytes)).ok())
}

#[expect(
    unsafe_code,
    reason = "the file is whole, was written by this host for this engine, and the data directory is locked and private"
)]
fn deserialize(engine: &Engine, path: &Utf8Path) -> wasmtime::Result<Component> {
    // SAFETY: see the reason above; nothing else writes to the directory while the host runs.
    unsafe { Component::deserialize_file(engine, path) }
}
