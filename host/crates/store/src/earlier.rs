//! Executions that others have taken the place of, and that are kept.

use rusqlite::{Connection, OptionalExtension, params};
use soloist_core::{ExecutionId, History, InstanceId};
use soloist_engine::{EarlierExecution, Ending, Expects, Operation, RuntimeStatus};

use crate::change::{append, keep_lines};
use crate::columns::{self, Columns};
use crate::instances::{self, Unreadable};
use crate::litter::{Budget, discard};
use crate::write::Refused;

/// How many earlier executions of each instance are kept.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Keeping {
    most: u32,
    /// There may be some. Where there are none and none will be, no statement is spent on them.
    any: bool,
}

/// An execution whose place another takes, and the row that is its own until then.
#[derive(Clone, Copy)]
pub(crate) struct Old<'o> {
    pub(crate) instance: i64,
    pub(crate) execution: &'o ExecutionId,
}

impl Keeping {
    /// A lower setting than before holds for each instance from the next beginning of an execution on.
    pub(crate) fn new(database: &Connection, most: u32) -> rusqlite::Result<Self> {
        let sql = "SELECT EXISTS (SELECT 1 FROM earlier)";
        let stored: bool = database.query_row(sql, [], |row| row.get(0))?;
        Ok(Self {
            most,
            any: most > 0 || stored,
        })
    }

    /// What becomes of an execution when an operation begins another in its place. `json` is that of the operation's events.
    pub(crate) fn leave(
        self,
        database: &Connection,
        old: Old<'_>,
        operation: &Operation,
        json: &[String],
    ) -> Result<(), Refused> {
        let mut budget = Budget::of_an_operation();
        let is_kept = self.most > 0 && keep(database, old, operation, json)?;
        if !is_kept {
            discard(database, columns::execution(old.execution), &mut budget)?;
        }
        if self.any {
            forget_beyond(database, old.instance, self.most, &mut budget)?;
        }
        Ok(())
    }

    /// All executions of an instance go, the current one and those that are kept.
    pub(crate) fn purge(
        self,
        database: &Connection,
        instance: i64,
        execution: &[u8],
    ) -> rusqlite::Result<()> {
        let mut budget = Budget::of_an_operation();
        discard(database, execution, &mut budget)?;
        if self.any {
            forget_beyond(database, instance, 0, &mut budget)?;
        }
        Ok(())
    }
}

/// False of an execution that cannot be read or has no end: it must not hold up the next one.
fn keep(
    database: &Connection,
    old: Old<'_>,
    operation: &Operation,
    json: &[String],
) -> Result<bool, Refused> {
    let started = match instances::started(database, old.execution) {
        Ok(started) => started,
        Err(Unreadable::Database(error)) => return Err(error.into()),
        Err(Unreadable::Corrupt(_)) => return Ok(false),
    };
    let (status, next): (RuntimeStatus, i64) = database
        .prepare_cached("SELECT status, next_sequence FROM instance WHERE id = ?1")?
        .query_row([old.instance], |row| Ok((row.status(0)?, row.get(1)?)))?;
    let execution = columns::execution(old.execution);
    let ending = match operation.expects {
        Expects::At { .. } => {
            append(database, execution, &operation.events, json)?;
            keep_lines(database, execution, &operation.last_logs)?;
            let last = operation.events.last();
            last.and_then(|last| Ending::of(&last.kind))
        }
        Expects::NotLive | Expects::Ended { .. } => ending(status),
    };
    let last = next - 1 + columns::number(operation.events.len());
    let (Some(ending), Some(began), Some(ended)) = (
        ending,
        time_of(database, execution, 1)?,
        time_of(database, execution, last)?,
    ) else {
        return Ok(false);
    };
    database
        .prepare_cached(
            "INSERT INTO earlier (instance, number, execution, function, generation, ending, started, ended, events) \
             SELECT ?1, coalesce(max(number), 0) + 1, ?2, ?3, ?4, ?5, ?6, ?7, ?8 FROM earlier WHERE instance = ?1",
        )?
        .execute(params![
            old.instance,
            execution,
            started.function.as_str(),
            i64::try_from(started.generation).unwrap_or(i64::MAX),
            columns::ending(ending),
            began,
            ended,
            last,
        ])?;
    Ok(true)
}

