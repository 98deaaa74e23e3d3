//! What orchestrators and activities know, and what they let others know.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::{Client, Guest, Language};

use crate::stage::{Run, Stage, count, fresh};

pub(crate) async fn the_custom_status_is_the_last_one(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let client = stage.client();
    let id = stage.start("status", Value::Null, &[]).await?;
    for step in [1, 2] {
        let waits = |events: &[Value]| count(events, "EventAwaited") == step;
        client.history_shows(&id, "a wait", waits).await?;
        let status = client.status(&id).await?.unwrap_or_default();
        assert_eq!(status["customStatus"], json!({"step": step}));
        assert_eq!(client.raise(&id, "Go", &Value::Null).await?, 202);
    }
    assert_eq!(client.ended(&id).await?.output, json!("done"));
    Ok(())
}

/// What `log` writes, with the level of each line.
pub(crate) const LINES: [(&str, &str); 6] = [
    ("trace", "trace before"),
    ("debug", "debug before"),
    ("info", "info before"),
    ("warn", "warn before"),
    ("error", "error before"),
    ("info", "info after"),
];

/// The log of an instance: levels and lines.
pub(crate) async fn lines(client: &Client, id: &str) -> Result<Vec<(String, String)>> {
    let path = format!("/admin/instances/{id}/logs");
    let log: Value = client.get(&path).await?.json().await?;
    let lines = log["lines"].as_array().context("a log has lines")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    Ok(lines
        .iter()
        .map(|line| (text(&line["level"]), text(&line["message"])))
        .collect())
}

/// Asserts that the lines of `log` are there, each once, in their order.
pub(crate) async fn has_logged(client: &Client, id: &str) -> Result<()> {
    let lines = lines(client, id).await?;
    let expected = LINES.map(|(level, line)| (level.to_owned(), line.to_owned()));
    assert_eq!(lines, expected, "{id}");
    Ok(())
}

pub(crate) async fn each_level_of_the_log_is_kept(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let Run { id, ended } = stage.run("log", Value::Null, &["echo"]).await?;
    assert_eq!(ended.output, json!("logged"));
    has_logged(&stage.client(), &id).await
}

pub(crate) async fn an_orchestrator_knows_where_it_is(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let Run { id, ended } = stage.run("context", Value::Null, &[]).await?;
    let output = ended.output;
    assert_eq!(output["instanceId"], json!(id), "{output}");
    assert_eq!(output["functionName"], "context");
    assert!(output["parentInstanceId"].is_null(), "{output}");
    let guid = |place: usize| output["guids"][place].as_str().unwrap_or_default();
    assert_eq!((guid(0).len(), guid(1).len()), (36, 36), "{output}");
    assert_ne!(guid(0), guid(1));
    // Version 5: made of the execution and a counter.
    assert_eq!(&guid(0)[14..15], "5", "{output}");
    Ok(())
}

pub(crate) async fn a_child_knows_its_parent(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let client = stage.client();
    stage.orchestrators(&["context"]).await?;
    let (parent, child) = (fresh("parent"), fresh("kid"));
    stage
        .deploy(Guest::Scenarios, "orchestrator", &["caller"])
        .await?;
    let steps = json!([{"child-of": ["context", null, child, 1]}, {"await": 0}]);
    let input = json!({"kind": "script", "steps": steps});
    let ended = client.run("caller", &parent, &input).await?;
    let output = &ended.output[0]["value"];
    assert_eq!(output["parentInstanceId"], json!(parent), "{ended:?}");
    assert_eq!(output["instanceId"], json!(child), "{ended:?}");
    Ok(())
}

pub(crate) async fn an_activity_knows_its_call(language: Language) -> Result<()> {
    let stage = Stage::of_activities(language)?;
    let mut keys = Vec::new();
    for _ in 0..2 {
        let answer = stage.act("context", Value::Null).await?;
        let output = answer.map_err(|failure| anyhow::anyhow!("it failed: {failure}"))?;
        assert_eq!(output["functionName"], "context", "{output}");
        assert_eq!(output["attempt"], 1);
        let instance = output["instanceId"].as_str().unwrap_or_default();
        assert!(instance.starts_with("caller-"), "{output}");
        let key = output["taskKey"].as_str().unwrap_or_default();
        assert!(!key.is_empty(), "{output}");
        keys.push(key.to_owned());
    }
    assert_ne!(keys[0], keys[1]);
    Ok(())
}
