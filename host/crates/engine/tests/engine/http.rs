//! HTTP calls that are accepted are asked after, whatever happens to the host in between.

use std::pin::Pin;
use std::time::Duration;

use soloist_core::EventKind;
use soloist_engine::Platform as _;
use soloist_engine::testing::Fault;

use crate::scripted::{Guest, Output};
use crate::{TestEngine, World, end, id, output, start};

type Running = Pin<Box<dyn Future<Output = Output> + Send>>;

fn calls(guest: Guest, answers: &'static str) -> Running {
    Box::pin(async move {
        let task = guest.http(answers, 3)?;
        guest.wait(task).await
    })
}

fn polled(guest: Guest) -> Running {
    calls(guest, "5 2 200")
}

fn stumbling(guest: Guest) -> Running {
    calls(guest, "503 lost 4 lost 503 4 200")
}

fn refused(guest: Guest) -> Running {
    calls(guest, "503 lost 503")
}

fn forgotten(guest: Guest) -> Running {
    Box::pin(async move {
        guest.http("5 200", 3)?;
        let event = guest.event("Go")?;
        guest.wait(event).await
    })
}

fn endless(guest: Guest) -> Running {
    calls(guest, "5 never 200")
}

async fn accepted(engine: &TestEngine, times: usize) {
    loop {
        let history = engine.history(&id("a")).await.unwrap().unwrap();
        let accepted =
            |event: &&soloist_core::Event| matches!(event.kind, EventKind::HttpAccepted { .. });
        if history.events().iter().filter(accepted).count() >= times {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

fn asked(world: &World) -> Vec<String> {
    world.guests.asked.lock().unwrap().clone()
}

#[tokio::test(start_paused = true)]
async fn an_accepted_call_is_asked_after_when_its_server_wants_it() {
    let world = World::new(&[("polled", polled)]);
    let engine = world.first_host(&["polled"]).await;
    let before = world.platform.now();
    start(&engine, "polled", "a").await;
    assert_eq!(output(&engine, "a").await, "200");
    let waited = world.platform.now().since(before).as_secs();
    assert!((7..8).contains(&waited), "{waited}");
    assert_eq!(asked(&world), ["/", "/1", "/2"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_waits_to_be_asked_after_survives_the_host() {
    let world = World::new(&[("polled", polled)]);
    let mut engine = world.first_host(&["polled"]).await;
    let before = world.platform.now();
    start(&engine, "polled", "a").await;
    for times in [1, 2] {
        accepted(&engine, times).await;
        world.fall(engine).await;
        engine = world.host().await;
    }
    assert_eq!(output(&engine, "a").await, "200");
    assert!(world.platform.now().since(before) >= Duration::from_secs(7));
    assert_eq!(asked(&world), ["/", "/1", "/2"], "nothing was sent twice");
}

#[tokio::test(start_paused = true)]
async fn an_acceptance_whose_commit_failed_is_delivered_again() {
    let world = World::new(&[("polled", polled)]);
    let engine = world.first_host(&["polled"]).await;
    // The start, then what the request came to.
    world.fail_commit(2, Fault::Unavailable);
    start(&engine, "polled", "a").await;
    assert_eq!(output(&engine, "a").await, "200");
    assert_eq!(asked(&world), ["/", "/1", "/2"], "nothing was sent twice");
}

#[tokio::test(start_paused = true)]
async fn a_request_that_was_under_way_when_the_host_fell_is_sent_again() {
    let world = World::new(&[("endless", endless)]);
    let engine = world.first_host(&["endless"]).await;
    start(&engine, "endless", "a").await;
    while asked(&world).len() < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    world.fall(engine).await;
    let engine = world.host().await;
    assert_eq!(output(&engine, "a").await, "200");
    assert_eq!(asked(&world), ["/", "/1", "/1"]);
}

#[tokio::test(start_paused = true)]
async fn attempts_are_counted_anew_after_each_acceptance() {
    let world = World::new(&[("stumbling", stumbling)]);
    let engine = world.first_host(&["stumbling"]).await;
    start(&engine, "stumbling", "a").await;
    assert_eq!(output(&engine, "a").await, "200");
    assert_eq!(asked(&world), ["/", "/", "/", "/3", "/3", "/3", "/6"]);
}

#[tokio::test(start_paused = true)]
async fn the_last_status_is_the_answer_and_no_failure() {
    let world = World::new(&[("refused", refused)]);
    let engine = world.first_host(&["refused"]).await;
    start(&engine, "refused", "a").await;
    assert_eq!(output(&engine, "a").await, "503");
    assert_eq!(asked(&world), ["/", "/", "/"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_that_its_execution_has_left_behind_is_asked_after_no_more() {
    let world = World::new(&[("forgotten", forgotten)]);
    let engine = world.first_host(&["forgotten"]).await;
    start(&engine, "forgotten", "a").await;
    accepted(&engine, 1).await;
    let data = soloist_core::Payload::parse("1").unwrap();
    engine
        .raise_event(&id("a"), "Go".to_owned(), data)
        .await
        .unwrap();
    end(&engine, "a").await;
    assert_eq!(world.orphans().await, 0);
    tokio::time::sleep(Duration::from_mins(1)).await;
    assert_eq!(asked(&world), ["/"]);
}

#[tokio::test(start_paused = true)]
async fn a_call_under_way_is_interrupted_by_a_termination() {
    let world = World::new(&[("endless", endless)]);
    let engine = world.first_host(&["endless"]).await;
    start(&engine, "endless", "a").await;
    while asked(&world).len() < 2 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    engine.terminate(&id("a"), None).await.unwrap();
    end(&engine, "a").await;
    engine.shut_down(Duration::from_secs(1)).await;
    assert_eq!(asked(&world), ["/", "/1"]);
}
