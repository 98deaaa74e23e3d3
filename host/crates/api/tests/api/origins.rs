//! Links lead back to where the caller came from, whatever stands between.

use std::net::SocketAddr;

use axum::body::Body;
use axum::extract::ConnectInfo;
use axum::http::StatusCode;
use soloist_api::ApiSettings;
use soloist_engine::KeyDigest;

use crate::world::{BASE, Reply, World, request};

/// Whoever comes by a proxy needs one.
const KEY: &str = "a-master-key-of-more-than-32-characters";
const PROXY: &str = "10.0.0.1";
const ELSEWHERE: &str = "192.0.2.1";

async fn world(settings: ApiSettings) -> World {
    let settings = ApiSettings {
        master_key: Some(KeyDigest::of(KEY)),
        ..settings
    };
    let world = World::with(settings).await;
    let deployed = world.send("PUT", "/admin/functions/Wait", "await Go").await;
    assert_eq!(deployed.status, 201);
    world
}

fn behind_proxies() -> ApiSettings {
    ApiSettings {
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        ..ApiSettings::default()
    }
}

/// Sends a request as if it came from this address, with these headers beside the local `Host`.
async fn from(world: &World, peer: &str, line: (&str, &str), headers: &[(&str, &str)]) -> Reply {
    let peer = SocketAddr::new(peer.parse().unwrap(), 50_000);
    let request = request(line.0, line.1)
        .extension(ConnectInfo(peer))
        .header("x-functions-key", KEY);
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    world.call(request.body(Body::empty()).unwrap()).await
}

/// What all links of this host begin with, for a caller like that: it checks each kind of them.
async fn base(world: &World, peer: &str, headers: &[(&str, &str)]) -> String {
    let send = async |method, path: &str| from(world, peer, (method, path), headers).await;
    let begun = send("POST", "/api/orchestrators/Wait").await;
    assert_eq!(begun.status, 202, "{begun:?}");
    let payload = begun.json();
    let id = payload["id"].as_str().unwrap();
    let status = payload["statusQueryGetUri"].as_str().unwrap();
    assert_eq!(begun.header("location"), status);
    let (base, rest) = status.split_at(status.find(BASE).unwrap());
    assert_eq!(
        rest,
        format!("{BASE}/instances/{id}?taskHub=Soloist&connection=Storage")
    );
    let links = payload.as_object().unwrap();
    for (name, link) in links.iter().filter(|(name, _)| *name != "id") {
        let link = link.as_str().unwrap();
        assert!(
            link.starts_with(&format!("{base}{BASE}/")),
            "{name}: {link}"
        );
    }

    let path = format!("{BASE}/instances/{id}?showInput=false");
    let running = send("GET", &path).await;
    assert_eq!(running.status, 202);
    assert_eq!(running.header("location"), format!("{base}{path}"));

    let again = send("POST", &format!("{BASE}/orchestrators/Wait/{id}")).await;
    assert_eq!((again.status, again.header("location")), (409, status));

    let binding = send("GET", "/admin/host/binding").await.json();
    assert_eq!(binding["baseUrl"], format!("{base}{BASE}"));
    assert_eq!(binding["rpcBaseUrl"], format!("{base}/durabletask/"));
    for links in ["creationUrls", "managementUrls"] {
        let links = binding[links].as_object().unwrap();
        for link in links.values().filter(|link| *link != "INSTANCEID") {
            assert!(link.as_str().unwrap().starts_with(base), "{link}");
        }
    }
    base.to_owned()
}

