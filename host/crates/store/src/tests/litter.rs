//! What is long goes in parts, and nobody sees any of it from the first on.

use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use futures_util::future::join_all;
use rusqlite::{Connection, params};
use soloist_core::{EventKind, ExecutionId, LogLevel, LogLine};
use soloist_engine::testing::block_on;
use soloist_engine::testing::story::{Story, at, began, commit, prepare, raised_event};
use soloist_engine::{Operation, Purged, TaskHub};

use super::Temporary;
use super::faults::on_writer;
use crate::litter::{self, PART_ROWS};
use crate::open::STEPS;
use crate::{SqliteHub, StoreSettings};

/// Where the child's hub is. Only the child has it.
const CHILD: &str = "SOLOIST_STORE_TEST_LITTERING_CHILD";
const KILLS: u64 = 6;

/// Events and log lines that are given up, events that are not, and log lines that are not.
fn rows(dir: &Path) -> [i64; 3] {
    let database = Connection::open(dir.join("soloist.db")).unwrap();
    let count = |sql: &str| -> i64 { database.query_row(sql, [], |row| row.get(0)).unwrap() };
    // Whatever nobody names any more must be known as litter.
    let named = "(SELECT execution FROM instance UNION ALL SELECT execution FROM earlier)";
    let lost = format!(
        "SELECT count(*) FROM (SELECT execution FROM history UNION SELECT execution FROM log) \
         WHERE execution NOT IN {named} AND execution NOT IN (SELECT execution FROM litter)"
    );
    assert_eq!(count(&lost), 0);
    let of = |table: &str, is: &str| {
        count(&format!(
            "SELECT count(*) FROM {table} WHERE execution {is} {named}"
        ))
    };
    [
        of("history", "NOT IN") + of("log", "NOT IN"),
        of("history", "IN"),
        of("log", "IN"),
    ]
}

/// Commits operations of one instance, many at once: they take effect in their order.
async fn commit_all(hub: &SqliteHub, operations: Vec<Operation>) {
    for operations in operations.chunks(20) {
        let commits = operations
            .iter()
            .map(|operation| hub.commit(operation.clone()));
        for committed in join_all(commits).await {
            committed.unwrap();
        }
    }
}

/// So many events in a few turns.
async fn events(hub: &SqliteHub, story: &mut Story, count: usize) {
    let kinds: Vec<EventKind> = (0..count).map(|_| raised_event("Go", "1")).collect();
    let turns = kinds
        .chunks(500)
        .map(|kinds| story.turn(11, kinds.to_vec()));
    commit_all(hub, turns.collect()).await;
}

/// An instance that has ended after so many events and log lines.
async fn long(hub: &SqliteHub, name: &str, count: usize, lines: u32) -> Story {
    end_of_long(hub, Story::of(name), count, lines).await
}

async fn end_of_long(hub: &SqliteHub, mut story: Story, count: usize, lines: u32) -> Story {
    commit(hub, story.start(10, "1")).await;
    let logs = (0..lines).map(|ordinal| LogLine {
        ordinal,
        timestamp: at(11),
        level: LogLevel::Info,
        message: "a line".to_owned(),
    });
    let logs = logs.collect();
    let turn = story.turn(11, [began()]);
    commit(hub, Operation { logs, ..turn }).await;
    events(hub, &mut story, count).await;
    commit(hub, story.complete(12)).await;
    story
}

async fn purge(hub: &SqliteHub, story: &Story) {
    let purged = hub.purge(&story.instance, None).await.unwrap();
    assert_eq!(purged, Purged::Purged);
    assert_eq!(hub.status(&story.instance).await.unwrap(), None);
    assert_eq!(hub.earlier(&story.instance).await.unwrap(), None);
    let history = hub.history(&story.instance, story.execution).await;
    assert!(history.unwrap().is_none());
    let logs = hub.logs(&story.instance, Some(story.execution), None, 9);
    assert_eq!(logs.await.unwrap(), None);
}

/// Each write is followed by a part of the sweeping, at least.
async fn swept(hub: &SqliteHub, dir: &Path) -> [i64; 3] {
    for _ in 0..1_000 {
        let rows = rows(dir);
        if rows[0] == 0 {
            return rows;
        }
        on_writer(hub, |_| {}).await;
    }
    panic!("it is never swept up");
}

#[test]
fn a_long_history_goes_with_its_log_until_nothing_is_left() {
    block_on(async {
        let hub = Temporary::new();
        prepare(&*hub).await;
        let story = long(&hub, "long", 5_000, 2_500).await;
        let other = long(&hub, "other", 10, 10).await;
        purge(&hub, &story).await;
        assert_eq!(swept(&hub, hub.dir.path()).await, [0, 13, 10]);
        // The id is free at once for another life, of which nothing goes.
        let mut story = long(&hub, "other-long", 3_000, 0).await;
        purge(&hub, &story).await;
        commit(&*hub, story.start_again(20, "1")).await;
        assert_eq!(swept(&hub, hub.dir.path()).await, [0, 14, 10]);
        purge(&hub, &other).await;
        assert_eq!(swept(&hub, hub.dir.path()).await, [0, 1, 0]);
    });
}

#[test]
fn a_thousand_earlier_executions_go_with_their_instance() {
    block_on(async {
        let settings = StoreSettings {
            kept_executions: 1_000,
            ..StoreSettings::default()
        };
        let hub = Temporary::with(settings);
        prepare(&*hub).await;
        let mut story = Story::of("a");
        commit(&*hub, story.start(10, "1")).await;
        let mut generations = Vec::new();
        for _ in 0..1_000 {
            generations.push(story.turn(11, [began()]));
            generations.push(story.continue_as_new(12, "1"));
        }
        commit_all(&hub, generations).await;
        commit(&*hub, story.complete(13)).await;
        assert_eq!(rows(hub.dir.path())[..2], [0, 3_002]);
        purge(&hub, &story).await;
        assert_eq!(swept(&hub, hub.dir.path()).await, [0, 0, 0]);
    });
}

