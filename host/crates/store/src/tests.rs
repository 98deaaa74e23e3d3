//! What only the inside of the hub can show.

use std::sync::atomic::{AtomicBool, Ordering};

/// Errors that no file system gives on demand.
#[derive(Default)]
pub(crate) struct Faults {
    /// The next commit succeeds, but is reported to the writer as an error of the disk.
    pub(crate) hide_commit: AtomicBool,
}

impl Faults {
    pub(crate) fn at_commit(&self, committed: rusqlite::Result<()>) -> rusqlite::Result<()> {
        committed?;
        if self.hide_commit.swap(false, Ordering::SeqCst) {
            let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
            return Err(rusqlite::Error::SqliteFailure(code, None));
        }
        Ok(())
    }
}
