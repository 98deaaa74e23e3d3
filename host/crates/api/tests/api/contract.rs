//! Whatever a test asks, the answer must be one that the description has.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use axum::http::Method;
use serde_json::{Map, Value};

use crate::world::Reply;

/// As it is committed. Another test says whether it is what is served.
pub(crate) static DOCUMENT: LazyLock<Value> =
    LazyLock::new(|| serde_json::from_str(include_str!("../../../../openapi.json")).unwrap());

/// Statuses of what no operation answers: there is none, or the request did not get that far.
const ELSEWHERE: [u16; 5] = [400, 401, 403, 404, 405];

/// Sees that the description has this answer.
pub(crate) fn check(method: &Method, path: &str, reply: &Reply) {
    // What there is for browsers, and a GET without its body, go without saying.
    if [Method::OPTIONS, Method::HEAD].contains(method) {
        return;
    }
    let Some(operation) = operation(method, path) else {
        assert!(
            ELSEWHERE.contains(&reply.status),
            "{method} {path}: {reply:?}"
        );
        return;
    };
    let told = format!("{method} {path}: {reply:?}");
    let answer = &operation["responses"][reply.status.to_string()];
    assert!(answer.is_object(), "no such status is described: {told}");
    let content = &resolved(answer)["content"];
    let media_type = reply.header("content-type").split(';').next().unwrap();
    if media_type.is_empty() {
        assert!(
            content.is_null() && reply.text.is_empty(),
            "a body is described: {told}"
        );
        return;
    }
    let schema = &content[media_type]["schema"];
    assert!(schema.is_object(), "no such body is described: {told}");
    if media_type.ends_with("json") {
        let body = reply.json();
        if let Some(complaint) = complaint(schema, &body).or_else(|| stranger(schema, &body)) {
            panic!("{complaint}: {told}");
        }
    }
}

/// What describes a request of this path.
fn operation(method: &Method, path: &str) -> Option<&'static Value> {
    let words = path.trim_end_matches('/').split('/').collect::<Vec<_>>();
    let paths = DOCUMENT["paths"].as_object().unwrap();
    let (_, item) = paths.iter().find(|(template, _)| {
        let ignores_case = template.contains("durabletask");
        let places: Vec<_> = template.split('/').collect();
        let matches = |(place, word): (&&str, &&str)| {
            place == word
                || place.starts_with('{') && !word.is_empty()
                || ignores_case && place.eq_ignore_ascii_case(word)
        };
        places.len() == words.len() && places.iter().zip(&words).all(matches)
    })?;
    item.get(method.as_str().to_lowercase())
}

pub(crate) fn resolved(value: &'static Value) -> &'static Value {
    match value["$ref"].as_str() {
        Some(place) => DOCUMENT.pointer(&place[1..]).unwrap(),
        None => value,
    }
}

fn parts(schema: &'static Value, key: &str) -> &'static [Value] {
    schema[key].as_array().map_or(&[], Vec::as_slice)
}

fn properties(schema: &'static Value) -> Option<&'static Map<String, Value>> {
    schema["properties"].as_object()
}

/// How a value differs from its schema.
fn complaint(schema: &'static Value, value: &Value) -> Option<String> {
    let schema = resolved(schema);
    let one_of = parts(schema, "oneOf");
    if !one_of.is_empty() && one_of.iter().all(|part| complaint(part, value).is_some()) {
        return Some(format!("it is none of {one_of:?}"));
    }
    let all_of = parts(schema, "allOf").iter();
    if let Some(complaint) = all_of.clone().find_map(|part| complaint(part, value)) {
        return Some(complaint);
    }
    let values = parts(schema, "enum");
    if !values.is_empty() && !values.contains(value) {
        return Some(format!("{value} is none of {values:?}"));
    }
    let is_of = |kind: &Value| match kind.as_str().unwrap() {
        "null" => value.is_null(),
        "boolean" => value.is_boolean(),
        "integer" => value.is_u64() || value.is_i64(),
        "number" => value.is_number(),
        "string" => value.is_string(),
        "array" => value.is_array(),
        "object" => value.is_object(),
        other => unreachable!("no schema says {other}"),
    };
    let is_typed = match &schema["type"] {
        Value::Null => true,
        Value::Array(kinds) => kinds.iter().any(is_of),
        kind => is_of(kind),
    };
    if !is_typed {
        return Some(format!("{value} is not {}", schema["type"]));
    }
    match value {
        Value::Array(items) if !schema["items"].is_null() => items
            .iter()
            .find_map(|item| complaint(&schema["items"], item)),
        Value::Object(object) => {
            let mut required = parts(schema, "required").iter();
            if let Some(key) = required.find(|key| !object.contains_key(key.as_str().unwrap())) {
                return Some(format!("{key} is missing"));
            }
            let known = properties(schema)?;
            object
                .iter()
                .find_map(|(key, value)| complaint(known.get(key)?, value))
        }
        _ => None,
    }
}

/// A key that is not described.
fn stranger(schema: &'static Value, value: &Value) -> Option<String> {
    let schema = resolved(schema);
    match value {
        Value::Array(items) => items
            .iter()
            .find_map(|item| stranger(&schema["items"], item)),
        Value::Object(object) => {
            let mut known = BTreeSet::new();
            collect(schema, &mut known);
            // Without any it may have all.
            let mut keys = object.keys().filter(|_| !known.is_empty());
            if let Some(key) = keys.find(|key| !known.contains(key.as_str())) {
                return Some(format!("{key} is not described"));
            }
            object
                .iter()
                .find_map(|(key, value)| stranger(properties(schema)?.get(key)?, value))
        }
        _ => None,
    }
}

fn collect(schema: &'static Value, keys: &mut BTreeSet<&'static str>) {
    let schema = resolved(schema);
    keys.extend(
        properties(schema)
            .into_iter()
            .flatten()
            .map(|(key, _)| key.as_str()),
    );
    for key in ["allOf", "oneOf"] {
        for part in parts(schema, key) {
            collect(part, keys);
        }
    }
}
