//! One instance: read whole, read for callers, purged.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};
use soloist_core::{
    CorruptHistory, Event, EventId, EventKind, ExecutionId, History, InstanceId, Payload, Started,
};
use soloist_engine::{BoxError, InboxMessage, InstanceStatus, Loaded, Purged, RuntimeStatus};

use crate::columns::{self, Columns};
use crate::earlier::Keeping;
use crate::tags;
use crate::write::Refused;

/// Why an instance could not be read.
pub(crate) enum Unreadable {
    Database(rusqlite::Error),
    Corrupt(BoxError),
}

impl From<rusqlite::Error> for Unreadable {
    /// What does not fit its column was written wrongly; the rest says nothing about the instance.
    fn from(error: rusqlite::Error) -> Self {
        match error {
            rusqlite::Error::FromSqlConversionFailure(..)
            | rusqlite::Error::IntegralValueOutOfRange(..)
            | rusqlite::Error::InvalidColumnType(..) => Self::Corrupt(error.into()),
            other => Self::Database(other),
        }
    }
}

impl From<CorruptHistory> for Unreadable {
    fn from(cause: CorruptHistory) -> Self {
        Self::Corrupt(cause.into())
    }
}

/// The row and the history say different things.
#[derive(Debug, thiserror::Error)]
#[error("the history ends before event {0}, where the instance stands")]
struct Short(EventId);

/// The current execution of an instance, as of one moment.
pub(crate) fn load(
    database: &mut Connection,
    id: &InstanceId,
) -> Result<Option<Loaded>, Unreadable> {
    let moment = database.transaction()?;
    let row = moment
        .prepare_cached(
            "SELECT id, execution, next_sequence, status, ready, custom_status, coalesce(queue_place, 0) > 0 \
             FROM instance WHERE instance_id = ?1",
        )?
        .query_row([id.as_str()], |row| {
            Ok((
                row.get::<_, i64>(0)?,
                row.execution(1)?,
                row.sequence(2)?,
                row.status(3)?,
                row.get(4)?,
                row.payload(5)?,
                row.get(6)?,
            ))
        })
        .optional()?;
    let Some((instance, execution, next, status, ready, custom_status, queued)) = row else {
        return Ok(None);
    };
    let history = History::try_from(events(&moment, &execution)?)?;
    if history.next_event() != next {
        return Err(Unreadable::Corrupt(Short(next).into()));
    }
    let logged = moment
        .prepare_cached("SELECT count(*) FROM log WHERE execution = ?1")?
        .query_row([columns::execution(&execution)], |row| row.get(0))?;
    let inbox = inbox(&moment, instance)?;
    Ok(Some(Loaded {
        history,
        status,
        ready,
        custom_status,
        logged,
        inbox,
        queued,
    }))
}

pub(crate) fn events(
    database: &Connection,
    execution: &ExecutionId,
) -> rusqlite::Result<Vec<Event>> {
    database
        .prepare_cached(
            "SELECT sequence, timestamp, event FROM history WHERE execution = ?1 ORDER BY sequence",
        )?
        .query_map([columns::execution(execution)], |row| {
            Ok(Event {
                id: row.sequence(0)?,
                timestamp: row.time(1)?,
                kind: row.json(2)?,
            })
        })?
        .collect()
}

