//! Instances of the past in bulk: through the store, in its own types, without a host.

use std::path::Path;
use std::sync::Arc;

use anyhow::{Context as _, Result};
use futures_util::stream::{self, StreamExt as _};
use soloist_core::{ModuleDigest, Timestamp};
use soloist_engine::{FunctionKind, FunctionRecord, NewModule, Operation, TaskHub as _};
use soloist_store::{SqliteHub, StoreSettings};

/// How many operations are under way at once: as many as the writer takes into one commit.
const AT_ONCE: usize = 4096;
/// How often something is said about a long work.
const TELL_EVERY: u64 = 250_000;

/// Commits so many operations to the hub of a data directory that no host holds.
pub(crate) async fn fill(
    dir: &Path,
    count: u64,
    mut next: impl FnMut() -> Operation,
) -> Result<()> {
    let hub = SqliteHub::open(dir, StoreSettings::default())
        .with_context(|| format!("the hub in {}", dir.display()))?;
    let mut commits =
        stream::iter((0..count).map(|_| hub.commit(next()))).buffer_unordered(AT_ONCE);
    let mut done = 0;
    while let Some(committed) = commits.next().await {
        committed.context("an instance of the past cannot be written")?;
        done += 1;
        if done % TELL_EVERY == 0 {
            eprintln!("bench: {done} of {count} instances written");
        }
    }
    Ok(())
}

/// Binds a name to a module that is never run, for a hub without a host.
pub(crate) async fn bind(hub: &SqliteHub, digest: ModuleDigest) -> Result<()> {
    let bytes: Arc<[u8]> = Arc::from(&b"nothing"[..]);
    let record = FunctionRecord {
        name: "chain".parse().context("a good name")?,
        kind: FunctionKind::Orchestrator,
        digest,
        size: bytes.len() as u64,
        created: Timestamp::from_millis(0),
    };
    let module = NewModule { digest, bytes };
    hub.bind(record, module)
        .await
        .context("a name cannot be bound")?;
    Ok(())
}
