//! From one execution of an instance to the next.

use std::sync::atomic::Ordering;

use soloist_core::Payload;
use soloist_engine::Platform as _;

use crate::scripted::ScriptedGuests;
use crate::{World, continues, id, start};

#[tokio::test(start_paused = true)]
async fn time_does_not_go_back_where_an_instance_continues_as_new() {
    let world = World {
        guests: ScriptedGuests::new(&[("continues", continues)]),
        ..World::new(&[])
    };
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
