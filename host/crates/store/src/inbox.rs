//! Messages from one instance to another.

use rusqlite::{Connection, OptionalExtension, params};
use soloist_engine::Message;

use crate::columns;

/// A message to an instance that is not live is dropped.
pub(crate) fn send(database: &Connection, message: &Message, fact: &str) -> rusqlite::Result<()> {
    let target: Option<i64> = database
        .prepare_cached(
            "UPDATE instance SET ready = 1 WHERE instance_id = ?1 AND status < 3 RETURNING id",
        )?
        .query_row([message.target.as_str()], |row| row.get(0))
        .optional()?;
    if let Some(target) = target {
        database
            .prepare_cached("INSERT INTO inbox (instance, execution, fact) VALUES (?1, ?2, ?3)")?
            .execute(params![
                target,
                message.execution.as_ref().map(columns::execution),
                fact,
            ])?;
    }
    Ok(())
}

/// All messages that wait go.
pub(crate) fn forget(database: &Connection, instance: i64) -> rusqlite::Result<()> {
    database
        .prepare_cached("DELETE FROM inbox WHERE instance = ?1")?
        .execute([instance])
        .map(drop)
}
