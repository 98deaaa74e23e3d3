//! Children that wait to be started, and those that were.

use rusqlite::{Connection, params};
use soloist_core::{EventId, ExecutionId, InstanceId, Payload};
use soloist_engine::{Begin, ChildStart, Expects, Message, Operation};

use crate::change::to_json;
use crate::columns::{self, Columns};
use crate::inbox::send;
use crate::write::Refused;

/// Keeps the children that an operation asks for, and forgets those that it gives up.
pub(crate) fn keep(database: &Connection, operation: &Operation) -> Result<(), Refused> {
    if let Expects::At { execution, .. } = &operation.expects {
        for scheduled in &operation.children_closed {
            forget(database, *execution, *scheduled)?;
        }
    }
    for start in &operation.children {
        let (execution, scheduled) = start.key();
        database
            .prepare_cached(
                "INSERT OR REPLACE INTO child (execution, scheduled, instance_id, function, input, parent) \
                 VALUES (?1, ?2, ?3, ?4, ?5, ?6)",
            )?
            .execute(params![
                columns::execution(&execution),
                columns::sequence(scheduled),
                start.instance.as_str(),
                start.function,
                start.input.as_str(),
                to_json(&start.parent),
            ])?;
    }
    Ok(())
}

/// A child begins: what asked for it goes, and must be there.
pub(crate) fn take(database: &Connection, begin: &Begin) -> Result<(), Refused> {
    match &begin.started.parent {
        Some(parent) if !forget(database, parent.execution, parent.scheduled)? => {
            Err(Refused::Conflict)
        }
        Some(_) | None => Ok(()),
    }
}

/// Forgets the children that an execution asked for and that have not begun.
pub(crate) fn forget_all(database: &Connection, execution: &ExecutionId) -> rusqlite::Result<()> {
    database
        .prepare_cached("DELETE FROM child WHERE execution = ?1")?
        .execute([columns::execution(execution)])
        .map(drop)
}

/// False if it was not there.
fn forget(
    database: &Connection,
    execution: ExecutionId,
    scheduled: EventId,
) -> rusqlite::Result<bool> {
    let gone = database
        .prepare_cached("DELETE FROM child WHERE execution = ?1 AND scheduled = ?2")?
        .execute(params![
            columns::execution(&execution),
            columns::sequence(scheduled)
        ])?;
    Ok(gone > 0)
}

pub(crate) fn refuse(
    database: &Connection,
    execution: ExecutionId,
    scheduled: EventId,
    answer: Option<&Message>,
) -> Result<(), Refused> {
    if forget(database, execution, scheduled)?
        && let Some(answer) = answer
    {
        send(database, answer, &to_json(&answer.fact))?;
    }
    Ok(())
}

pub(crate) fn waits(
    database: &Connection,
    execution: ExecutionId,
    scheduled: EventId,
) -> rusqlite::Result<bool> {
    database
        .prepare_cached("SELECT 1 FROM child WHERE execution = ?1 AND scheduled = ?2")?
        .exists(params![
            columns::execution(&execution),
            columns::sequence(scheduled)
        ])
}

pub(crate) fn waiting(
    database: &Connection,
    after: Option<(ExecutionId, EventId)>,
    limit: usize,
) -> rusqlite::Result<Vec<ChildStart>> {
    let (execution, scheduled) = columns::task_place(after.as_ref());
    database
        .prepare_cached(
            "SELECT instance_id, function, input, parent FROM child \
             WHERE (execution, scheduled) > (?1, ?2) ORDER BY execution, scheduled LIMIT ?3",
        )?
        .query_map(
            params![execution, scheduled, columns::number(limit)],
            |row| {
                Ok(ChildStart {
                    instance: row.instance(0)?,
                    function: row.get(1)?,
                    input: row.payload(2)?.unwrap_or_else(Payload::null),
                    parent: row.json(3)?,
                })
            },
        )?
        .collect()
}

pub(crate) fn of(
    database: &Connection,
    parent: &InstanceId,
    after: Option<&InstanceId>,
    limit: usize,
) -> rusqlite::Result<Vec<InstanceId>> {
    database
        .prepare_cached(
            "SELECT instance_id FROM instance WHERE parent = ?1 AND instance_id > ?2 ORDER BY instance_id LIMIT ?3",
        )?
        // No id is empty.
        .query_map(
            params![
                parent.as_str(),
                after.map_or("", InstanceId::as_str),
                columns::number(limit)
            ],
            |row| row.instance(0),
        )?
        .collect()
}
