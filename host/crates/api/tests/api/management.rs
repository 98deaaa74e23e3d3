use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;

use crate::world::{BASE, Reply, World, request};

async fn world() -> World {
    World::with_functions([
        ("Wait", "await Go"),
        ("Done", "return {\"b\": 1.50, \"a\": [ ]}"),
        ("Fail", "fail no money"),
    ])
    .await
}

async fn raise(world: &World, id: &str, event: &str, kind: &str, body: &'static str) -> Reply {
    let request = request("POST", &format!("{BASE}/instances/{id}/raiseEvent/{event}"))
        .header("content-type", kind)
        .body(Body::from(body));
    world.call(request.unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn a_start_answers_alike_under_both_bases() {
    let world = world().await;
    for (base, id) in [(BASE, "a"), ("/durabletask", "b"), ("/DurableTask", "c")] {
        let won = world
            .post(&format!("{base}/orchestrators/Wait/{id}"), "1")
            .await;
        assert_eq!((won.status, won.header("retry-after")), (202, "10"));
        let url = format!(
            "http://localhost:7071{BASE}/instances/{id}?taskHub=Soloist&connection=Storage"
        );
        assert_eq!(won.header("location"), url);
        assert_eq!(won.json()["statusQueryGetUri"], url);
        let lost = world
            .post(&format!("{base}/orchestrators/Wait/{id}/"), "1")
            .await;
        lost.assert_fault(409, &format!("An instance with ID '{id}' already exists."));
        assert_eq!(lost.header("location"), url);
    }
}

#[tokio::test(start_paused = true)]
async fn a_start_that_cannot_be_is_a_400_in_the_shape_of_the_original() {
    let world = world().await;
    let arguments = "One or more of the arguments submitted is incorrect";
    let start = async |rest: &str, body| {
        world
            .post(&format!("{BASE}/orchestrators/{rest}"), body)
            .await
    };
    let unknown = start("Nope", "").await;
    unknown.assert_fault(400, arguments);
    assert_eq!(
        unknown.json()["ExceptionMessage"],
        "The function 'Nope' doesn't exist, is disabled, or is not an orchestrator function. Additional info: \
         The following are the known orchestrator functions: 'Done', 'Fail', 'Wait'."
    );
    start("Wait/@x", "").await.assert_fault(400, arguments);
    start("Wait/x", "{")
        .await
        .assert_fault(400, "Invalid JSON content");
    start("Wait/x?timeout=1&pollingInterval=2", "")
        .await
        .assert_fault(400, arguments);
    world
        .get(&format!("{BASE}/instances/x"))
        .await
        .assert_empty(404);
}

#[tokio::test(start_paused = true)]
async fn a_start_where_nothing_is_deployed_says_so() {
    let world = World::with_functions([("act", "activity")]).await;
    let unknown = world.post(&format!("{BASE}/orchestrators/Nope"), "").await;
    unknown.assert_fault(400, "One or more of the arguments submitted is incorrect");
    assert_eq!(
        unknown.json()["ExceptionMessage"],
        "The function 'Nope' doesn't exist, is disabled, or is not an orchestrator function. Additional info: \
         No orchestrator functions are currently registered!"
    );
}

#[tokio::test(start_paused = true)]
async fn what_clients_send_along_changes_nothing() {
    let world = world().await;
    let path = format!("{BASE}/orchestrators/Wait/a?taskHub=Other&connection=C&code=K&version=1.0");
    let request = request("POST", &path)
        .header("content-type", "application/octet-stream")
        .header(
            "traceparent",
            "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
        )
        .header("tracestate", "a=b")
        .header("x-azure-functions-invocationid", "7")
        .body(Body::from("[7]"));
    assert_eq!(world.call(request.unwrap()).await.status, 202);
    let path = format!("{BASE}/instances/a?taskHub=Other&connectionName=C&code=K");
    let status = world.get(&path).await;
    assert_eq!(
        (status.status, status.json()["input"].clone()),
        (202, json!([7]))
    );
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_gets_the_bare_output_as_it_was_written() {
    let world = world().await;
    let reply = world
        .post(
            &format!("{BASE}/orchestrators/Done?timeout=3&pollingInterval=1"),
            "",
        )
        .await;
    assert_eq!(reply.status, 200);
    assert_eq!(reply.text, "{\"b\": 1.50, \"a\": [ ]}");
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_for_a_failure_gets_its_status() {
    let world = world().await;
    for (query, status) in [("", 200), ("&returnInternalServerErrorOnFailure=true", 500)] {
        let reply = world
            .post(&format!("{BASE}/orchestrators/Fail?timeout=3{query}"), "")
            .await;
        assert_eq!(reply.status, status);
        assert_eq!(reply.json()["runtimeStatus"], "Failed");
        assert_eq!(
            reply.json()["output"],
            "Orchestrator function 'Fail' failed: no money"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn whoever_waits_in_vain_gets_the_links() {
    let world = world().await;
    let late = world
        .post(&format!("{BASE}/orchestrators/Wait/a?timeout=30"), "")
        .await;
    assert_eq!((late.status, late.header("retry-after")), (202, "10"));
    assert_eq!(late.json()["id"], "a");
    world.stopping.cancel();
    let stopped = world
        .post(&format!("{BASE}/orchestrators/Wait/b?timeout=1e6"), "")
        .await;
    assert_eq!(stopped.status, 202);
}

#[tokio::test(start_paused = true)]
async fn a_status_has_its_keys_in_order() {
    let world = world().await;
    world
        .post(&format!("{BASE}/orchestrators/Wait/a"), "{\"n\": 1}")
        .await;
    let path = format!("{BASE}/instances/a/?taskHub=x&code=y");
    let status = world.get(&path).await;
    assert_eq!((status.status, status.header("retry-after")), (202, "5"));
    assert_eq!(
        status.header("location"),
        format!("http://localhost:7071{path}")
    );
    assert_eq!(
        status.text,
        "{\"name\":\"Wait\",\"instanceId\":\"a\",\"runtimeStatus\":\"Running\",\"input\":{\"n\": 1},\
         \"customStatus\":null,\"output\":null,\"createdTime\":\"2026-01-02T03:04:05Z\",\
         \"lastUpdatedTime\":\"2026-01-02T03:04:05Z\"}"
    );
    let bare = world
        .get(&format!("{BASE}/instances/a?showInput=False"))
        .await;
    assert_eq!(bare.json()["input"], json!(null));
}

#[tokio::test(start_paused = true)]
async fn a_history_is_shown_under_both_names_when_it_is_asked_for() {
    let world = world().await;
    world
        .post(&format!("{BASE}/orchestrators/Done/a?timeout=5"), "")
        .await;
    let path = format!("{BASE}/instances/a?showHistory=True&showHistoryOutput=True");
    let status = world.get(&path).await.json();
    assert_eq!(status["historyEvents"], status["history"]);
    let kinds: Vec<_> = status["history"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| &row["EventType"])
        .collect();
    assert_eq!(kinds, ["ExecutionStarted", "ExecutionCompleted"]);
    assert_eq!(status["history"][1]["Result"], json!({"b": 1.5, "a": []}));
}

#[tokio::test(start_paused = true)]
async fn events_are_checked_in_the_order_of_the_original() {
    let world = world().await;
    let json = "application/json; charset=utf-8";
    raise(&world, "none", "Go", "text/plain", "{")
        .await
        .assert_empty(404);
    world
        .post(&format!("{BASE}/orchestrators/Done/done?timeout=5"), "")
        .await;
    raise(&world, "done", "Go", "text/plain", "{")
        .await
        .assert_empty(410);
    world
        .post(&format!("{BASE}/orchestrators/Wait/a"), "")
        .await;
    raise(&world, "a", "Go", "text/plain", "{")
        .await
        .assert_fault(400, "Only application/json request content is supported");
    raise(&world, "a", "Go", json, "{")
        .await
        .assert_fault(400, "Invalid JSON content");
    raise(&world, "a", "go", json, "{\"ok\": true}")
        .await
        .assert_empty(202);
}

#[tokio::test(start_paused = true)]
async fn an_event_without_a_body_carries_null_and_wakes_who_waits() {
    let world = world().await;
    let start = format!("{BASE}/orchestrators/Wait/a?timeout=60");
    let waiting = world.post(&start, "");
    let raising = async {
        while raise(&world, "a", "Go", "application/json", "")
            .await
            .status
            != 202
        {
            tokio::task::yield_now().await;
        }
    };
    let (ended, ()) = tokio::join!(waiting, raising);
    assert_eq!((ended.status, ended.text.as_str()), (200, "null"));
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_suspended_resumed_terminated_and_purged() {
    let world = world().await;
    world
        .post(&format!("{BASE}/orchestrators/Wait/a"), "")
        .await;
    let tell = async |operation: &str| {
        world
            .post(&format!("{BASE}/instances/a/{operation}"), "")
            .await
    };
    let purge = async || {
        world
            .send("DELETE", &format!("{BASE}/instances/a"), Body::empty())
            .await
    };
    let status = async || world.get(&format!("{BASE}/instances/a")).await;
    tell("suspend?reason=taking%20a%20break")
        .await
        .assert_empty(202);
    tell("Suspend").await.assert_empty(202);
    assert_eq!(status().await.json()["runtimeStatus"], "Suspended");
    tell("resume").await.assert_empty(202);
    tell("resume").await.assert_empty(202);
    assert_eq!(status().await.json()["runtimeStatus"], "Running");
    purge().await.assert_fault(
        409,
        "The instance 'a' has not ended, so it cannot be purged: terminate it first.",
    );
    tell("terminate?reason=fixed+bug").await.assert_empty(202);
    tell("terminate").await.assert_empty(410);
    let ended = status().await;
    assert_eq!(ended.status, 200);
    assert_eq!(ended.json()["runtimeStatus"], "Terminated");
    assert_eq!(ended.json()["output"], "fixed bug");
    let purged = purge().await;
    assert_eq!(
        (purged.status, purged.text.as_str()),
        (200, "{\"instancesDeleted\":1}")
    );
    purge().await.assert_empty(404);
    status().await.assert_empty(404);
}

#[tokio::test(start_paused = true)]
async fn what_is_unknown_is_an_empty_404_and_what_is_missing_a_501() {
    let world = world().await;
    for (method, path) in [
        ("PUT", "instances/a"),
        ("POST", "instances/a"),
        ("POST", "instances/a/explode"),
        ("POST", "instances/a/terminate"),
        ("POST", "instances/@a/terminate"),
        ("DELETE", "instances/@a"),
        ("GET", "orchestrators/Wait"),
        ("GET", "nothing"),
        ("GET", ""),
    ] {
        let reply = world
            .send(method, &format!("{BASE}/{path}"), Body::empty())
            .await;
        reply.assert_empty(404);
    }
    // The base of the first version of Durable Functions, which no client calls, and what newer clients speak.
    for path in [
        "/admin/extensions/DurableTaskExtension/instances/a",
        "/TaskHubSidecarService/Hello",
        "/instances/a",
    ] {
        let reply = world.get(path).await;
        reply.assert_problem(StatusCode::NOT_FOUND, "not-found");
    }
    let reply = world.get(&format!("{BASE}/entities?top=3")).await;
    reply.assert_fault(501, "This host does not support entities yet.");
    let reply = world.post(&format!("{BASE}/makeprimary"), "").await;
    reply.assert_fault(501, "This host does not support app leases yet.");
}
