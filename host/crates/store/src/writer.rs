use std::collections::VecDeque;
use std::sync::Arc;
use std::thread::JoinHandle;
use std::time::Duration;

use rusqlite::{Connection, ErrorCode};
use soloist_engine::BoxError;
use tokio::sync::{Semaphore, oneshot};

use crate::litter;
use crate::open::{Database, OpenError};
use crate::queue::{Queue, Taker};
use crate::write::{Job, Refused, Write};

type Batch = VecDeque<Box<dyn Write>>;

/// The one thread that writes, and the way to it.
pub(crate) struct Writer {
    queue: Arc<Queue<Box<dyn Write>>>,
    places: Arc<Semaphore>,
    thread: Option<JoinHandle<()>>,
    #[cfg(test)]
    pub(crate) faults: Arc<crate::tests::Faults>,
}

impl Writer {
    pub(crate) fn start(database: &Database, connection: Connection) -> Result<Self, OpenError> {
        let queue = Arc::new(Queue::new());
        let places = database.settings().pending_writes_max.get();
        #[cfg(test)]
        let faults = Arc::new(crate::tests::Faults::default());
        let mut committer = Committer {
            patience: Duration::from_micros(database.settings().company_wait_micros),
            database: database.clone(),
            connection: Some(connection),
            queue: Taker(Arc::clone(&queue)),
            log_grows: false,
            // What an earlier host has left is swept up first.
            has_litter: true,
            sweeping_fails: false,
            #[cfg(test)]
            faults: Arc::clone(&faults),
        };
        let thread = std::thread::Builder::new()
            .name("hub-writer".to_owned())
            .spawn(move || committer.run())
            .map_err(|cause| database.thread_refused(cause))?;
        Ok(Self {
            queue,
            places: Arc::new(Semaphore::new(places)),
            thread: Some(thread),
            #[cfg(test)]
            faults,
        })
    }

    /// Makes a change in some commit and returns once that is durable. The closure leaves the database as it was if it
    /// fails: it runs in a savepoint.
    pub(crate) async fn write<T, F>(&self, change: F) -> Result<T, Refused>
    where
        F: FnOnce(&Connection) -> Result<T, Refused> + Send + 'static,
        T: Send + 'static,
    {
        let places = Arc::clone(&self.places);
        let place = places.acquire_owned().await.map_err(|_| Refused::Closed)?;
        let (reply, answer) = oneshot::channel();
        let write = Box::new(Job::new(change, reply, place));
        self.queue.push(write).map_err(|_| Refused::Closed)?;
        answer.await.unwrap_or(Err(Refused::Closed))
    }
}

impl Drop for Writer {
    /// What was put in is still committed.
    fn drop(&mut self) {
        self.queue.close();
        if let Some(thread) = self.thread.take()
            && thread.join().is_err()
        {
            tracing::error!("the writer of the task hub panicked");
        }
    }
}

/// Why a batch as a whole came to nothing.
struct Lost(Refused);

impl From<rusqlite::Error> for Lost {
    fn from(error: rusqlite::Error) -> Self {
        Self(error.into())
    }
}

struct Committer {
    database: Database,
    /// None only while it is being opened again.
    connection: Option<Connection>,
    queue: Taker<Box<dyn Write>>,
    patience: Duration,
    /// The last attempt to write the log back failed.
    log_grows: bool,
    /// There may be some.
    has_litter: bool,
    /// The last attempt to sweep it up failed.
    sweeping_fails: bool,
    #[cfg(test)]
    faults: Arc<crate::tests::Faults>,
}

impl Committer {
    fn run(&mut self) {
        let mut batch = Batch::new();
        let mut company = 1;
        self.sweep();
        while self.queue.take_all(&mut batch, company, self.patience) {
            let size = batch.len();
            let outcome = self.commit(&mut batch);
            // Those who are answered now are likely to come again, and so are those who came meanwhile.
            company = size + self.queue.len();
            for write in batch.drain(..) {
                write.settle(outcome.clone());
            }
            self.write_back();
            self.sweep();
        }
    }

    /// Sweeps up one part of the litter, and more while nobody waits. Never beside other writes, so that none of them fails for
    /// it.
    fn sweep(&mut self) {
        while self.has_litter {
            let swept = self.transact(|connection| {
                run(connection, "BEGIN IMMEDIATE")?;
                if !litter::is_there(connection)? {
                    return Ok(Filled::default());
                }
                litter::sweep(connection)?;
                Ok(Filled {
                    marker: Some(number_commit(connection)?),
                    has_litter: litter::is_there(connection)?,
                })
            });
            match swept {
                Ok(()) => self.sweeping_fails = false,
                Err(refused) => {
                    // It is tried again after the next commit; to say so once is enough.
                    self.has_litter = false;
                    if !std::mem::replace(&mut self.sweeping_fails, true) {
                        tracing::warn!(
                            ?refused,
                            "what is left of purged executions cannot be taken away now"
                        );
                    }
                }
            }
            self.write_back();
            if !self.queue.is_idle() {
                return;
            }
        }
    }

    /// Writes the log back into the database once it is long. Those who waited have their answers already.
    fn write_back(&mut self) {
        let Some(connection) = &self.connection else {
            return;
        };
        let pages_kept = i64::from(self.database.settings().checkpoint_pages);
        let written = log_pages(connection, "NOOP").and_then(|(pages, written_back)| {
            if pages < pages_kept || pages == written_back {
                return Ok(());
            }
            // What a reader still needs stays for the next time.
            log_pages(connection, "PASSIVE").map(drop)
        });
        match written {
            Ok(()) => self.log_grows = false,
            // It will be tried again after each commit; to say so once is enough.
            Err(error) => {
                if !std::mem::replace(&mut self.log_grows, true) {
                    tracing::warn!(%error, "the log of the database cannot be written back, so it grows");
                }
            }
        }
    }

