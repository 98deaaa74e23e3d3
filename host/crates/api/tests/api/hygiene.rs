//! What each answer has, whatever it answers.

use std::io::Write;
use std::sync::{Arc, Mutex};

use axum::body::Body;
use axum::http::StatusCode;
use soloist_api::ApiSettings;
use soloist_engine::testing::Fault;
use tracing::Level;
use tracing::subscriber::set_default;

use crate::world::{BASE, Reply, World, request};

async fn with_id(world: &World, line: (&str, &str), id: &str) -> Reply {
    let request = request(line.0, line.1).header("x-request-id", id);
    world.call(request.body(Body::empty()).unwrap()).await
}

#[tokio::test(start_paused = true)]
async fn each_answer_has_an_id_and_stays_in_no_cache() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    for (method, path, status) in [
        ("GET", "/healthz", 200),
        ("GET", "/readyz", 200),
        ("GET", "/admin/functions", 200),
        ("GET", "/admin/host/binding", 200),
        ("POST", "/api/orchestrators/Wait/x", 202),
        ("POST", "/api/orchestrators/Wait/x", 409),
        ("GET", "/admin/functions/None", 404),
        ("GET", "/nowhere", 404),
        ("GET", "/runtime/webhooks/durabletask/nowhere", 404),
        ("DELETE", "/healthz", 405),
        ("OPTIONS", "/healthz", 405),
        ("POST", "/durabletask/orchestrators/None", 400),
        ("GET", "/admin/functions/%FF", 400),
        ("HEAD", "/healthz", 200),
    ] {
        let reply = world.send(method, path, Body::empty()).await;
        assert_eq!(reply.status, status, "{method} {path}: {reply:?}");
        assert!(
            reply.header("x-request-id").starts_with("request-"),
            "{reply:?}"
        );
        assert_eq!(reply.header("cache-control"), "no-store", "{reply:?}");
        assert_eq!(reply.header("x-content-type-options"), "nosniff");
        let foreign = request(method, path).header("origin", "https://evil.example");
        let refused = world.call(foreign.body(Body::empty()).unwrap()).await;
        assert_eq!(refused.status, 403, "{refused:?}");
        assert!(refused.header("x-request-id").starts_with("request-"));
        assert_eq!(refused.header("cache-control"), "no-store");
    }
}

#[tokio::test(start_paused = true)]
async fn an_id_of_the_caller_s_own_comes_back_if_it_is_one() {
    let world = World::with(ApiSettings {
        request_prefix: "0f".to_owned(),
        ..ApiSettings::default()
    })
    .await;
    let longest = "a".repeat(128);
    for id in ["17", "{a}/b:c", &longest] {
        for (path, status) in [("/healthz", 200), ("/nowhere", 404)] {
            let reply = with_id(&world, ("GET", path), id).await;
            assert_eq!((reply.status, reply.header("x-request-id")), (status, id));
        }
    }
    for (id, made) in [("", "0f-1"), ("a b", "0f-2"), ("\u{e4}", "0f-3")] {
        let reply = with_id(&world, ("GET", "/healthz"), id).await;
        assert_eq!(reply.header("x-request-id"), made);
    }
    assert_eq!(world.get("/healthz").await.header("x-request-id"), "0f-4");
}

/// What is logged, line by line.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Log {
    fn text(&self) -> String {
        String::from_utf8(self.0.lock().unwrap().clone()).unwrap()
    }
}

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().write(bytes)
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

/// Logs what this thread does from here on, from this level on.
fn log(level: Level) -> (Log, tracing::subscriber::DefaultGuard) {
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(level)
        .with_ansi(false)
        .with_writer(move || writer.clone());
    (log, set_default(subscriber.finish()))
}

#[tokio::test(start_paused = true)]
async fn what_is_logged_of_a_request_has_its_id() {
    let world = World::with_functions([("Now", "return 1")]).await;
    // Whoever logs errors alone wants to find their requests too.
    let (log, _guard) = log(Level::ERROR);
    world.hub.on_commit(|_| Some(Fault::Unavailable));
    let start = ("POST", "/api/orchestrators/Now/x?code=KEY");
    let reply = with_id(&world, start, "call-17").await;
    reply.assert_problem(StatusCode::SERVICE_UNAVAILABLE, "task-hub-unavailable");
    let text = log.text();
    let line = text
        .lines()
        .find(|line| line.contains("a request failed"))
        .unwrap_or_else(|| panic!("{text}"));
    for part in [
        "http.request{",
        "request.id=\"call-17\"",
        "request.method=\"POST\"",
        "request.path=\"/api/orchestrators/Now/x\"",
    ] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!text.contains("KEY"), "{text}");
}

#[tokio::test(start_paused = true)]
async fn neither_a_query_nor_a_header_is_logged() {
    let (log, _guard) = log(Level::TRACE);
    let world = World::with_functions([("Wait", "await Go")]).await;
    for (line, status) in [
        (("POST", "/api/orchestrators/Wait/x?code=SECRET"), 202),
        (("GET", &*format!("{BASE}/instances/x?code=SECRET")), 202),
        (("GET", "/nowhere?code=SECRET"), 404),
        (("GET", "http://localhost:7071/nowhere?SECRET"), 404),
        (("POST", "/healthz?reason=SECRET"), 405),
    ] {
        let request = request(line.0, line.1)
            .header("x-functions-key", "SECRET")
            .header("authorization", "SECRET")
            .header("x-ms-continuation-token", "SECRET");
        let reply = world.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, status, "{reply:?}");
    }
    let text = log.text();
    assert!(text.contains("request.path=\"/nowhere\""), "{text}");
    assert!(!text.contains("SECRET"), "{text}");
}
