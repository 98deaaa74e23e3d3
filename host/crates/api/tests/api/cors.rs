//! Pages of other origins.

use axum::body::Body;
use axum::http::StatusCode;
use soloist_api::ApiSettings;

use crate::world::{BASE, Reply, World, request};

const PAGE: &str = "https://app.example.com";

/// A host that two origins may call.
async fn open_to_pages() -> World {
    World::with(ApiSettings {
        cors_origins: [PAGE, "http://localhost:3000"]
            .map(|origin| origin.parse().unwrap())
            .into(),
        ..ApiSettings::default()
    })
    .await
}

async fn send(world: &World, line: (&str, &str), headers: &[(&str, &str)]) -> Reply {
    let request = request(line.0, line.1);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    world.call(request.body(Body::empty()).unwrap()).await
}

/// What a browser asks before a page's request with a key.
async fn ask_before(world: &World, origin: &str, method: &str) -> Reply {
    let headers = [
        ("origin", origin),
        ("access-control-request-method", method),
        (
            "access-control-request-headers",
            "content-type,x-functions-key",
        ),
    ];
    send(world, ("OPTIONS", "/api/orchestrators/F/x"), &headers).await
}

/// The names of the headers that speak to browsers.
fn told(reply: &Reply) -> Vec<&str> {
    let names = reply.headers.keys().map(axum::http::HeaderName::as_str);
    names
        .filter(|name| name.starts_with("access-control-") || *name == "vary")
        .collect()
}

/// The entries of a header that is a list, in lower case and in order.
fn list(reply: &Reply, name: &str) -> Vec<String> {
    let entries = reply.header(name).split(',');
    let mut entries: Vec<_> = entries.map(|entry| entry.trim().to_lowercase()).collect();
    entries.sort();
    entries
}

#[tokio::test(start_paused = true)]
async fn where_no_origin_is_listed_browsers_are_told_nothing() {
    let world = World::new().await;
    for origin in [PAGE, "null"] {
        for reply in [
            ask_before(&world, origin, "POST").await,
            send(&world, ("GET", "/healthz"), &[("origin", origin)]).await,
        ] {
            reply.assert_problem(StatusCode::FORBIDDEN, "foreign-origin");
            assert_eq!(told(&reply), [""; 0], "{reply:?}");
        }
    }
    let own = [("origin", "http://localhost:7071")];
    let reply = send(&world, ("GET", "/healthz"), &own).await;
    assert_eq!((reply.status, told(&reply).len()), (200, 0), "{reply:?}");
    let asked = ask_before(&world, "http://localhost:7071", "POST").await;
    assert_eq!((asked.status, told(&asked).len()), (405, 0), "{asked:?}");
}

#[tokio::test(start_paused = true)]
async fn a_browser_is_told_what_a_listed_page_may_do() {
    let world = open_to_pages().await;
    for origin in [PAGE, "http://localhost:3000"] {
        let reply = ask_before(&world, origin, "PUT").await;
        assert_eq!((reply.status, &*reply.text), (200, ""), "{reply:?}");
        assert_eq!(reply.header("access-control-allow-origin"), origin);
        assert_eq!(
            list(&reply, "access-control-allow-methods"),
            ["delete", "get", "post", "put"]
        );
        assert_eq!(
            list(&reply, "access-control-allow-headers"),
            [
                "content-type",
                "x-functions-key",
                "x-ms-continuation-token",
                "x-request-id"
            ]
        );
        assert_eq!(reply.header("access-control-allow-credentials"), "");
        assert!(list(&reply, "vary").contains(&"origin".to_owned()));
        assert!(reply.header("x-request-id").starts_with("request-"));
    }
}

#[tokio::test(start_paused = true)]
async fn a_listed_page_is_answered_and_may_read_refusals_too() {
    let world = open_to_pages().await;
    let page = [("origin", PAGE)];
    for (line, status) in [
        (("GET", "/healthz"), 200),
        (("GET", &*format!("{BASE}/instances/")), 200),
        (("POST", "/api/orchestrators/None/x"), 404),
        (("GET", "/nowhere"), 404),
        (("DELETE", "/healthz"), 405),
    ] {
        let reply = send(&world, line, &page).await;
        assert_eq!(reply.status, status, "{reply:?}");
        assert_eq!(reply.header("access-control-allow-origin"), PAGE);
        assert_eq!(
            list(&reply, "access-control-expose-headers"),
            [
                "location",
                "retry-after",
                "x-ms-continuation-token",
                "x-request-id"
            ]
        );
        assert!(list(&reply, "vary").contains(&"origin".to_owned()));
    }
}

#[tokio::test(start_paused = true)]
async fn a_page_that_is_not_listed_is_refused_where_others_are() {
    let world = open_to_pages().await;
    for origin in [
        "https://evil.example",
        "http://app.example.com",
        "https://app.example.com:8443",
        "http://localhost:3001",
        "null",
    ] {
        for reply in [
            ask_before(&world, origin, "POST").await,
            send(&world, ("POST", "/healthz"), &[("origin", origin)]).await,
        ] {
            reply.assert_problem(StatusCode::FORBIDDEN, "foreign-origin");
            assert_eq!(reply.header("access-control-allow-origin"), "", "{reply:?}");
        }
    }
    // Being listed does not excuse a foreign Host, a name that somebody points here, from bringing a key.
    let asked = axum::http::Request::builder()
        .uri("/healthz")
        .header("host", "evil.example")
        .header("origin", PAGE);
    let refused = world.call(asked.body(Body::empty()).unwrap()).await;
    refused.assert_problem(StatusCode::FORBIDDEN, "host-not-loopback");
    assert_eq!(refused.header("access-control-allow-origin"), PAGE);
}
