//! Histories and logs that nobody can see any more. What one operation leaves behind may be long, and others wait for its commit: so
//! it takes away little, and the writer sweeps up the rest, a part at a time, when it has nothing else to do and after each
//! commit. What a crash leaves is swept up after it.

use rusqlite::{Connection, OptionalExtension, params};

/// The most rows that one operation takes away itself.
const ROWS_AT_ONCE: usize = 200;
/// The most rows of one part.
pub(crate) const PART_ROWS: usize = 1_000;
/// From so many bytes of events on, a part is complete.
const PART_BYTES: i64 = 4 * 1024 * 1024;

const FORGET_SOME_EVENTS: &str = "DELETE FROM history WHERE id IN \
    (SELECT id FROM history WHERE execution = ?1 ORDER BY sequence LIMIT ?2)";
const FORGET_SOME_LINES: &str = "DELETE FROM log WHERE rowid IN \
    (SELECT rowid FROM log WHERE execution = ?1 ORDER BY ordinal LIMIT ?2)";

/// How many rows an operation may still take away.
pub(crate) struct Budget(usize);

impl Budget {
    pub(crate) fn of_an_operation() -> Self {
        Self(ROWS_AT_ONCE)
    }

    fn is_spent(&self) -> bool {
        self.0 == 0
    }

    /// Takes rows of an execution away by a statement that is told how many it may take.
    fn spend(
        &mut self,
        database: &Connection,
        sql: &str,
        execution: &[u8],
    ) -> rusqlite::Result<()> {
        if !self.is_spent() {
            let limit = i64::try_from(self.0).unwrap_or(i64::MAX);
            let gone = database
                .prepare_cached(sql)?
                .execute(params![execution, limit])?;
            self.0 = self.0.saturating_sub(gone);
        }
        Ok(())
    }
}

/// All that is kept of an execution but its timers goes: at once if it is little.
pub(crate) fn discard(
    database: &Connection,
    execution: &[u8],
    budget: &mut Budget,
) -> rusqlite::Result<()> {
    for sql in [FORGET_SOME_EVENTS, FORGET_SOME_LINES] {
        budget.spend(database, sql, execution)?;
    }
    if budget.is_spent() {
        database
            .prepare_cached("INSERT INTO litter (execution) VALUES (?1) ON CONFLICT DO NOTHING")?
            .execute([execution])?;
    }
    Ok(())
}

pub(crate) fn is_there(database: &Connection) -> rusqlite::Result<bool> {
    first(database).map(|found| found.is_some())
}

fn first(database: &Connection) -> rusqlite::Result<Option<[u8; 16]>> {
    database
        .prepare_cached("SELECT execution FROM litter LIMIT 1")?
        .query_row([], |row| row.get(0))
        .optional()
}

/// Takes one part away.
pub(crate) fn sweep(database: &Connection) -> rusqlite::Result<()> {
    let mut budget = Budget(PART_ROWS);
    let mut bytes = 0;
    while let Some(execution) = first(database)? {
        sweep_events(database, &execution, &mut budget, &mut bytes)?;
        if bytes >= PART_BYTES {
            break;
        }
        budget.spend(database, FORGET_SOME_LINES, &execution)?;
        if budget.is_spent() {
            break;
        }
        database
            .prepare_cached("DELETE FROM litter WHERE execution = ?1")?
            .execute([execution])?;
    }
    Ok(())
}

/// The oldest events go, until the part is complete.
fn sweep_events(
    database: &Connection,
    execution: &[u8],
    budget: &mut Budget,
    bytes: &mut i64,
) -> rusqlite::Result<()> {
    let mut statement = database.prepare_cached(
        "SELECT octet_length(event) FROM history WHERE execution = ?1 ORDER BY sequence LIMIT ?2",
    )?;
    let limit = i64::try_from(budget.0).unwrap_or(i64::MAX);
    let mut sizes = statement.query(params![execution, limit])?;
    let mut events = 0;
    while *bytes < PART_BYTES
        && let Some(row) = sizes.next()?
    {
        *bytes += row.get::<_, i64>(0)?;
        events += 1;
    }
    drop(sizes);
    let mut part = Budget(events);
    part.spend(database, FORGET_SOME_EVENTS, execution)?;
    budget.0 -= events - part.0;
    Ok(())
}
