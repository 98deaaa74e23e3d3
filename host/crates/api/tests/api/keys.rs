//! Who gets in: each route, asked by everybody.

use std::fmt::Write as _;

use axum::body::Body;
use axum::http::StatusCode;
use serde_json::{Value, json};
use soloist_api::ApiSettings;
use soloist_engine::testing::MemoryHub;
use soloist_engine::{EngineSettings, KeyDigest};

use crate::world::{BASE, Reply, World, request};

/// Each route, and what it answers to a request with: no key; one that was never made; one that was revoked; the function key of
/// another function, of this one, of all; a system key; a master key. `in` is an answer of the route itself.
const TABLE: &str = "
GET    /healthz                             in   in   in   in   in   in   in   in
GET    /readyz                              in   in   in   in   in   in   in   in
GET    /                                    401  401  401  in   in   in   in   in
GET    /nothing                             401  401  401  in   in   in   in   in
POST   /api/orchestrators/Wait              401  401  401  403  in   in   403  in
POST   /api/orchestrators/Wait/             401  401  401  403  in   in   403  in
POST   /api/orchestrators/Wait/x            401  401  401  403  in   in   403  in
POST   /api/orchestrators/Wait/x/           401  401  401  403  in   in   403  in
POST   BASE/orchestrators/Wait              401  401  401  403  in   in   in   in
POST   BASE/orchestrators/Wait/x            401  401  401  403  in   in   in   in
GET    BASE/instances/                      401  401  401  403  403  403  in   in
DELETE BASE/instances/                      401  401  401  403  403  403  in   in
GET    BASE/instances/x                     401  401  401  403  in   in   in   in
POST   BASE/instances/x/raiseEvent/None     401  401  401  403  in   in   in   in
POST   BASE/instances/x/suspend             401  401  401  403  in   in   in   in
POST   BASE/instances/x/resume              401  401  401  403  in   in   in   in
POST   BASE/instances/x/rewind              401  401  401  403  in   in   in   in
POST   BASE/instances/x/restart             401  401  401  403  in   in   in   in
DELETE BASE/instances/x                     401  401  401  403  in   in   in   in
POST   BASE/instances/x/terminate           401  401  401  403  in   in   in   in
GET    BASE/instances/none                  401  401  401  in   in   in   in   in
GET    BASE/entities                        401  401  401  403  403  403  in   in
GET    BASE/entities/Counter/c1             401  401  401  403  403  403  in   in
POST   BASE/entities/Counter/c1             401  401  401  403  403  403  in   in
POST   BASE/makeprimary                     401  401  401  403  403  403  in   in
GET    BASE/nothing                         401  401  401  in   in   in   in   in
GET    /admin/functions                     401  401  401  403  403  403  403  in
PUT    /admin/functions/Wait                401  401  401  403  403  403  403  in
GET    /admin/functions/Wait                401  401  401  403  403  403  403  in
DELETE /admin/functions/None                401  401  401  403  403  403  403  in
GET    /admin/modules/none                  401  401  401  403  403  403  403  in
DELETE /admin/modules/none                  401  401  401  403  403  403  403  in
GET    /admin/instances/x/history           401  401  401  403  403  403  403  in
GET    /admin/instances/x/executions        401  401  401  403  403  403  403  in
GET    /admin/instances/x/executions/none   401  401  401  403  403  403  403  in
GET    /admin/instances/x/logs              401  401  401  403  403  403  403  in
GET    /admin/keys                          401  401  401  403  403  403  403  in
POST   /admin/keys/more                     401  401  401  403  403  403  403  in
POST   /admin/keys/none/roll                401  401  401  403  403  403  403  in
DELETE /admin/keys/none                     401  401  401  403  403  403  403  in
GET    /admin/host/binding                  401  401  401  403  403  403  in   in
GET    /admin/nothing                       401  401  401  403  403  403  403  in
";

const MASTER: &str = "a-master-key-of-more-than-32-characters";

/// A host that serves nobody without a key.
async fn guarded() -> World {
    let settings = ApiSettings {
        keys_required: true,
        master_key: Some(KeyDigest::of(MASTER)),
        ..ApiSettings::default()
    };
    World::with(settings).await
}

impl World {
    async fn with_key(&self, method: &str, path: &str, key: &str, body: &'static str) -> Reply {
        let request = request(method, path).header("x-functions-key", key);
        self.call(request.body(Body::from(body)).unwrap()).await
    }

    /// Makes a key.
    async fn key(&self, name: &str, query: &str) -> String {
        let path = format!("/admin/keys/{name}?{query}");
        let created = self.with_key("POST", &path, MASTER, "").await;
        assert_eq!(created.status, 201, "{created:?}");
        created.json()["key"].as_str().unwrap().to_owned()
    }

