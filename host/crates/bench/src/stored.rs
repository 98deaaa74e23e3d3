//! What stands in a task hub: counted after each load, and compared between instances.

use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use rusqlite::{Connection, OpenFlags, OptionalExtension as _, Row, params};
use soloist_core::EventKind;
use tokio::time::sleep;

use crate::clock::now;
use crate::host::LOOK_AGAIN;

/// How long what was accepted may take to come about.
const PATIENCE: Duration = Duration::from_mins(2);

const KEYS: &str = "SELECT seq FROM sqlite_sequence WHERE name = 'history'";

/// A look into the database of a hub that somebody else may be writing.
pub(crate) struct Reader(Connection);

/// Where the tables ended.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Mark {
    instance: i64,
    history: i64,
    /// The store counts its commits with the keys of the history.
    keys: i64,
}

/// How much has been added since a mark.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(crate) struct Count {
    pub(crate) instances: u64,
    /// Of the instances.
    pub(crate) completed: u64,
    pub(crate) events: u64,
}

impl Count {
    /// What two loads leave together.
    pub(crate) fn and(self, other: Self) -> Self {
        Self {
            instances: self.instances + other.instances,
            completed: self.completed + other.completed,
            events: self.events + other.events,
        }
    }
}

impl Reader {
    pub(crate) fn open(dir: &Path) -> Result<Self> {
        let path = dir.join("soloist.db");
        let database = Connection::open_with_flags(&path, OpenFlags::SQLITE_OPEN_READ_ONLY)
            .with_context(|| format!("cannot open {}", path.display()))?;
        database.busy_timeout(Duration::from_secs(10))?;
        Ok(Self(database))
    }

    pub(crate) fn mark(&self) -> Result<Mark> {
        let last = |sql| self.0.query_row(sql, [], |row| row.get(0));
        Ok(Mark {
            instance: last("SELECT coalesce(max(id), 0) FROM instance")?,
            history: last("SELECT coalesce(max(id), 0) FROM history")?,
            keys: last(KEYS)?,
        })
    }

    pub(crate) fn since(&self, mark: Mark) -> Result<Count> {
        let (instances, completed) = self.0.query_row(
            "SELECT count(*), count(*) FILTER (WHERE status = 3 AND module IS NULL) FROM instance WHERE id > ?1",
            [mark.instance],
            |row| Ok((count(row, 0)?, count(row, 1)?)),
        )?;
        let events = self.0.query_row(
            "SELECT count(*) FROM history WHERE id > ?1",
            [mark.history],
            |row| count(row, 0),
        )?;
        Ok(Count {
            instances,
            completed,
            events,
        })
    }

    /// How many commits there were: each takes one key of the history, as each event does.
    pub(crate) fn commits_since(&self, mark: Mark) -> Result<u64> {
        let keys: i64 = self.0.query_row(KEYS, [], |row| row.get(0))?;
        let taken = u64::try_from(keys - mark.keys).context("keys of the history go back")?;
        let events = self.since(mark)?.events;
        taken.checked_sub(events).context("events without keys")
    }

    /// Waits until as much has been added as a load says; more or less is an error.
    pub(crate) async fn check(&self, what: &str, mark: Mark, due: Count) -> Result<()> {
        let start = now();
        loop {
            let found = self.since(mark)?;
            if found == due {
                return Ok(());
            }
            ensure!(
                start.elapsed() < PATIENCE
                    && found.instances <= due.instances
                    && found.events <= due.events,
                "{what}: {found:?} stands in the database where {due:?} is due"
            );
            sleep(LOOK_AGAIN * 50).await;
        }
    }

    /// How many timers there are.
    pub(crate) fn timers(&self) -> Result<u64> {
        let sql = "SELECT count(*) FROM timer";
        Ok(self.0.query_row(sql, [], |row| count(row, 0))?)
    }

    /// The events and the custom status of a live instance that has nothing to do, or nothing if it is not so.
    pub(crate) fn at_rest(&self, instance: &str) -> Result<Option<(u64, Option<String>)>> {
        let found = self.0.query_row(
            "SELECT next_sequence - 1, custom_status FROM instance \
             WHERE instance_id = ?1 AND status = 1 AND ready = 0 AND open_work = 0",
            [instance],
            |row| Ok((count(row, 0)?, row.get(1)?)),
        );
        Ok(found.optional()?)
    }

