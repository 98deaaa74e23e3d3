//! Finding instances, and cleaning up.

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::json;

use crate::world::{BASE, Reply, World, request};

/// A host with three instances: two that have ended, and one that waits.
async fn world() -> World {
    let world = World::with_functions([
        ("Wait", "await Go"),
        ("Done", "return {\"b\": 1.50}"),
        ("Fail", "fail no money"),
    ])
    .await;
    for start in [
        "Done/job-1?timeout=9&tag=customer:42",
        "Wait/job-2?tag=customer:42&tag=urgent:yes",
        "Fail/other?timeout=9",
    ] {
        let reply = world
            .post(&format!("{BASE}/orchestrators/{start}"), "{\"n\": 1}")
            .await;
        assert!(reply.status < 300, "{reply:?}");
    }
    world
}

async fn list(world: &World, query: &str, token: &str) -> Reply {
    let request = request("GET", &format!("{BASE}/instances/{query}"))
        .header("x-ms-continuation-token", token)
        .body(Body::empty());
    world.call(request.unwrap()).await
}

fn ids(reply: &Reply) -> Vec<String> {
    assert_eq!(reply.status, 200, "{reply:?}");
    let instances = reply.json();
    let instances = instances.as_array().unwrap().iter();
    let ids = instances.map(|instance| instance["instanceId"].as_str().unwrap().to_owned());
    ids.collect()
}

async fn purge(world: &World, query: &str) -> Reply {
    let path = format!("{BASE}/instances/{query}");
    world.send("DELETE", &path, Body::empty()).await
}

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

#[tokio::test(start_paused = true)]
async fn a_list_is_of_statuses_in_the_order_of_their_creation() {
    let world = world().await;
    let all = list(&world, "", "").await;
    assert_eq!(ids(&all), ["job-1", "job-2", "other"]);
    assert_eq!(all.header("x-ms-continuation-token"), "");
    assert!(all.headers.contains_key("x-ms-continuation-token"));
    let (alone, listed) = (
        world.get(&format!("{BASE}/instances/job-1")).await,
        list(&world, "?instanceIdPrefix=job-1", "").await,
    );
    assert_eq!(listed.text, format!("[{}]", alone.text));
    assert!(
        listed.text.contains("\"output\":{\"b\": 1.50}"),
        "{listed:?}"
    );
    let bare = list(&world, "?showInput=false&showHistory=true", "")
        .await
        .json();
    assert_eq!(bare[0]["input"], json!(null));
    assert_eq!(bare[0]["output"], json!({"b": 1.5}));
    assert_eq!(bare[0].get("history"), None);
}

