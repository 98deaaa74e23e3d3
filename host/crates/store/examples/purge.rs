//! How long a purge takes, and how long others wait for their commits meanwhile. Not a test: it judges nothing.
//!
//! `cargo run --release -p soloist-store --example purge [-- DIR]`

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use soloist_core::{EventKind, LogLevel, LogLine};
use soloist_engine::testing::story::{Story, at, began, commit, prepare, raised_event};
use soloist_engine::{Operation, Purged, TaskHub};
use soloist_store::{SqliteHub, StoreSettings};

/// So many events of this size are committed at once.
const EVENTS_AT_ONCE: usize = 500;

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement needs the machine's clock"
)]
fn clock() -> Instant {
    Instant::now()
}

/// An instance that has ended, after so many generations of so many events and log lines each.
async fn ended(hub: &SqliteHub, name: &str, generations: u32, events: usize, lines: u32) -> Story {
    let mut story = Story::of(name);
    commit(hub, story.start(10, "1")).await;
    for generation in 0..=generations {
        let mut kinds: Vec<EventKind> = vec![began()];
        let data = format!("\"{}\"", "x".repeat(100));
        kinds.extend((0..events.saturating_sub(3)).map(|_| raised_event("Go", &data)));
        let logs: Vec<_> = (0..lines)
            .map(|ordinal| LogLine {
                ordinal,
                timestamp: at(11),
                level: LogLevel::Info,
                message: "a line of some words".to_owned(),
            })
            .collect();
        let mut logs = Some(logs);
        for part in kinds.chunks(EVENTS_AT_ONCE) {
            let turn = story.turn(11, part.to_vec());
            let logs = logs.take().unwrap_or_default();
            commit(hub, Operation { logs, ..turn }).await;
        }
        if generation < generations {
            commit(hub, story.continue_as_new(12, "1")).await;
        }
    }
    commit(hub, story.complete(13)).await;
    story
}

/// Takes turns until it is told that it is over; returns the longest.
async fn bystander(hub: Arc<SqliteHub>, name: String, over: Arc<AtomicBool>) -> (usize, Duration) {
    let mut story = Story::of(&name);
    commit(&*hub, story.start(10, "1")).await;
    commit(&*hub, story.turn(11, [began()])).await;
    let (mut turns, mut longest) = (0, Duration::ZERO);
    while !over.load(Ordering::Relaxed) {
        let began = clock();
        commit(&*hub, story.turn(12, [raised_event("Go", "1")])).await;
        longest = longest.max(began.elapsed());
        turns += 1;
    }
    (turns, longest)
}

#[tokio::main]
async fn main() {
    let temporary = tempfile::tempdir().expect("a directory can be made");
    let dir = std::env::args().nth(1);
    let dir = dir.as_deref().map_or(temporary.path(), Path::new);
    let settings = StoreSettings {
        kept_executions: 10_000,
        ..StoreSettings::default()
    };
    let hub = Arc::new(SqliteHub::open(dir, settings).expect("the hub opens"));
    prepare(&*hub).await;
    for (number, (generations, events, lines)) in [
        (0, 10, 0),
        (1_000, 10, 0),
        (1_000, 10, 10),
        (1_000, 100, 0),
        (0, 10_000, 0),
        (0, 100_000, 0),
    ]
    .into_iter()
    .enumerate()
    {
        let story = ended(
            &hub,
            &format!("purged-{number}"),
            generations,
            events,
            lines,
        )
        .await;
        let over = Arc::new(AtomicBool::new(false));
        let name = format!("bystander-{number}");
        let bystander = tokio::spawn(bystander(Arc::clone(&hub), name, Arc::clone(&over)));
        tokio::time::sleep(Duration::from_millis(300)).await;
        let began = clock();
        let purged = hub.purge(&story.instance, None).await;
        let took = began.elapsed();
        assert_eq!(purged.expect("it can be purged"), Purged::Purged);
        tokio::time::sleep(Duration::from_millis(700)).await;
        over.store(true, Ordering::Relaxed);
        let (turns, longest) = bystander.await.expect("it ends");
        println!(
            "{generations:>5} earlier executions, {events:>6} events and {lines:>2} lines in each: purged in {took:>9.3?}; \
             the longest of {turns} turns beside it {longest:>9.3?}"
        );
    }
}
