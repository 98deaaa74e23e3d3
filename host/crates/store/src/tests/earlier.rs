use rusqlite::Connection;
use soloist_core::{LogLevel, LogLine};
use soloist_engine::testing::block_on;
use soloist_engine::testing::promises::{
    earlier_executions_are_kept, earlier_executions_go, no_more_earlier_executions_are_kept,
};
use soloist_engine::testing::story::{Story, at, began, commit, prepare};
use soloist_engine::{Operation, Purged, TaskHub};

use super::{Temporary, stands_at};
use crate::{SqliteHub, StoreSettings};

/// Whoever keeps earlier executions keeps all other promises too.
mod contract {
    soloist_engine::task_hub_contract!(|| super::keeping(2));
}

fn settings(kept_executions: u32) -> StoreSettings {
    StoreSettings {
        kept_executions,
        ..StoreSettings::default()
    }
}

fn keeping(most: u32) -> Temporary {
    Temporary::with(settings(most))
}

/// How many rows a table has.
fn rows(hub: &Temporary, table: &str) -> i64 {
    let database = Connection::open(hub.dir.path().join("soloist.db")).unwrap();
    let sql = format!("SELECT count(*) FROM {table}");
    database.query_row(&sql, [], |row| row.get(0)).unwrap()
}

/// The rows of earlier executions, of histories and of logs.
fn all_rows(hub: &Temporary) -> [i64; 3] {
    ["earlier", "history", "log"].map(|table| rows(hub, table))
}

/// One generation, of three events and two log lines.
async fn generation(hub: &SqliteHub, story: &mut Story) {
    let line = |ordinal| {
        vec![LogLine {
            ordinal,
            timestamp: at(11),
            level: LogLevel::Info,
            message: "a line".to_owned(),
        }]
    };
    let logs = line(0);
    let turn = story.turn(11, [began()]);
    commit(hub, Operation { logs, ..turn }).await;
    let last_logs = line(1);
    let next = story.continue_as_new(12, "1");
    commit(hub, Operation { last_logs, ..next }).await;
}

async fn begun(hub: &SqliteHub) -> Story {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    story
}

#[test]
fn earlier_executions_are_kept_as_the_settings_say() {
    block_on(earlier_executions_go(&*keeping(0)));
    block_on(earlier_executions_are_kept(&*keeping(4)));
    for most in [1, 2, 3] {
        let hub = keeping(most);
        block_on(no_more_earlier_executions_are_kept(&*hub, most as usize));
    }
}

#[test]
fn a_hundred_generations_leave_no_more_rows_than_are_kept() {
    block_on(async {
        let hub = keeping(3);
        let mut story = begun(&hub).await;
        for _ in 0..100 {
            generation(&hub, &mut story).await;
        }
        assert_eq!(all_rows(&hub), [3, 3 * 3 + 1, 3 * 2]);
        commit(&*hub, story.turn(13, [began()])).await;
        commit(&*hub, story.complete(14)).await;
        let purged = hub.purge(&story.instance, None).await.unwrap();
        assert_eq!(purged, Purged::Purged);
        assert_eq!(all_rows(&hub), [0, 0, 0]);
    });
}

#[test]
fn a_lower_setting_holds_from_the_next_execution_on() {
    block_on(async {
        let mut hub = keeping(5);
        let mut story = begun(&hub).await;
        for _ in 0..9 {
            generation(&hub, &mut story).await;
        }
        for (most, left) in [(2, 2), (1, 1), (0, 0), (3, 1)] {
            let Temporary { hub: closed, dir } = hub;
            drop(closed);
            let reopened = SqliteHub::open(dir.path(), settings(most)).unwrap();
            hub = Temporary { hub: reopened, dir };
            assert_eq!(stands_at(&hub, &story).await, story.next);
            generation(&hub, &mut story).await;
            assert_eq!(all_rows(&hub), [left, left * 3 + 1, left * 2], "{most}");
        }
        // Those of a setting before go with their instance too.
        let Temporary { hub: closed, dir } = hub;
        drop(closed);
        let reopened = SqliteHub::open(dir.path(), settings(0)).unwrap();
        let hub = Temporary { hub: reopened, dir };
        commit(&*hub, story.turn(13, [began()])).await;
        commit(&*hub, story.complete(14)).await;
        hub.purge(&story.instance, None).await.unwrap();
        assert_eq!(all_rows(&hub), [0, 0, 0]);
    });
}

#[test]
fn an_execution_that_cannot_be_read_does_not_hold_up_the_next() {
    block_on(async {
        let hub = keeping(2);
        let mut story = begun(&hub).await;
        commit(&*hub, story.turn(11, [began()])).await;
        commit(&*hub, story.complete(12)).await;
        let database = Connection::open(hub.dir.path().join("soloist.db")).unwrap();
        let damage = "UPDATE history SET event = '{}' WHERE sequence = 1";
        assert_eq!(database.execute(damage, []).unwrap(), 1);
        commit(&*hub, story.start_again(13, "2")).await;
        assert_eq!(all_rows(&hub), [0, 1, 0]);
    });
}
