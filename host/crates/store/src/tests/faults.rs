use std::sync::Arc;
use std::sync::Mutex;
use std::sync::atomic::{AtomicI32, Ordering};

use futures_util::future::join_all;
use rusqlite::{Connection, ErrorCode};
use soloist_engine::testing::block_on;
use soloist_engine::testing::story::{
    Story, answered, commit, conflict, message, prepare, raised, raised_event,
};
use soloist_engine::{Committed, HubError, Operation, Purged, TaskHub};

use super::{Temporary, stands_at};
use crate::SqliteHub;
use crate::hub::Cause;

type Act = Box<dyn FnOnce(&Connection) + Send>;

/// Errors that no file system gives on demand.
#[derive(Default)]
pub(crate) struct Faults {
    next_commit: Mutex<Option<Unclear>>,
    at_reopening: Mutex<Option<Box<dyn FnMut() + Send>>>,
    before_next_batch: Mutex<Option<Act>>,
}

/// A commit after which only the file knows what became of it.
#[derive(Clone, Copy)]
enum Unclear {
    Done,
    NotDone,
}

impl Faults {
    pub(crate) fn commit(
        &self,
        run: impl Fn(&str) -> rusqlite::Result<()>,
    ) -> rusqlite::Result<()> {
        let Some(unclear) = self.next_commit.lock().unwrap().take() else {
            return run("COMMIT");
        };
        run(match unclear {
            Unclear::Done => "COMMIT",
            Unclear::NotDone => "ROLLBACK",
        })?;
        let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_IOERR_FSYNC);
        Err(rusqlite::Error::SqliteFailure(code, None))
    }

    pub(crate) fn before_batch(&self, connection: &Connection) {
        if let Some(hook) = self.before_next_batch.lock().unwrap().take() {
            hook(connection);
        }
    }

    pub(crate) fn at_reopening(&self) {
        if let Some(hook) = &mut *self.at_reopening.lock().unwrap() {
            hook();
        }
    }
}

/// Runs on the writer, between two commits.
pub(super) async fn on_writer(hub: &SqliteHub, act: impl FnOnce(&Connection) + Send + 'static) {
    let acted = hub.writer.write(move |database| {
        act(database);
        Ok(())
    });
    acted.await.map_err(|_| "the writer is gone").unwrap();
}

/// Commits all of these in one transaction, and nothing else; just before, `first` happens.
async fn in_one_batch(
    hub: &SqliteHub,
    operations: Vec<Operation>,
    first: impl FnOnce() + Send + 'static,
) -> Vec<Result<Committed, HubError>> {
    let (release, held) = std::sync::mpsc::channel();
    let (enter, entered) = tokio::sync::oneshot::channel();
    let holding = on_writer(hub, move |_| {
        enter.send(()).unwrap();
        held.recv().unwrap();
        first();
    });
    let batch = async {
        entered.await.unwrap();
        let all = join_all(
            operations
                .into_iter()
                .map(|operation| hub.commit(operation)),
        );
        // Polled in this order: all wait for the writer, then it goes on.
        futures_util::join!(all, async { release.send(()).unwrap() }).0
    };
    futures_util::join!(holding, batch).1
}

fn cause(answer: &Result<Committed, HubError>) -> ErrorCode {
    let Err(HubError::Unavailable { cause, .. }) = answer else {
        panic!("it was not committed, so {answer:?} is wrong");
    };
    match cause.downcast_ref() {
        Some(Cause::Database(error)) => error.sqlite_error_code().unwrap(),
        other => panic!("the database did not fail, but {other:?}"),
    }
}

/// Live instances after their first turn.
async fn stories(hub: &SqliteHub, names: &[&str]) -> Vec<Story> {
    let mut stories = Vec::new();
    for name in names {
        let mut story = Story::of(name);
        commit(hub, story.start(10, "1")).await;
        commit(hub, story.first_turn(11)).await;
        stories.push(story);
    }
    stories
}

fn big() -> String {
    format!("\"{}\"", "x".repeat(4 * 1024 * 1024))
}

