use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use rusqlite::{Connection, ErrorCode, OpenFlags};
use rusqlite_migration::{M, Migrations};

use crate::StoreSettings;
use crate::earlier::Keeping;

/// "Solo": what marks a database file as ours.
const APPLICATION_ID: i32 = 0x536F_6C6F;
/// A reader may have to wait while another process looks at the file, e.g. a backup.
const BUSY: Duration = Duration::from_secs(5);
/// After an exceptional growth the log of the database is cut back to this; in normal work it stays below and is only
/// overwritten, which syncs faster than appending.
const LOG_BYTES_KEPT: u32 = 64 * 1024 * 1024;

/// A database of this version or a later one is brought up to date; an older one is refused.
const OLDEST: i64 = 4;

pub(crate) const STEPS: &[M<'_>] = &[
    M::up(include_str!("../migrations/01_hub.sql")),
    M::up(include_str!("../migrations/02_find.sql")),
    M::up(include_str!("../migrations/03_slots.sql")),
    M::up(include_str!("../migrations/04_earlier.sql")),
    M::up(include_str!("../migrations/05_keys.sql")),
    M::up(include_str!("../migrations/06_tally.sql")),
    M::up(include_str!("../migrations/07_litter.sql")),
];
const MIGRATIONS: Migrations<'_> = Migrations::from_slice(STEPS);

/// Why a data directory could not be opened. Each says what to do.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// Two hosts would be two singletons.
    #[error(
        "the data directory {dir} is in use by {holder}: stop that host, or choose another directory with --data"
    )]
    Held {
        /// The directory.
        dir: PathBuf,
        /// Who holds it.
        holder: String,
    },
    /// It cannot be made or written.
    #[error(
        "{path} cannot be used: the data directory must be a directory that this user may write, with all files in it; \
         choose another with --data"
    )]
    Unusable {
        /// What was tried.
        path: PathBuf,
        /// What the system said.
        #[source]
        cause: io::Error,
    },
    /// A file of the name, but not ours.
    #[error(
        "{path} is not a task hub of Soloist: move it away, or choose another directory with --data"
    )]
    Foreign {
        /// The file.
        path: PathBuf,
    },
    /// Damaged, or no database at all.
    #[error(
        "{path} is damaged or is no database: restore it from a backup, or move it away to begin afresh"
    )]
    Damaged {
        /// The file.
        path: PathBuf,
        /// What the database said.
        #[source]
        cause: rusqlite::Error,
    },
    /// From an earlier host.
    #[error(
        "{path} was written by an older version of Soloist: run that version, or move it away to begin afresh"
    )]
    Older {
        /// The file.
        path: PathBuf,
    },
    /// From a later host.
    #[error("{path} was written by a newer version of Soloist: run that version or a later one")]
    Newer {
        /// The file.
        path: PathBuf,
    },
    /// A promise of durability that does not hold here.
    #[error(
        "{path} cannot be kept safe: {pragma} is {found} where {wanted} is needed; is it on a network file system?"
    )]
    Unsafe {
        /// The file.
        path: PathBuf,
        /// Which setting of the database.
        pragma: &'static str,
        /// What it must be.
        wanted: &'static str,
        /// What it is.
        found: String,
    },
    /// Anything else.
    #[error("{path} could not be opened while {doing}")]
    Failed {
        /// The file.
        path: PathBuf,
        /// What was being done.
        doing: &'static str,
        /// What went wrong.
        #[source]
        cause: Box<dyn std::error::Error + Send + Sync>,
    },
}

/// One database file and how it is opened.
#[derive(Debug, Clone)]
pub(crate) struct Database {
    path: PathBuf,
    settings: StoreSettings,
}

impl Database {
    pub(crate) fn in_directory(dir: &Path, settings: StoreSettings) -> Self {
        Self {
            path: dir.join("soloist.db"),
            settings,
        }
    }

    pub(crate) fn settings(&self) -> &StoreSettings {
        &self.settings
    }

