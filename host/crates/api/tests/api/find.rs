//! Finding instances, and cleaning up.

use axum::http::StatusCode;
use serde_json::json;

use crate::world::{BASE, World};

#[tokio::test(start_paused = true)]
async fn tags_are_taken_at_every_start_and_shown_where_there_are_any() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    for (base, id) in [("/api", "a"), (BASE, "b"), ("/durabletask", "c")] {
        let start = format!("{base}/orchestrators/Wait/{id}?tag=customer:42&tag=note:a+b:c");
        assert_eq!(world.post(&start, "").await.status, 202);
        let status = world.get(&format!("{BASE}/instances/{id}")).await;
        assert_eq!(
            status.json()["tags"],
            json!({"customer": "42", "note": "a b:c"})
        );
    }
    world.post("/api/orchestrators/Wait/untagged", "").await;
    let status = world.get(&format!("{BASE}/instances/untagged")).await;
    assert_eq!(status.json().get("tags"), None);
}

#[tokio::test(start_paused = true)]
async fn a_start_with_an_unusable_tag_is_refused() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    let reply = world.post("/api/orchestrators/Wait/a?tag=urgent", "").await;
    reply.assert_problem(StatusCode::BAD_REQUEST, "invalid-tag");
    assert_eq!(
        reply.json()["detail"],
        "the tag \"urgent\" has no name and value: write tag=name:value"
    );
    let reply = world
        .post("/durabletask/orchestrators/Wait/a?tag=n:1&tag=n:2", "")
        .await;
    reply.assert_fault(400, "One or more of the arguments submitted is incorrect");
    assert_eq!(
        reply.json()["ExceptionMessage"],
        "the tag \"n\" is given twice: give it one value"
    );
    world
        .get(&format!("{BASE}/instances/a"))
        .await
        .assert_empty(404);
}
