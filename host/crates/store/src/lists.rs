//! What is read page by page.

use rusqlite::{Connection, OptionalExtension, params};
use soloist_core::{EventId, ExecutionId, InstanceId, LogLine, Payload, Timestamp};
use soloist_engine::{DueTimer, Logs, Orphan, TimerCursor, Unfinished};

use crate::columns::{self, Columns};
use crate::earlier;
use crate::write::Refused;

pub(crate) fn unfinished(
    database: &Connection,
    after: Option<&InstanceId>,
    limit: usize,
) -> rusqlite::Result<Vec<Unfinished>> {
    database
        .prepare_cached(
            "SELECT instance_id, ready, open_work FROM instance INDEXED BY instance_unfinished \
             WHERE (ready > 0 OR open_work > 0) AND instance_id > ?1 ORDER BY instance_id LIMIT ?2",
        )?
        // No id is empty.
        .query_map(
            params![after.map_or("", InstanceId::as_str), columns::number(limit)],
            |row| {
                Ok(Unfinished {
                    instance: row.instance(0)?,
                    ready: row.get(1)?,
                    open_work: row.get(2)?,
                })
            },
        )?
        .collect()
}

pub(crate) fn logs(
    database: &mut Connection,
    id: &InstanceId,
    named: Option<ExecutionId>,
    after: Option<u32>,
    limit: usize,
) -> rusqlite::Result<Option<Logs>> {
    let moment = database.transaction()?;
    let execution = moment
        .prepare_cached("SELECT execution FROM instance WHERE instance_id = ?1")?
        .query_row([id.as_str()], |row| row.execution(0))
        .optional()?;
    let Some(execution) = named.or(execution) else {
        return Ok(None);
    };
    if named.is_some() && !earlier::is_of(&moment, id, &execution)? {
        return Ok(None);
    }
    // Ordinals begin at 0.
    let after = after.map_or(-1, i64::from);
    let lines = moment
        .prepare_cached(
            "SELECT ordinal, timestamp, level, message FROM log WHERE execution = ?1 AND ordinal > ?2 \
             ORDER BY ordinal LIMIT ?3",
        )?
        .query_map(
            params![columns::execution(&execution), after, columns::number(limit)],
            |row| {
                Ok(LogLine {
                    ordinal: row.get(0)?,
                    timestamp: row.time(1)?,
                    level: row.level(2)?,
                    message: row.get(3)?,
                })
            },
        )?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(Logs { execution, lines }))
}

pub(crate) fn orphans(
    database: &Connection,
    after: Option<(ExecutionId, EventId)>,
    limit: usize,
) -> rusqlite::Result<Vec<Orphan>> {
    let (execution, scheduled) = columns::task_place(after.as_ref());
    database
        .prepare_cached(
            "SELECT instance.instance_id, orphan.execution, orphan.scheduled, orphan.attempt, orphan.name, orphan.input \
             FROM orphan JOIN instance ON instance.id = orphan.instance \
             WHERE (orphan.execution, orphan.scheduled) > (?1, ?2) \
             ORDER BY orphan.execution, orphan.scheduled LIMIT ?3",
        )?
        .query_map(params![execution, scheduled, columns::number(limit)], |row| {
            Ok(Orphan {
                instance: row.instance(0)?,
                execution: row.execution(1)?,
                scheduled: row.sequence(2)?,
                attempt: row.get(3)?,
                name: row.get(4)?,
                input: row.payload(5)?.unwrap_or_else(Payload::null),
            })
        })?
        .collect()
}

pub(crate) fn finish_orphan(
    database: &Connection,
    execution: ExecutionId,
    scheduled: EventId,
) -> Result<(), Refused> {
    database
        .prepare_cached("DELETE FROM orphan WHERE execution = ?1 AND scheduled = ?2")?
        .execute(params![
            columns::execution(&execution),
            columns::sequence(scheduled)
        ])?;
    Ok(())
}

pub(crate) fn timers(
    database: &Connection,
    after: Option<TimerCursor>,
    until: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<DueTimer>> {
    let (fire_at, execution, scheduled) = match &after {
        Some(after) => (
            after.fire_at.as_millis(),
            columns::execution(&after.execution),
            columns::sequence(after.scheduled),
        ),
        None => (i64::MIN, &[][..], 0),
    };
    database
        .prepare_cached(
            "SELECT instance.instance_id, timer.fire_at, timer.execution, timer.scheduled \
             FROM timer JOIN instance ON instance.id = timer.instance \
             WHERE (timer.fire_at, timer.execution, timer.scheduled) > (?1, ?2, ?3) AND timer.fire_at <= ?4 \
             ORDER BY timer.fire_at, timer.execution, timer.scheduled LIMIT ?5",
        )?
        .query_map(
            params![fire_at, execution, scheduled, until.as_millis(), columns::number(limit)],
            |row| {
                Ok(DueTimer {
                    instance: row.instance(0)?,
                    cursor: TimerCursor {
                        fire_at: row.time(1)?,
                        execution: row.execution(2)?,
                        scheduled: row.sequence(3)?,
                    },
                })
            },
        )?
        .collect()
}

pub(crate) fn next_timer(
    database: &Connection,
    after: Timestamp,
) -> rusqlite::Result<Option<Timestamp>> {
    database
        .prepare_cached("SELECT fire_at FROM timer WHERE fire_at > ?1 ORDER BY fire_at LIMIT 1")?
        .query_row([after.as_millis()], |row| row.time(0))
        .optional()
}
