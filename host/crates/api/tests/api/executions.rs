use axum::http::StatusCode;
use serde_json::json;

use crate::world::{BASE, World};

/// `night-7` has run three times: replaced, ended, and live.
async fn run_three_times(world: &World) -> Vec<String> {
    for path in [
        "/api/orchestrators/Wait/night-7",
        "/api/orchestrators/Tell/night-7?onExisting=replace",
        "/api/orchestrators/Wait/night-7",
    ] {
        let reply = world.post(path, "[1]").await;
        assert_eq!(reply.status, 202, "{reply:?}");
    }
    let list = world.get("/admin/instances/night-7/executions").await;
    let list = list.json();
    let ids = list.as_array().unwrap().iter();
    ids.map(|execution| execution["executionId"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test(start_paused = true)]
async fn earlier_executions_are_listed_newest_first() {
    let world = World::keeping(2, [("Wait", "await Go"), ("Tell", "log one two")]).await;
    let ids = run_three_times(&world).await;
    let list = world.get("/admin/instances/night-7/executions").await;
    let time = |key: &str| list.json()[0][key].as_str().unwrap().to_owned();
    let shown = |id: &str, name: &str, status: &str, events: u64| {
        json!({
            "executionId": id, "functionName": name, "generation": 0, "runtimeStatus": status,
            "startedTime": time("startedTime"), "endedTime": time("endedTime"), "historyLength": events,
        })
    };
    assert_eq!(
        list.json(),
        json!([
            shown(&ids[0], "Tell", "Completed", 3),
            shown(&ids[1], "Wait", "Terminated", 4),
        ])
    );
}

#[tokio::test(start_paused = true)]
async fn the_history_of_an_earlier_execution_is_shown_as_a_status_shows_it() {
    let world = World::keeping(2, [("Wait", "await Go"), ("Tell", "log one two")]).await;
    world
        .post("/api/orchestrators/Tell/night-7", "\"Lima\"")
        .await;
    let status = format!("{BASE}/instances/night-7?showHistory=true&showHistoryOutput=true");
    let before = world.get(&status).await.json();
    let current = world.get("/admin/instances/night-7/history").await.json();
    world.post("/api/orchestrators/Wait/night-7", "").await;
    let list = world.get("/admin/instances/night-7/executions").await;
    let id = list.json()[0]["executionId"].as_str().unwrap().to_owned();
    let path = format!("/admin/instances/night-7/executions/{id}");
    let shown = world.get(&path).await.json();
    assert_eq!(shown, before["historyEvents"]);
    assert_eq!(shown[0]["Input"], "\"Lima\"");
    let end = shown.as_array().unwrap().last().unwrap();
    assert_eq!(end["EventType"], "ExecutionCompleted");
    // The raw events and the log are there as well.
    let path = format!("/admin/instances/night-7/history?execution={id}");
    assert_eq!(world.get(&path).await.json(), current);
    let path = format!("/admin/instances/night-7/logs?execution={id}&after=0");
    let log = world.get(&path).await.json();
    assert_eq!(log["executionId"], id.as_str());
    assert_eq!(log["lines"][0]["message"], "two");
    // So is the current execution, by its id.
    let current = world.get("/admin/instances/night-7/history").await.json();
    let id = current["executions"][0]["executionId"].as_str().unwrap();
    let path = format!("/admin/instances/night-7/executions/{id}");
    assert_eq!(world.get(&path).await.json()[0]["FunctionName"], "Wait");
}

#[tokio::test(start_paused = true)]
async fn what_is_not_kept_is_not_found() {
    let world = World::with_functions([("Wait", "await Go"), ("Tell", "log one two")]).await;
    assert_eq!(run_three_times(&world).await, [""; 0]);
    let missing = async |path: &str, detail: &str| {
        let reply = world.get(&format!("/admin/instances/{path}")).await;
        reply.assert_problem(StatusCode::NOT_FOUND, "not-found");
        assert_eq!(reply.json()["detail"], detail);
    };
    let never = "00000000-0000-0000-0000-0000000000ff";
    for id in [never, "first"] {
        let detail = format!(
            "of the instance 'night-7' no execution '{id}' is kept: ask for its executions, or keep more with kept-executions"
        );
        missing(&format!("night-7/executions/{id}"), &detail).await;
        missing(&format!("night-7/history?execution={id}"), &detail).await;
        missing(&format!("night-7/logs?execution={id}"), &detail).await;
        let detail = "there is no instance 'nobody'";
        missing(&format!("nobody/executions/{id}"), detail).await;
        missing(&format!("nobody/history?execution={id}"), detail).await;
        missing(&format!("nobody/logs?execution={id}"), detail).await;
    }
    missing("nobody/executions", "there is no instance 'nobody'").await;
    missing("@b/executions", "there is no instance '@b'").await;
}