    /// The connection that writes, with the schema brought up to date. Makes the file if there is none.
    pub(crate) fn writer(&self) -> Result<Connection, OpenError> {
        let flags = OpenFlags::SQLITE_OPEN_READ_WRITE | OpenFlags::SQLITE_OPEN_CREATE;
        let mut database = self.connect(flags)?;
        self.check_writable(&database)?;
        self.check_owner(&database)?;
        self.journal(&database)?;
        self.migrate(&mut database)?;
        Ok(database)
    }

    /// A connection that cannot write.
    pub(crate) fn reader(&self) -> Result<Connection, OpenError> {
        let database = self.connect(OpenFlags::SQLITE_OPEN_READ_ONLY)?;
        database
            .pragma_update(None, "cache_size", kib(self.settings.reader_cache_kib))
            .map_err(self.failed("setting up a reader"))?;
        Ok(database)
    }

    /// What becomes of executions whose place others take.
    pub(crate) fn keeping(&self, database: &Connection) -> Result<Keeping, OpenError> {
        Keeping::new(database, self.settings.kept_executions)
            .map_err(self.failed("looking for earlier executions"))
    }

    pub(crate) fn thread_refused(&self, cause: io::Error) -> OpenError {
        OpenError::Failed {
            path: self.path.clone(),
            doing: "starting its threads",
            cause: cause.into(),
        }
    }

    fn connect(&self, flags: OpenFlags) -> Result<Connection, OpenError> {
        let flags = flags | OpenFlags::SQLITE_OPEN_NO_MUTEX;
        let database = Connection::open_with_flags(&self.path, flags)
            .map_err(self.failed("opening the file"))?;
        database
            .busy_timeout(BUSY)
            .map_err(self.failed("opening the file"))?;
        // A hub has few statements, and none is prepared twice.
        database.set_prepared_statement_cache_capacity(64);
        Ok(database)
    }

    /// A file that cannot be opened for writing is silently opened for reading, and stays so for ever.
    fn check_writable(&self, database: &Connection) -> Result<(), OpenError> {
        let reads_only = database.is_readonly(rusqlite::MAIN_DB);
        if !reads_only.map_err(self.failed("opening the file"))? {
            return Ok(());
        }
        Err(OpenError::Unusable {
            path: self.path.clone(),
            cause: io::Error::new(io::ErrorKind::PermissionDenied, "it can only be read"),
        })
    }

    fn check_owner(&self, database: &Connection) -> Result<(), OpenError> {
        let doing = "reading its header";
        let number = |sql| {
            database
                .query_row(sql, [], |row| row.get::<_, i64>(0))
                .map_err(self.failed(doing))
        };
        let application = number("PRAGMA application_id")?;
        let tables = number("SELECT count(*) FROM sqlite_schema")?;
        if application == i64::from(APPLICATION_ID) {
            // What this version makes gets its number and its tables in one transaction.
            return if tables > 0 && number("PRAGMA user_version")? < OLDEST {
                Err(OpenError::Older {
                    path: self.path.clone(),
                })
            } else {
                Ok(())
            };
        }
        if tables > 0 || application != 0 {
            return Err(OpenError::Foreign {
                path: self.path.clone(),
            });
        }
        database
            .pragma_update(None, "application_id", APPLICATION_ID)
            .map_err(self.failed(doing))
    }

