//! Instances of the guest `script`: what they are given, and what they must answer.

use serde_json::{Value, json};

/// How many children a family has, without the one that nobody awaits.
pub(crate) const CHILDREN: usize = 3;
/// How many events a sender sends.
const SENT: usize = 6;

/// Calls children that take their time, and joins them.
pub(crate) fn family(id: &str) -> Value {
    let child = json!({"steps": [
        {"timer": 150}, {"activity": ["echo", id]}, {"await": 1}, {"await": 0}, "parent",
    ]});
    let orphan = json!({"steps": [{"timer": 300}, {"await": 0}, "parent"]});
    let mut steps: Vec<Value> = (0..CHILDREN)
        .map(|_| json!({"child": ["script", child]}))
        .collect();
    steps.push(json!({"child-of": ["script", orphan, format!("{id}-orphan"), 1]}));
    steps.push(json!({"all": (0..CHILDREN).collect::<Vec<_>>()}));
    json!({ "steps": steps })
}

pub(crate) fn family_output(id: &str) -> Value {
    let child = json!({"value": [{"value": id}, {"value": null}, id]});
    json!([vec![child; CHILDREN]])
}

pub(crate) fn orphan_output(id: &str) -> Value {
    json!([{"value": null}, id])
}

/// Activities and a child that fail at first.
pub(crate) fn retried(id: &str) -> Value {
    let fails = json!({"steps": [{"timer": 20}, {"await": 0}, {"fail": ["Broken", "as it must"]}]});
    json!({"steps": [
        {"tried": ["flaky", {"until": 5}, 6]}, {"await": 0},
        {"tried": ["flaky", {"until": 6}, 6]}, {"await": 1},
        {"child-of": ["script", fails, format!("{id}-fails"), 4]}, {"await": 2},
    ]})
}

/// Attempts failed, in all: 4, 5 and 3; the last of the child's is its answer.
pub(crate) const FAILED_ATTEMPTS: [u64; 12] = [1, 2, 3, 4, 1, 2, 3, 4, 5, 1, 2, 3];

pub(crate) fn retried_is_right(output: &Value) -> bool {
    output[0] == json!({"value": 5})
        && output[1] == json!({"value": 6})
        && output[2]["failure"]["message"] == "as it must"
        && output[2]["failure"]["details"] == "attempts: 4"
}

/// Sends events to a child that has said that it is ready, and awaits what that got.
pub(crate) fn sender(id: &str) -> Value {
    let to = format!("{id}-to");
    let mut receives = vec![json!({"send": [id, "Ready", null]})];
    for number in 0..SENT {
        receives.push(json!({"event": "Go"}));
        receives.push(json!({"await": number}));
    }
    let child = json!({ "steps": receives });
    let mut steps = vec![
        json!({"child-of": ["script", child, to, 1]}),
        json!({"event": "Ready"}),
        json!({"await": 1}),
    ];
    for number in 0..SENT {
        steps.push(json!({"send": [to, "Go", number]}));
        steps.push(json!({"timer": 60}));
        steps.push(json!({"await": 2 + number}));
    }
    steps.push(json!({"await": 0}));
    json!({ "steps": steps })
}

pub(crate) fn sender_is_right(output: &Value) -> bool {
    let received: Vec<_> = (0..SENT).map(|number| json!({"value": number})).collect();
    let notes = output.as_array();
    notes.and_then(|notes| notes.last()) == Some(&json!({"value": received}))
}
