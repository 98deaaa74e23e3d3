//! Instances are counted. How many there are of each function in each state, the database keeps itself; those with a tag are
//! looked at.

use rusqlite::{Connection, params};
use soloist_core::FunctionName;
use soloist_engine::{CountQuery, InstanceCounts};

use crate::columns::{self, Columns};
use crate::tags;

const ALL: &str = "SELECT function, status, instances FROM tally";
const OF_FUNCTION: &str = "SELECT function, status, instances FROM tally WHERE function = ?1";
const HOW_MANY_TAGGED: &str =
    "SELECT count(*) FROM (SELECT 1 FROM tag WHERE name = ?1 AND value = ?2 LIMIT ?3)";
const TAGGED: &str = "SELECT function, status, instance.id, instance.created FROM tag CROSS JOIN instance \
    ON instance.id = tag.instance WHERE tag.name = ?1 AND tag.value = ?2";

/// Counts as of one moment; nothing if more would have to be looked at than may be.
pub(crate) fn count(
    database: &mut Connection,
    query: &CountQuery,
) -> rusqlite::Result<Option<InstanceCounts>> {
    let moment = database.transaction()?;
    if query.tags.is_empty() {
        return kept(&moment, query).map(Some);
    }
    let most = columns::number(query.looks_max);
    let mut rarest: Option<(i64, &str, &str)> = None;
    for (name, value) in &query.tags {
        let limit = most.saturating_add(1);
        let tagged: i64 = moment
            .prepare_cached(HOW_MANY_TAGGED)?
            .query_row(params![name, value, limit], |row| row.get(0))?;
        if rarest.is_none_or(|(before, ..)| tagged < before) {
            rarest = Some((tagged, name, value));
        }
    }
    match rarest {
        Some((tagged, name, value)) if tagged <= most => {
            looked_at(&moment, query, name, value).map(Some)
        }
        Some(_) | None => Ok(None),
    }
}

fn kept(moment: &Connection, query: &CountQuery) -> rusqlite::Result<InstanceCounts> {
    let mut counts = InstanceCounts::default();
    let mut statement = match &query.function {
        Some(_) => moment.prepare_cached(OF_FUNCTION)?,
        None => moment.prepare_cached(ALL)?,
    };
    let function = query.function.iter().map(FunctionName::as_str);
    let mut rows = statement.query(rusqlite::params_from_iter(function))?;
    while let Some(row) = rows.next()? {
        counts.add(row.function(0)?, row.status(1)?, row.size(2)?);
    }
    Ok(counts)
}

fn looked_at(
    moment: &Connection,
    query: &CountQuery,
    name: &str,
    value: &str,
) -> rusqlite::Result<InstanceCounts> {
    let mut counts = InstanceCounts::default();
    let mut statement = moment.prepare_cached(TAGGED)?;
    let mut rows = statement.query([name, value])?;
    while let Some(row) = rows.next()? {
        let function = row.function(0)?;
        if query
            .function
            .as_ref()
            .is_some_and(|wanted| *wanted != function)
        {
            continue;
        }
        let has_others =
            query.tags.len() == 1 || tags::has_all(moment, row.get(2)?, row.get(3)?, &query.tags)?;
        if has_others {
            counts.add(function, row.status(1)?, 1);
        }
    }
    Ok(counts)
}