#[test]
fn a_full_disk_amid_a_batch_leaves_nothing_half_done() {
    block_on(async {
        let hub = Temporary::without_company();
        prepare(&*hub).await;
        let before = stories(&hub, &["a", "b", "c"]).await;
        on_writer(&hub, |database| {
            let pages: i64 = database
                .pragma_query_value(None, "page_count", |row| row.get(0))
                .unwrap();
            database
                .pragma_update_and_check(None, "max_page_count", pages + 20, |_| Ok(()))
                .unwrap();
        })
        .await;
        let mut after = before.clone();
        let operations = vec![
            after[0].turn(12, [answered(3, "1")]),
            after[1].turn(12, [answered(3, &big())]),
            after[1].turn(13, [raised_event("built-on-it", "1")]),
            after[2].turn(12, [answered(3, "1")]),
        ];
        let answers = in_one_batch(&hub, operations.clone(), || {}).await;
        // What was promised is what is there.
        for (operation, answer) in operations.iter().zip(&answers) {
            let was = before
                .iter()
                .find(|story| story.instance == operation.instance);
            let now = stands_at(&hub, was.unwrap()).await;
            if answer.is_ok() {
                assert!(now > was.unwrap().next);
            } else {
                assert_eq!(now, was.unwrap().next, "{answer:?}");
            }
        }
        assert_eq!(cause(&answers[1]), ErrorCode::DiskFull);
        // The database rolls all of it back, so none of these was committed: the last one did not commit by itself.
        assert_eq!(cause(&answers[0]), ErrorCode::DiskFull);
        assert_eq!(cause(&answers[2]), ErrorCode::DiskFull);
        assert_eq!(cause(&answers[3]), ErrorCode::DiskFull);
        // Small things still fit; and all of it does, once there is room.
        let mut small = before[2].clone();
        commit(&*hub, small.turn(12, [answered(3, "2")])).await;
        on_writer(&hub, |database| {
            database
                .pragma_update_and_check(None, "max_page_count", 1_000_000, |_| Ok(()))
                .unwrap();
        })
        .await;
        let again = in_one_batch(&hub, operations, || {}).await;
        assert!(again[..3].iter().all(Result::is_ok), "{again:?}");
        assert!(matches!(again[3], Err(HubError::Conflict(_))), "{again:?}");
        assert_eq!(stands_at(&hub, &after[1]).await, after[1].next);
    });
}

#[test]
fn an_operation_that_fails_by_itself_leaves_the_others_of_its_batch() {
    block_on(async {
        let hub = Temporary::without_company();
        prepare(&*hub).await;
        let before = stories(&hub, &["a", "b", "c"]).await;
        on_writer(&hub, |database| {
            database
                .execute_batch(
                    "CREATE TEMP TRIGGER refuse BEFORE INSERT ON main.history WHEN new.event LIKE '%refused%' \
                     BEGIN SELECT RAISE(ABORT, 'asked for'); END",
                )
                .unwrap();
        })
        .await;
        let mut after = before.clone();
        let to_other = message(&before[2], true, raised("from-a-failed-one", "1"));
        let failing = Operation {
            messages: vec![to_other],
            ..after[1].turn(
                12,
                [raised_event("good", "1"), raised_event("refused", "1")],
            )
        };
        let operations = vec![
            after[0].turn(12, [answered(3, "1")]),
            failing,
            after[1].turn(13, [raised_event("built-on-it", "1")]),
            after[2].turn(12, [answered(3, "1")]),
            before[1].clone().turn(14, [raised_event("good", "2")]),
        ];
        let answers = in_one_batch(&hub, operations, || {}).await;
        assert!(answers[0].is_ok() && answers[3].is_ok(), "{answers:?}");
        assert_eq!(cause(&answers[1]), ErrorCode::ConstraintViolation);
        assert!(
            matches!(answers[2], Err(HubError::Conflict(_))),
            "{answers:?}"
        );
        assert!(answers[4].is_ok(), "{answers:?}");
        for number in [0, 2] {
            assert_eq!(stands_at(&hub, &after[number]).await, after[number].next);
        }
        assert_eq!(stands_at(&hub, &before[1]).await, before[1].next.next());
        let target = hub.load(&before[2].instance).await.unwrap().unwrap();
        assert!(target.inbox.is_empty());
    });
}

#[test]
fn a_commit_that_fails_is_nobodys_success() {
    block_on(async {
        let hub = Temporary::without_company();
        prepare(&*hub).await;
        let before = stories(&hub, &["a", "b"]).await;
        let (countdown, hooked) = shared(0);
        on_writer(&hub, move |database| {
            let refuse = move || hooked.fetch_sub(1, Ordering::SeqCst) == 1;
            database.commit_hook(Some(refuse)).unwrap();
        })
        .await;
        let mut after = before.clone();
        let operations = vec![
            after[0].turn(12, [answered(3, "1")]),
            after[0].turn(13, [raised_event("built-on-it", "1")]),
            after[1].turn(12, [answered(3, "1")]),
            // Refused only because of the first, which comes to nothing: worth a retry.
            before[0].clone().turn(12, [answered(3, "2")]),
        ];
        // The write that holds the batch back is a commit as well.
        let arm = move || countdown.store(2, Ordering::SeqCst);
        let answers = in_one_batch(&hub, operations.clone(), arm).await;
        for answer in &answers {
            assert_eq!(cause(answer), ErrorCode::ConstraintViolation);
        }
        for story in &before {
            assert_eq!(stands_at(&hub, story).await, story.next);
        }
        // What was built on it and comes too late is refused; what is delivered again is taken.
        conflict(&*hub, operations[1].clone()).await;
        for operation in [0, 1, 2] {
            commit(&*hub, operations[operation].clone()).await;
        }
        assert_eq!(stands_at(&hub, &after[0]).await, after[0].next);
    });
}