#[tokio::test(start_paused = true)]
async fn without_settings_links_lead_to_what_the_request_was_addressed_to() {
    let world = world(ApiSettings::default()).await;
    let headers = [
        ("forwarded", "proto=https;host=evil.example"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-host", "evil.example"),
    ];
    assert_eq!(base(&world, PROXY, &[]).await, "http://localhost:7071");
    assert_eq!(base(&world, PROXY, &headers).await, "http://localhost:7071");
}

#[tokio::test(start_paused = true)]
async fn a_trusted_proxy_says_where_links_lead() {
    let world = world(behind_proxies()).await;
    for headers in [
        &[(
            "forwarded",
            "for=192.0.2.9;proto=https;host=jobs.example.com",
        )][..],
        &[
            ("x-forwarded-proto", "https"),
            ("x-forwarded-host", "jobs.example.com"),
        ],
        &[
            (
                "forwarded",
                "host=evil.example, for=192.0.2.9;host=jobs.example.com",
            ),
            ("x-forwarded-proto", "http, https"),
        ],
        &[
            (
                "forwarded",
                "for=192.0.2.9;proto=https;host=\"jobs.example.com\"",
            ),
            ("forwarded", "for=10.0.0.7;proto=http;host=inner:8080"),
        ],
    ] {
        let trusted = base(&world, PROXY, headers).await;
        assert_eq!(trusted, "https://jobs.example.com", "{headers:?}");
        let other = base(&world, ELSEWHERE, headers).await;
        assert_eq!(other, "http://localhost:7071", "{headers:?}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_trusted_proxy_that_says_nonsense_is_refused() {
    let world = world(behind_proxies()).await;
    let start = ("POST", "/api/orchestrators/Wait/x");
    for (headers, part) in [
        (&[("forwarded", "proto=https;host")][..], "RFC 7239"),
        (&[("x-forwarded-proto", "gopher")], "neither http nor https"),
        (&[("x-forwarded-host", "a/b")], "a host that is none"),
        (
            &[("forwarded", "host=evil"), ("x-forwarded-host", "a")],
            "say different things",
        ),
    ] {
        let refused = from(&world, PROXY, start, headers).await;
        refused.assert_problem(StatusCode::BAD_REQUEST, "forwarding-misleading");
        let detail = refused.json()["detail"].to_string();
        assert!(detail.contains(part), "{detail}");
    }
    let status = world.get(&format!("{BASE}/instances/x")).await;
    status.assert_empty(404);
}

#[tokio::test(start_paused = true)]
async fn the_public_url_beats_whoever_says_otherwise() {
    for public in ["https://jobs.example.com", "https://example.com/jobs"] {
        let settings = ApiSettings {
            public_url: Some(public.parse().unwrap()),
            ..behind_proxies()
        };
        let world = world(settings).await;
        let headers = [("forwarded", "proto=http;host=evil.example")];
        assert_eq!(base(&world, PROXY, &headers).await, public);
        assert_eq!(base(&world, ELSEWHERE, &[]).await, public);
        let deployed = world.send("PUT", "/admin/functions/Wait", "await Go").await;
        assert_eq!(
            deployed.header("location"),
            format!("{public}/admin/functions/Wait")
        );
    }
}

#[tokio::test(start_paused = true)]
async fn without_a_key_nobody_comes_by_a_proxy() {
    let world = world(ApiSettings {
        public_url: Some("https://jobs.example.com".parse().unwrap()),
        ..behind_proxies()
    })
    .await;
    let get = async |headers: &[(&str, &str)]| {
        let request = axum::http::Request::builder()
            .uri("/healthz")
            .extension(ConnectInfo(SocketAddr::new(PROXY.parse().unwrap(), 1)));
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        world.call(request.body(Body::empty()).unwrap()).await
    };
    for headers in [
        &[("host", "jobs.example.com")][..],
        &[("host", "jobs.example.com"), ("x-forwarded-proto", "https")],
    ] {
        let refused = get(headers).await;
        refused.assert_problem(StatusCode::FORBIDDEN, "host-not-loopback");
        let detail = refused.json()["detail"].to_string();
        assert!(detail.contains("bring a key"), "{detail}");
        let with_key = get(&[headers, &[("x-functions-key", KEY)]].concat()).await;
        assert_eq!(with_key.status, 200, "{with_key:?}");
    }
    let proxied = get(&[("host", "127.0.0.1:7071"), ("x-forwarded-host", "a")]).await;
    proxied.assert_problem(StatusCode::FORBIDDEN, "host-not-loopback");
    let no_host = get(&[("host", "a/b")]).await;
    no_host.assert_problem(StatusCode::BAD_REQUEST, "host-invalid");
}