    async fn deploy(&self, name: &str) {
        let path = format!("/admin/functions/{name}");
        let deployed = self.with_key("PUT", &path, MASTER, "await Go").await;
        assert_eq!(deployed.status, 201, "{deployed:?}");
    }
}

#[tokio::test]
async fn each_route_lets_in_whoever_may() {
    let world = guarded().await;
    world.deploy("Wait").await;
    let revoked = world.key("revoked", "kind=master").await;
    let gone = world.with_key("DELETE", "/admin/keys/revoked", MASTER, "");
    gone.await.assert_empty(204);
    let never = format!("soloist_{}", "0".repeat(64));
    let keys = [
        None,
        Some(never),
        Some(revoked),
        Some(world.key("other", "kind=function&function=Other").await),
        Some(world.key("own", "kind=function&function=Wait").await),
        Some(world.key("all", "kind=function").await),
        Some(world.key("system", "kind=system").await),
        Some(world.key("master", "kind=master").await),
    ];
    let mut table = String::from("\n");
    for row in TABLE.trim().lines() {
        let (route, _) = row.split_at(44);
        let (method, path) = route.trim_end().split_once(' ').unwrap();
        let path = path.trim_start();
        let mut line = format!("{method:<7}{path:<37}");
        for (at, key) in keys.iter().enumerate() {
            // Whatever was done by those before, there is a live `x`.
            world
                .with_key("POST", &format!("{BASE}/orchestrators/Wait/x"), MASTER, "")
                .await;
            let base = if at % 2 == 0 { BASE } else { "/durabletask" };
            let path = path.replace("BASE", base);
            // By header and by query in turn, and to a name of the world outside.
            let mut ask = axum::http::Request::builder()
                .method(method)
                .header("host", "jobs.example.com");
            if let Some(key) = key {
                if at % 2 == 0 {
                    ask = ask.header("x-functions-key", key).uri(&path);
                } else {
                    ask = ask.uri(format!("{path}?code={key}"));
                }
            } else {
                ask = ask.uri(&path);
            }
            let reply = world.call(ask.body(Body::empty()).unwrap()).await;
            let cell = match reply.status {
                401 | 403 => {
                    is_refusal(&reply, &path);
                    reply.status.to_string()
                }
                _ => "in".to_owned(),
            };
            write!(line, "{cell:<5}").unwrap();
        }
        table.push_str(line.trim_end());
        table.push('\n');
    }
    assert_eq!(table, TABLE, "what is left is how it is");
}

/// A refusal has the shape of its surface, and says nothing of instances or functions.
fn is_refusal(reply: &Reply, path: &str) {
    let text = if path.contains("durabletask") {
        assert_eq!(
            reply.json()["ExceptionType"],
            "System.UnauthorizedAccessException"
        );
        reply.json()["ExceptionMessage"]
            .as_str()
            .unwrap()
            .to_owned()
    } else {
        assert_eq!(reply.header("content-type"), "application/problem+json");
        reply.json()["detail"].as_str().unwrap().to_owned()
    };
    assert!(text.contains("key") && !text.contains("Wait"), "{text}");
    let is_challenged = reply.headers.contains_key("www-authenticate");
    assert_eq!(is_challenged, reply.status == 401, "{reply:?}");
}

#[tokio::test]
async fn a_foreign_page_is_refused_whatever_key_it_brings() {
    let world = guarded().await;
    for (origin, status) in [
        ("http://evil.example", 403),
        ("null", 403),
        ("http://jobs.example.com", 404),
    ] {
        let request = axum::http::Request::builder()
            .uri("/nothing")
            .header("host", "jobs.example.com")
            .header("origin", origin)
            .header("x-functions-key", MASTER);
        let reply = world.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, status, "{origin}: {reply:?}");
    }
}

