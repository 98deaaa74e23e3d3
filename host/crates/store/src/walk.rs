//! The ways along which instances are found: each an index, of which no more is read than is asked for.

use std::iter::Peekable;

use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, Connection, Rows};
use soloist_core::Timestamp;
use soloist_engine::{InstanceFilter, InstanceOrder, InstancePlace, InstanceQuery, RuntimeStatus};

use crate::columns;

const BY_ID_FROM: &str = "SELECT id, 0, instance_id FROM instance INDEXED BY sqlite_autoindex_instance_1 \
    WHERE instance_id >= ?1 ORDER BY instance_id";
const BY_ID_AFTER: &str = "SELECT id, 0, instance_id FROM instance INDEXED BY sqlite_autoindex_instance_1 \
    WHERE instance_id > ?1 ORDER BY instance_id";
const BY_TAG: &str = "SELECT instance, created, NULL FROM tag \
    WHERE name = ?1 AND value = ?2 AND (created, instance) > (?3, ?4) AND created <= ?5 ORDER BY created, instance";
const BY_FUNCTION: &str = "SELECT id, created, NULL FROM instance INDEXED BY instance_function \
    WHERE function = ?1 AND status = ?2 AND (created, id) > (?3, ?4) AND created <= ?5 ORDER BY created, id";
const BY_STATUS: &str = "SELECT id, created, NULL FROM instance INDEXED BY instance_status \
    WHERE status = ?1 AND (created, id) > (?2, ?3) AND created <= ?4 ORDER BY created, id";

/// All statements that walk, for the test that looks at their plans.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 5] = [BY_ID_FROM, BY_ID_AFTER, BY_TAG, BY_FUNCTION, BY_STATUS];

/// An instance as an index has it.
pub(crate) struct Candidate {
    pub(crate) number: i64,
    /// Where the index holds it; else 0.
    pub(crate) created: i64,
    /// Where the index holds it.
    pub(crate) id: Option<String>,
}

/// What leads to all that a filter can let through, and perhaps to more.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Path<'q> {
    /// The ids that begin as the filter says.
    Ids(&'q str),
    /// The instances with a tag, as old as the filter says.
    Tag(&'q str, &'q str),
    /// Those in the states that the filter names, of its function, and as old as it says.
    States,
}

impl Path<'_> {
    pub(crate) fn order(self) -> InstanceOrder {
        match self {
            Path::Ids(_) => InstanceOrder::Id,
            Path::Tag(..) | Path::States => InstanceOrder::Creation,
        }
    }
}

/// The paths for a filter; the first is in its order. There is only one where it leads to nothing else.
pub(crate) fn paths(filter: &InstanceFilter) -> Vec<Path<'_>> {
    let tags = filter.tags.iter();
    let mut paths: Vec<_> = tags.map(|(name, value)| Path::Tag(name, value)).collect();
    if let Some(prefix) = &filter.prefix {
        paths.push(Path::Ids(prefix));
    }
    // A tag has its instance's time of creation beside it.
    let is_bounded = filter.created_from.is_some() || filter.created_to.is_some();
    let is_of_states = filter.statuses.is_some() || filter.function.is_some();
    if paths.is_empty() || is_of_states || (is_bounded && filter.tags.is_empty()) {
        paths.push(Path::States);
    }
    paths
}

/// Reads along a path, from where the page of a query begins.
pub(crate) fn along<T>(
    moment: &Connection,
    query: &InstanceQuery,
    path: Path<'_>,
    read: impl FnOnce(&mut dyn Iterator<Item = rusqlite::Result<Candidate>>) -> rusqlite::Result<T>,
) -> rusqlite::Result<T> {
    let mut statements = Vec::new();
    let mut values = Vec::new();
    for walk in walks(query, path) {
        statements.push(moment.prepare_cached(walk.sql)?);
        values.push(walk.values);
    }
    let walks = statements
        .iter_mut()
        .zip(&values)
        .map(|(statement, values)| begin(statement, values))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let prefix = match path {
        Path::Ids(prefix) => prefix,
        Path::Tag(..) | Path::States => "",
    };
    read(&mut Merged(walks).take_while(|candidate| is_within(candidate, prefix)))
}

