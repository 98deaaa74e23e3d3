//! What has ended goes after a while.

use std::time::Duration;

use soloist_engine::{RuntimeStatus, TaskHub};

use crate::{HOUR, World, chain, end, id, start, waits_for_go};

fn world() -> World {
    let mut world = World::new(&[("chain", chain), ("waits", waits_for_go)]);
    world.settings.retention = Some(10 * HOUR);
    world
}

async fn stored(world: &World, names: &[&str]) -> Vec<String> {
    let mut stored = Vec::new();
    for name in names {
        if world.hub.status(&id(name)).await.unwrap().is_some() {
            stored.push((*name).to_owned());
        }
    }
    stored
}

#[tokio::test(start_paused = true)]
async fn what_ended_goes_when_its_time_is_over_and_what_lives_stays() {
    let world = world();
    let engine = world.first_host(&["chain", "waits"]).await;
    let names = ["first", "second", "again", "lives"];
    start(&engine, "waits", "lives").await;
    for name in ["first", "again"] {
        start(&engine, "chain", name).await;
        end(&engine, name).await;
    }
    tokio::time::sleep(6 * HOUR).await;
    // Its time begins anew with its next end.
    for name in ["second", "again"] {
        start(&engine, "chain", name).await;
        end(&engine, name).await;
    }
    tokio::time::sleep(3 * HOUR + 59 * HOUR / 60).await;
    assert_eq!(stored(&world, &names).await, names);
    tokio::time::sleep(2 * HOUR / 60).await;
    assert_eq!(stored(&world, &names).await, ["second", "again", "lives"]);
    tokio::time::sleep(6 * HOUR).await;
    assert_eq!(stored(&world, &names).await, ["lives"]);
    tokio::time::sleep(1_000 * HOUR).await;
    assert_eq!(stored(&world, &names).await, ["lives"]);
    let status = engine.status(&id("lives")).await.unwrap().unwrap();
    assert_eq!(status.status, RuntimeStatus::Running);
}

#[tokio::test(start_paused = true)]
async fn many_go_in_batches_also_after_the_host_was_down() {
    let world = world();
    let engine = world.first_host(&["chain"]).await;
    let names: Vec<_> = (0..450).map(|number| format!("c-{number}")).collect();
    for name in &names {
        start(&engine, "chain", name).await;
    }
    for name in &names {
        end(&engine, name).await;
    }
    world.fall(engine).await;
    tokio::time::sleep(20 * HOUR).await;
    let _engine = world.host().await;
    tokio::time::sleep(Duration::from_mins(1)).await;
    let names: Vec<_> = names.iter().map(String::as_str).collect();
    assert_eq!(stored(&world, &names).await, [""; 0]);
}

#[tokio::test(start_paused = true)]
async fn without_a_retention_nothing_goes() {
    let mut world = world();
    world.settings.retention = None;
    let engine = world.first_host(&["chain"]).await;
    start(&engine, "chain", "a").await;
    end(&engine, "a").await;
    tokio::time::sleep(100_000 * HOUR).await;
    assert_eq!(stored(&world, &["a"]).await, ["a"]);
}
