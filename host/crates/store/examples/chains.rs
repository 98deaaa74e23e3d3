//! How many chains of six commits a second the hub does, many at once and one alone. Not a test: it judges nothing.
//!
//! `cargo run --release -p soloist-store --example chains -- [DIR [CHAINS AT ONCE]...]`

use std::path::Path;
use std::sync::Arc;
use std::time::{Duration, Instant};

use soloist_core::Event;
use soloist_engine::testing::story::{
    Story, answered, at, began, commit, completed_with, id, prepare, scheduled,
};
use soloist_engine::{Operation, RuntimeStatus, TaskHub};
use soloist_store::{SqliteHub, StoreSettings};

const STEPS: u64 = 5;
const TIME: Duration = Duration::from_secs(5);

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement needs the machine's clock"
)]
fn clock() -> Instant {
    Instant::now()
}

/// A start with its first turn.
fn start(story: &mut Story) -> Operation {
    let mut start = story.start(10, "{\"cities\":[\"Tokyo\",\"Seattle\",\"London\"]}");
    let first = story.turn(10, [began(), scheduled("say-hello", "\"Tokyo\"")]);
    if let Some(begin) = &mut start.begins {
        begin.events.extend::<Vec<Event>>(first.events);
    }
    Operation {
        status: RuntimeStatus::Running,
        ready: false,
        open_work: 1,
        ..start
    }
}

async fn chain(hub: &SqliteHub, name: &str) {
    let mut story = Story::of(name);
    commit(hub, start(&mut story)).await;
    let mut request = 3;
    for _ in 1..STEPS {
        let kinds = [
            answered(request, "\"Hello Tokyo!\""),
            scheduled("say-hello", "\"Seattle\""),
        ];
        request = story.next.get() + 1;
        let turn = story.turn(11, kinds);
        let turn = Operation {
            open_work: 1,
            ..turn
        };
        commit(hub, turn).await;
    }
    let kinds = [
        answered(request, "\"Hello London!\""),
        completed_with("[\"Hello Tokyo!\",\"Hello Seattle!\",\"Hello London!\"]"),
    ];
    let last = Operation {
        status: RuntimeStatus::Completed,
        now: at(12),
        ..story.turn(12, kinds)
    };
    commit(hub, last).await;
}

async fn run(hub: &Arc<SqliteHub>, at_once: usize, round: &str) {
    let began = clock();
    let mut tasks = Vec::new();
    for task in 0..at_once {
        let (hub, round) = (Arc::clone(hub), round.to_owned());
        tasks.push(tokio::spawn(async move {
            let mut times = Vec::new();
            while began.elapsed() < TIME {
                let began = clock();
                chain(&hub, &format!("{round}-{task}-{}", times.len())).await;
                times.push(began.elapsed());
            }
            times
        }));
    }
    let mut times = Vec::new();
    for task in tasks {
        times.extend(task.await.expect("no chain fails"));
    }
    times.sort();
    let seconds = began.elapsed().as_secs_f64();
    let chains = f64::from(u32::try_from(times.len()).expect("few chains")) / seconds;
    println!(
        "{at_once:>5} at once: {chains:>7.0} chains/s {:>7.0} commits/s  p50 {:>9.3?}  p99 {:>9.3?}",
        chains * f64::from(u32::try_from(STEPS + 1).expect("few steps")),
        times[times.len() / 2],
        times[times.len() * 99 / 100],
    );
}

#[tokio::main]
async fn main() {
    let mut settings = StoreSettings::default();
    let number = |name: &str| std::env::var(name).ok().and_then(|text| text.parse().ok());
    if let Some(micros) = number("COMPANY") {
        settings.company_wait_micros = micros;
    }
    if let Some(pages) = number("CHECKPOINT") {
        settings.checkpoint_pages = u32::try_from(pages).expect("few pages");
    }
    let temporary = tempfile::tempdir().expect("a directory can be made");
    let dir = std::env::args().nth(1);
    let dir = dir.as_deref().map_or(temporary.path(), Path::new);
    let hub = SqliteHub::open(dir, settings).expect("the hub opens");
    prepare(&hub).await;
    let hub = Arc::new(hub);
    let given = std::env::args().skip(2).map(|text| text.parse());
    let given: Vec<usize> = given.collect::<Result<_, _>>().expect("numbers are given");
    let rounds = match &given[..] {
        [] => &[1, 2, 64, 1024, 1],
        given => given,
    };
    for _ in 0..number("READS").unwrap_or(0) {
        let hub = Arc::clone(&hub);
        // It ends with the runtime.
        drop(tokio::spawn(async move {
            for round in 0.. {
                let id = id(&format!("0-0-{}", round % 100));
                drop(hub.load(&id).await.expect("it can be read"));
            }
        }));
    }
    for (number, at_once) in rounds.iter().enumerate() {
        run(&hub, *at_once, &number.to_string()).await;
    }
    for file in ["soloist.db", "soloist.db-wal"] {
        let size = std::fs::metadata(dir.join(file)).map_or(0, |file| file.len());
        println!("{file}: {} KiB", size / 1024);
    }
}