fn shared(count: i32) -> (Arc<AtomicI32>, Arc<AtomicI32>) {
    let count = Arc::new(AtomicI32::new(count));
    (Arc::clone(&count), count)
}

/// The next commit ends in an error that says nothing about its outcome.
async fn unclear(hub: &SqliteHub, unclear: Unclear) {
    // Some read has left a connection with the old view of the file.
    hub.functions().await.unwrap();
    *hub.writer.faults.next_commit.lock().unwrap() = Some(unclear);
}

/// Nothing of the next commit is durable.
pub(super) async fn fail_next_batch(hub: &SqliteHub) {
    unclear(hub, Unclear::NotDone).await;
}

#[test]
fn a_commit_that_is_durable_in_spite_of_an_error_is_a_success() {
    block_on(async {
        let (hub, mut story) = Temporary::with_story("a").await;
        unclear(&hub, Unclear::Done).await;
        commit(&*hub, story.turn(12, [answered(3, "1")])).await;
        assert_eq!(stands_at(&hub, &story).await, story.next);
        commit(&*hub, story.complete(13)).await;
        // Also one that leaves no event.
        unclear(&hub, Unclear::Done).await;
        assert_eq!(
            hub.purge(&story.instance, None).await.unwrap(),
            Purged::Purged
        );
        assert_eq!(
            hub.purge(&story.instance, None).await.unwrap(),
            Purged::Unknown
        );
    });
}

#[test]
fn a_commit_that_is_not_durable_after_an_error_is_none() {
    block_on(async {
        let (hub, story) = Temporary::with_story("a").await;
        unclear(&hub, Unclear::NotDone).await;
        let turn = story.clone().turn(12, [answered(3, "1")]);
        let answer = hub.commit(turn.clone()).await;
        assert_eq!(cause(&answer), ErrorCode::SystemIoFailure);
        assert_eq!(stands_at(&hub, &story).await, story.next);
        commit(&*hub, turn).await;
    });
}

#[test]
fn nothing_is_answered_until_the_outcome_is_known() {
    block_on(async {
        let (hub, mut story) = Temporary::with_story("a").await;
        let file = hub.dir.path().join("soloist.db");
        let hidden = hub.dir.path().join("hidden.db");
        let tries = Arc::new(AtomicI32::new(0));
        let counted = Arc::clone(&tries);
        *hub.writer.faults.at_reopening.lock().unwrap() = Some(Box::new(move || {
            match counted.fetch_add(1, Ordering::SeqCst) {
                // The file cannot be opened: a directory is in its place.
                0 => {
                    std::fs::rename(&file, &hidden).unwrap();
                    std::fs::create_dir(&file).unwrap();
                }
                1 => {}
                2 => {
                    std::fs::remove_dir(&file).unwrap();
                    std::fs::rename(&hidden, &file).unwrap();
                }
                _ => panic!("it was opened at the third try"),
            }
        }));
        unclear(&hub, Unclear::Done).await;
        commit(&*hub, story.turn(12, [answered(3, "1")])).await;
        assert_eq!(tries.load(Ordering::SeqCst), 3);
        assert_eq!(stands_at(&hub, &story).await, story.next);
        commit(&*hub, story.complete(13)).await;
    });
}

#[test]
fn what_cannot_be_written_now_can_be_written_later() {
    block_on(async {
        let (hub, mut story) = Temporary::with_story("a").await;
        let read_only = |on: bool| {
            move |database: &Connection| database.pragma_update(None, "query_only", on).unwrap()
        };
        *hub.writer.faults.before_next_batch.lock().unwrap() = Some(Box::new(read_only(true)));
        let turn = story.clone().turn(12, [answered(3, "1")]);
        for _ in 0..3 {
            let answer = hub.commit(turn.clone()).await;
            assert_eq!(cause(&answer), ErrorCode::ReadOnly);
        }
        assert_eq!(stands_at(&hub, &story).await, story.next);
        *hub.writer.faults.before_next_batch.lock().unwrap() = Some(Box::new(read_only(false)));
        commit(&*hub, story.turn(12, [answered(3, "1")])).await;
        commit(&*hub, story.complete(13)).await;
    });
}

#[test]
fn nobody_waits_for_threads_that_are_gone() {
    block_on(async {
        let (hub, mut story) = Temporary::with_story("a").await;
        let written = hub.writer.write::<(), _>(|_| panic!("asked for by a test"));
        assert!(written.await.is_err());
        let answer = hub.commit(story.turn(12, [answered(3, "1")])).await;
        assert!(
            matches!(answer, Err(HubError::Unavailable { .. })),
            "{answer:?}"
        );
        assert!(hub.load(&story.instance).await.is_ok());
        let read = hub.readers.read::<(), _>(|_| panic!("asked for by a test"));
        assert!(read.await.is_err());
        // Perhaps by another reader, that had taken it before all of them went; but it is answered.
        let answer = hub.load(&story.instance).await;
        assert!(
            matches!(answer, Ok(_) | Err(HubError::Unavailable { .. })),
            "{answer:?}"
        );
    });
}