    /// Sets what durability rests on, and reads it back: the database silently ignores what it does not know or cannot do.
    fn journal(&self, database: &Connection) -> Result<(), OpenError> {
        let set = |pragma: &'static str, value: &'static str, wanted: &'static str| {
            let failed = self.failed("setting its pragmas");
            let update = |_: &rusqlite::Row<'_>| Ok(());
            match database.pragma_update_and_check(None, pragma, value, update) {
                Ok(()) | Err(rusqlite::Error::QueryReturnedNoRows) => {}
                Err(error) => return Err(failed(error)),
            }
            let found = database
                .pragma_query_value(None, pragma, |row| row.get::<_, rusqlite::types::Value>(0))
                .map_err(self.failed("reading its pragmas back"))?;
            let found = match found {
                rusqlite::types::Value::Integer(number) => number.to_string(),
                rusqlite::types::Value::Text(text) => text,
                other => format!("{other:?}"),
            };
            if found == wanted {
                Ok(())
            } else {
                Err(OpenError::Unsafe {
                    path: self.path.clone(),
                    pragma,
                    wanted,
                    found,
                })
            }
        };
        set("journal_mode", "wal", "wal")?;
        set("synchronous", "full", "2")?;
        set("foreign_keys", "on", "1")?;
        let settings = &self.settings;
        let pragmas = [
            ("journal_size_limit", i64::from(LOG_BYTES_KEPT)),
            // The writer does it between commits, so that nobody waits for it.
            ("wal_autocheckpoint", 0),
            ("cache_size", kib(settings.writer_cache_kib)),
            // An error of the disk must come as an error, not as a signal.
            ("mmap_size", 0),
        ];
        for (pragma, value) in pragmas {
            match database.pragma_update_and_check(None, pragma, value, |_| Ok(())) {
                Ok(()) | Err(rusqlite::Error::QueryReturnedNoRows) => {}
                Err(error) => return Err(self.failed("setting its pragmas")(error)),
            }
        }
        Ok(())
    }

    fn migrate(&self, database: &mut Connection) -> Result<(), OpenError> {
        use rusqlite_migration::{Error, MigrationDefinitionError};
        MIGRATIONS.to_latest(database).map_err(|error| match error {
            Error::MigrationDefinition(MigrationDefinitionError::DatabaseTooFarAhead) => {
                OpenError::Newer {
                    path: self.path.clone(),
                }
            }
            Error::RusqliteError { err, .. } => self.failed("migrating it")(err),
            other => OpenError::Failed {
                path: self.path.clone(),
                doing: "migrating it",
                cause: other.into(),
            },
        })
    }

    /// Sorts an error of the database by what is to be done about it.
    fn failed(&self, doing: &'static str) -> impl Fn(rusqlite::Error) -> OpenError + use<> {
        let path = self.path.clone();
        move |cause| match cause.sqlite_error_code() {
            Some(ErrorCode::NotADatabase | ErrorCode::DatabaseCorrupt) => OpenError::Damaged {
                path: path.clone(),
                cause,
            },
            Some(ErrorCode::CannotOpen | ErrorCode::ReadOnly | ErrorCode::PermissionDenied) => {
                OpenError::Unusable {
                    path: path.clone(),
                    cause: io::Error::other(cause),
                }
            }
            _ => OpenError::Failed {
                path: path.clone(),
                doing,
                cause: cause.into(),
            },
        }
    }
}

/// A new file survives a loss of power only if its directory knows of it, and a new directory only if its own does.
#[cfg(unix)]
pub(crate) fn keep_entries(dir: &Path) -> Result<(), OpenError> {
    let dir = dir.canonicalize().map_err(|cause| OpenError::Unusable {
        path: dir.to_owned(),
        cause,
    })?;
    for dir in dir.ancestors().take(2) {
        let synced = std::fs::File::open(dir).and_then(|dir| dir.sync_all());
        synced.map_err(|cause| OpenError::Unusable {
            path: dir.to_owned(),
            cause,
        })?;
    }
    Ok(())
}

/// Other systems do not let a directory be synced.
#[cfg(not(unix))]
pub(crate) fn keep_entries(_dir: &Path) -> Result<(), OpenError> {
    Ok(())
}

/// The database counts a cache in pages if positive, in KiB if negative.
fn kib(size: u32) -> i64 {
    -i64::from(size)
}

#[cfg(test)]
mod tests {
    #[test]
    fn the_migrations_are_sound() {
        super::MIGRATIONS.validate().unwrap();
    }
}
