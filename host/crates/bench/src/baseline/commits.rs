//! Group commits, as fast as plain `SQLite` makes them: one thread writes; what waits for it goes into one transaction, each
//! piece in a savepoint of its own.

use std::sync::{Arc, Condvar, Mutex, MutexGuard, PoisonError};
use std::thread::JoinHandle;

use anyhow::{Context as _, Result};
use rusqlite::Connection;

/// A piece of a commit.
pub(super) trait Piece: Send + 'static {
    fn apply(&mut self, database: &Connection) -> rusqlite::Result<()>;
}

/// What waits between threads. Its bound is kept by whoever fills it: each caller has one piece under way.
pub(super) struct Queue<T> {
    state: Mutex<State<T>>,
    filled: Condvar,
}

struct State<T> {
    items: Vec<T>,
    is_closed: bool,
}

impl<T> Queue<T> {
    pub(super) fn new() -> Self {
        Self {
            state: Mutex::new(State {
                items: Vec::new(),
                is_closed: false,
            }),
            filled: Condvar::new(),
        }
    }

    /// Puts items in; drops them if nobody will take them.
    pub(super) fn push(&self, items: impl IntoIterator<Item = T>) {
        let mut state = self.lock();
        if !state.is_closed {
            state.items.extend(items);
        }
        drop(state);
        self.filled.notify_one();
    }

    /// Takes all that is in; waits for the first. Nothing once the queue is closed and empty.
    pub(super) fn take(&self) -> Vec<T> {
        let empty = |state: &mut State<T>| state.items.is_empty() && !state.is_closed;
        let waited = self.filled.wait_while(self.lock(), empty);
        let mut state = waited.unwrap_or_else(PoisonError::into_inner);
        std::mem::take(&mut state.items)
    }

    pub(super) fn close(&self) {
        self.lock().is_closed = true;
        self.filled.notify_all();
    }

    /// Closes, and drops what is in.
    fn abandon(&self) {
        let mut state = self.lock();
        state.is_closed = true;
        let items = std::mem::take(&mut state.items);
        drop(state);
        drop(items);
    }

    /// No code that can panic runs under the lock.
    fn lock(&self) -> MutexGuard<'_, State<T>> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// The thread that commits.
pub(super) struct Committer<P> {
    queue: Arc<Queue<P>>,
    thread: JoinHandle<Result<Connection>>,
}

impl<P: Piece> Committer<P> {
    /// What is durable is handed to `settle`. After an error nothing more is taken.
    pub(super) fn start(
        database: Connection,
        mut settle: impl FnMut(Vec<P>) + Send + 'static,
    ) -> Result<Self> {
        let queue = Arc::new(Queue::new());
        let waiting = Arc::clone(&queue);
        let committing = move || {
            let committed = loop {
                let mut pieces: Vec<P> = waiting.take();
                if pieces.is_empty() {
                    break Ok(());
                }
                if let Err(error) = commit(&database, &mut pieces) {
                    break Err(error).context("a commit of a baseline failed");
                }
                settle(pieces);
            };
            waiting.abandon();
            committed.map(|()| database)
        };
        let thread = std::thread::Builder::new().name("baseline-writer".to_owned());
        Ok(Self {
            queue,
            thread: thread.spawn(committing).context("no thread")?,
        })
    }

    pub(super) fn push(&self, pieces: impl IntoIterator<Item = P>) {
        self.queue.push(pieces);
    }

    /// Commits what waits, and gives the database back.
    pub(super) fn stop(self) -> Result<Connection> {
        self.queue.close();
        let ended = self.thread.join();
        ended.unwrap_or_else(|_| anyhow::bail!("the writer of a baseline panicked"))
    }
}

/// One transaction.
pub(super) fn commit(database: &Connection, pieces: &mut [impl Piece]) -> rusqlite::Result<()> {
    let run = |sql| database.prepare_cached(sql)?.execute([]).map(drop);
    run("BEGIN IMMEDIATE")?;
    for piece in pieces {
        run("SAVEPOINT piece")?;
        piece.apply(database)?;
        run("RELEASE piece")?;
    }
    run("COMMIT")
}

#[cfg(test)]
mod tests {
    use super::*;

    struct Number(i64);

    impl Piece for Number {
        fn apply(&mut self, database: &Connection) -> rusqlite::Result<()> {
            database
                .execute("INSERT INTO number VALUES (?1)", [self.0])
                .map(drop)
        }
    }

    fn numbers() -> Connection {
        let database = Connection::open_in_memory().unwrap();
        let table = "CREATE TABLE number (n INTEGER PRIMARY KEY)";
        database.execute_batch(table).unwrap();
        database
    }

    #[test]
    fn what_is_settled_is_committed_and_what_waits_at_the_end_too() {
        let settled = Arc::new(Queue::new());
        let outbox = Arc::clone(&settled);
        let settle = move |pieces: Vec<Number>| outbox.push(pieces);
        let committer = Committer::start(numbers(), settle).unwrap();
        committer.push([Number(1)]);
        assert_eq!(settled.take()[0].0, 1);
        committer.push([Number(2), Number(3)]);
        let database = committer.stop().unwrap();
        assert!(database.is_autocommit());
        let count = "SELECT count(*) FROM number";
        let count: i64 = database.query_row(count, [], |row| row.get(0)).unwrap();
        assert_eq!(count, 3);
    }

    #[test]
    fn an_error_ends_it_and_settles_nothing() {
        let settled = Arc::new(Queue::new());
        let outbox = Arc::clone(&settled);
        let settle = move |pieces: Vec<Number>| outbox.push(pieces);
        let committer = Committer::start(numbers(), settle).unwrap();
        committer.push([Number(1), Number(1)]);
        assert!(committer.stop().is_err());
        settled.close();
        assert!(settled.take().is_empty());
    }
}