/// The inbox of an instance; an unknown one has an empty one.
pub(crate) fn inbox_of(
    database: &mut Connection,
    id: &InstanceId,
) -> rusqlite::Result<Vec<InboxMessage>> {
    let moment = database.transaction()?;
    let instance = moment
        .prepare_cached("SELECT id FROM instance WHERE instance_id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    instance.map_or(Ok(Vec::new()), |instance| inbox(&moment, instance))
}

fn inbox(database: &Connection, instance: i64) -> rusqlite::Result<Vec<InboxMessage>> {
    database
        .prepare_cached("SELECT id, execution, fact FROM inbox WHERE instance = ?1 ORDER BY id")?
        .query_map([instance], |row| {
            let execution: Option<[u8; 16]> = row.get(1)?;
            Ok(InboxMessage {
                id: row.get(0)?,
                execution: execution.map(|_| row.execution(1)).transpose()?,
                fact: row.json(2)?,
            })
        })?
        .collect()
}

/// What callers may know of an instance: its row, and what its first and its last event say.
pub(crate) fn status(
    database: &mut Connection,
    id: &InstanceId,
) -> Result<Option<InstanceStatus>, Unreadable> {
    let moment = database.transaction()?;
    let row = moment
        .prepare_cached(
            "SELECT execution, next_sequence, function, status, custom_status, created, last_updated \
             FROM instance WHERE instance_id = ?1",
        )?
        .query_row([id.as_str()], |row| {
            let status = InstanceStatus {
                instance: id.clone(),
                function: row.function(2)?,
                execution: row.execution(0)?,
                status: row.status(3)?,
                input: Payload::null(),
                end: None,
                custom_status: row.payload(4)?,
                history_events: row.sequence(1)?.get() - 1,
                created: row.time(5)?,
                last_updated: row.time(6)?,
                tags: BTreeMap::new(),
            };
            Ok((status, row.get::<_, i64>(1)?))
        })
        .optional()?;
    let Some((mut status, next)) = row else {
        return Ok(None);
    };
    let started = started(&moment, &status.execution)?;
    status.input = started.input;
    status.tags = started.tags;
    if !status.status.is_live() {
        status.end = Some(end(&moment, &status.execution, next - 1)?.0);
    }
    Ok(Some(status))
}

/// The event at a place, with its size in bytes.
fn event(
    database: &Connection,
    execution: &ExecutionId,
    sequence: i64,
) -> rusqlite::Result<Option<(EventKind, usize)>> {
    database
        .prepare_cached("SELECT event FROM history WHERE execution = ?1 AND sequence = ?2")?
        .query_row(params![columns::execution(execution), sequence], |row| {
            Ok((row.json(0)?, row.get_ref(0)?.as_str()?.len()))
        })
        .optional()
}

/// How an execution was started.
pub(crate) fn started(
    database: &Connection,
    execution: &ExecutionId,
) -> Result<Started, Unreadable> {
    match event(database, execution, 1)? {
        Some((EventKind::ExecutionStarted(started), _)) => Ok(*started),
        Some(_) | None => Err(CorruptHistory::MisplacedStart(EventId::FIRST).into()),
    }
}

/// What an execution was given.
pub(crate) fn input(database: &Connection, execution: &ExecutionId) -> Result<Payload, Unreadable> {
    Ok(started(database, execution)?.input)
}

/// How an execution ended, with the size of that in bytes.
pub(crate) fn end(
    database: &Connection,
    execution: &ExecutionId,
    last: i64,
) -> Result<(EventKind, usize), Unreadable> {
    Ok(event(database, execution, last)?.ok_or(CorruptHistory::Empty)?)
}

/// All that is stored of an instance goes, if it has ended.
pub(crate) fn purge(
    database: &Connection,
    id: &InstanceId,
    named: Option<ExecutionId>,
    keeping: Keeping,
) -> Result<Purged, Refused> {
    let row: Option<(i64, Vec<u8>, RuntimeStatus)> = database
        .prepare_cached("SELECT id, execution, status FROM instance WHERE instance_id = ?1")?
        .query_row([id.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.status(2)?))
        })
        .optional()?;
    match row {
        None => Ok(Purged::Unknown),
        Some((_, execution, _))
            if named.is_some_and(|named| *columns::execution(&named) != *execution) =>
        {
            Ok(Purged::Unknown)
        }
        Some((_, _, status)) if status.is_live() => Ok(Purged::Live),
        Some((instance, execution, _)) => {
            keeping.purge(database, instance, &execution)?;
            tags::forget(database, instance)?;
            for sql in [
                "DELETE FROM orphan WHERE instance = ?1",
                "DELETE FROM instance WHERE id = ?1",
            ] {
                database.prepare_cached(sql)?.execute([instance])?;
            }
            Ok(Purged::Purged)
        }
    }
}
