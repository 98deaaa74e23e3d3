use std::time::Duration;

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;
use soloist_api::ApiSettings;

use crate::world::World;

#[tokio::test(start_paused = true)]
async fn a_function_is_bound_bound_anew_listed_and_unbound() {
    let world = World::new().await;
    let put = async |path: &str, script| world.send("PUT", path, script).await;
    let new = put("/admin/functions/Hello", "return 1").await;
    assert_eq!(
        (new.status, new.header("location")),
        (201, "http://localhost:7071/admin/functions/Hello")
    );
    let shown = world.get("/admin/functions/Hello").await;
    assert_eq!(shown.json(), new.json());
    assert_eq!(new.json()["size"], 8);
    let anew = put("/admin/functions/Hello", "return 2").await;
    assert_eq!(anew.status, 200);
    assert_ne!(anew.json()["digest"], new.json()["digest"]);
    assert_eq!(
        world.get("/admin/functions").await.json(),
        json!([anew.json()])
    );
    let remove = async || {
        world
            .send("DELETE", "/admin/functions/Hello", Body::empty())
            .await
    };
    remove().await.assert_empty(204);
    remove()
        .await
        .assert_problem(StatusCode::NOT_FOUND, "not-found");
    let shown = world.get("/admin/functions/Hello").await;
    shown.assert_problem(StatusCode::NOT_FOUND, "not-found");
    assert_eq!(world.get("/admin/functions").await.text, "[]");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_cannot_be_bound_says_why() {
    let world = World::with(ApiSettings {
        module_bytes_max: 20,
        ..ApiSettings::default()
    })
    .await;
    let put = async |path: &str, script| world.send("PUT", path, script).await;
    let bad = StatusCode::BAD_REQUEST;
    put("/admin/functions/9", "return 1")
        .await
        .assert_problem(bad, "invalid-function-name");
    put("/admin/functions/F?kind=entity", "return 1")
        .await
        .assert_problem(bad, "invalid-kind");
    put("/admin/functions/F", "both")
        .await
        .assert_problem(bad, "kind-needed");
    let core = put("/admin/functions/F", "core").await;
    core.assert_problem(StatusCode::UNPROCESSABLE_ENTITY, "unusable-component");
    assert_eq!(
        core.json()["detail"],
        "this is a core module: make a component of it"
    );
    let large = put("/admin/functions/F", "return 1234567890123456").await;
    large.assert_problem(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large");
    let kind = put("/admin/functions/F?kind=activity", "both").await;
    assert_eq!(kind.json()["kind"], "activity");
}

#[tokio::test(start_paused = true)]
async fn an_upload_that_compiles_long_says_where_to_look() {
    let world = World::with(ApiSettings {
        deploy_patience: Duration::from_secs(2),
        ..ApiSettings::default()
    })
    .await;
    let accepted = world
        .send("PUT", "/admin/functions/F", "slow return 1")
        .await;
    assert_eq!(accepted.status, 202);
    let module = accepted.header("location").to_owned();
    assert_eq!(
        module,
        format!(
            "http://localhost:7071/admin/modules/{}",
            accepted.json()["digest"].as_str().unwrap()
        )
    );
    let compiling = world.get(&module).await;
    assert_eq!(compiling.json()["state"], "compiling");
    assert_eq!(compiling.header("retry-after"), "1");
    let function = world.get("/admin/functions/F").await;
    function.assert_problem(StatusCode::NOT_FOUND, "not-found");

    world.guests.release.add_permits(1);
    while world.get(&module).await.json()["state"] == "compiling" {
        tokio::task::yield_now().await;
    }
    let ready = world.get(&module).await.json();
    assert_eq!(ready["state"], "ready");
    assert_eq!(ready["functions"], json!(["F"]));
    assert_eq!(world.get("/admin/functions/F").await.status, 200);
}

#[tokio::test(start_paused = true)]
async fn a_module_that_is_needed_stays_and_is_said_to_be_needed() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    world.post("/api/orchestrators/Wait/night-7", "").await;
    let function = world.get("/admin/functions/Wait").await.json();
    let module = format!("/admin/modules/{}", function["digest"].as_str().unwrap());
    let remove = async |path: &str| world.send("DELETE", path, Body::empty()).await;
    let needed = remove(&module).await;
    needed.assert_problem(StatusCode::CONFLICT, "module-needed");
    assert_eq!(
        needed.json()["detail"],
        "the module is bound to 'Wait' and needed by the instances 'night-7': remove or rebind the functions and purge the \
         instances first"
    );
    remove("/admin/functions/Wait").await.assert_empty(204);
    let needed = remove(&module).await;
    assert_eq!(
        needed.json()["detail"],
        "the module is needed by the instances 'night-7': remove or rebind the functions and purge the instances first"
    );
    world
        .post("/durabletask/instances/night-7/terminate", "")
        .await;
    remove(&module).await.assert_empty(204);
    remove(&module)
        .await
        .assert_problem(StatusCode::NOT_FOUND, "not-found");
    remove("/admin/modules/abc")
        .await
        .assert_problem(StatusCode::NOT_FOUND, "not-found");
}

#[tokio::test(start_paused = true)]
async fn a_raw_history_names_its_execution_and_keeps_the_nonce() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    world.post("/api/orchestrators/Wait/a%20b", "[1]").await;
    let reply = world.get("/admin/instances/a%20b/history").await;
    let history = reply.json();
    assert_eq!(history["instanceId"], "a b");
    let execution = &history["executions"][0];
    let types: Vec<_> = execution["events"]
        .as_array()
        .unwrap()
        .iter()
        .map(|event| &event["type"])
        .collect();
    assert_eq!(
        types,
        ["ExecutionStarted", "ExecutionBegan", "EventAwaited"]
    );
    assert_eq!(execution["function"], "Wait");
    assert_eq!(
        execution["events"][2]["taskKey"],
        format!("{}:3", execution["executionId"].as_str().unwrap())
    );
    assert!(!reply.text.contains("nonce"), "{reply:?}");
    for unknown in ["b", "@b"] {
        let reply = world
            .get(&format!("/admin/instances/{unknown}/history"))
            .await;
        reply.assert_problem(StatusCode::NOT_FOUND, "not-found");
    }
}

#[tokio::test]
async fn a_log_is_told_line_by_line() {
    let world = World::with_functions([("Tell", "log one two")]).await;
    world.post("/api/orchestrators/Tell/a%20b", "[1]").await;
    let log = world.get("/admin/instances/a%20b/logs").await.json();
    assert_eq!(log["instanceId"], "a b");
    let lines = log["lines"].as_array().unwrap();
    let told: Vec<_> = lines
        .iter()
        .map(|line| (&line["ordinal"], &line["level"], &line["message"]))
        .collect();
    assert_eq!(
        told,
        [
            (&0.into(), &"info".into(), &"one".into()),
            (&1.into(), &"info".into(), &"two".into())
        ]
    );
    assert!(log.get("next").is_none(), "{log}");
    let rest = world.get("/admin/instances/a%20b/logs?after=0").await;
    assert_eq!(rest.json()["lines"].as_array().unwrap().len(), 1);
    let bad = world.get("/admin/instances/a%20b/logs?after=x").await;
    bad.assert_problem(StatusCode::BAD_REQUEST, "invalid-query");
    let unknown = world.get("/admin/instances/b/logs").await;
    unknown.assert_problem(StatusCode::NOT_FOUND, "not-found");
}