#[tokio::test(start_paused = true)]
async fn a_list_holds_what_its_filters_let_through() {
    let world = world().await;
    for (query, expected) in [
        ("?runtimeStatus=Completed,Failed", &["job-1", "other"][..]),
        (
            "?runtimeStatus=Completed&runtimeStatus=Running",
            &["job-1", "job-2"],
        ),
        ("?runtimeStatus=Nonsense", &[]),
        ("?instanceIdPrefix=job-", &["job-1", "job-2"]),
        ("?tag=customer:42", &["job-1", "job-2"]),
        ("?tag=customer:42&tag=urgent:yes", &["job-2"]),
        ("?functionName=Fail", &["other"]),
        ("?functionName=Fail&runtimeStatus=Completed", &[]),
        (
            "?createdTimeFrom=2026-01-02T03:04:05.678Z",
            &["job-1", "job-2", "other"],
        ),
        ("?createdTimeFrom=2026-01-02T03:04:05.679Z", &[]),
        ("?createdTimeTo=2026-01-02T03:04:05.677901Z", &[]),
        (
            "?createdTimeTo=2026-01-02T03%3A04%3A05.678901Z",
            &["job-1", "job-2", "other"],
        ),
        (
            "?createdTimeFrom=never&top=x&runtimeStatus=",
            &["job-1", "job-2", "other"],
        ),
    ] {
        assert_eq!(ids(&list(&world, query, "").await), expected, "{query}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_list_goes_on_where_the_page_before_ended() {
    let world = world().await;
    for (query, expected) in [
        ("?top=1", ["job-1", "job-2", "other"]),
        ("?top=1&instanceIdPrefix=", ["job-1", "job-2", "other"]),
    ] {
        let mut token = String::new();
        for (number, expected) in expected.into_iter().enumerate() {
            let page = list(&world, query, &token).await;
            assert_eq!(ids(&page), [expected]);
            page.header("x-ms-continuation-token")
                .clone_into(&mut token);
            assert_eq!(token.is_empty(), number == 2, "{token}");
        }
    }
    let by_id = list(&world, "?top=1&instanceIdPrefix=job", "").await;
    let token = by_id.header("x-ms-continuation-token");
    let arguments = "One or more of the arguments submitted is incorrect";
    for (query, token) in [
        ("", token),
        ("", "nonsense"),
        ("?instanceIdPrefix=j", "c1.1"),
    ] {
        let refused = list(&world, query, token).await;
        refused.assert_fault(400, arguments);
        let said = refused.json()["ExceptionMessage"].to_string();
        assert!(said.contains("x-ms-continuation-token is none"), "{said}");
    }
    for (query, part) in [
        ("?tag=urgent", "write tag=name:value"),
        ("?functionName=9lives", "functionName is no name"),
        ("?functionName=", "functionName is no name"),
    ] {
        let refused = list(&world, query, "").await;
        refused.assert_fault(400, arguments);
        let said = refused.json()["ExceptionMessage"].to_string();
        assert!(said.contains(part), "{said}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_takes_what_has_ended_and_is_meant() {
    let world = world().await;
    let from = "createdTimeFrom=2026-01-01";
    let missing = purge(&world, "?runtimeStatus=Completed").await;
    assert_eq!(missing.status, 400);
    assert_eq!(
        missing.text,
        "\"Please provide value for 'createdTimeFrom' parameter.\""
    );
    for query in [
        "?createdTimeFrom=2026-02-01",
        "?createdTimeFrom=2026-01-01&createdTimeTo=2026-01-02",
        "?createdTimeFrom=2026-01-01&runtimeStatus=Running",
        "?createdTimeFrom=2026-01-01&runtimeStatus=Complete",
        "?createdTimeFrom=2026-01-01&tag=urgent:yes",
    ] {
        purge(&world, query).await.assert_empty(404);
    }
    assert_eq!(ids(&list(&world, "", "").await).len(), 3);
    let some = purge(&world, &format!("?{from}&runtimeStatus=Running,Failed")).await;
    assert_eq!(some.text, "{\"instancesDeleted\":1}");
    assert_eq!(ids(&list(&world, "", "").await), ["job-1", "job-2"]);
    let rest = purge(&world, &format!("?{from}")).await;
    assert_eq!(
        (rest.status, rest.text.as_str()),
        (200, "{\"instancesDeleted\":1}")
    );
    assert_eq!(ids(&list(&world, "", "").await), ["job-2"]);
    purge(&world, &format!("?{from}")).await.assert_empty(404);
}

#[tokio::test(start_paused = true)]
async fn a_clean_up_takes_many_page_by_page() {
    let world = World::with_functions([("Done", "return 1"), ("Wait", "await Go")]).await;
    let starts = (0..1_203).map(|number| {
        let function = if number % 400 == 0 { "Wait" } else { "Done" };
        let path = format!("/api/orchestrators/{function}/i-{number}");
        async {
            let path = path;
            world.post(&path, "").await
        }
    });
    futures_util::future::join_all(starts).await;
    // Each is waited for: it has ended once its status says so.
    while ids(&list(&world, "?runtimeStatus=Pending,Running", "").await).len() > 4 {
        tokio::task::yield_now().await;
    }
    let reply = purge(&world, "?createdTimeFrom=2026-01-01").await;
    assert_eq!(reply.text, "{\"instancesDeleted\":1199}");
    assert_eq!(ids(&list(&world, "", "").await).len(), 4);
}
