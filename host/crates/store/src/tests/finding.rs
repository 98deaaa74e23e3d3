//! What is found costs what it finds: no page walks past all that does not match.

use std::collections::BTreeMap;

use rusqlite::types::Null;
use rusqlite::{Connection, params_from_iter};
use soloist_core::Timestamp;
use soloist_engine::testing::block_on;
use soloist_engine::testing::story::{at, function};
use soloist_engine::{InstanceFilter, InstancePage, InstanceQuery, RuntimeStatus, Shown, TaskHub};

use super::Temporary;
use crate::{query, walk};

/// How many ended instances stand around the few that are looked for.
const CROWD: u32 = 50_000;

/// Writes instances without their histories, faster than any host could.
fn crowd(hub: &Temporary) {
    let database = Connection::open(hub.dir.path().join("soloist.db")).unwrap();
    let crowd = format!(
        "WITH RECURSIVE n(i) AS (SELECT 1 UNION ALL SELECT i + 1 FROM n WHERE i < {CROWD}) \
         INSERT INTO instance (instance_id, function, execution, next_sequence, status, created, last_updated, ready, open_work) \
         SELECT printf('done-%07d', i), 'crowd', randomblob(16), 3, 3, i, i, 0, 0 FROM n"
    );
    let few = "INSERT INTO module (id, digest, size, created) VALUES (1, zeroblob(32), 0, 0); \
         INSERT INTO instance (instance_id, function, module, execution, next_sequence, status, created, last_updated, ready, open_work) \
         VALUES ('live-1', 'few', 1, randomblob(16), 2, 1, 90000, 90000, 0, 0), \
                ('live-2', 'few', 1, randomblob(16), 2, 1, 90001, 90001, 0, 0); \
         INSERT INTO tag (name, value, created, instance) \
         SELECT 'customer', '42', created, id FROM instance WHERE instance_id = 'live-2'; \
         INSERT INTO tag (name, value, created, instance) \
         SELECT 'customer', '43', created, id FROM instance WHERE function = 'crowd'; \
         INSERT INTO tag (name, value, created, instance) SELECT 'region', 'west', created, id FROM instance";
    database.execute_batch(&crowd).unwrap();
    database.execute_batch(few).unwrap();
}

fn filters() -> Vec<(InstanceFilter, &'static [&'static str])> {
    let any = InstanceFilter::default;
    vec![
        (
            InstanceFilter {
                prefix: Some("live-".to_owned()),
                ..any()
            },
            &["live-1", "live-2"],
        ),
        (
            InstanceFilter {
                statuses: Some(vec![RuntimeStatus::Pending, RuntimeStatus::Running]),
                ..any()
            },
            &["live-1", "live-2"],
        ),
        (
            InstanceFilter {
                function: Some(function("few")),
                ..any()
            },
            &["live-1", "live-2"],
        ),
        (
            InstanceFilter {
                tags: tag("customer", "42"),
                ..any()
            },
            &["live-2"],
        ),
        (
            InstanceFilter {
                created_from: Some(at(90_000)),
                ..any()
            },
            &["live-1", "live-2"],
        ),
        (
            InstanceFilter {
                created_from: Some(at(40)),
                created_to: Some(at(40)),
                ..any()
            },
            &["done-0000040"],
        ),
        (
            InstanceFilter {
                function: Some(function("crowd")),
                statuses: Some(vec![RuntimeStatus::Failed]),
                ..any()
            },
            &[],
        ),
    ]
}

/// One criterion lets nearly all through, another no more than two: those are looked at.
fn crossed() -> Vec<(InstanceFilter, &'static [&'static str])> {
    let any = InstanceFilter::default;
    vec![
        (
            InstanceFilter {
                prefix: Some("live-".to_owned()),
                tags: tag("region", "west"),
                ..any()
            },
            &["live-1", "live-2"],
        ),
        (
            InstanceFilter {
                statuses: Some(vec![RuntimeStatus::Running]),
                tags: tag("region", "west"),
                ..any()
            },
            &["live-1", "live-2"],
        ),
        (
            InstanceFilter {
                function: Some(function("few")),
                tags: tag("region", "west"),
                ..any()
            },
            &["live-1", "live-2"],
        ),
        (
            InstanceFilter {
                prefix: Some("done-".to_owned()),
                created_from: Some(at(40)),
                created_to: Some(at(41)),
                ..any()
            },
            &["done-0000040", "done-0000041"],
        ),
        (
            InstanceFilter {
                prefix: Some("l".to_owned()),
                statuses: Some(vec![RuntimeStatus::Completed]),
                ..any()
            },
            &[],
        ),
        (
            InstanceFilter {
                prefix: Some("done-".to_owned()),
                statuses: Some(vec![RuntimeStatus::Running]),
                ..any()
            },
            &[],
        ),
        (
            InstanceFilter {
                tags: [tag("customer", "42"), tag("region", "west")]
                    .into_iter()
                    .flatten()
                    .collect(),
                ..any()
            },
            &["live-2"],
        ),
    ]
}

fn tag(name: &str, value: &str) -> BTreeMap<String, String> {
    [(name.to_owned(), value.to_owned())].into()
}

