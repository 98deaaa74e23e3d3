//! Runs that the host stops because the machine may be too busy for them.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use soloist_core::{HostError, Payload};
use soloist_engine::testing::Fault;
use soloist_engine::{Reach, Started, Told};

use crate::scripted::{Guest, Output, stopped};
use crate::{World, id, output, start};

/// Overruns in its first run, some time after it went on, and at once in its second.
fn stumbles(guest: Guest) -> Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        match guest.runs.load(Ordering::Relaxed) {
            1 => {
                let go = guest.event("Go")?;
                guest.wait(go).await?;
                tokio::time::sleep(Duration::from_millis(10)).await;
                Err(stopped(HostError::TurnTimeout))
            }
            2 => Err(stopped(HostError::TurnTimeout)),
            _ => Ok(Payload::null()),
        }
    })
}

#[tokio::test(start_paused = true)]
async fn a_stop_before_a_termination_is_not_the_first_of_the_next_execution() {
    let mut world = World::new(&[("stumbles", stumbles)]);
    world.settings.turn_grace = Duration::from_secs(1);
    let engine = world.first_host(&["stumbles"]).await;
    start(&engine, "stumbles", "s").await;
    let raising = engine.clone();
    let raised = tokio::spawn(async move {
        let s = id("s");
        raising.raise_event(&s, "Go".into(), Payload::null()).await
    });
    // The guest is in its turn, and will be stopped.
    tokio::time::sleep(Duration::from_millis(1)).await;
    world.fail_commit(1, Fault::Unavailable);
    assert!(
        engine
            .terminate(&id("s"), None, Reach::Alone)
            .await
            .is_err()
    );
    assert!(raised.await.unwrap().is_err());
    // Both reach the same owner, which waits before it tries again.
    let s = id("s");
    let terminated = engine.terminate(&s, None, Reach::Alone);
    let (terminated, started) = tokio::join!(terminated, start(&engine, "stumbles", "s"));
    assert_eq!(terminated.unwrap(), Told::Accepted);
    assert!(matches!(started, Started::Started { .. }));
    assert_eq!(output(&engine, "s").await, "null");
}
