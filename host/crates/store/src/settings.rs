use std::num::NonZeroUsize;

use serde::{Deserialize, Serialize};

/// What an operator may choose about the task hub.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub struct StoreSettings {
    /// How many earlier executions of each instance are kept, with their histories and logs. Fewer than before are left once
    /// the next execution of the instance begins.
    pub kept_executions: u32,
    /// How many connections read.
    pub readers: NonZeroUsize,
    /// How many reads may wait for a connection; more wait outside.
    pub pending_reads_max: NonZeroUsize,
    /// How many writes may wait for the writer; more wait outside. Also the most that one commit holds.
    pub pending_writes_max: NonZeroUsize,
    /// How long a commit waits for turns that are likely to come, in microseconds. A chain that runs alone never waits.
    pub company_wait_micros: u64,
    /// The page cache of the writer, in KiB.
    pub writer_cache_kib: u32,
    /// The page cache of each reader, in KiB.
    pub reader_cache_kib: u32,
    /// The log of the database is written back once it has so many pages.
    pub checkpoint_pages: u32,
}

impl Default for StoreSettings {
    fn default() -> Self {
        let count = |n| NonZeroUsize::new(n).expect("the defaults are not zero");
        Self {
            kept_executions: 0,
            readers: count(2),
            pending_reads_max: count(1024),
            pending_writes_max: count(4096),
            company_wait_micros: 300,
            writer_cache_kib: 16 * 1024,
            reader_cache_kib: 2 * 1024,
            checkpoint_pages: 4096,
        }
    }
}