#[tokio::test]
async fn a_key_is_shown_once_and_rolled_and_revoked_at_once() {
    let world = guarded().await;
    let created = world
        .with_key("POST", "/admin/keys/ops?kind=master", MASTER, "")
        .await;
    assert_eq!(created.status, 201);
    assert_eq!(created.header("location"), "/admin/keys/ops");
    let first = created.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(first.len(), "soloist_".len() + 64);
    let again = world
        .with_key("POST", "/admin/keys/ops?kind=system", &first, "")
        .await;
    again.assert_problem(StatusCode::CONFLICT, "key-exists");
    let scoped = world.key("night", "kind=function&function=Night").await;

    let listed = world.with_key("GET", "/admin/keys", &first, "").await;
    let expected = json!([
        {"name": "night", "kind": "function", "function": "Night", "createdTime": listed.json()[0]["createdTime"]},
        {"name": "ops", "kind": "master", "function": null, "createdTime": listed.json()[1]["createdTime"]},
    ]);
    assert_eq!(listed.json(), expected);
    for secret in [&first, &scoped] {
        assert!(!listed.text.contains(&**secret) && !listed.text.contains(&secret[8..40]));
    }

    let rolled = world
        .with_key("POST", "/admin/keys/ops/roll", &first, "")
        .await;
    assert_eq!(rolled.status, 200, "{rolled:?}");
    let second = rolled.json()["key"].as_str().unwrap().to_owned();
    assert_ne!(first, second);
    let old = world.with_key("GET", "/admin/keys", &first, "").await;
    old.assert_problem(StatusCode::UNAUTHORIZED, "key-unknown");
    let new = world.with_key("GET", "/admin/keys", &second, "").await;
    assert_eq!(new.status, 200);
    let revoked = world
        .with_key("DELETE", "/admin/keys/ops", &second, "")
        .await;
    revoked.assert_empty(204);
    let old = world.with_key("GET", "/admin/keys", &second, "").await;
    old.assert_problem(StatusCode::UNAUTHORIZED, "key-unknown");
    let none = world
        .with_key("DELETE", "/admin/keys/ops", MASTER, "")
        .await;
    none.assert_problem(StatusCode::NOT_FOUND, "not-found");
}

#[tokio::test]
async fn keys_outlive_the_host() {
    let hub = MemoryHub::new();
    let settings = || ApiSettings {
        master_key: Some(KeyDigest::of(MASTER)),
        keys_required: true,
        ..ApiSettings::default()
    };
    let first = World::on(hub.clone(), settings(), EngineSettings::default()).await;
    let key = first.key("ops", "kind=master").await;
    drop(first);
    let second = World::on(hub, settings(), EngineSettings::default()).await;
    assert_eq!(
        second.with_key("GET", "/admin/keys", &key, "").await.status,
        200
    );
}

#[tokio::test]
async fn the_last_master_key_stays_where_nobody_could_make_another() {
    let world = World::on(
        MemoryHub::new(),
        ApiSettings::default(),
        EngineSettings::default(),
    )
    .await;
    let created = world.post("/admin/keys/one?kind=master", "").await;
    let key = created.json()["key"].as_str().unwrap().to_owned();
    let settings = ApiSettings {
        keys_required: true,
        ..ApiSettings::default()
    };
    let world = World::on(world.hub.clone(), settings, EngineSettings::default()).await;
    let last = world.with_key("DELETE", "/admin/keys/one", &key, "").await;
    last.assert_problem(StatusCode::CONFLICT, "last-master-key");
    let more = world
        .with_key("POST", "/admin/keys/two?kind=master", &key, "")
        .await;
    assert_eq!(more.status, 201);
    world
        .with_key("DELETE", "/admin/keys/one", &key, "")
        .await
        .assert_empty(204);
}

#[tokio::test]
async fn on_this_machine_no_key_is_needed_but_one_that_is_brought_is_looked_at() {
    let world = World::with_functions([("Wait", "await Go")]).await;
    // Nobody has made a key: one of another host is as good as none.
    assert_eq!(
        world.get(&format!("{BASE}/instances/?code=K")).await.status,
        200
    );
    let created = world
        .post("/admin/keys/own?kind=function&function=Wait", "")
        .await;
    let key = created.json()["key"].as_str().unwrap().to_owned();
    assert_eq!(world.get(&format!("{BASE}/instances/")).await.status, 200);
    let wrong = world.get(&format!("{BASE}/instances/?code=K")).await;
    assert_eq!(wrong.status, 401);
    assert_eq!(
        world.with_key("GET", "/admin/keys", &key, "").await.status,
        403
    );
}

#[tokio::test]
async fn without_a_key_only_this_machine_is_served() {
    let world = World::new().await;
    let asks: [&[(&str, &str)]; 6] = [
        &[("host", "jobs.example.com")],
        &[("host", "localhost"), ("x-forwarded-for", "10.0.0.1")],
        &[
            ("host", "localhost"),
            ("x-forwarded-host", "jobs.example.com"),
        ],
        &[("host", "localhost"), ("x-forwarded-proto", "https")],
        &[("host", "localhost"), ("forwarded", "for=10.0.0.1")],
        &[("host", "10.0.0.1:7071")],
    ];
    for headers in asks {
        let mut request = axum::http::Request::builder().uri("/admin/keys");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let reply = world.call(request.body(Body::empty()).unwrap()).await;
        reply.assert_problem(StatusCode::FORBIDDEN, "host-not-loopback");
    }
    let created = world.post("/admin/keys/ops?kind=master", "").await;
    let key = created.json()["key"].as_str().unwrap().to_owned();
    for headers in asks {
        let mut request = axum::http::Request::builder().uri("/admin/keys");
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let request = request.header("x-functions-key", &key);
        let reply = world.call(request.body(Body::empty()).unwrap()).await;
        assert_eq!(reply.status, 200, "{headers:?}: {reply:?}");
    }
}

