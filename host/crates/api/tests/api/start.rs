use axum::body::Body;
use axum::http::StatusCode;
use soloist_api::ApiSettings;
use soloist_engine::testing::Fault;

use crate::world::{World, request};

#[tokio::test(start_paused = true)]
async fn the_winner_gets_its_links_and_the_others_the_exact_sentence() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    let won = world.post("/api/orchestrators/Wait/night-7", "").await;
    assert_eq!(won.status, 202, "{won:?}");
    let url = "http://localhost:7071/runtime/webhooks/durabletask/instances/night-7?taskHub=Soloist&connection=Storage";
    assert_eq!(won.header("location"), url);
    assert_eq!(won.header("retry-after"), "10");
    assert_eq!(
        won.header("content-type"),
        "application/json; charset=utf-8"
    );
    let links = won.json();
    assert_eq!(links["id"], "night-7");
    assert_eq!(links["statusQueryGetUri"], url);
    assert_eq!(links.as_object().unwrap().len(), 8);

    let lost = world.post("/api/orchestrators/Wait/night-7", "{}").await;
    assert_eq!(lost.status, 409);
    assert_eq!(lost.text, "An instance with ID 'night-7' already exists.");
    assert_eq!(lost.header("content-type"), "text/plain; charset=utf-8");
    assert_eq!(lost.header("location"), url);
}

#[tokio::test(start_paused = true)]
async fn of_many_concurrent_starts_exactly_one_is_accepted() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    let starts = (0..64).map(|_| world.post("/api/orchestrators/Wait/one", ""));
    let replies = futures_util::future::join_all(starts).await;
    let count = |status| {
        replies
            .iter()
            .filter(|reply| reply.status == status)
            .count()
    };
    assert_eq!((count(202), count(409)), (1, 63));
}

#[tokio::test(start_paused = true)]
async fn without_an_id_a_new_one_is_made() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    for path in ["/api/orchestrators/Wait", "/api/orchestrators/Wait/"] {
        let links = world.post(path, "").await.json();
        let id = links["id"].as_str().unwrap();
        assert!(
            id.len() == 32 && id.bytes().all(|b| b.is_ascii_hexdigit()),
            "{id}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn an_unknown_function_is_a_404_that_names_the_known_ones() {
    let world = World::with_functions([("Wait", "await Go"), ("act", "activity")]).await;
    for (name, detail) in [
        (
            "Nope",
            "there is no orchestrator function 'Nope'; the known ones are 'Wait'",
        ),
        (
            "9lives",
            "there is no orchestrator function '9lives'; the known ones are 'Wait'",
        ),
        (
            "act",
            "'act' is an activity, not an orchestrator; the known ones are 'Wait'",
        ),
    ] {
        let reply = world
            .post(&format!("/api/orchestrators/{name}/x"), "")
            .await;
        reply.assert_problem(StatusCode::NOT_FOUND, "unknown-function");
        assert_eq!(reply.json()["detail"], detail);
    }
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_started_is_refused_with_a_stable_code() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    let start = async |id: &str, body| {
        world
            .post(&format!("/api/orchestrators/Wait/{id}"), body)
            .await
    };
    let bad = StatusCode::BAD_REQUEST;
    start("@entity", "")
        .await
        .assert_problem(bad, "invalid-instance-id");
    start("a%2Fb", "")
        .await
        .assert_problem(bad, "invalid-instance-id");
    start(&"x".repeat(257), "")
        .await
        .assert_problem(bad, "invalid-instance-id");
    start("x", "{").await.assert_problem(bad, "invalid-json");
    start("%FF", "").await.assert_problem(bad, "invalid-path");
    let reply = world.get("/api/orchestrators/Wait/x").await;
    reply.assert_problem(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed");
}

#[tokio::test(start_paused = true)]
async fn a_body_over_the_limit_is_refused_with_and_without_a_length() {
    let world = World::with(ApiSettings {
        body_bytes_max: 10,
        ..ApiSettings::default()
    })
    .await;
    world.send("PUT", "/admin/functions/Wait", "await Go").await;
    let path = "/api/orchestrators/Wait/x";
    let announced = request("POST", path)
        .header("content-length", "11")
        .body(Body::from("\"123456789\""))
        .unwrap();
    let chunks = futures_util::stream::iter(["\"12345", "6789\""].map(Ok::<_, std::io::Error>));
    let streamed = request("POST", path)
        .body(Body::from_stream(chunks))
        .unwrap();
    for request in [announced, streamed] {
        let reply = world.call(request).await;
        reply.assert_problem(StatusCode::PAYLOAD_TOO_LARGE, "body-too-large");
    }
    assert_eq!(world.post(path, "\"12345678\"").await.status, 202);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_come_is_not_waited_for_for_ever() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    let body = Body::from_stream(futures_util::stream::pending::<Result<&str, std::io::Error>>());
    let reply = world.send("POST", "/api/orchestrators/Wait/x", body).await;
    reply.assert_problem(StatusCode::REQUEST_TIMEOUT, "body-too-slow");
}

#[tokio::test(start_paused = true)]
async fn a_hub_that_cannot_be_written_is_a_503_that_says_when_to_come_back() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    world.hub.on_commit(|_| Some(Fault::Unavailable));
    let reply = world.post("/api/orchestrators/Wait/x", "").await;
    reply.assert_problem(StatusCode::SERVICE_UNAVAILABLE, "task-hub-unavailable");
    assert_eq!(reply.header("retry-after"), "5");
    assert!(!reply.text.contains("a test asked for it"), "{reply:?}");
    let reply = world.post("/durabletask/orchestrators/Wait/y", "").await;
    reply.assert_fault(503, "the task hub is not available now; try again later");
    assert_eq!(reply.header("retry-after"), "5");
}

#[tokio::test(start_paused = true)]
async fn requests_over_the_limit_are_turned_away() {
    let world = World::with(ApiSettings {
        requests_max: 0,
        ..ApiSettings::default()
    })
    .await;
    let reply = world.get("/healthz").await;
    reply.assert_problem(StatusCode::SERVICE_UNAVAILABLE, "too-many-requests");
}

#[tokio::test(start_paused = true)]
async fn only_this_machine_and_own_pages_are_answered() {
    let world = World::new().await;
    let forbidden = StatusCode::FORBIDDEN;
    let evil = axum::http::Request::get("/healthz").header("host", "evil.example");
    let reply = world.call(evil.body(Body::empty()).unwrap()).await;
    reply.assert_problem(forbidden, "host-not-loopback");
    let page = request("GET", "/healthz").header("origin", "http://evil.example");
    let reply = world.call(page.body(Body::empty()).unwrap()).await;
    reply.assert_problem(forbidden, "foreign-origin");
    assert_eq!(world.get("/healthz").await.status, 200);
    assert_eq!(world.get("/readyz").await.status, 200);
    world
        .get("/nowhere")
        .await
        .assert_problem(StatusCode::NOT_FOUND, "not-found");
}
