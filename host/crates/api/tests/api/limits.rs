//! Functions of which only so many instances may be live.

use axum::http::StatusCode;
use soloist_api::ApiSettings;
use soloist_engine::{EngineSettings, InstanceLimit, WhenFull};

use crate::world::{BASE, World};

/// A host that lets one instance of `Wait` be live.
async fn world(when_full: WhenFull) -> World {
    let limit = InstanceLimit {
        max: 1.try_into().unwrap(),
        when_full,
    };
    let engine = EngineSettings {
        limits: [("Wait".parse().unwrap(), limit)].into(),
        ..EngineSettings::default()
    };
    let world = World::over(ApiSettings::default(), engine).await;
    for (name, script) in [("Wait", "await Go"), ("Free", "await Go")] {
        let path = format!("/admin/functions/{name}");
        assert_eq!(world.send("PUT", &path, script).await.status, 201);
    }
    world
}

async fn status_of(world: &World, id: &str) -> String {
    let status = world.get(&format!("{BASE}/instances/{id}")).await.json();
    status["runtimeStatus"].as_str().unwrap().to_owned()
}

#[tokio::test(start_paused = true)]
async fn a_start_beyond_the_limit_is_refused_with_the_holder_s_name() {
    let world = world(WhenFull::Reject).await;
    let url = format!("http://localhost:7071{BASE}/instances/a?taskHub=Soloist&connection=Storage");
    let sentence = "The function 'Wait' has as many live instances as it may, among them 'a': try again when one has ended.";
    assert_eq!(
        world.post("/api/orchestrators/Wait/a", "").await.status,
        202
    );
    let refused = world.post("/api/orchestrators/Wait/b", "").await;
    refused.assert_problem(StatusCode::CONFLICT, "function-full");
    assert_eq!(refused.json()["detail"], sentence);
    assert_eq!(refused.header("location"), url);
    for base in [BASE, "/durabletask"] {
        let refused = world
            .post(&format!("{base}/orchestrators/Wait/b"), "")
            .await;
        refused.assert_fault(409, sentence);
        assert_eq!(refused.header("location"), url);
    }
    world
        .get(&format!("{BASE}/instances/b"))
        .await
        .assert_empty(404);
    // The same id is refused as ever, and other functions are free.
    let exists = world.post("/api/orchestrators/Wait/a", "").await;
    assert_eq!(exists.text, "An instance with ID 'a' already exists.");
    for id in ["f-1", "f-2"] {
        let free = world
            .post(&format!("/api/orchestrators/Free/{id}"), "")
            .await;
        assert_eq!(free.status, 202);
    }
    let ended = world
        .post(&format!("{BASE}/instances/a/terminate"), "")
        .await;
    ended.assert_empty(202);
    assert_eq!(
        world.post("/api/orchestrators/Wait/b", "").await.status,
        202
    );
}

#[tokio::test(start_paused = true)]
async fn a_start_beyond_the_limit_waits_its_turn_where_that_is_wanted() {
    let world = world(WhenFull::Queue).await;
    for id in ["a", "b", "c"] {
        let start = world
            .post(&format!("/api/orchestrators/Wait/{id}"), "")
            .await;
        assert_eq!(start.status, 202);
    }
    while status_of(&world, "a").await != "Running" {
        tokio::task::yield_now().await;
    }
    let exists = world.post("/api/orchestrators/Wait/b", "").await;
    assert_eq!(exists.text, "An instance with ID 'b' already exists.");
    for (ended, next) in [("a", "b"), ("b", "c")] {
        assert_eq!(status_of(&world, next).await, "Pending");
        let end = format!("{BASE}/instances/{ended}/terminate");
        world.post(&end, "").await.assert_empty(202);
        while status_of(&world, next).await != "Running" {
            tokio::task::yield_now().await;
        }
    }
}