#[test]
fn a_page_looks_only_at_what_its_index_finds() {
    let hub = Temporary::new();
    crowd(&hub);
    let exact = filters().into_iter();
    let exact = exact.map(|(filter, expected)| (filter, expected.len(), expected));
    let crossed = crossed().into_iter();
    let crossed = crossed.map(|(filter, expected)| (filter, 2, expected));
    for (filter, looks_max, expected) in exact.chain(crossed) {
        let query = InstanceQuery {
            filter: filter.clone(),
            after: None,
            shown: Shown::WithoutPayloads,
            limit: 100,
            // Had the walk to pass another, the page would say where to go on.
            looks_max,
            bytes_max: usize::MAX,
        };
        let InstancePage { instances, next } = block_on(hub.query(query)).unwrap();
        let found: Vec<_> = instances
            .iter()
            .map(|found| found.instance.as_str())
            .collect();
        assert_eq!(found, expected, "{filter:?}");
        assert_eq!(next, None, "{filter:?}");
    }
    let ended = hub.ended(None, Timestamp::from_millis(3), 100);
    assert_eq!(block_on(ended).unwrap().len(), 3);
}

#[test]
fn no_walk_reads_what_it_need_not_or_sorts() {
    let hub = Temporary::new();
    let database = Connection::open(hub.dir.path().join("soloist.db")).unwrap();
    for sql in query::STATEMENTS.into_iter().chain(walk::STATEMENTS) {
        let mut statement = database
            .prepare(&format!("EXPLAIN QUERY PLAN {sql}"))
            .unwrap();
        let nothing = vec![Null; statement.parameter_count()];
        let plan: Vec<String> = statement
            .query_map(params_from_iter(nothing), |row| row.get(3))
            .unwrap()
            .map(Result::unwrap)
            .collect();
        assert_eq!(plan.len(), 1, "{sql}: {plan:?}");
        assert!(plan[0].starts_with("SEARCH "), "{sql}: {plan:?}");
    }
}

/// Where all paths are long, a page goes along the one that gets furthest.
#[test]
fn a_long_list_of_nothing_is_over_as_soon_as_the_shortest_path() {
    let hub = Temporary::new();
    crowd(&hub);
    let database = Connection::open(hub.dir.path().join("soloist.db")).unwrap();
    let change = "UPDATE instance SET status = 4 WHERE function = 'crowd' AND created % 50 = 0; \
         INSERT INTO tag (name, value, created, instance) \
         SELECT 'odd', 'yes', created, id FROM instance WHERE created % 2 = 1";
    database.execute_batch(change).unwrap();
    let mut query = InstanceQuery {
        filter: InstanceFilter {
            statuses: Some(vec![RuntimeStatus::Failed]),
            tags: tag("odd", "yes"),
            ..InstanceFilter::default()
        },
        after: None,
        shown: Shown::WithoutPayloads,
        limit: 100,
        looks_max: 100,
        bytes_max: usize::MAX,
    };
    let mut pages = 0;
    for _ in 0..1_000 {
        let page = block_on(hub.query(query.clone())).unwrap();
        assert_eq!(page.instances, []);
        pages += 1;
        query.after = page.next;
        if query.after.is_none() {
            break;
        }
    }
    // Half of the looks of a page go along the 1,000 that failed; of the odd there are 25 times as many.
    assert!((10..=20).contains(&pages), "{pages} pages");
}

/// Whichever path a page takes, it goes on where the one before ended.
#[test]
fn pages_by_different_paths_are_one_list() {
    let hub = Temporary::new();
    crowd(&hub);
    let database = Connection::open(hub.dir.path().join("soloist.db")).unwrap();
    // Every seventh of the crowd fails: more than are looked at on the first page, fewer on the last.
    let failing = "UPDATE instance SET status = 4 WHERE function = 'crowd' AND created % 7 = 0 AND created <= 350; \
         INSERT INTO tag (name, value, created, instance) \
         SELECT 'half', 'first', created, id FROM instance WHERE created <= 25000";
    database.execute_batch(failing).unwrap();
    let failed = InstanceFilter {
        statuses: Some(vec![RuntimeStatus::Failed]),
        ..InstanceFilter::default()
    };
    let expected: Vec<String> = (1..=50).map(|n| format!("done-{:07}", n * 7)).collect();
    for filter in [
        InstanceFilter {
            prefix: Some("done-".to_owned()),
            ..failed.clone()
        },
        InstanceFilter {
            tags: tag("half", "first"),
            ..failed.clone()
        },
        InstanceFilter {
            prefix: Some("done-".to_owned()),
            tags: tag("half", "first"),
            ..failed
        },
    ] {
        let mut query = InstanceQuery {
            filter: filter.clone(),
            after: None,
            shown: Shown::WithoutPayloads,
            limit: 3,
            looks_max: 30,
            bytes_max: usize::MAX,
        };
        let mut found = Vec::new();
        for _ in 0..2_000 {
            let page = block_on(hub.query(query.clone())).unwrap();
            found.extend(page.instances.iter().map(|one| one.instance.to_string()));
            query.after = page.next;
            if query.after.is_none() {
                break;
            }
        }
        assert_eq!(query.after, None, "the pages do not end: {filter:?}");
        assert_eq!(found, expected, "{filter:?}");
    }
}