#[tokio::test]
async fn a_function_key_follows_what_it_started() {
    let world = guarded().await;
    world.deploy("Wait").await;
    let key = world.key("own", "kind=function&function=Wait").await;
    let path = format!("/api/orchestrators/Wait/n-1?code={key}");
    let started = world.post(&path, "").await;
    assert_eq!(started.status, 202, "{started:?}");
    let Value::Object(links) = started.json() else {
        panic!("{started:?}");
    };
    for (name, link) in &links {
        let is_link = name.ends_with("Uri");
        let carries = link.as_str().unwrap().ends_with(&format!("&code={key}"));
        assert_eq!(is_link, carries, "{name}: {link}");
    }
    let status = links["statusQueryGetUri"].as_str().unwrap();
    let path = status.strip_prefix("http://localhost:7071").unwrap();
    assert_eq!(world.get(path).await.status, 202);
    // A key in a header stays there.
    let started = world
        .with_key("POST", "/api/orchestrators/Wait/n-2", &key, "")
        .await;
    assert!(!started.text.contains("code=") && !started.header("location").contains("code="));
}

#[tokio::test]
async fn a_binding_carries_a_system_key_and_no_master_key() {
    let world = guarded().await;
    let system = world.key("clients", "kind=system").await;
    let binding = world
        .get(&format!("/admin/host/binding?code={system}"))
        .await;
    let rpc = format!("http://key:{system}@localhost:7071/durabletask/");
    assert_eq!(binding.json()["rpcBaseUrl"], rpc);
    let strong = world
        .get(&format!("/admin/host/binding?code={MASTER}"))
        .await;
    strong.assert_problem(StatusCode::BAD_REQUEST, "key-too-strong");
    // What counts is the key that is to be passed on.
    let request = request("GET", &format!("/admin/host/binding?code={system}"));
    let request = request.header("x-functions-key", MASTER);
    let for_another = world.call(request.body(Body::empty()).unwrap()).await;
    assert_eq!(for_another.json()["rpcBaseUrl"], rpc);
    let without = world
        .with_key("GET", "/admin/host/binding", MASTER, "")
        .await;
    assert_eq!(without.json()["requiredQueryStringParameters"], "");
}

#[tokio::test]
async fn there_are_not_more_keys_than_there_may_be() {
    let world = World::new().await;
    for n in 0..soloist_engine::KEYS_MAX {
        let path = format!("/admin/keys/k{n}?kind=system");
        assert_eq!(world.post(&path, "").await.status, 201);
    }
    let more = world.post("/admin/keys/more?kind=system", "").await;
    more.assert_problem(StatusCode::CONFLICT, "too-many-keys");
    assert_eq!(world.post("/admin/keys/k7/roll", "").await.status, 200);
    world
        .send("DELETE", "/admin/keys/k7", "")
        .await
        .assert_empty(204);
    assert_eq!(
        world.post("/admin/keys/more?kind=system", "").await.status,
        201
    );
}

#[tokio::test]
async fn a_function_key_takes_no_id_away_from_another_function() {
    let world = guarded().await;
    for name in ["Wait", "Other"] {
        world.deploy(name).await;
    }
    let key = world.key("own", "kind=function&function=Wait").await;
    let theirs = format!("{BASE}/orchestrators/Other/theirs");
    assert_eq!(
        world.with_key("POST", &theirs, MASTER, "").await.status,
        202
    );
    for base in ["/api", BASE, "/durabletask"] {
        for option in ["reject", "attach", "replace"] {
            let path = format!("{base}/orchestrators/Wait/theirs?onExisting={option}");
            let refused = world.with_key("POST", &path, &key, "").await;
            assert_eq!(refused.status, 403, "{path}: {refused:?}");
        }
        let own = format!("{base}/orchestrators/Wait/own?onExisting=replace");
        assert_eq!(world.with_key("POST", &own, &key, "").await.status, 202);
    }
    let status = format!("{BASE}/instances/theirs");
    let status = world.with_key("GET", &status, MASTER, "").await.json();
    assert_eq!(
        (&status["name"], &status["runtimeStatus"]),
        (&"Other".into(), &"Running".into())
    );
}