    /// Commits a batch. If that fails, nothing of it is durable.
    fn commit(&mut self, batch: &mut Batch) -> Result<(), Refused> {
        self.transact(|connection| fill(connection, batch))
    }

    /// Commits the transaction that `fill` begins and fills.
    fn transact(
        &mut self,
        fill: impl FnOnce(&Connection) -> Result<Filled, Lost>,
    ) -> Result<(), Refused> {
        let Some(connection) = &self.connection else {
            return Err(Refused::Closed);
        };
        #[cfg(test)]
        self.faults.before_batch(connection);
        let Filled { marker, has_litter } = match fill(connection) {
            Ok(filled) => filled,
            Err(Lost(refused)) => {
                roll_back(connection);
                return Err(refused);
            }
        };
        #[cfg(not(test))]
        let committed = run(connection, "COMMIT");
        #[cfg(test)]
        let committed = self.faults.commit(|sql| run(connection, sql));
        self.has_litter = has_litter;
        match committed {
            Ok(()) => Ok(()),
            Err(error) => {
                roll_back(connection);
                match marker {
                    Some(marker) if !surely_void(&error) => self.find_out(marker, error),
                    Some(_) | None => Err(error.into()),
                }
            }
        }
    }

    /// A commit whose outcome is unknown: nothing is answered until it is known.
    fn find_out(&mut self, marker: i64, error: rusqlite::Error) -> Result<(), Refused> {
        let mut pause = Duration::from_millis(10);
        loop {
            // Closing comes first: what an open connection has in memory is not what is in the file.
            self.connection = None;
            #[cfg(test)]
            self.faults.at_reopening();
            let found = self
                .database
                .writer()
                .map_err(Into::into)
                .and_then(|fresh| {
                    let found = settle_log(&fresh);
                    self.connection = Some(fresh);
                    found.map_err(BoxError::from)
                });
            match found {
                Ok(durable) if durable >= marker => return Ok(()),
                Ok(_) => return Err(error.into()),
                Err(cause) => {
                    tracing::error!(commit = %error, cause, "the outcome of a commit is not known yet");
                }
            }
            if self.queue.closed_within(pause) {
                return Err(Refused::Closed);
            }
            pause = (pause * 2).min(Duration::from_secs(1));
        }
    }
}

/// What is known of a transaction before its commit.
#[derive(Default)]
struct Filled {
    /// The number of the commit, if it changes anything.
    marker: Option<i64>,
    has_litter: bool,
}

/// Begins a transaction and applies each write of a batch in a savepoint of its own.
fn fill(connection: &Connection, batch: &mut Batch) -> Result<Filled, Lost> {
    run(connection, "BEGIN IMMEDIATE")?;
    let mut changed = false;
    for write in batch {
        run(connection, "SAVEPOINT operation")?;
        match write.apply(connection) {
            Ok(()) => changed = true,
            // SQLite has rolled all of it back, and a statement that ran now would commit by itself.
            Err(refused) if connection.is_autocommit() => return Err(Lost(refused)),
            Err(_) => run(connection, "ROLLBACK TO operation")?,
        }
        run(connection, "RELEASE operation")?;
    }
    Ok(Filled {
        marker: changed.then(|| number_commit(connection)).transpose()?,
        has_litter: litter::is_there(connection)?,
    })
}

/// Every commit takes one number of the history's, which are never used again: so it can be told later whether it stands.
fn number_commit(connection: &Connection) -> rusqlite::Result<i64> {
    connection
        .prepare_cached(
            "UPDATE sqlite_sequence SET seq = seq + 1 WHERE name = 'history' RETURNING seq",
        )?
        .query_row([], |row| row.get(0))
}

/// Brings all that is in the log into the database, or out of the world, and returns the number of the last commit.
fn settle_log(connection: &Connection) -> rusqlite::Result<i64> {
    let busy: bool =
        connection.query_row("PRAGMA wal_checkpoint(TRUNCATE)", [], |row| row.get(0))?;
    if busy {
        return Err(rusqlite::Error::SqliteFailure(
            rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_BUSY),
            Some("readers keep the log of the database in use".to_owned()),
        ));
    }
    connection.query_row(
        "SELECT seq FROM sqlite_sequence WHERE name = 'history'",
        [],
        |row| row.get(0),
    )
}

/// Runs a checkpoint; returns how many pages the log has and how many of them are written back.
fn log_pages(connection: &Connection, mode: &str) -> rusqlite::Result<(i64, i64)> {
    connection
        .prepare_cached(&format!("PRAGMA wal_checkpoint({mode})"))?
        .query_row([], |row| Ok((row.get(1)?, row.get(2)?)))
}

/// After these a commit has left no complete record in the log, so that it cannot come back.
fn surely_void(error: &rusqlite::Error) -> bool {
    matches!(
        error.sqlite_error_code(),
        Some(ErrorCode::DiskFull | ErrorCode::ReadOnly | ErrorCode::ConstraintViolation)
    )
}

fn roll_back(connection: &Connection) {
    if connection.is_autocommit() {
        return;
    }
    if let Err(error) = run(connection, "ROLLBACK") {
        tracing::error!(%error, "a transaction could not be rolled back");
    }
}

fn run(connection: &Connection, sql: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(sql)?.execute([]).map(drop)
}
