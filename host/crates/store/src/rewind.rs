//! An ended execution goes on.

use rusqlite::{Connection, OptionalExtension, params};
use soloist_core::{EventId, EventKind, FunctionName};
use soloist_engine::{Operation, RuntimeStatus};

use crate::change::to_json;
use crate::columns::{self, Columns};
use crate::slots;
use crate::write::Refused;

/// The row is live again, and what is undone goes, if the instance stands where the operation says.
pub(crate) fn apply(
    database: &Connection,
    operation: &Operation,
    at: &[u8],
    next: EventId,
) -> Result<(), Refused> {
    let Some(voids) = &operation.voids else {
        return Err(Refused::Conflict);
    };
    let module: Option<i64> = database
        .prepare_cached("SELECT id FROM module WHERE digest = ?1")?
        .query_row([voids.module.as_bytes()], |row| row.get(0))
        .optional()?;
    let Some(module) = module else {
        return Err(Refused::NoModule(voids.module));
    };
    let row: Option<(i64, FunctionName)> = database
        .prepare_cached(
            "UPDATE instance SET module = ?4, next_sequence = ?5, status = ?6, last_updated = ?7, ready = ?8, \
               open_work = ?9 \
             WHERE instance_id = ?1 AND execution = ?2 AND next_sequence = ?3 AND status >= 3 RETURNING id, function",
        )?
        .query_row(params![
            operation.instance.as_str(),
            at,
            columns::sequence(next),
            module,
            columns::sequence(next) + columns::number(operation.events.len()),
            columns::status(operation.status),
            operation.now.as_millis(),
            operation.ready,
            operation.open_work,
        ], |row| Ok((row.get(0)?, row.function(1)?)))
        .optional()?;
    let Some((instance, function)) = row else {
        return Err(Refused::Conflict);
    };
    slots::enter(database, instance, &function, RuntimeStatus::Running)?;
    let void = to_json(&EventKind::Voided {});
    for id in &voids.events {
        database
            .prepare_cached("UPDATE history SET event = ?3 WHERE execution = ?1 AND sequence = ?2")?
            .execute(params![at, columns::sequence(*id), void])?;
    }
    if let Some(from) = voids.logs_from {
        database
            .prepare_cached("DELETE FROM log WHERE execution = ?1 AND timestamp >= ?2")?
            .execute(params![at, from.as_millis()])?;
    }
    Ok(())
}