/// How an execution ended whose row says so.
fn ending(status: RuntimeStatus) -> Option<Ending> {
    match status {
        RuntimeStatus::Pending | RuntimeStatus::Running | RuntimeStatus::Suspended => None,
        RuntimeStatus::Completed => Some(Ending::Completed),
        RuntimeStatus::Failed => Some(Ending::Failed),
        RuntimeStatus::Terminated => Some(Ending::Terminated),
    }
}

fn time_of(
    database: &Connection,
    execution: &[u8],
    sequence: i64,
) -> rusqlite::Result<Option<i64>> {
    database
        .prepare_cached("SELECT timestamp FROM history WHERE execution = ?1 AND sequence = ?2")?
        .query_row(params![execution, sequence], |row| row.get(0))
        .optional()
}

/// Of an instance the newest so many stay.
fn forget_beyond(
    database: &Connection,
    instance: i64,
    most: u32,
    budget: &mut Budget,
) -> rusqlite::Result<()> {
    let gone: Vec<[u8; 16]> = database
        .prepare_cached(
            "DELETE FROM earlier WHERE instance = ?1 \
               AND number <= (SELECT max(number) FROM earlier WHERE instance = ?1) - ?2 RETURNING execution",
        )?
        .query_map(params![instance, most], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?;
    gone.iter()
        .try_for_each(|execution| discard(database, execution, budget))
}

/// The earlier executions of an instance, newest first.
pub(crate) fn list(
    database: &mut Connection,
    id: &InstanceId,
) -> rusqlite::Result<Option<Vec<EarlierExecution>>> {
    let moment = database.transaction()?;
    let instance: Option<i64> = moment
        .prepare_cached("SELECT id FROM instance WHERE instance_id = ?1")?
        .query_row([id.as_str()], |row| row.get(0))
        .optional()?;
    let Some(instance) = instance else {
        return Ok(None);
    };
    let list = moment
        .prepare_cached(
            "SELECT execution, function, generation, ending, started, ended, events FROM earlier \
             WHERE instance = ?1 ORDER BY number DESC",
        )?
        .query_map([instance], |row| {
            Ok(EarlierExecution {
                execution: row.execution(0)?,
                function: row.function(1)?,
                generation: row.size(2)?,
                ending: row.ending(3)?,
                started: row.time(4)?,
                ended: row.time(5)?,
                history_events: row.size(6)?,
            })
        })?
        .collect::<rusqlite::Result<_>>()?;
    Ok(Some(list))
}

/// True if it is the current execution of the instance, or one that is kept.
pub(crate) fn is_of(
    database: &Connection,
    id: &InstanceId,
    execution: &ExecutionId,
) -> rusqlite::Result<bool> {
    database
        .prepare_cached(
            "SELECT 1 FROM instance WHERE instance_id = ?1 AND (execution = ?2 OR EXISTS \
               (SELECT 1 FROM earlier WHERE earlier.instance = instance.id AND earlier.execution = ?2))",
        )?
        .exists(params![id.as_str(), columns::execution(execution)])
}

/// The history of an execution of an instance, the current one or one that is kept.
pub(crate) fn history(
    database: &mut Connection,
    id: &InstanceId,
    execution: &ExecutionId,
) -> Result<Option<History>, Unreadable> {
    let moment = database.transaction()?;
    if !is_of(&moment, id, execution)? {
        return Ok(None);
    }
    let events = instances::events(&moment, execution)?;
    Ok(Some(History::try_from(events)?))
}
