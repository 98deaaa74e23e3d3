//! From one execution of an instance to the next.

use std::pin::Pin;
use std::sync::atomic::Ordering;

use soloist_core::Payload;
use soloist_engine::{Platform as _, Started};

use crate::scripted::{Guest, Output};
use crate::{World, continues, id, start};

/// Continues as new in its first turn, then waits.
fn hurries(guest: Guest) -> Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        if guest.with(|execution| execution.started().generation) == 0 {
            guest.with(|execution| execution.continue_as_new(Payload::null(), true));
            return Ok(Payload::null());
        }
        let go = guest.event("Go")?;
        guest.wait(go).await
    })
}

#[tokio::test(start_paused = true)]
async fn time_does_not_go_back_where_an_instance_continues_as_new() {
    let world = World::new(&[("continues", continues)]);
    let engine = world.first_host(&["continues"]).await;
    start(&engine, "continues", "c").await;
    let before = world.platform.now();
    world.platform.set_by.store(-60_000, Ordering::Relaxed);
    let c = id("c");
    let go = engine.raise_event(&c, "Go".into(), Payload::null());
    go.await.unwrap();
    let history = engine.history(&c).await.unwrap().unwrap();
    assert_eq!(history.started().generation, 1);
    assert!(history.events()[0].timestamp >= before, "{history:?}");
}

#[tokio::test(start_paused = true)]
async fn whoever_starts_an_instance_is_told_the_execution_that_is_stored() {
    let world = World::new(&[("hurries", hurries)]);
    let engine = world.first_host(&["hurries"]).await;
    let Started::Started { execution, .. } = start(&engine, "hurries", "h").await else {
        panic!("nobody else started it")
    };
    let status = engine.status(&id("h")).await.unwrap().unwrap();
    assert_eq!(status.execution, execution);
}
