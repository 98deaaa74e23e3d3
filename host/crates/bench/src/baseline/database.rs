use std::path::Path;

use anyhow::{Context as _, Result, ensure};
use rusqlite::Connection;
use soloist_core::ModuleDigest;
use soloist_store::{SqliteHub, StoreSettings};

use crate::seed;

/// What the rows of a baseline are pinned to.
pub(super) fn module() -> ModuleDigest {
    ModuleDigest::new([1; 32])
}
/// The key of that module's row: the first.
pub(super) const MODULE_ROW: i64 = 1;

/// A database made by the store's own migration and opened with the pragmas of the store's writer, but by plain `SQLite`. It
/// differs in one: `SQLite` writes its log back by itself, once that has as many pages as the store lets it have.
pub(super) async fn open(dir: &Path) -> Result<Connection> {
    let settings = StoreSettings::default();
    let hub = SqliteHub::open(dir, settings.clone()).context("the hub of a baseline")?;
    seed::bind(&hub, module()).await?;
    drop(hub);
    let database = Connection::open(dir.join("soloist.db"))?;
    database.set_prepared_statement_cache_capacity(64);
    let pragmas = [
        ("journal_mode", "wal".to_owned(), Some("wal")),
        ("synchronous", "full".to_owned(), Some("2")),
        ("foreign_keys", "on".to_owned(), Some("1")),
        (
            "wal_autocheckpoint",
            settings.checkpoint_pages.to_string(),
            None,
        ),
        (
            "cache_size",
            format!("-{}", settings.writer_cache_kib),
            None,
        ),
        ("mmap_size", "0".to_owned(), None),
    ];
    for (pragma, value, wanted) in pragmas {
        database.execute_batch(&format!("PRAGMA {pragma} = {value}"))?;
        let found = read_back(&database, pragma)?;
        let wanted = wanted.map_or(value, str::to_owned);
        ensure!(
            found == wanted,
            "the baseline would not be fair: {pragma} is {found} where {wanted} is needed"
        );
    }
    Ok(database)
}

fn read_back(database: &Connection, pragma: &str) -> Result<String> {
    let value = database.pragma_query_value(None, pragma, |row| row.get(0))?;
    Ok(match value {
        rusqlite::types::Value::Integer(number) => number.to_string(),
        rusqlite::types::Value::Text(text) => text,
        other => format!("{other:?}"),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn its_tables_are_those_of_the_stores_migrations() {
        let schema = |database: &Connection| -> Vec<String> {
            let sql = "SELECT sql FROM sqlite_schema WHERE sql IS NOT NULL AND name NOT LIKE 'sqlite_%' ORDER BY name";
            let mut statement = database.prepare(sql).unwrap();
            let schema = statement.query_map([], |row| row.get(0)).unwrap();
            schema.collect::<Result<_, _>>().unwrap()
        };
        let migrated = Connection::open_in_memory().unwrap();
        for migration in [
            include_str!("../../../store/migrations/01_hub.sql"),
            include_str!("../../../store/migrations/02_find.sql"),
            include_str!("../../../store/migrations/03_slots.sql"),
            include_str!("../../../store/migrations/04_earlier.sql"),
            include_str!("../../../store/migrations/05_keys.sql"),
        ] {
            migrated.execute_batch(migration).unwrap();
        }
        let dir = tempfile::tempdir().unwrap();
        let database = open(dir.path()).await.unwrap();
        assert_eq!(schema(&database), schema(&migrated));
    }

    #[tokio::test]
    async fn it_is_as_durable_as_a_host() {
        let dir = tempfile::tempdir().unwrap();
        let database = open(dir.path()).await.unwrap();
        assert_eq!(read_back(&database, "synchronous").unwrap(), "2");
        assert_eq!(read_back(&database, "journal_mode").unwrap(), "wal");
        let row: i64 = database
            .query_row(
                "SELECT id FROM module WHERE digest = ?1",
                [module().as_bytes()],
                |row| row.get(0),
            )
            .unwrap();
        assert_eq!(row, MODULE_ROW);
    }
}