/// False once the walk has left the ids that begin as the filter says.
fn is_within(candidate: &rusqlite::Result<Candidate>, prefix: &str) -> bool {
    let id = candidate.as_ref().ok();
    let id = id.and_then(|candidate| candidate.id.as_deref());
    id.is_none_or(|id| id.starts_with(prefix))
}

/// A walk along an index, from where a page begins.
struct Walk<'q> {
    sql: &'static str,
    values: Vec<Box<dyn ToSql + 'q>>,
}

/// The walks that together are a path.
fn walks<'q>(query: &'q InstanceQuery, path: Path<'q>) -> Vec<Walk<'q>> {
    let filter = &query.filter;
    let (created, number) = beginning(query);
    let to = filter.created_to.map_or(i64::MAX, Timestamp::as_millis);
    let walk = |sql, mut values: Vec<Box<dyn ToSql + 'q>>| {
        values.extend([
            Box::new(created) as Box<dyn ToSql>,
            Box::new(number),
            Box::new(to),
        ]);
        Walk { sql, values }
    };
    match path {
        Path::Ids(prefix) => {
            let (sql, from) = match &query.after {
                Some(InstancePlace::Id(after)) if after.as_str() >= prefix => {
                    (BY_ID_AFTER, after.as_str())
                }
                _ => (BY_ID_FROM, prefix),
            };
            let values: Vec<Box<dyn ToSql>> = vec![Box::new(from)];
            vec![Walk { sql, values }]
        }
        Path::Tag(name, value) => vec![walk(BY_TAG, vec![Box::new(name), Box::new(value)])],
        Path::States => RuntimeStatus::ALL
            .into_iter()
            .filter(|status| {
                let wanted = filter.statuses.as_ref();
                wanted.is_none_or(|wanted| wanted.contains(status))
            })
            .map(|status| {
                let status = Box::new(columns::status(status));
                match &filter.function {
                    Some(function) => walk(BY_FUNCTION, vec![Box::new(function.as_str()), status]),
                    None => walk(BY_STATUS, vec![status]),
                }
            })
            .collect(),
    }
}

/// The place after which the page begins, in the order of creation.
fn beginning(query: &InstanceQuery) -> (i64, i64) {
    let from = query.filter.created_from;
    // No instance has a number below.
    let from = from.map_or((i64::MIN, 0), |from| (from.as_millis(), 0));
    match &query.after {
        Some(InstancePlace::Creation { created, number }) => {
            from.max((created.as_millis(), *number))
        }
        Some(InstancePlace::Id(_)) | None => from,
    }
}

/// Rows of one walk.
struct Candidates<'s>(Rows<'s>);

impl Iterator for Candidates<'_> {
    type Item = rusqlite::Result<Candidate>;

    fn next(&mut self) -> Option<Self::Item> {
        let row = self.0.next().transpose()?;
        Some(row.and_then(|row| {
            Ok(Candidate {
                number: row.get(0)?,
                created: row.get(1)?,
                id: row.get(2)?,
            })
        }))
    }
}

fn begin<'s>(
    statement: &'s mut CachedStatement<'_>,
    values: &[Box<dyn ToSql + '_>],
) -> rusqlite::Result<Peekable<Candidates<'s>>> {
    let values: Vec<&dyn ToSql> = values.iter().map(|value| &**value).collect();
    Ok(Candidates(statement.query(&*values)?).peekable())
}

/// Walks in step: of what comes next in each, the first. A single walk keeps its own order.
struct Merged<'s>(Vec<Peekable<Candidates<'s>>>);

impl Iterator for Merged<'_> {
    type Item = rusqlite::Result<Candidate>;

    fn next(&mut self) -> Option<Self::Item> {
        let [_, _, ..] = self.0[..] else {
            return self.0.first_mut()?.next();
        };
        let mut first: Option<(usize, (i64, i64))> = None;
        for (index, walk) in self.0.iter_mut().enumerate() {
            let place = match walk.peek() {
                None => continue,
                Some(Ok(candidate)) => (candidate.created, candidate.number),
                // An error comes first.
                Some(Err(_)) => (i64::MIN, i64::MIN),
            };
            if first.is_none_or(|(_, before)| place < before) {
                first = Some((index, place));
            }
        }
        let (index, _) = first?;
        self.0[index].next()
    }
}
