//! Which sleepers stay in memory.

use std::sync::atomic::Ordering;
use std::time::Duration;

use soloist_core::Payload;

use crate::scripted::{Guest, Output};
use crate::{HOUR, World, output, start};

type Running = std::pin::Pin<Box<dyn Future<Output = Output> + Send>>;

/// Answers with the number of the run that ended.
async fn run_after(guest: Guest, sleep: Duration) -> Output {
    let run = guest.runs.load(Ordering::Relaxed);
    let timer = guest.timer(sleep)?;
    guest.wait(timer).await?;
    Ok(Payload::parse(&run.to_string()).unwrap())
}

fn naps(guest: Guest) -> Running {
    Box::pin(run_after(guest, Duration::from_secs(9)))
}

fn sleeps(guest: Guest) -> Running {
    Box::pin(run_after(guest, HOUR))
}

#[tokio::test(start_paused = true)]
async fn who_sleeps_long_leaves_memory_and_who_naps_does_not() {
    for (function, runs) in [("naps", "1"), ("sleeps", "2")] {
        let world = World::new(&[("naps", naps), ("sleeps", sleeps)]);
        let engine = world.first_host(&["naps", "sleeps"]).await;
        start(&engine, function, "a").await;
        assert_eq!(output(&engine, "a").await, runs, "{function}");
    }
}
