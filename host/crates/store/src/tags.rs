//! The tags of instances, kept so that instances are found by them.

use std::collections::BTreeMap;

use rusqlite::{Connection, OptionalExtension, params};

/// Writes the tags of a new instance.
pub(crate) fn keep(
    database: &Connection,
    instance: i64,
    created: i64,
    tags: &BTreeMap<String, String>,
) -> rusqlite::Result<()> {
    for (name, value) in tags {
        database
            .prepare_cached(
                "INSERT INTO tag (name, value, created, instance) VALUES (?1, ?2, ?3, ?4)",
            )?
            .execute(params![name, value, created, instance])?;
    }
    Ok(())
}

pub(crate) fn forget(database: &Connection, instance: i64) -> rusqlite::Result<()> {
    database
        .prepare_cached("DELETE FROM tag WHERE instance = ?1")?
        .execute([instance])
        .map(drop)
}

pub(crate) fn of(
    database: &Connection,
    instance: i64,
) -> rusqlite::Result<BTreeMap<String, String>> {
    database
        .prepare_cached("SELECT name, value FROM tag WHERE instance = ?1")?
        .query_map([instance], |row| Ok((row.get(0)?, row.get(1)?)))?
        .collect()
}

/// True if an instance that was created then has all these.
pub(crate) fn has_all(
    database: &Connection,
    instance: i64,
    created: i64,
    tags: &BTreeMap<String, String>,
) -> rusqlite::Result<bool> {
    for (name, value) in tags {
        let found: Option<i64> = database
            .prepare_cached(
                "SELECT 1 FROM tag WHERE name = ?1 AND value = ?2 AND created = ?3 AND instance = ?4",
            )?
            .query_row(params![name, value, created, instance], |row| row.get(0))
            .optional()?;
        if found.is_none() {
            return Ok(false);
        }
    }
    Ok(true)
}
