//! Events from one instance to another: each once, whatever happens to the host.

use std::pin::Pin;
use std::time::Duration;

use soloist_engine::testing::Fault;

use crate::scripted::{Guest, Output};
use crate::{TestEngine, World, end, id, output, start};

/// Sends ten events to the instance `b`, and one each to an unknown instance and to what is no id; an activity lies between
/// each two.
fn sender(guest: Guest) -> Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        for number in 0..10 {
            guest.send("b", "Go", &number.to_string())?;
            guest.send("nobody", "Go", "1")?;
            guest.send("no/id", "Go", "1")?;
            let task = guest.activity("echo", "1")?;
            guest.wait(task).await?;
        }
        Ok(soloist_core::Payload::null())
    })
}

/// Collects ten events.
fn receiver(guest: Guest) -> Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        let mut seen = Vec::new();
        for _ in 0..10 {
            let event = guest.event("Go")?;
            seen.push(guest.wait(event).await?.as_str().to_owned());
        }
        let seen = format!("[{}]", seen.join(","));
        Ok(soloist_core::Payload::parse(&seen).unwrap())
    })
}

/// Sends an event to itself.
fn selfish(guest: Guest) -> Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        guest.send("c", "Go", "7")?;
        let event = guest.event("Go")?;
        guest.wait(event).await
    })
}

const ALL: &str = "[0,1,2,3,4,5,6,7,8,9]";

async fn world() -> (World, TestEngine) {
    let world = World::new(&[
        ("sender", sender),
        ("receiver", receiver),
        ("selfish", selfish),
    ]);
    let engine = world.first_host(&["sender", "receiver", "selfish"]).await;
    (world, engine)
}

#[tokio::test(start_paused = true)]
async fn events_arrive_in_order_and_an_unknown_target_does_no_harm() {
    let (_world, engine) = world().await;
    start(&engine, "receiver", "b").await;
    start(&engine, "sender", "a").await;
    assert_eq!(output(&engine, "a").await, "null");
    assert_eq!(output(&engine, "b").await, ALL);
    assert!(engine.status(&id("nobody")).await.unwrap().is_none());
}

#[tokio::test(start_paused = true)]
async fn an_instance_can_send_to_itself() {
    let (_world, engine) = world().await;
    start(&engine, "selfish", "c").await;
    assert_eq!(output(&engine, "c").await, "7");
}

#[tokio::test(start_paused = true)]
async fn each_event_arrives_once_whichever_commit_fails_or_is_the_last() {
    for number in 1..40 {
        for fault in [Fault::Unavailable, Fault::Conflict] {
            let (world, engine) = world().await;
            start(&engine, "receiver", "b").await;
            world.fail_commit(number, fault);
            start_patiently(&engine).await;
            assert_eq!(
                output(&engine, "b").await,
                ALL,
                "commit {number}: {fault:?}"
            );
        }
        let (world, engine) = world().await;
        start(&engine, "receiver", "b").await;
        let mut commits = 0;
        world.hub.on_commit(move |_| {
            commits += 1;
            (commits > number).then_some(Fault::Unavailable)
        });
        start_patiently(&engine).await;
        tokio::time::sleep(Duration::from_secs(1)).await;
        engine.shut_down(Duration::from_secs(1)).await;
        world.hub.on_commit(|_| None);
        let engine = world.host().await;
        if engine.status(&id("a")).await.unwrap().is_none() {
            start(&engine, "sender", "a").await;
        }
        assert_eq!(
            output(&engine, "b").await,
            ALL,
            "the host fell after {number}"
        );
        end(&engine, "a").await;
    }
}

/// Starts the sender; that the hub fails meanwhile is the point.
async fn start_patiently(engine: &TestEngine) {
    let start = soloist_engine::Start {
        function: "sender".parse().unwrap(),
        instance: Some(id("a")),
        input: soloist_core::Payload::null(),
        pin: false,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
        on_existing: soloist_engine::OnExisting::Reject,
    };
    for _ in 0..3 {
        if engine.start(start.clone()).await.is_ok() {
            return;
        }
    }
}
