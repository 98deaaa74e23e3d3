//! The description is that of what is served.

use std::collections::BTreeSet;

use axum::body::Body;
use serde_json::Value;

use crate::contract::{DOCUMENT, resolved};
use crate::world::{Reply, World, request};

const FILE: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/../../openapi.json");

/// Operations with their methods and paths.
fn operations() -> impl Iterator<Item = (&'static str, String, &'static Value)> {
    let paths = DOCUMENT["paths"].as_object().unwrap();
    paths.iter().flat_map(|(path, item)| {
        let methods = item.as_object().unwrap().iter();
        methods.map(move |(method, one)| (path.as_str(), method.to_uppercase(), one))
    })
}

/// All references in a value.
fn references<'v>(value: &'v Value, found: &mut BTreeSet<&'v str>) {
    match value {
        Value::Array(items) => items.iter().for_each(|item| references(item, found)),
        Value::Object(object) => {
            found.extend(object.get("$ref").and_then(Value::as_str));
            object.values().for_each(|value| references(value, found));
        }
        _ => {}
    }
}

/// True of the answer to a path, or a method of it, that leads nowhere.
fn is_nowhere(reply: &Reply) -> bool {
    let nothing = ["there is nothing under this path", "method-not-allowed"];
    let is_bare = reply.status == 404 && reply.text.is_empty();
    is_bare || nothing.iter().any(|text| reply.text.contains(text))
}

#[tokio::test]
async fn the_committed_description_is_the_one_that_is_served() {
    let request = request("GET", "/openapi.json").body(Body::empty());
    // What is committed may be anything.
    let served = World::new().await.ask(request.unwrap()).await.text;
    if std::env::var_os("SOLOIST_WRITE_OPENAPI").is_some() {
        std::fs::write(FILE, served).unwrap();
        return;
    }
    let committed = std::fs::read_to_string(FILE).unwrap();
    assert!(
        committed == served,
        "host/openapi.json is not what the code says: run `cargo xtask openapi` and commit it"
    );
}

#[tokio::test]
async fn every_operation_is_served_and_no_other_of_its_path() {
    let world = World::with_functions([("function", "await Go")]).await;
    let is_served = async |method: &str, path: &str| {
        // It is there, and what is told to it leaves it there.
        world.post("/api/orchestrators/function/instance", "").await;
        let path = path.replace(['{', '}'], "");
        // The body is that of a guest, for where one is wanted.
        !is_nowhere(&world.send(method, &path, "await Go").await)
    };
    let mut described = BTreeSet::new();
    for (path, method, _) in operations() {
        assert!(is_served(&method, path).await, "{method} {path}");
        described.insert((path, method));
    }
    for (path, ..) in operations() {
        for method in ["GET", "POST", "PUT", "DELETE", "PATCH"] {
            let is_described = described.contains(&(path, method.to_owned()));
            // Whatever the method, there is none.
            if !is_described && !path.ends_with("/makeprimary") {
                assert!(!is_served(method, path).await, "{method} {path}");
            }
        }
    }
}

#[test]
fn every_reference_leads_somewhere_and_every_body_is_told() {
    let mut found = BTreeSet::new();
    references(&DOCUMENT, &mut found);
    for place in &found {
        assert!(DOCUMENT.pointer(&place[1..]).is_some(), "{place}");
    }
    for kind in ["schemas", "responses"] {
        for (name, _) in DOCUMENT["components"][kind].as_object().unwrap() {
            let place = format!("#/components/{kind}/{name}");
            assert!(found.contains(place.as_str()), "{place} is of no use");
        }
    }
}

#[test]
fn every_operation_has_an_id_of_its_own_and_says_what_it_does() {
    let mut ids = BTreeSet::new();
    for (path, method, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        assert!(ids.insert(id), "{id} stands twice");
        let tag = &operation["tags"][0];
        let tags = DOCUMENT["tags"].as_array().unwrap();
        assert!(
            tags.iter().any(|one| one["name"] == *tag),
            "{tag} is no tag"
        );
        assert!(operation["summary"].is_string(), "{method} {path}");
        let placed: BTreeSet<_> = path.split(['{', '}']).skip(1).step_by(2).collect();
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let told: BTreeSet<_> = parameters
            .filter(|parameter| parameter["in"] == "path")
            .map(|parameter| parameter["name"].as_str().unwrap())
            .collect();
        assert_eq!(told, placed, "{method} {path}");
        for (status, answer) in operation["responses"].as_object().unwrap() {
            let text = &resolved(answer)["description"];
            assert!(
                text.as_str().is_some_and(|text| !text.is_empty()),
                "{id} {status}"
            );
        }
    }
}

#[tokio::test]
async fn the_page_tells_of_all_and_loads_nothing() {
    let page = World::new().await.get("/docs").await;
    assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
    let policy = page.header("content-security-policy");
    assert!(
        policy.starts_with("default-src 'none'; style-src 'sha256-"),
        "{policy}"
    );
    for (path, _, operation) in operations() {
        let id = operation["operationId"].as_str().unwrap();
        let is_twin = path.starts_with("/durabletask");
        assert_eq!(
            page.text.contains(&format!("id=\"{id}\"")),
            !is_twin,
            "{id}"
        );
    }
    for name in DOCUMENT["components"]["schemas"]
        .as_object()
        .unwrap()
        .keys()
    {
        let place = format!("id=\"body-{name}\"");
        assert_eq!(page.text.matches(&place).count(), 1, "{place}");
    }
    for foreign in ["<script", "http://", "https://", " src=", " style="] {
        assert!(!page.text.contains(foreign), "{foreign}");
    }
}
