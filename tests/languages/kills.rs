//! Replay: after a SIGKILL of the host, and where no guest stays in memory between two facts.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::{HostOptions, Language};

use crate::knowing::has_logged;
use crate::stage::{Stage, count};

pub(crate) async fn a_chain_goes_on_after_a_kill(language: Language) -> Result<()> {
    let mut stage = Stage::alone(language, HostOptions::default())?;
    let echo = format!("echo-{language}");
    let input = json!({"activity": echo, "n": 6, "rests": 100});
    let id = stage.start(&stage.chain(), input, &[&echo]).await?;
    for wanted in [2, 4] {
        let answered = |events: &[Value]| count(events, "TaskCompleted") >= wanted;
        let client = stage.client();
        let before = client.history_shows(&id, "a step", answered).await?;
        assert_eq!(count(&before, "ExecutionCompleted"), 0, "{before:?}");
        stage.host.kill()?;
        stage.host.restart()?;
        let after = stage.client().events(&id).await?;
        assert!(after.starts_with(&before), "{after:?} after {before:?}");
    }
    let ended = stage.client().ended(&id).await?;
    assert_eq!(ended.output, json!([0, 1, 2, 3, 4, 5]), "{ended:?}");
    let events = stage.client().events(&id).await?;
    assert_eq!(count(&events, "TaskScheduled"), 6, "{events:?}");
    Ok(())
}

pub(crate) async fn log_lines_stand_once_after_a_kill(language: Language) -> Result<()> {
    let options = HostOptions {
        arguments: ["--activities", "1"].map(str::to_owned).to_vec(),
        ..HostOptions::default()
    };
    let mut stage = Stage::alone(language, options)?;
    // While this one runs, no other does: the step of `log` is not answered before the kill.
    let slow = stage.start_caller("slow", json!({"ms": 50_000})).await?;
    let asked = |events: &[Value]| count(events, "TaskScheduled") == 1;
    stage
        .client()
        .history_shows(&slow, "its step", asked)
        .await?;
    let id = stage.start("log", Value::Null, &["echo"]).await?;
    let client = stage.client();
    let before = client.history_shows(&id, "its step", asked).await?;
    assert_eq!(count(&before, "TaskCompleted"), 0, "{before:?}");
    stage.host.kill()?;
    stage.host.restart()?;
    let client = stage.client();
    assert_eq!(client.manage(&slow, "terminate", "enough").await?, 202);
    assert_eq!(client.ended(&id).await?.output, json!("logged"));
    has_logged(&client, &id).await
}

pub(crate) async fn what_was_read_is_read_again_after_a_kill(language: Language) -> Result<()> {
    let mut stage = Stage::alone(language, HostOptions::default())?;
    let mut ids = Vec::new();
    let mut read = Vec::new();
    for _ in 0..2 {
        let id = stage.start("readings", Value::Null, &[]).await?;
        let waits = |events: &[Value]| count(events, "EventAwaited") > 0;
        let client = stage.client();
        client.history_shows(&id, "a wait", waits).await?;
        let status = client.status(&id).await?.context("it was started")?;
        read.push(status["customStatus"].clone());
        ids.push(id);
    }
    stage.host.kill()?;
    stage.host.restart()?;
    let client = stage.client();
    let mut random = Vec::new();
    for (id, read) in ids.iter().zip(read) {
        assert_eq!(client.raise(id, "Go", &Value::Null).await?, 202);
        let output = client.ended(id).await?.output;
        let (before, after) = (&output["before"], &output["after"]);
        assert_eq!(before, &read, "the same is read again");
        for reading in [before, after] {
            let (now, time) = (number(&reading["now"])?, number(&reading["time"])?);
            // One of them may be cut to a whole millisecond, and the other rounded up.
            assert!((now - time).abs() < 2.0, "{output}");
            random.push(reading["random"].to_string());
            random.push(reading["guid"].to_string());
        }
        for key in ["now", "time"] {
            let (before, after) = (number(&before[key])?, number(&after[key])?);
            assert!(before <= after, "time does not go back: {output}");
        }
    }
    random.sort_unstable();
    random.dedup();
    assert_eq!(random.len(), 8, "each is read once: {random:?}");
    Ok(())
}

fn number(value: &Value) -> Result<f64> {
    value
        .as_f64()
        .with_context(|| format!("{value} is no number"))
}

/// Each fact is met by a guest that has to be brought where it was.
pub(crate) async fn nothing_changes_where_no_guest_stays_in_memory(
    language: Language,
) -> Result<()> {
    let stage = Stage::alone(language, HostOptions::cold())?;
    let echo = format!("echo-{language}");
    let chain = stage.chain();
    stage.orchestrators(&["double"]).await?;
    for (function, input, activity, output) in [
        (
            chain.as_str(),
            json!({"activity": echo, "n": 20, "rests": 1}),
            echo.as_str(),
            json!((0..20).collect::<Vec<_>>()),
        ),
        (
            "fan-out",
            Value::Null,
            "echo",
            json!((0..100).collect::<Vec<_>>()),
        ),
        ("retry", Value::Null, "flaky", json!(3)),
        ("counter", Value::Null, "echo", json!(3)),
        ("child", Value::Null, "echo", json!(42)),
        (
            "race",
            json!({"timerMs": 5}),
            "echo",
            json!({"winner": "timer"}),
        ),
        (
            "approval",
            json!({"timeoutMs": 5}),
            "echo",
            json!({"outcome": "timedOut"}),
        ),
    ] {
        let answer = stage.output(function, input, &[activity]).await?;
        assert_eq!(answer, output, "{function}");
    }
    let run = stage.run("log", Value::Null, &["echo"]).await?;
    has_logged(&stage.client(), &run.id).await?;
    let id = stage.start("events", json!({"n": 5}), &[]).await?;
    for number in 0..5 {
        let data = json!(number);
        assert_eq!(stage.client().raise(&id, "Go", &data).await?, 202);
    }
    let ended = stage.client().ended(&id).await?;
    assert_eq!(ended.output, json!([0, 1, 2, 3, 4]));
    Ok(())
}
