//! Keys, of which only digests are stored.

use rusqlite::{Connection, Row, params};
use soloist_engine::{KeyDigest, KeyKind, KeyName, KeyRecord};

use crate::columns::{Columns, unfit};
use crate::write::Refused;

pub(crate) fn keys(database: &Connection) -> rusqlite::Result<Vec<KeyRecord>> {
    database
        .prepare_cached("SELECT name, kind, function, digest, created FROM key ORDER BY name")?
        .query_map([], |row| {
            Ok(KeyRecord {
                name: name(row)?,
                kind: kind(row)?,
                digest: KeyDigest::new(row.get(3)?),
                created: row.time(4)?,
            })
        })?
        .collect()
}

fn name(row: &Row<'_>) -> rusqlite::Result<KeyName> {
    let text: String = row.get(0)?;
    text.parse().map_err(|error| unfit(0, error))
}

fn kind(row: &Row<'_>) -> rusqlite::Result<KeyKind> {
    Ok(match row.get(1)? {
        0 => KeyKind::Master,
        1 => KeyKind::System,
        _ if row.get_ref(2)? == rusqlite::types::ValueRef::Null => KeyKind::Function(None),
        _ => KeyKind::Function(Some(row.function(2)?)),
    })
}

pub(crate) fn put(database: &Connection, key: &KeyRecord) -> Result<(), Refused> {
    let (kind, function) = match &key.kind {
        KeyKind::Master => (0, None),
        KeyKind::System => (1, None),
        KeyKind::Function(function) => (2, function.as_ref()),
    };
    database
        .prepare_cached(
            "INSERT OR REPLACE INTO key (name, kind, function, digest, created) VALUES (?1, ?2, ?3, ?4, ?5)",
        )?
        .execute(params![
            key.name.as_str(),
            kind,
            function.map(soloist_core::FunctionName::as_str),
            key.digest.as_bytes(),
            key.created.as_millis(),
        ])?;
    Ok(())
}

pub(crate) fn remove(database: &Connection, name: &KeyName) -> Result<bool, Refused> {
    let removed = database
        .prepare_cached("DELETE FROM key WHERE name = ?1")?
        .execute([name.as_str()])?;
    Ok(removed > 0)
}
