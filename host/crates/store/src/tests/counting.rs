//! Counts that are kept are those that counting would give, whatever became of the writes.

use std::num::NonZeroU32;

use futures_util::future::join_all;
use rusqlite::Connection;
use rusqlite_migration::Migrations;
use soloist_engine::testing::block_on;
use soloist_engine::testing::story::{
    FUNCTION, Story, as_function, began, bind, commit, failed, function, prepare, terminated,
};
use soloist_engine::{
    CountQuery, InstanceCounts, InstanceLimit, Operation, RuntimeStatus, TaskHub, WhenFull,
};

use super::Temporary;
use super::faults::fail_next_batch;
use crate::open::STEPS;
use crate::{OpenError, SqliteHub, StoreSettings};

/// What all rows of instances say, if they are counted.
fn counted(database: &Connection) -> Vec<(String, i64, i64)> {
    rows(
        database,
        "SELECT function, status, count(*) FROM instance GROUP BY function, status",
    )
}

fn kept(database: &Connection) -> Vec<(String, i64, i64)> {
    rows(
        database,
        "SELECT function, status, instances FROM tally WHERE instances <> 0 ORDER BY function, status",
    )
}

fn rows(database: &Connection, sql: &str) -> Vec<(String, i64, i64)> {
    let mut statement = database.prepare(sql).unwrap();
    let rows = statement.query_map([], |row| Ok((row.get(0)?, row.get(1)?, row.get(2)?)));
    rows.unwrap().map(Result::unwrap).collect()
}

/// A number from a seed, below a bound.
fn draw(seed: &mut u64, bound: u64) -> u64 {
    *seed = seed
        .wrapping_mul(6_364_136_223_846_793_005)
        .wrapping_add(1_442_695_040_888_963_407);
    (*seed >> 33) % bound
}

/// What may be written of an instance, whether that is possible or not.
fn some_operation(story: &mut Story, choice: u64) -> Operation {
    match choice {
        0 | 1 => story.start_again(10, "1"),
        2 => as_function(story.start_again(10, "1"), &function("other")),
        3 => story.turn(11, [began()]),
        4 => Operation {
            status: RuntimeStatus::Suspended,
            ..story.turn(11, [])
        },
        5 => story.complete(12),
        6 => story.end(12, failed()),
        7 => story.continue_as_new(12, "2"),
        _ => as_function(story.replace(12, terminated(), "3"), &function("other")),
    }
}

#[test]
fn counts_are_right_whatever_became_of_the_writes() {
    block_on(async {
        let hub = Temporary::new();
        prepare(&*hub).await;
        bind(&*hub, "other", 1, b"story").await;
        let limit = InstanceLimit {
            max: NonZeroU32::new(3).unwrap(),
            when_full: WhenFull::Reject,
        };
        let limits = [(function("other"), limit)].into();
        hub.limit(&limits).await.unwrap();
        let database = Connection::open(hub.dir.path().join("soloist.db")).unwrap();
        let mut stories: Vec<_> = (0..12).map(|n| Story::of(&format!("i-{n}"))).collect();
        let mut seed = 7;
        let (mut done, mut refused) = (0, 0);
        for round in 0..300 {
            if round % 10 == 9 {
                fail_next_batch(&hub).await;
            }
            let mut tried = Vec::new();
            for (place, story) in stories.iter().enumerate() {
                if draw(&mut seed, 3) == 0 {
                    let mut story = story.clone();
                    let operation = some_operation(&mut story, draw(&mut seed, 9));
                    tried.push((place, story, operation));
                }
            }
            let commits = tried
                .iter()
                .map(|(_, _, operation)| hub.commit(operation.clone()));
            for (outcome, (place, story, _)) in join_all(commits).await.into_iter().zip(tried) {
                match outcome {
                    Ok(_) => {
                        stories[place] = story;
                        done += 1;
                    }
                    Err(_) => refused += 1,
                }
            }
            let gone = usize::try_from(draw(&mut seed, 12)).unwrap();
            drop(hub.purge(&stories[gone].instance, None).await);
            assert_eq!(kept(&database), counted(&database), "round {round}");
        }
        assert!(
            done > 200 && refused > 200,
            "{done} done, {refused} refused"
        );
        let counts = hub.count(CountQuery::default()).await.unwrap().unwrap();
        let mut expected = InstanceCounts::default();
        for (name, status, instances) in counted(&database) {
            let status = RuntimeStatus::ALL[usize::try_from(status).unwrap()];
            let instances = u64::try_from(instances).unwrap();
            expected.add(function(&name), status, instances);
        }
        assert_eq!(counts, expected);
    });
}

/// A directory with a database as the first so many versions of the host left it.
fn as_of_version(version: usize) -> (tempfile::TempDir, Connection) {
    let dir = tempfile::tempdir().unwrap();
    let mut database = Connection::open(dir.path().join("soloist.db")).unwrap();
    let migrations = Migrations::from_slice(&STEPS[..version]);
    migrations.to_latest(&mut database).unwrap();
    let id = 0x536F_6C6F;
    database.pragma_update(None, "application_id", id).unwrap();
    (dir, database)
}

#[test]
fn what_was_there_before_counts_were_kept_is_counted() {
    block_on(async {
        let (dir, database) = as_of_version(4);
        let instances = "INSERT INTO module (id, digest, size, created) VALUES (1, zeroblob(32), 0, 0); \
             WITH RECURSIVE n(i) AS (SELECT 0 UNION ALL SELECT i + 1 FROM n WHERE i < 599) \
             INSERT INTO instance (instance_id, function, module, execution, next_sequence, status, created, last_updated, \
               ready, open_work) \
             SELECT printf('i-%d', i), CASE WHEN i < 60 THEN 'few' ELSE 'many' END, CASE WHEN i % 6 < 3 THEN 1 END, \
               randomblob(16), 2, i % 6, i, i, 0, 0 FROM n";
        database.execute_batch(instances).unwrap();
        drop(database);
        let hub = SqliteHub::open(dir.path(), StoreSettings::default()).unwrap();
        let mut expected = InstanceCounts::default();
        for status in RuntimeStatus::ALL {
            expected.add(function("few"), status, 10);
            expected.add(function("many"), status, 90);
        }
        let counts = hub.count(CountQuery::default()).await.unwrap();
        assert_eq!(counts, Some(expected.clone()));
        prepare(&hub).await;
        commit(&hub, Story::of("new").start(10, "1")).await;
        expected.add(function(FUNCTION), RuntimeStatus::Pending, 1);
        drop(hub);
        // It is migrated once.
        let hub = SqliteHub::open(dir.path(), StoreSettings::default()).unwrap();
        let counts = hub.count(CountQuery::default()).await.unwrap();
        assert_eq!(counts, Some(expected));
    });
}

#[test]
fn what_is_older_than_that_is_refused() {
    let (dir, database) = as_of_version(3);
    drop(database);
    let Err(refused) = SqliteHub::open(dir.path(), StoreSettings::default()) else {
        panic!("it was opened");
    };
    assert!(matches!(refused, OpenError::Older { .. }), "{refused:?}");
}