    /// Some instance of a function.
    pub(crate) fn some_instance(&self, function: &str) -> Result<String> {
        let sql = "SELECT instance_id FROM instance WHERE function = ?1 ORDER BY id DESC LIMIT 1";
        let found = self.0.query_row(sql, [function], |row| row.get(0));
        found.with_context(|| format!("no instance of {function}"))
    }

    /// Fails unless the newest instance of a function, written without a host, stands as one that a host has run.
    pub(crate) fn ensure_alike(&self, function: &str, real: &str) -> Result<()> {
        let written = self.trace(&self.some_instance(function)?)?;
        let real = self.trace(real)?;
        ensure!(
            written == real,
            "a {function} is written as {written:?} where a host leaves {real:?}"
        );
        Ok(())
    }

    /// All that stands of an instance, but for what differs between any two: see `Trace`.
    pub(crate) fn trace(&self, instance: &str) -> Result<Trace> {
        trace(&self.0, instance).with_context(|| format!("the instance {instance}"))
    }
}

fn count(row: &Row<'_>, column: usize) -> rusqlite::Result<u64> {
    let number: i64 = row.get(column)?;
    u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
}

/// All that stands of one instance, with times as distances and without its ids, its nonce and the digest of its module.
#[derive(Debug, PartialEq, Eq)]
pub(crate) struct Trace {
    row: String,
    events: Vec<(i64, String)>,
    /// The request, and how long after the start it fires.
    timers: Vec<(i64, i64)>,
    /// Rows of the tables for what is out of the ordinary.
    others: i64,
}

fn trace(database: &Connection, instance: &str) -> Result<Trace> {
    let (id, execution, created): (i64, Vec<u8>, i64) = database.query_row(
        "SELECT id, execution, created FROM instance WHERE instance_id = ?1",
        [instance],
        |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)),
    )?;
    let row = database.query_row(
        "SELECT format('%s %s %s %s %s %s %s', function, module IS NULL, next_sequence, status, ready, open_work, \
           quote(custom_status)) FROM instance WHERE id = ?1",
        [id],
        |row| row.get(0),
    )?;
    let mut statement = database.prepare(
        "SELECT sequence, event, timestamp - ?2 FROM history WHERE execution = ?1 ORDER BY sequence",
    )?;
    let events = statement.query_map(params![execution, created], |row| {
        Ok((row.get(0)?, row.get(1)?, row.get(2)?))
    })?;
    let events: Vec<(i64, String, i64)> = events.collect::<rusqlite::Result<_>>()?;
    ensure!(
        events.iter().map(|(_, _, after)| *after).is_sorted(),
        "its timestamps go back"
    );
    let events = events
        .into_iter()
        .map(|(sequence, event, _)| Ok((sequence, without_ids(&event, created)?)))
        .collect::<Result<_>>()?;
    let mut statement = database.prepare(
        "SELECT scheduled, fire_at - ?2 FROM timer WHERE execution = ?1 AND instance = ?3",
    )?;
    let timers = statement.query_map(params![execution, created, id], |row| {
        Ok((row.get(0)?, row.get(1)?))
    })?;
    let others = database.query_row(
        "SELECT (SELECT count(*) FROM log WHERE execution = ?1) + (SELECT count(*) FROM inbox WHERE instance = ?2) \
           + (SELECT count(*) FROM orphan WHERE instance = ?2)",
        params![execution, id],
        |row| row.get(0),
    )?;
    Ok(Trace {
        row,
        events,
        timers: timers.collect::<rusqlite::Result<_>>()?,
        others,
    })
}

/// The JSON of an event, byte for byte, but for ids and times.
fn without_ids(event: &str, created: i64) -> Result<String> {
    let kind: EventKind = serde_json::from_str(event).context("an event cannot be read")?;
    let mut text = event.to_owned();
    let mut hide = |found: String, name: &str| {
        let place = text
            .find(&found)
            .with_context(|| format!("no {name} in {event}"))?;
        text.replace_range(place..place + found.len(), name);
        anyhow::Ok(())
    };
    if let EventKind::ExecutionStarted(started) = &kind {
        hide(started.execution.to_string(), "EXECUTION")?;
        hide(started.module.to_string(), "MODULE")?;
        hide(serde_json::to_string(&started.nonce)?, "NONCE")?;
    }
    if let EventKind::TimerCreated { fire_at } = &kind {
        let hours = (fire_at.as_millis() - created) / 3_600_000;
        hide(fire_at.as_millis().to_string(), &format!("{hours} H LATER"))?;
    }
    Ok(text)
}

