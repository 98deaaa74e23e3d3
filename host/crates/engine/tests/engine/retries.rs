//! Failed attempts are tried again, whatever happens to the host in between.

use std::pin::Pin;
use std::time::Duration;

use soloist_core::EventKind;

use crate::scripted::{Guest, Output, TestPlatform};
use crate::{HOUR, World, end, id, output, start};
use soloist_engine::testing::Fault;
use soloist_engine::{Platform as _, TaskHub};

fn tried(guest: Guest) -> Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        let task = guest.tried("flaky", "3", 5)?;
        guest.wait(task).await
    })
}

fn hopeless(guest: Guest) -> Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        let task = guest.tried("flaky", "9", 3)?;
        guest.wait(task).await
    })
}

/// Asks for an activity that fails at first, and does not wait for it.
fn forgetful(guest: Guest) -> Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        guest.tried("flaky", "2", 5)?;
        let event = guest.event("Go")?;
        guest.wait(event).await
    })
}

async fn has_failed(engine: &crate::TestEngine, instance: &str, attempts: usize) {
    loop {
        let history = engine.history(&id(instance)).await.unwrap().unwrap();
        let failed =
            |event: &&soloist_core::Event| matches!(event.kind, EventKind::AttemptFailed { .. });
        if history.events().iter().filter(failed).count() >= attempts {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn waited(platform: &TestPlatform, before: soloist_core::Timestamp) -> Duration {
    platform.now().since(before)
}

#[tokio::test(start_paused = true)]
async fn a_failed_activity_is_tried_again_with_growing_delays() {
    let world = World::new(&[("tried", tried)]);
    let engine = world.first_host(&["tried"]).await;
    let before = world.platform.now();
    start(&engine, "tried", "a").await;
    assert_eq!(output(&engine, "a").await, "3");
    let waited = waited(&world.platform, before);
    assert!((3..4).contains(&waited.as_secs()), "{waited:?}");
    assert_eq!(world.guests.times_run(), [3]);
}

#[tokio::test(start_paused = true)]
async fn the_answer_is_the_last_failure() {
    let world = World::new(&[("hopeless", hopeless)]);
    let engine = world.first_host(&["hopeless"]).await;
    start(&engine, "hopeless", "a").await;
    match end(&engine, "a").await.end {
        Some(EventKind::ExecutionFailed { failure }) => {
            assert_eq!(failure.message, "attempt 3 is too early");
            assert_eq!(failure.details.as_deref(), Some("attempts: 3"));
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_waits_survives_the_host() {
    let world = World::new(&[("tried", tried)]);
    let mut engine = world.first_host(&["tried"]).await;
    let before = world.platform.now();
    start(&engine, "tried", "a").await;
    for attempts in [1, 2] {
        has_failed(&engine, "a", attempts).await;
        world.fall(engine).await;
        engine = world.host().await;
    }
    assert_eq!(output(&engine, "a").await, "3");
    assert!(waited(&world.platform, before) >= Duration::from_secs(3));
    assert_eq!(world.guests.times_run(), [3], "no attempt began twice");
}

#[tokio::test(start_paused = true)]
async fn an_attempt_that_nobody_waits_for_runs_when_the_orchestrator_returns() {
    let world = World::new(&[("forgetful", forgetful)]);
    let engine = world.first_host(&["forgetful"]).await;
    start(&engine, "forgetful", "a").await;
    has_failed(&engine, "a", 1).await;
    let data = soloist_core::Payload::parse("1").unwrap();
    engine
        .raise_event(&id("a"), "Go".to_owned(), data)
        .await
        .unwrap();
    end(&engine, "a").await;
    while world.orphans().await > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(world.guests.times_run(), [2]);
}

#[tokio::test(start_paused = true)]
async fn a_further_attempt_that_nobody_waits_for_keeps_its_number_over_a_fall() {
    let world = World::new(&[("forgetful", forgetful)]);
    let engine = world.first_host(&["forgetful"]).await;
    start(&engine, "forgetful", "a").await;
    has_failed(&engine, "a", 1).await;
    // What the end begins is lost with the host.
    world.hub.on_commit(|operation| {
        let ends = !operation.orphans.is_empty();
        ends.then_some(Fault::NoAnswer)
    });
    let (a, go) = (id("a"), "Go".to_owned());
    let raised = engine.raise_event(&a, go, soloist_core::Payload::null());
    drop(tokio::time::timeout(HOUR, raised).await);
    world.fall(engine).await;
    let found = world.hub.orphans(None, 10).await.unwrap();
    let attempts: Vec<_> = found.iter().map(|orphan| orphan.attempt).collect();
    assert_eq!(attempts, [2]);
    let engine = world.host().await;
    while world.orphans().await > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    drop(engine);
}
