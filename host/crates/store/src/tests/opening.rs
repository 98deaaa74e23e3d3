use std::error::Error;
use std::path::Path;

use rusqlite::Connection;
use soloist_core::EventId;
use soloist_engine::testing::block_on;
use soloist_engine::testing::story::{Story, answered, commit, prepare, raised_event};
use soloist_engine::{HubError, TaskHub};
use tempfile::TempDir;

use super::{Temporary, stands_at};
use crate::{OpenError, SqliteHub, StoreSettings};

fn open(dir: &Path) -> Result<SqliteHub, OpenError> {
    SqliteHub::open(dir, StoreSettings::default())
}

fn refusal(dir: &Path) -> OpenError {
    match open(dir) {
        Ok(_) => panic!("{} was opened", dir.display()),
        Err(error) => error,
    }
}

/// A directory with a hub that was closed, and then changed by someone else.
fn changed(change: impl FnOnce(&Connection)) -> TempDir {
    let Temporary { hub, dir } = Temporary::new();
    drop(hub);
    change(&Connection::open(dir.path().join("soloist.db")).unwrap());
    dir
}

#[test]
fn a_second_host_is_told_who_holds_the_directory() {
    let hub = Temporary::new();
    let refused = refusal(hub.dir.path());
    assert!(matches!(refused, OpenError::Held { .. }), "{refused:?}");
    let holder = format!("process {}", std::process::id());
    assert!(refused.to_string().contains(&holder), "{refused}");
    let Temporary { hub, dir } = hub;
    drop(hub);
    open(dir.path()).unwrap();
}

#[test]
fn what_was_committed_is_there_after_a_close() {
    block_on(async {
        let (Temporary { hub, dir }, mut story) = Temporary::with_story("a").await;
        commit(&hub, story.turn(12, [answered(3, "1")])).await;
        drop(hub);
        // The log has been written back: one file is all there is, apart from the lock.
        assert!(!dir.path().join("soloist.db-wal").exists());
        let hub = open(dir.path()).unwrap();
        assert_eq!(stands_at(&hub, &story).await, story.next);
        commit(&hub, story.complete(13)).await;
    });
}

#[test]
fn a_new_directory_is_made() {
    let dir = tempfile::tempdir().unwrap();
    let deep = dir.path().join("a/b");
    drop(open(&deep).unwrap());
    assert!(deep.join("soloist.db").exists());
}

#[test]
fn a_file_in_place_of_the_directory_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    let file = dir.path().join("file");
    std::fs::write(&file, "").unwrap();
    let refused = refusal(&file);
    assert!(matches!(refused, OpenError::Unusable { .. }), "{refused:?}");
    assert!(refused.source().is_some());
}

#[test]
fn a_directory_in_place_of_the_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::create_dir(dir.path().join("soloist.db")).unwrap();
    let refused = refusal(dir.path());
    assert!(matches!(refused, OpenError::Unusable { .. }), "{refused:?}");
}

#[test]
fn what_is_no_database_is_refused() {
    let dir = tempfile::tempdir().unwrap();
    std::fs::write(
        dir.path().join("soloist.db"),
        "not a database".repeat(1_000),
    )
    .unwrap();
    let refused = refusal(dir.path());
    assert!(matches!(refused, OpenError::Damaged { .. }), "{refused:?}");
}

#[test]
fn another_programs_database_is_refused_and_left_alone() {
    let dir = tempfile::tempdir().unwrap();
    let path = dir.path().join("soloist.db");
    let other = Connection::open(&path).unwrap();
    other.execute_batch("CREATE TABLE mine (x)").unwrap();
    drop(other);
    let before = std::fs::read(&path).unwrap();
    let refused = refusal(dir.path());
    assert!(matches!(refused, OpenError::Foreign { .. }), "{refused:?}");
    assert_eq!(std::fs::read(&path).unwrap(), before);
}

#[test]
fn a_newer_hosts_database_is_refused() {
    let dir = changed(|database| database.pragma_update(None, "user_version", 1_000).unwrap());
    let refused = refusal(dir.path());
    assert!(matches!(refused, OpenError::Newer { .. }), "{refused:?}");
}

#[test]
fn an_older_hosts_database_is_refused() {
    for version in [2, 1, 0, -1] {
        let dir = changed(|database| {
            database
                .pragma_update(None, "user_version", version)
                .unwrap();
        });
        let refused = refusal(dir.path());
        assert!(matches!(refused, OpenError::Older { .. }), "{refused:?}");
    }
}

#[test]
fn a_broken_history_is_corrupt_and_names_its_instance() {
    block_on(async {
        let breaks = [
            "DELETE FROM history WHERE sequence = 2",
            "DELETE FROM history WHERE sequence = 3",
            "DELETE FROM history",
            "UPDATE history SET event = 'no JSON' WHERE sequence = 3",
            "UPDATE history SET event = '{\"nothing_known\":{}}' WHERE sequence = 1",
            "UPDATE history SET timestamp = 0 WHERE sequence = 3",
            "UPDATE instance SET execution = zeroblob(16)",
        ];
        for sql in breaks {
            let (Temporary { hub, dir }, story) = Temporary::with_story("a").await;
            drop(hub);
            let database = Connection::open(dir.path().join("soloist.db")).unwrap();
            assert!(database.execute(sql, []).unwrap() > 0);
            drop(database);
            let hub = open(dir.path()).unwrap();
            match hub.load(&story.instance).await {
                Err(HubError::Corrupt { instance, .. }) => assert_eq!(instance, story.instance),
                other => panic!("{sql} gave {other:?}"),
            }
        }
    });
}

#[test]
fn a_reader_cannot_write() {
    block_on(async {
        let (hub, story) = Temporary::with_story("a").await;
        let wrote = hub
            .readers
            .read(|database| database.execute("DELETE FROM instance", []));
        assert!(wrote.await.is_ok_and(|wrote| wrote.is_err()));
        assert_eq!(stands_at(&hub, &story).await, EventId::new(4));
    });
}

#[test]
fn the_log_of_the_database_is_written_back_and_stays_short() {
    block_on(async {
        let hub = Temporary::with(StoreSettings {
            checkpoint_pages: 16,
            ..StoreSettings::default()
        });
        prepare(&*hub).await;
        let mut story = Story::of("a");
        commit(&*hub, story.start(10, "1")).await;
        commit(&*hub, story.first_turn(11)).await;
        for number in 0..300 {
            let data = number.to_string();
            commit(&*hub, story.turn(12, [raised_event("e", &data)])).await;
        }
        // Each of them has written several pages of 4 KiB.
        let log = hub.dir.path().join("soloist.db-wal");
        let bytes = std::fs::metadata(log).unwrap().len();
        assert!(bytes < 64 * 4096, "{bytes}");
        assert_eq!(stands_at(&hub, &story).await, story.next);
    });
}
