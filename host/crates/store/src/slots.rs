//! Which instances of a function with a limit hold a slot, and which wait for one. All of it happens in the transaction that
//! begins or ends an instance: the count of a function's row never differs from what the rows of its instances say.

use rusqlite::{Connection, OptionalExtension, params};
use soloist_core::FunctionName;
use soloist_engine::{InstanceLimit, InstanceLimits, Promoted, RuntimeStatus, WhenFull};

use crate::columns::Columns;
use crate::write::Refused;

const HELD: &str = "SELECT count(*) FROM instance INDEXED BY instance_function \
    WHERE function = ?1 AND status IN (0, 1, 2) AND coalesce(queue_place, 0) = 0";
const HOLDER: &str = "SELECT instance_id FROM instance INDEXED BY instance_function \
    WHERE function = ?1 AND status IN (0, 1, 2) AND coalesce(queue_place, 0) = 0 AND id <> ?2 LIMIT 1";
const ENQUEUE: &str = "UPDATE instance SET \
    queue_place = (SELECT coalesce(max(queue_place), 0) + 1 FROM instance WHERE function = ?2 AND queue_place > 0), \
    ready = EXISTS (SELECT 1 FROM inbox WHERE inbox.instance = ?1) WHERE id = ?1";
const FIRST: &str = "SELECT id, instance_id, execution FROM instance INDEXED BY instance_queue \
    WHERE function = ?1 AND queue_place > 0 ORDER BY queue_place LIMIT 1";
const RELEASE_ALL: &str = "UPDATE instance SET queue_place = 0, ready = 1 \
    WHERE queue_place > 0 AND function NOT IN (SELECT function FROM slot)";

/// The limits that hold.
pub(crate) fn limits(database: &Connection) -> rusqlite::Result<InstanceLimits> {
    database
        .prepare_cached("SELECT function, most, queues FROM slot")?
        .query_map([], |row| {
            let max: u32 = row.get(1)?;
            let limit = InstanceLimit {
                max: max.try_into().unwrap_or(std::num::NonZeroU32::MIN),
                when_full: if row.get(2)? {
                    WhenFull::Queue
                } else {
                    WhenFull::Reject
                },
            };
            Ok((row.function(0)?, limit))
        })?
        .collect()
}

/// Other limits hold from now on: who has room by them is promoted.
pub(crate) fn limit(database: &Connection, limits: &InstanceLimits) -> Result<(), Refused> {
    database.execute("DELETE FROM slot", [])?;
    for (function, limit) in limits {
        let held: i64 = database
            .prepare_cached(HELD)?
            .query_row([function.as_str()], |row| row.get(0))?;
        let queues = limit.when_full == WhenFull::Queue;
        database
            .prepare_cached(
                "INSERT INTO slot (function, most, queues, held) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![function.as_str(), limit.max.get(), queues, held])?;
        promote(
            database,
            function.as_str(),
            i64::from(limit.max.get()) - held,
        )?;
    }
    database.execute(RELEASE_ALL, [])?;
    Ok(())
}

/// A new life of an instance takes a slot of its function, or waits for one, which is true then.
pub(crate) fn enter(
    database: &Connection,
    instance: i64,
    function: &FunctionName,
    status: RuntimeStatus,
) -> Result<bool, Refused> {
    let slot: Option<(i64, bool, i64)> = database
        .prepare_cached("SELECT most, queues, held FROM slot WHERE function = ?1")?
        .query_row([function.as_str()], |row| {
            Ok((row.get(0)?, row.get(1)?, row.get(2)?))
        })
        .optional()?;
    match slot {
        None => Ok(false),
        Some((most, _, held)) if held < most => {
            database
                .prepare_cached("UPDATE slot SET held = held + 1 WHERE function = ?1")?
                .execute([function.as_str()])?;
            Ok(false)
        }
        Some((_, true, _)) if status == RuntimeStatus::Pending => {
            database
                .prepare_cached(ENQUEUE)?
                .execute(params![instance, function.as_str()])?;
            Ok(true)
        }
        Some(_) => {
            let holder = database
                .prepare_cached(HOLDER)?
                .query_row(params![function.as_str(), instance], |row| row.instance(0))?;
            Err(Refused::Full(function.clone(), holder))
        }
    }
}

/// An execution stays in its slot, or in the queue: a new one of the same function that took the place of a live one. True if
/// it waits; then it must not have begun.
pub(crate) fn stay(
    database: &Connection,
    instance: i64,
    queue_place: Option<i64>,
    status: RuntimeStatus,
) -> Result<bool, Refused> {
    if queue_place.unwrap_or(0) == 0 {
        if queue_place.is_some() && status == RuntimeStatus::Running {
            database
                .prepare_cached("UPDATE instance SET queue_place = NULL WHERE id = ?1")?
                .execute([instance])?;
        }
        return Ok(false);
    }
    if status != RuntimeStatus::Pending {
        return Err(Refused::Conflict);
    }
    database
        .prepare_cached(
            "UPDATE instance SET ready = EXISTS (SELECT 1 FROM inbox WHERE inbox.instance = ?1) WHERE id = ?1",
        )?
        .execute([instance])?;
    Ok(true)
}

/// An instance leaves its slot, or the queue.
pub(crate) fn leave(
    database: &Connection,
    instance: i64,
    function: &str,
    queue_place: Option<i64>,
) -> Result<Vec<Promoted>, Refused> {
    if queue_place.is_some() {
        database
            .prepare_cached("UPDATE instance SET queue_place = NULL WHERE id = ?1")?
            .execute([instance])?;
    }
    if queue_place.unwrap_or(0) > 0 {
        return Ok(Vec::new());
    }
    let room: Option<i64> = database
        .prepare_cached(
            "UPDATE slot SET held = held - 1 WHERE function = ?1 RETURNING most - held",
        )?
        .query_row([function], |row| row.get(0))
        .optional()?;
    match room {
        None => Ok(Vec::new()),
        Some(room) => promote(database, function, room),
    }
}

/// Gives slots to those who wait longest.
fn promote(database: &Connection, function: &str, room: i64) -> Result<Vec<Promoted>, Refused> {
    let mut promoted = Vec::new();
    for _ in 0..room {
        let first = database
            .prepare_cached(FIRST)?
            .query_row([function], |row| {
                let first = Promoted {
                    instance: row.instance(1)?,
                    execution: row.execution(2)?,
                };
                Ok((row.get::<_, i64>(0)?, first))
            })
            .optional()?;
        let Some((instance, first)) = first else {
            break;
        };
        database
            .prepare_cached("UPDATE instance SET queue_place = 0, ready = 1 WHERE id = ?1")?
            .execute([instance])?;
        database
            .prepare_cached("UPDATE slot SET held = held + 1 WHERE function = ?1")?
            .execute([function])?;
        promoted.push(first);
    }
    Ok(promoted)
}