#[cfg(test)]
mod tests {
    use soloist_core::{ModuleDigest, Timestamp};
    use soloist_store::StoreSettings;

    use super::*;
    use crate::{seed, written};

    fn at() -> Timestamp {
        Timestamp::from_millis(1_767_225_600_000)
    }

    /// A hub with one instance of each of some operations; returns their traces.
    async fn traces(operations: Vec<soloist_engine::Operation>) -> Vec<Trace> {
        let dir = tempfile::tempdir().unwrap();
        let digest = ModuleDigest::new([1; 32]);
        let hub = soloist_store::SqliteHub::open(dir.path(), StoreSettings::default()).unwrap();
        seed::bind(&hub, digest).await.unwrap();
        drop(hub);
        let names: Vec<_> = operations
            .iter()
            .map(|operation| operation.instance.to_string())
            .collect();
        let mut operations = operations.into_iter();
        let count = operations.len() as u64;
        seed::fill(dir.path(), count, || operations.next().unwrap())
            .await
            .unwrap();
        let reader = Reader::open(dir.path()).unwrap();
        names
            .iter()
            .map(|name| reader.trace(name).unwrap())
            .collect()
    }

    #[tokio::test]
    async fn instances_that_differ_in_ids_and_times_leave_the_same_trace() {
        let digest = ModuleDigest::new([1; 32]);
        let later = at().plus(Duration::from_millis(77));
        let same = traces(vec![
            written::ended_chain(digest, 2, at()),
            written::ended_chain(digest, 2, later),
        ]);
        let same = same.await;
        assert_eq!(same[0], same[1]);
        assert_eq!(same[0].events.len(), 7);
        let same = traces(vec![
            written::sleeper(digest, at()),
            written::sleeper(digest, later),
        ]);
        let same = same.await;
        assert_eq!(same[0], same[1]);
        assert_eq!(same[0].timers, [(3, 3_600_000)]);
    }

    #[tokio::test]
    async fn any_other_difference_is_seen() {
        let digest = ModuleDigest::new([1; 32]);
        let chain = || written::ended_chain(digest, 2, at());
        let open = soloist_engine::Operation {
            open_work: 1,
            ..chain()
        };
        let ready = soloist_engine::Operation {
            ready: true,
            ..chain()
        };
        let log = soloist_engine::Operation {
            logs: vec![soloist_core::LogLine {
                ordinal: 0,
                timestamp: at(),
                level: soloist_core::LogLevel::Info,
                message: String::new(),
            }],
            ..chain()
        };
        let longer = written::ended_chain(digest, 3, at());
        let traces = traces(vec![chain(), open, ready, log, longer]).await;
        for (place, other) in traces.iter().enumerate().skip(1) {
            assert_ne!(&traces[0], other, "{place}");
        }
    }

    #[tokio::test]
    async fn a_count_is_of_what_came_after_the_mark() {
        let dir = tempfile::tempdir().unwrap();
        let digest = ModuleDigest::new([1; 32]);
        let hub = soloist_store::SqliteHub::open(dir.path(), StoreSettings::default()).unwrap();
        seed::bind(&hub, digest).await.unwrap();
        drop(hub);
        let chain = || written::ended_chain(digest, 1, at());
        seed::fill(dir.path(), 3, chain).await.unwrap();
        let reader = Reader::open(dir.path()).unwrap();
        let mark = reader.mark().unwrap();
        assert_eq!(reader.since(mark).unwrap(), Count::default());
        drop(reader);
        seed::fill(dir.path(), 2, chain).await.unwrap();
        seed::fill(dir.path(), 1, || written::sleeper(digest, at()))
            .await
            .unwrap();
        let reader = Reader::open(dir.path()).unwrap();
        let due = Count {
            instances: 3,
            completed: 2,
            events: 2 * 5 + 3,
        };
        assert_eq!(reader.since(mark).unwrap(), due);
        reader.check("this", mark, due).await.unwrap();
        let fewer = Count { events: 12, ..due };
        assert!(reader.check("this", mark, fewer).await.is_err());
        assert_eq!(reader.timers().unwrap(), 1);
        // Two fillings; the first may have gone in two commits.
        let commits = reader.commits_since(mark).unwrap();
        assert!((2..=3).contains(&commits), "{commits}");
        assert_eq!(reader.some_instance("chain").unwrap().len(), 16);
    }
}
