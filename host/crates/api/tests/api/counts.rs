//! Counting instances.

use axum::http::StatusCode;
use serde_json::{Value, json};

use crate::world::{BASE, World};

const COUNTS: &str = "/admin/instances/counts";

/// A host with four instances of three functions.
async fn world() -> World {
    let world = World::with_functions([
        ("Wait", "await Go"),
        ("Done", "return 1"),
        ("Fail", "fail no money"),
    ])
    .await;
    for start in [
        "Done/a?timeout=9&tag=customer:42",
        "Wait/b?tag=customer:42&tag=urgent:yes",
        "Wait/c?timeout=0",
        "Fail/d?timeout=9&tag=urgent:yes",
    ] {
        let path = format!("{BASE}/orchestrators/{start}");
        let reply = world.post(&path, "{\"n\": 1}").await;
        assert!(reply.status < 300, "{reply:?}");
    }
    let suspended = format!("{BASE}/instances/c/suspend?reason=why");
    world.post(&suspended, "").await.assert_empty(202);
    world
}

/// All states, with those that are not named at 0.
fn states<const N: usize>(named: [(&str, u64); N]) -> Value {
    let mut states = json!({
        "Pending": 0, "Running": 0, "Suspended": 0, "Completed": 0, "Failed": 0, "Terminated": 0
    });
    for (state, count) in named {
        states[state] = json!(count);
    }
    states
}

#[tokio::test(start_paused = true)]
async fn instances_are_counted_by_state_and_by_function() {
    let world = world().await;
    let reply = world.get(COUNTS).await;
    assert_eq!(reply.status, 200, "{reply:?}");
    assert_eq!(
        reply.header("content-type"),
        "application/json; charset=utf-8"
    );
    let all = [
        ("Running", 1),
        ("Suspended", 1),
        ("Completed", 1),
        ("Failed", 1),
    ];
    let expected = json!({
        "counts": states(all),
        "total": 4,
        "functions": {
            "Done": states([("Completed", 1)]),
            "Fail": states([("Failed", 1)]),
            "Wait": states([("Running", 1), ("Suspended", 1)]),
        }
    });
    assert_eq!(reply.json(), expected);
}

#[tokio::test(start_paused = true)]
async fn a_count_is_of_a_function_and_of_tags_if_they_are_named() {
    let world = world().await;
    for (query, total, functions) in [
        (
            "functionName=Wait",
            2,
            json!({"Wait": states([("Running", 1), ("Suspended", 1)])}),
        ),
        ("functionName=Nobody", 0, json!({})),
        (
            "tag=customer:42",
            2,
            json!({"Done": states([("Completed", 1)]), "Wait": states([("Running", 1)])}),
        ),
        (
            "TAG=urgent:yes&FunctionName=Fail",
            1,
            json!({"Fail": states([("Failed", 1)])}),
        ),
        (
            "tag=urgent:yes&tag=customer:42",
            1,
            json!({"Wait": states([("Running", 1)])}),
        ),
        ("tag=urgent:no", 0, json!({})),
    ] {
        let body = world.get(&format!("{COUNTS}?{query}")).await.json();
        assert_eq!(body["total"], total, "{query}: {body}");
        assert_eq!(body["functions"], functions, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_counted_is_refused_and_it_is_said_what_can() {
    let world = world().await;
    for key in [
        "instanceIdPrefix",
        "createdTimeFrom",
        "createdTimeTo",
        "runtimeStatus",
    ] {
        let reply = world
            .get(&format!("{COUNTS}?functionName=Wait&{key}=x"))
            .await;
        reply.assert_problem(StatusCode::BAD_REQUEST, "not-countable");
        assert_eq!(
            reply.json()["detail"],
            format!(
                "counts can be had by functionName and tag, not by {key}: list the instances instead"
            )
        );
    }
    let reply = world.get(&format!("{COUNTS}?functionName=1a")).await;
    reply.assert_problem(StatusCode::BAD_REQUEST, "invalid-function-name");
    let reply = world.get(&format!("{COUNTS}?tag=urgent")).await;
    reply.assert_problem(StatusCode::BAD_REQUEST, "invalid-tag");
    let reply = world.post(COUNTS, "").await;
    reply.assert_problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed");
}
