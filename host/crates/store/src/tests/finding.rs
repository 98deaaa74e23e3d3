//! What is found costs what it finds: no page walks past all that does not match.

use rusqlite::types::Null;
use rusqlite::{Connection, params_from_iter};
use soloist_core::Timestamp;
use soloist_engine::testing::block_on;
use soloist_engine::testing::story::{at, function};
use soloist_engine::{InstanceFilter, InstancePage, InstanceQuery, RuntimeStatus, Shown, TaskHub};

use super::Temporary;
use crate::query::STATEMENTS;

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
         SELECT 'customer', '43', created, id FROM instance WHERE function = 'crowd'";
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
                tags: [("customer".to_owned(), "42".to_owned())].into(),
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

#[test]
fn a_page_looks_only_at_what_its_index_finds() {
    let hub = Temporary::new();
    crowd(&hub);
    for (filter, expected) in filters() {
        let query = InstanceQuery {
            filter: filter.clone(),
            after: None,
            shown: Shown::WithoutPayloads,
            limit: 100,
            // As many as are found: had the walk to pass another, the page would say where to go on.
            looks_max: expected.len(),
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
    for sql in STATEMENTS {
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
