use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, params};
use soloist_core::{EventKind, Payload, Timestamp};

use super::commits::{Committer, Piece, Queue, commit};
use super::database::{self, MODULE_ROW, module};
use crate::clock::{now, time_of_day};
use crate::load::Outcome;
use crate::names;
use crate::stored::{Count, Reader};
use crate::written::{self, FIRST_TURN, LATER_TURN};

/// Chains of turns, committed by plain `SQLite`: the rows that a host commits of a `chain`, and no host.
pub(crate) struct RawChains {
    dir: PathBuf,
    steps: u64,
    /// The events of every such chain but for the first, which has ids of its own.
    after_start: Arc<[String]>,
    /// None only while another thread has it, and after it has failed.
    database: Option<Connection>,
}

impl RawChains {
    pub(crate) async fn open(dir: &Path, steps: u64) -> Result<Self> {
        let after_start = written::chain_after_start(steps);
        let texts: Result<Vec<_>, _> = after_start.iter().map(serde_json::to_string).collect();
        Ok(Self {
            dir: dir.to_owned(),
            steps,
            after_start: texts.context("events are JSON")?.into(),
            database: Some(database::open(dir).await?),
        })
    }

    /// A look into its database.
    pub(crate) fn reader(&self) -> Result<Reader> {
        Reader::open(&self.dir)
    }

    /// Chains one after the other, with no thread in between.
    pub(crate) fn alone(&mut self, time: Duration) -> Result<Outcome> {
        let database = self.database.take().context("the database is lost")?;
        let (start, mut times) = (now(), Vec::new());
        while start.elapsed() < time {
            let began = now();
            let mut chain = [self.chain()?];
            while !chain[0].has_ended() {
                commit(&database, &mut chain)?;
            }
            times.push(began.elapsed());
        }
        let outcome = Outcome::new(times, start.elapsed());
        self.database = Some(database);
        Ok(outcome)
    }

    /// So many chains at once, whose turns share commits: those that wait for the next are handed over together.
    pub(crate) fn at_once(&mut self, chains: usize, time: Duration) -> Result<Outcome> {
        let database = self.database.take().context("the database is lost")?;
        let done = Arc::new(Queue::new());
        let outbox = Outbox(Arc::clone(&done));
        let committer = Committer::start(database, move |turns| outbox.0.push(turns))?;
        let (start, mut times) = (now(), Vec::new());
        let mut next = Vec::new();
        for _ in 0..chains {
            next.push(self.timed()?);
        }
        while !next.is_empty() {
            committer.push(next.drain(..));
            let is_over = start.elapsed() >= time;
            for timed in done.take() {
                if !timed.chain.has_ended() {
                    next.push(timed);
                    continue;
                }
                times.push(timed.began.elapsed());
                if !is_over {
                    next.push(self.timed()?);
                }
            }
        }
        let elapsed = start.elapsed();
        self.database = Some(committer.stop()?);
        ensure!(!times.is_empty(), "no raw chain has ended");
        Ok(Outcome::new(times, elapsed))
    }

    /// The same, after which all that should stand is counted.
    pub(crate) async fn checked(
        &mut self,
        run: impl FnOnce(&mut Self) -> Result<Outcome>,
    ) -> Result<Outcome> {
        let reader = self.reader()?;
        let mark = reader.mark()?;
        let outcome = run(self)?;
        let due = Count {
            instances: outcome.count,
            completed: outcome.count,
            events: outcome.count * written::events_of_steps(self.steps),
        };
        reader.check("raw SQLite", mark, due).await?;
        Ok(outcome)
    }

    fn timed(&self) -> Result<Timed> {
        Ok(Timed {
            began: now(),
            chain: self.chain()?,
        })
    }

    fn chain(&self) -> Result<Chain> {
        let at = time_of_day();
        let input = Payload::parse(&self.steps.to_string()).context("a number is JSON")?;
        let started = written::started("chain", module(), input, at);
        let execution = *started.execution.as_uuid().as_bytes();
        let start = EventKind::ExecutionStarted(Box::new(started));
        Ok(Chain {
            name: names::instance(),
            row: 0,
            execution,
            at,
            start: serde_json::to_string(&start).context("events are JSON")?,
            after_start: Arc::clone(&self.after_start),
            written: 0,
        })
    }
}

/// Closes the way back when the writer ends, so that nobody waits for it in vain.
struct Outbox(Arc<Queue<Timed>>);

impl Drop for Outbox {
    fn drop(&mut self) {
        self.0.close();
    }
}

