//! Instances are found: by the index that fits the filter, page by page, and no page looks at more than it may.

use std::collections::BTreeMap;

use rusqlite::{Connection, Row, params};
use soloist_core::{Payload, Timestamp};
use soloist_engine::{
    EndPlace, EndedInstance, InstanceFilter, InstanceOrder, InstancePage, InstancePlace,
    InstanceQuery, InstanceStatus, Shown,
};

use crate::columns::{self, Columns};
use crate::instances::{self, Unreadable};
use crate::tags;
use crate::walk::{Candidate, along, paths};

const ENDED: &str = "SELECT id, instance_id, execution, last_updated FROM instance INDEXED BY instance_ended \
    WHERE status >= 3 AND (last_updated, id) > (?1, ?2) AND last_updated <= ?3 ORDER BY last_updated, id LIMIT ?4";
const ROW: &str = "SELECT instance_id, execution, next_sequence, function, status, custom_status, created, \
    last_updated FROM instance WHERE id = ?1";

/// The statement that walks without a path, for the test that looks at plans.
#[cfg(test)]
pub(crate) const STATEMENTS: [&str; 1] = [ENDED];

/// A page of instances, as of one moment.
pub(crate) fn query(
    database: &mut Connection,
    query: &InstanceQuery,
) -> rusqlite::Result<InstancePage> {
    let moment = database.transaction()?;
    let paths = paths(&query.filter);
    // What one path leads to in plenty, another may hardly lead to: if that is short enough to be looked at whole, it will do.
    for path in paths.iter().skip(1) {
        let found: Vec<_> = along(&moment, query, *path, |found| {
            found.take(query.looks_max.saturating_add(1)).collect()
        })?;
        if found.len() <= query.looks_max {
            let found = if path.order() == query.filter.order() {
                found
            } else {
                sorted(&moment, query, found)?
            };
            let found = found.into_iter().map(Ok);
            return Ok(page(&moment, query, query.looks_max, found)?.page);
        }
    }
    // All are long, or there is one only. On each all that matches comes in the same order, so whichever gets furthest has most
    // of it; how many looks that takes cannot be told without looking.
    let order = query.filter.order();
    let in_order: Vec<_> = paths
        .into_iter()
        .filter(|path| path.order() == order)
        .collect();
    let share = (query.looks_max / in_order.len()).max(1);
    let mut furthest: Option<Page> = None;
    for path in in_order {
        let page = along(&moment, query, path, |found| {
            page(&moment, query, share, found)
        })?;
        if !page.is_short {
            return Ok(page.page);
        }
        if furthest.as_ref().is_none_or(|best| page.is_beyond(best)) {
            furthest = Some(page);
        }
    }
    Ok(furthest.expect("one path is in order").page)
}

struct Page {
    page: InstancePage,
    /// It could hold more, but as many have been looked at as may be.
    is_short: bool,
}

impl Page {
    /// True if it says to go on from a later place.
    fn is_beyond(&self, other: &Self) -> bool {
        match (&self.page.next, &other.page.next) {
            (Some(InstancePlace::Id(this)), Some(InstancePlace::Id(other))) => {
                this.as_str() > other.as_str()
            }
            (
                Some(InstancePlace::Creation { created, number }),
                Some(InstancePlace::Creation {
                    created: other_created,
                    number: other_number,
                }),
            ) => (created, number) > (other_created, other_number),
            (this, _) => this.is_none(),
        }
    }
}

/// The page that begins with the first of these, which come in the order of the filter.
fn page(
    moment: &Connection,
    query: &InstanceQuery,
    looks_max: usize,
    candidates: impl Iterator<Item = rusqlite::Result<Candidate>>,
) -> rusqlite::Result<Page> {
    let mut page = InstancePage {
        instances: Vec::new(),
        next: None,
    };
    let mut is_short = false;
    let (mut last, mut looks, mut bytes) = (None, 0, 0);
    for candidate in candidates {
        let candidate = candidate?;
        let is_full = page.instances.len() >= query.limit || bytes >= query.bytes_max;
        if is_full || looks >= looks_max {
            page.next = last;
            is_short = !is_full;
            break;
        }
        looks += 1;
        if let Some((found, size)) =
            readable(candidate.number, read(moment, candidate.number, query))?
        {
            bytes += size;
            page.instances.push(found);
        }
        // An id that cannot be read is no place to go on from; the one before it is.
        last = place_of(candidate).or(last);
    }
    Ok(Page { page, is_short })
}