#[test]
fn a_long_execution_is_left_behind_for_the_next_one() {
    block_on(async {
        let hub = Temporary::new();
        prepare(&*hub).await;
        let mut story = Story::of("a");
        commit(&*hub, story.start(10, "1")).await;
        for generation in 0..3 {
            commit(&*hub, story.turn(11, [began()])).await;
            events(&hub, &mut story, 2_000).await;
            commit(&*hub, story.continue_as_new(12, "1")).await;
            let loaded = hub.load(&story.instance).await.unwrap().unwrap();
            assert_eq!(loaded.history.events().len(), 1, "{generation}");
        }
        assert_eq!(swept(&hub, hub.dir.path()).await, [0, 1, 0]);
    });
}

/// A database with an execution in it that nothing names.
fn littered(events: usize, event: &str) -> Connection {
    let mut database = Connection::open_in_memory().unwrap();
    let migrations = rusqlite_migration::Migrations::from_slice(STEPS);
    migrations.to_latest(&mut database).unwrap();
    database
        .execute("INSERT INTO litter (execution) VALUES (zeroblob(16))", [])
        .unwrap();
    for sequence in 1..=events {
        database
            .execute(
                "INSERT INTO history (execution, sequence, timestamp, event) VALUES (zeroblob(16), ?1, 0, ?2)",
                params![i64::try_from(sequence).unwrap(), event],
            )
            .unwrap();
    }
    database
}

fn left(database: &Connection) -> usize {
    let sql = "SELECT count(*) FROM history";
    let left: i64 = database.query_row(sql, [], |row| row.get(0)).unwrap();
    usize::try_from(left).unwrap()
}

#[test]
fn a_part_has_so_many_rows_at_most() {
    let database = littered(PART_ROWS * 2 + 500, "{}");
    for expected in [PART_ROWS + 500, 500, 0] {
        assert!(litter::is_there(&database).unwrap());
        litter::sweep(&database).unwrap();
        assert_eq!(left(&database), expected);
    }
    assert!(!litter::is_there(&database).unwrap());
}

#[test]
fn a_part_has_so_many_bytes_at_most_but_always_one_event() {
    let mebibyte = format!("\"{}\"", "x".repeat(1024 * 1024));
    let database = littered(10, &mebibyte);
    for expected in [6, 2, 0] {
        litter::sweep(&database).unwrap();
        assert_eq!(left(&database), expected);
    }
    let huge = format!("\"{}\"", "x".repeat(9 * 1024 * 1024));
    let database = littered(2, &huge);
    for expected in [1, 0] {
        litter::sweep(&database).unwrap();
        assert_eq!(left(&database), expected);
    }
}

/// Not a test by itself: what the killed process does.
#[test]
fn litters_until_it_is_killed() {
    if let Some(dir) = std::env::var_os(CHILD) {
        block_on(litter_for_ever(Path::new(&dir)));
    }
}

async fn litter_for_ever(dir: &Path) {
    let hub = SqliteHub::open(dir, StoreSettings::default()).unwrap();
    for number in 0_u64.. {
        // A new process draws the same execution ids, and what it finds may have some of them.
        let process = std::process::id();
        let name = format!("long-{process}-{number}");
        let mut story = Story::of(&name);
        let id = u128::from(process) << 64 | u128::from(number);
        story.execution = ExecutionId::new(uuid::Uuid::from_u128(id));
        let story = end_of_long(&hub, story, 6_000, 600).await;
        say(&format!("ended {name}"));
        purge(&hub, &story).await;
        say(&format!("purged {name}"));
    }
}

fn say(what: &str) {
    let mut out = std::io::stdout().lock();
    writeln!(out, "{what}").unwrap();
    out.flush().unwrap();
}

#[test]
fn what_a_kill_leaves_is_swept_up_by_the_next_host() {
    let dir = tempfile::tempdir().unwrap();
    block_on(async {
        let hub = SqliteHub::open(dir.path(), StoreSettings::default()).unwrap();
        prepare(&hub).await;
    });
    let mut left = 0;
    for kill in 0..KILLS {
        let said = said_before_a_kill(dir.path(), 1 + kill % 3);
        left += rows(dir.path())[0];
        block_on(async {
            let hub = SqliteHub::open(dir.path(), StoreSettings::default()).unwrap();
            for line in &said {
                if let Some(name) = line.strip_prefix("purged ") {
                    let gone = hub.status(&name.parse().unwrap()).await.unwrap();
                    assert_eq!(gone, None, "{name}");
                }
            }
            swept(&hub, dir.path()).await;
            // Whatever is still there is whole.
            let database = Connection::open(dir.path().join("soloist.db")).unwrap();
            let sql = "SELECT instance_id FROM instance";
            let mut names = database.prepare(sql).unwrap();
            let names = names.query_map([], |row| row.get::<_, String>(0)).unwrap();
            for name in names.map(Result::unwrap) {
                assert!(hub.load(&name.parse().unwrap()).await.unwrap().is_some());
            }
        });
    }
    assert!(left > 0, "no kill left anything; the test showed nothing");
}

/// What a child said before it was killed, which was when it had purged so many.
fn said_before_a_kill(dir: &Path, after: u64) -> Vec<String> {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "tests::litter::litters_until_it_is_killed",
        ])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let (mut said, mut purged) = (Vec::new(), 0);
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        purged += u64::from(line.starts_with("purged "));
        said.push(line);
        if purged == after {
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert!(
        purged >= after && !status.success(),
        "the child ended by itself: {status}"
    );
    said
}
