//! Histories that grow without end.

use soloist_core::{EventKind, Payload};
use soloist_engine::Told;

use crate::scripted::{Guest, Output};
use crate::{World, end, id, start};

fn chatty(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        loop {
            let task = guest.activity("echo", "1")?;
            guest.wait(task).await?;
        }
    })
}

fn deaf(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        let task = guest.event("Go")?;
        guest.wait(task).await
    })
}

const WHY: &str = "more than 50 events in one execution; use continue-as-new to begin a fresh history, or raise history-events";

#[tokio::test(start_paused = true)]
async fn an_execution_that_grows_too_long_fails_whoever_makes_it_grow() {
    let mut world = World::new(&[("chatty", chatty), ("deaf", deaf)]);
    world.settings.history_events_max = 50;
    let engine = world.first_host(&["chatty", "deaf"]).await;
    start(&engine, "chatty", "a").await;
    start(&engine, "deaf", "b").await;
    let mut told = Told::Accepted;
    for _ in 0..60 {
        let b = id("b");
        let raised = engine.raise_event(&b, "Other".to_owned(), Payload::null());
        told = raised.await.unwrap();
    }
    assert_eq!(told, Told::Ended);
    for instance in ["a", "b"] {
        let status = end(&engine, instance).await;
        assert!((50..54).contains(&status.history_events), "{status:?}");
        match status.end {
            Some(EventKind::ExecutionFailed { failure }) => {
                assert_eq!(failure.error_type, "LimitExceeded");
                assert_eq!(failure.message, WHY);
            }
            other => panic!("{instance} ended as {other:?}"),
        }
    }
}