/// Of all candidates of a page those that match, in the order of the filter, which is not that in which they were found.
fn sorted(
    moment: &Connection,
    query: &InstanceQuery,
    candidates: Vec<Candidate>,
) -> rusqlite::Result<Vec<Candidate>> {
    let mut matching = Vec::new();
    for Candidate { number, .. } in candidates {
        let place = place_in_order(moment, number, &query.filter);
        let place = readable(number, place)?;
        matching.extend(place.filter(|place| is_after(place, query.after.as_ref())));
    }
    match query.filter.order() {
        InstanceOrder::Id => matching.sort_unstable_by(|a, b| a.id.cmp(&b.id)),
        InstanceOrder::Creation => matching.sort_unstable_by_key(|one| (one.created, one.number)),
    }
    Ok(matching)
}

/// True if a candidate stands behind a place; one of another order is none.
fn is_after(candidate: &Candidate, place: Option<&InstancePlace>) -> bool {
    match (place, &candidate.id) {
        (Some(InstancePlace::Id(after)), Some(id)) => id.as_str() > after.as_str(),
        (Some(InstancePlace::Creation { created, number }), None) => {
            (candidate.created, candidate.number) > (created.as_millis(), *number)
        }
        (Some(InstancePlace::Id(_)), None)
        | (Some(InstancePlace::Creation { .. }), Some(_))
        | (None, _) => true,
    }
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

/// Nothing, and a line in the log, of what is corrupt: it must not hold up the rest of the list.
fn readable<T: Default>(number: i64, read: Result<T, Unreadable>) -> rusqlite::Result<T> {
    match read {
        Ok(read) => Ok(read),
        Err(Unreadable::Database(error)) => Err(error),
        Err(Unreadable::Corrupt(cause)) => {
            tracing::error!(
                instance.number = number,
                error = &*cause,
                "an instance cannot be read, so it is not listed"
            );
            Ok(T::default())
        }
    }
}

/// Where an instance stands in the order of the filter; nothing if its row does not match.
fn place_in_order(
    moment: &Connection,
    number: i64,
    filter: &InstanceFilter,
) -> Result<Option<Candidate>, Unreadable> {
    let place = moment.prepare_cached(ROW)?.query_row([number], |row| {
        if !matches(row, filter)? {
            return Ok(None);
        }
        Ok(Some(Candidate {
            number,
            created: row.get(6)?,
            id: match filter.order() {
                InstanceOrder::Id => row.get(0)?,
                InstanceOrder::Creation => None,
            },
        }))
    });
    Ok(place?)
}

/// True if a filter lets through what the row of an instance says. Most that is looked at does not pass, so nothing is made of
/// it.
fn matches(row: &Row<'_>, filter: &InstanceFilter) -> rusqlite::Result<bool> {
    let InstanceFilter {
        created_from,
        created_to,
        statuses,
        prefix,
        function,
        tags: _,
    } = filter;
    let (status, created) = (row.status(4)?, row.time(6)?);
    let (id, name) = (row.get_ref(0)?.as_str()?, row.get_ref(3)?.as_str()?);
    Ok(created_from.is_none_or(|from| created >= from)
        && created_to.is_none_or(|to| created <= to)
        && statuses
            .as_ref()
            .is_none_or(|statuses| statuses.contains(&status))
        && prefix.as_ref().is_none_or(|prefix| id.starts_with(prefix))
        && function
            .as_ref()
            .is_none_or(|function| name == function.as_str()))
}

/// What is to be shown of an instance, with its size; nothing if it does not match.
fn read(
    moment: &Connection,
    number: i64,
    query: &InstanceQuery,
) -> Result<Option<(InstanceStatus, usize)>, Unreadable> {
    let filter = &query.filter;
    let row = moment.prepare_cached(ROW)?.query_row([number], |row| {
        if !matches(row, filter)? {
            return Ok(None);
        }
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
            tags: BTreeMap::new(),
        };
        Ok(Some((status, row.get::<_, i64>(2)?)))
    });
    let Some((mut found, next)) = row? else {
        return Ok(None);
    };
    let created = found.created.as_millis();
    if !tags::has_all(moment, number, created, &filter.tags)? {
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
