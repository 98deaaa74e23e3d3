//! Instances are found: by the index that fits the filter, page by page, and no page looks at more than it may.

use std::iter::Peekable;

use rusqlite::types::ToSql;
use rusqlite::{CachedStatement, Connection, Rows, params};
use soloist_core::{Payload, Timestamp};
use soloist_engine::{
    EndPlace, EndedInstance, InstanceOrder, InstancePage, InstancePlace, InstanceQuery,
    InstanceStatus, RuntimeStatus, Shown,
};

use crate::columns::{self, Columns};
use crate::instances::{self, Unreadable};
use crate::tags;

const BY_ID_FROM: &str = "SELECT id, created, instance_id FROM instance INDEXED BY sqlite_autoindex_instance_1 \
    WHERE instance_id >= ?1 ORDER BY instance_id";
const BY_ID_AFTER: &str = "SELECT id, created, instance_id FROM instance INDEXED BY sqlite_autoindex_instance_1 \
    WHERE instance_id > ?1 ORDER BY instance_id";
const BY_TAG: &str = "SELECT instance, created, NULL FROM tag \
    WHERE name = ?1 AND value = ?2 AND (created, instance) > (?3, ?4) AND created <= ?5 ORDER BY created, instance";
const BY_FUNCTION: &str = "SELECT id, created, NULL FROM instance INDEXED BY instance_function \
    WHERE function = ?1 AND status = ?2 AND (created, id) > (?3, ?4) AND created <= ?5 ORDER BY created, id";
const BY_STATUS: &str = "SELECT id, created, NULL FROM instance INDEXED BY instance_status \
    WHERE status = ?1 AND (created, id) > (?2, ?3) AND created <= ?4 ORDER BY created, id";
const ENDED: &str = "SELECT id, instance_id, execution, last_updated FROM instance INDEXED BY instance_ended \
    WHERE status >= 3 AND (last_updated, id) > (?1, ?2) AND last_updated <= ?3 ORDER BY last_updated, id LIMIT ?4";
const ROW: &str = "SELECT instance_id, execution, next_sequence, function, status, custom_status, created, \
    last_updated FROM instance WHERE id = ?1";

/// All statements that walk, for the test that looks at their plans.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 6] = [
    BY_ID_FROM,
    BY_ID_AFTER,
    BY_TAG,
    BY_FUNCTION,
    BY_STATUS,
    ENDED,
];

const ALL: [RuntimeStatus; 6] = [
    RuntimeStatus::Pending,
    RuntimeStatus::Running,
    RuntimeStatus::Suspended,
    RuntimeStatus::Completed,
    RuntimeStatus::Failed,
    RuntimeStatus::Terminated,
];

/// An instance as an index has it.
struct Candidate {
    number: i64,
    created: i64,
    /// Where the index holds it.
    id: Option<String>,
}

/// A walk along an index, from where a page begins.
struct Walk<'q> {
    sql: &'static str,
    values: Vec<Box<dyn ToSql + 'q>>,
}

/// A page of instances, as of one moment.
pub(crate) fn query(
    database: &mut Connection,
    query: &InstanceQuery,
) -> rusqlite::Result<InstancePage> {
    let moment = database.transaction()?;
    let mut statements = Vec::new();
    let mut values = Vec::new();
    for walk in walks(query) {
        statements.push(moment.prepare_cached(walk.sql)?);
        values.push(walk.values);
    }
    let candidates = statements
        .iter_mut()
        .zip(&values)
        .map(|(statement, values)| begin(statement, values))
        .collect::<rusqlite::Result<Vec<_>>>()?;
    let mut page = InstancePage {
        instances: Vec::new(),
        next: None,
    };
    let (mut last, mut looks, mut bytes) = (None, 0, 0);
    for candidate in Merged(candidates) {
        let candidate = candidate?;
        if !is_within(&candidate, query) {
            break;
        }
        let is_full = page.instances.len() >= query.limit || bytes >= query.bytes_max;
        if is_full || looks >= query.looks_max {
            page.next = last;
            break;
        }
        looks += 1;
        match read(&moment, candidate.number, query) {
            Ok(None) => {}
            Ok(Some((found, size))) => {
                bytes += size;
                page.instances.push(found);
            }
            Err(Unreadable::Database(error)) => return Err(error),
            Err(Unreadable::Corrupt(cause)) => tracing::error!(
                instance.number = candidate.number,
                error = &*cause,
                "an instance cannot be read, so it is not listed"
            ),
        }
        // An id that cannot be read is no place to go on from; the one before it is.
        last = place_of(candidate).or(last);
    }
    Ok(page)
}