struct Timed {
    began: std::time::Instant,
    chain: Chain,
}

impl Piece for Timed {
    fn apply(&mut self, database: &Connection) -> rusqlite::Result<()> {
        self.chain.apply(database)
    }
}

/// One chain, and how far it has come.
struct Chain {
    name: String,
    row: i64,
    execution: [u8; 16],
    at: Timestamp,
    start: String,
    after_start: Arc<[String]>,
    /// How many of its events are.
    written: usize,
}

impl Chain {
    fn has_ended(&self) -> bool {
        self.written > self.after_start.len()
    }
}

impl Piece for Chain {
    /// Its next turn: the row that the host would write, found by its key.
    fn apply(&mut self, database: &Connection) -> rusqlite::Result<()> {
        let at = self.at.as_millis();
        let count = if self.written == 0 {
            FIRST_TURN
        } else {
            LATER_TURN
        };
        let (first, end) = (self.written, self.written + count);
        let is_last = end > self.after_start.len();
        if first == 0 {
            database
                .prepare_cached(
                    "INSERT INTO instance (instance_id, function, module, execution, next_sequence, status, created, \
                       last_updated, ready, open_work, custom_status) \
                     VALUES (?1, 'chain', ?2, ?3, ?4, 1, ?5, ?5, 0, 1, NULL)",
                )?
                .execute(params![self.name, MODULE_ROW, self.execution, place(end), at])?;
            self.row = database.last_insert_rowid();
        } else {
            let sql = if is_last {
                "UPDATE instance SET module = NULL, next_sequence = ?3, status = 3, last_updated = ?4, ready = 0, \
                   open_work = 0 WHERE id = ?1 AND next_sequence = ?2"
            } else {
                "UPDATE instance SET next_sequence = ?3, status = 1, last_updated = ?4, ready = 0, open_work = 1 \
                 WHERE id = ?1 AND next_sequence = ?2"
            };
            database.prepare_cached(sql)?.execute(params![
                self.row,
                place(first),
                place(end),
                at
            ])?;
        }
        let mut insert = database.prepare_cached(
            "INSERT INTO history (execution, sequence, timestamp, event) VALUES (?1, ?2, ?3, ?4)",
        )?;
        for index in first..end {
            let event = match index.checked_sub(1) {
                None => &self.start,
                Some(index) => &self.after_start[index],
            };
            insert.execute(params![self.execution, place(index), at, event])?;
        }
        self.written = end;
        Ok(())
    }
}

/// The sequence number of an event.
fn place(index: usize) -> i64 {
    i64::try_from(index).unwrap_or(i64::MAX).saturating_add(1)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::seed;

    /// Long enough for a chain.
    const A_MOMENT: Duration = Duration::from_millis(1);

    #[tokio::test]
    async fn raw_chains_leave_what_a_hub_leaves() {
        let dir = tempfile::tempdir().unwrap();
        let mut chains = RawChains::open(dir.path(), 3).await.unwrap();
        let alone = chains
            .checked(|chains| chains.alone(A_MOMENT))
            .await
            .unwrap();
        assert!(alone.count > 0);
        let raw = Reader::open(dir.path()).unwrap();
        let raw = raw.trace(&raw.some_instance("chain").unwrap()).unwrap();
        drop(chains);
        let ended = || written::ended_chain(module(), 3, time_of_day());
        seed::fill(dir.path(), 1, ended).await.unwrap();
        let hub = Reader::open(dir.path()).unwrap();
        let hub = hub.trace(&hub.some_instance("chain").unwrap()).unwrap();
        assert_eq!(raw, hub);
    }

    #[tokio::test]
    async fn chains_at_once_all_end() {
        let dir = tempfile::tempdir().unwrap();
        let mut chains = RawChains::open(dir.path(), 2).await.unwrap();
        let outcome = chains.checked(|chains| chains.at_once(7, A_MOMENT));
        let outcome = outcome.await.unwrap();
        assert!(outcome.count >= 7);
        assert!(outcome.p99_ms >= outcome.p50_ms);
    }

    #[tokio::test]
    async fn a_commit_that_fails_ends_the_run() {
        let dir = tempfile::tempdir().unwrap();
        let mut chains = RawChains::open(dir.path(), 2).await.unwrap();
        let database = chains.database.as_ref().unwrap();
        database.execute_batch("DROP TABLE history").unwrap();
        assert!(chains.at_once(7, A_MOMENT).is_err());
    }
}
