//! What the code and the headers of a status say, in each state.

use serde_json::{Value, json};

use crate::world::{BASE, Reply, World};

async fn world() -> World {
    World::with_functions([
        ("Wait", "await Go"),
        ("Done", "return 1"),
        ("Fail", "fail no money"),
    ])
    .await
}

async fn post(world: &World, path: &str) {
    let reply = world.post(&format!("{BASE}/{path}"), "").await;
    assert!(reply.status <= 202, "{reply:?}");
}

/// The status code, and the runtime status in the body.
fn told(reply: &Reply) -> (u16, Value) {
    (reply.status, reply.json()["runtimeStatus"].clone())
}

#[tokio::test(start_paused = true)]
async fn a_live_instance_is_a_202_that_says_where_and_when_to_look_again() {
    let world = world().await;
    post(&world, "orchestrators/Wait/Pending?startAt=2026-01-03").await;
    post(&world, "orchestrators/Wait/Running?timeout=1").await;
    post(&world, "orchestrators/Wait/Suspended?timeout=1").await;
    post(&world, "instances/Suspended/suspend").await;
    for id in ["Pending", "Running", "Suspended"] {
        let path = format!("{BASE}/instances/{id}?showHistory=true");
        let reply = world.get(&path).await;
        assert_eq!(told(&reply), (202, json!(id)));
        assert_eq!(reply.header("retry-after"), "5");
        assert_eq!(
            reply.header("location"),
            format!("http://localhost:7071{path}")
        );
        assert_eq!(reply.json()["output"], json!(null));
        assert_eq!(reply.json().get("history").is_some(), id != "Pending");
    }
}

#[tokio::test(start_paused = true)]
async fn an_instance_that_has_ended_is_a_200_and_a_failed_one_a_500_where_that_is_asked_for() {
    let world = world().await;
    post(&world, "orchestrators/Done/Completed?timeout=1").await;
    post(&world, "orchestrators/Wait/Terminated?timeout=1").await;
    post(&world, "instances/Terminated/terminate?reason=enough").await;
    post(&world, "orchestrators/Fail/Failed?timeout=1").await;
    for (id, output) in [
        ("Completed", json!(1)),
        ("Terminated", json!("enough")),
        (
            "Failed",
            json!("Orchestrator function 'Fail' failed: no money"),
        ),
    ] {
        let path = format!("{BASE}/instances/{id}");
        let reply = world.get(&path).await;
        assert_eq!(told(&reply), (200, json!(id)));
        assert_eq!(reply.json()["output"], output);
        for header in ["retry-after", "location"] {
            assert_eq!(reply.header(header), "");
        }
        let asked = format!("{path}?returnInternalServerErrorOnFailure=True");
        let expected = if id == "Failed" { 500 } else { 200 };
        assert_eq!(told(&world.get(&asked).await), (expected, json!(id)));
        for operation in ["terminate", "suspend", "resume"] {
            let reply = world.post(&format!("{path}/{operation}"), "").await;
            reply.assert_empty(410);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_one_that_is_terminated_gets_its_status() {
    let world = world().await;
    let start = format!("{BASE}/orchestrators/Wait/a?timeout=60");
    let waiting = world.post(&start, "");
    let terminating = async {
        let path = format!("{BASE}/instances/a/terminate?reason=enough");
        while world.post(&path, "").await.status != 202 {
            tokio::task::yield_now().await;
        }
    };
    let (ended, ()) = tokio::join!(waiting, terminating);
    assert_eq!(told(&ended), (200, json!("Terminated")));
    let status = world.get(&format!("{BASE}/instances/a")).await;
    assert_eq!(ended.text, status.text);
}