/// False once the walk has left the ids that begin as the filter says.
fn is_within(candidate: &Candidate, query: &InstanceQuery) -> bool {
    let prefix = query.filter.prefix.as_deref().unwrap_or_default();
    let id = candidate.id.as_deref();
    id.is_none_or(|id| id.starts_with(prefix))
}

fn place_of(candidate: Candidate) -> Option<InstancePlace> {
    match candidate.id {
        Some(id) => id.parse().ok().map(InstancePlace::Id),
        None => Some(InstancePlace::Creation {
            created: Timestamp::from_millis(candidate.created),
            number: candidate.number,
        }),
    }
}

/// The walks that together pass all that can match, in the order of the filter.
fn walks(query: &InstanceQuery) -> Vec<Walk<'_>> {
    let filter = &query.filter;
    if filter.order() == InstanceOrder::Id {
        let prefix = filter.prefix.as_deref().unwrap_or_default();
        let (sql, from) = match &query.after {
            Some(InstancePlace::Id(after)) if after.as_str() >= prefix => {
                (BY_ID_AFTER, after.as_str())
            }
            _ => (BY_ID_FROM, prefix),
        };
        return vec![Walk {
            sql,
            values: vec![Box::new(from)],
        }];
    }
    let (created, number) = beginning(query);
    let to = filter.created_to.map_or(i64::MAX, Timestamp::as_millis);
    let place =
        || -> Vec<Box<dyn ToSql>> { vec![Box::new(created), Box::new(number), Box::new(to)] };
    if let Some((name, value)) = filter.tags.first_key_value() {
        let mut values: Vec<Box<dyn ToSql + '_>> = vec![Box::new(name), Box::new(value)];
        values.extend(place());
        return vec![Walk {
            sql: BY_TAG,
            values,
        }];
    }
    let statuses = ALL.into_iter().filter(|status| {
        let wanted = filter.statuses.as_ref();
        wanted.is_none_or(|wanted| wanted.contains(status))
    });
    statuses
        .map(|status| {
            let mut values: Vec<Box<dyn ToSql + '_>> = Vec::new();
            let sql = match &filter.function {
                Some(function) => {
                    values.push(Box::new(function.as_str()));
                    BY_FUNCTION
                }
                None => BY_STATUS,
            };
            values.push(Box::new(columns::status(status)));
            values.extend(place());
            Walk { sql, values }
        })
        .collect()
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

/// What is to be shown of an instance, with its size; nothing if it does not match.
fn read(
    moment: &Connection,
    number: i64,
    query: &InstanceQuery,
) -> Result<Option<(InstanceStatus, usize)>, Unreadable> {
    let (mut found, next) = moment.prepare_cached(ROW)?.query_row([number], |row| {
        let status = InstanceStatus {
            instance: row.instance(0)?,
            function: row.function(3)?,
            execution: row.execution(1)?,
            status: row.status(4)?,
            input: Payload::null(),
            end: None,
            custom_status: match query.shown {
                Shown::Whole | Shown::WithoutInput => row.payload(5)?,
                Shown::WithoutPayloads => None,
            },
            history_events: row.sequence(2)?.get() - 1,
            created: row.time(6)?,
            last_updated: row.time(7)?,
            tags: std::collections::BTreeMap::new(),
        };
        Ok((status, row.get::<_, i64>(2)?))
    })?;
    let filter = &query.filter;
    let created = found.created.as_millis();
    if !filter.matches_row(&found) || !tags::has_all(moment, number, created, &filter.tags)? {
        return Ok(None);
    }
    found.tags = tags::of(moment, number)?;
    if query.shown == Shown::Whole {
        found.input = instances::input(moment, &found.execution)?;
    }
    let mut size = found.input.as_str().len();
    size += found
        .custom_status
        .as_ref()
        .map_or(0, |payload| payload.as_str().len());
    if query.shown != Shown::WithoutPayloads && !found.status.is_live() {
        let (end, end_size) = instances::end(moment, &found.execution, next - 1)?;
        found.end = Some(end);
        size += end_size;
    }
    Ok(Some((found, size)))
}

pub(crate) fn ended(
    database: &Connection,
    after: Option<EndPlace>,
    until: Timestamp,
    limit: usize,
) -> rusqlite::Result<Vec<EndedInstance>> {
    let (ended, number) = after.map_or((i64::MIN, 0), |after| {
        (after.ended.as_millis(), after.number)
    });
    database
        .prepare_cached(ENDED)?
        .query_map(
            params![ended, number, until.as_millis(), columns::number(limit)],
            |row| {
                Ok(EndedInstance {
                    instance: row.instance(1)?,
                    execution: row.execution(2)?,
                    place: EndPlace {
                        ended: row.time(3)?,
                        number: row.get(0)?,
                    },
                })
            },
        )?
        .collect()
}
