//! Guests that do what they must not end alone, with a sentence.

use anyhow::Result;
use serde_json::{Value, json};
use tests::{Client, Guest, HostOptions};

use crate::host_with;

/// The failure that an instance ended with.
async fn failure_of(client: &Client, id: &str) -> Result<Value> {
    assert_eq!(client.ended(id).await?.status, "Failed", "{id}");
    Ok(client
        .events(id)
        .await?
        .pop()
        .expect("a history is never empty")["failure"]
        .take())
}

#[tokio::test]
async fn branching_on_is_replaying_fails_with_the_event_and_both_sides() -> Result<()> {
    // With no room for hot guests every event is a replay.
    let (_host, client) = host_with(HostOptions::cold(), &["nondeterministic"]).await?;
    client
        .deploy("echo-first", Guest::Scenarios, Some("activity"))
        .await?;
    client
        .deploy("echo-second", Guest::Scenarios, Some("activity"))
        .await?;
    client
        .start("nondeterministic", "n", &json!({"differs": "name"}))
        .await?;
    let failure = failure_of(&client, "n").await?;
    assert_eq!(failure["errorType"], "NonDeterminism");
    let message = failure["message"].as_str().unwrap_or_default();
    for part in [
        "event 3",
        "the activity 'echo-first'",
        "the activity 'echo-second'",
    ] {
        assert!(message.contains(part), "{part:?} is not in {message:?}");
    }
    for (id, differs, part) in [
        ("k", "kind", "a timer"),
        ("e", "early", "ends without asking"),
    ] {
        client
            .start("nondeterministic", id, &json!({"differs": differs}))
            .await?;
        let failure = failure_of(&client, id).await?;
        assert_eq!(failure["errorType"], "NonDeterminism");
        assert!(
            failure["message"]
                .as_str()
                .is_some_and(|message| message.contains(part)),
            "{failure}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn each_misuse_ends_its_own_instance_and_no_other() -> Result<()> {
    let scenarios = [
        "trap",
        "unknown-task",
        "empty-any",
        "bad-json",
        "memory-bomb",
        "spin",
        "events",
        "chain",
    ];
    let mut options = HostOptions::default();
    options
        .arguments
        .extend(["--turn-timeout".to_owned(), "300ms".to_owned()]);
    let (_host, client) = host_with(options, &scenarios).await?;
    client
        .start("events", "bystander", &json!({"n": 1}))
        .await?;
    let expected = [
        ("trap", "Trap", "unreachable"),
        ("unknown-task", "Trap", "no task"),
        ("empty-any", "Trap", "at least one task"),
        ("bad-json", "InvalidJson", "not valid JSON"),
        ("memory-bomb", "OutOfMemory", "memory"),
        ("spin", "TurnTimeout", "300"),
    ];
    for (function, error_type, part) in expected {
        client.start(function, function, &Value::Null).await?;
        let failure = failure_of(&client, function).await?;
        assert_eq!(failure["errorType"], error_type, "{failure}");
        let text = format!("{}\n{}", failure["message"], failure["details"]);
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    assert_eq!(
        client.run("chain", "after", &json!({"n": 3})).await?.status,
        "Completed"
    );
    client
        .raise("bystander", "Go", &json!("still here"))
        .await?;
    assert_eq!(
        client.ended("bystander").await?.output,
        json!(["still here"])
    );
    Ok(())
}

#[tokio::test]
async fn an_activity_that_traps_fails_its_call_with_a_backtrace() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["chain"]).await?;
    client
        .deploy("trap-activity", Guest::Scenarios, Some("activity"))
        .await?;
    client
        .start("chain", "c", &json!({"n": 1, "activity": "trap-activity"}))
        .await?;
    let failure = failure_of(&client, "c").await?;
    assert_eq!(failure["errorType"], "Trap");
    assert!(
        failure["details"]
            .as_str()
            .is_some_and(|details| details.contains("wasm")),
        "{failure}"
    );
    Ok(())
}

/// As the README of the SDK says.
#[tokio::test]
async fn without_wasi_the_calls_of_the_language_fail_or_do_nothing() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["native"]).await?;
    for call in ["system-time", "instant", "sleep"] {
        client.start("native", call, &json!({"call": call})).await?;
        assert_eq!(failure_of(&client, call).await?["errorType"], "Trap");
    }
    let printed = client.run("native", "p", &json!({"call": "print"})).await?;
    assert_eq!(
        (&*printed.status, printed.output),
        ("Completed", Value::Null)
    );
    for call in ["file", "socket"] {
        let refused = client.run("native", call, &json!({"call": call})).await?;
        assert!(refused.output.is_string(), "{refused:?}");
    }
    Ok(())
}
