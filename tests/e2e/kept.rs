//! Earlier executions are kept as the settings say, over HTTP and by the command line.

use std::collections::HashSet;
use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::{Client, Host, HostOptions, eventually};

use crate::host_with;

const INSTANCE: &str = "/runtime/webhooks/durabletask/instances/c";
const EXECUTIONS: &str = "/admin/instances/c/executions";

fn keeping(executions: &str) -> HostOptions {
    HostOptions {
        arguments: vec!["--kept-executions".to_owned(), executions.to_owned()],
        ..HostOptions::default()
    }
}

/// What the command line writes, of a command that does what it is told.
fn soloist(host: &Host, arguments: &[&str]) -> Result<String> {
    let output = Command::new(tests::binary()?)
        .args(arguments)
        .args(["--host", &format!("http://{}", host.address())])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {said}");
    Ok(String::from_utf8(output.stdout)?)
}

async fn got(client: &Client, path: &str) -> Result<Value> {
    let answer = client.get(path).await?;
    ensure!(answer.status() == 200, "{path}: {}", answer.status());
    Ok(answer.json().await?)
}

async fn earlier(client: &Client) -> Result<Vec<Value>> {
    let list = got(client, EXECUTIONS).await?;
    list.as_array().cloned().context("it is a list")
}

fn id(execution: &Value) -> Result<&str> {
    execution["executionId"].as_str().context("it has an id")
}

/// Opens the gate of a generation, and waits for the next.
async fn next(client: &Client, generation: u64) -> Result<()> {
    ensure!(client.raise("c", "Gate", &Value::Null).await? == 202);
    let what = format!("generation {generation}");
    let shown = client.history_shows("c", &what, |events| events[0]["generation"] == generation);
    shown.await.map(drop)
}

#[tokio::test]
async fn the_last_executions_are_there_after_a_kill() -> Result<()> {
    let (mut host, client) = host_with(keeping("2"), &["counter"]).await?;
    let input = json!({"until": 4, "gate": true, "step": true});
    client.start("counter", "c", &input).await?;
    assert_eq!(earlier(&client).await?, [Value::Null; 0]);
    for generation in 1..=3 {
        let client = host.client();
        let (current, _) = client.execution("c").await?;
        next(&client, generation).await?;
        let newest = &earlier(&client).await?[0];
        assert_eq!(id(newest)?, current);
        let history = got(&client, &format!("{EXECUTIONS}/{current}")).await?;
        host.kill()?;
        host.restart()?;
        let client = host.client();
        let after = got(&client, &format!("{EXECUTIONS}/{current}")).await?;
        assert_eq!(after, history);
    }
    let client = host.client();
    let kept = earlier(&client).await?;
    let generations: Vec<_> = kept.iter().map(|kept| &kept["generation"]).collect();
    assert_eq!(generations, [2, 1]);
    for execution in &kept {
        assert_eq!(execution["functionName"], "counter");
        assert_eq!(execution["runtimeStatus"], "ContinuedAsNew");
        assert!(execution["endedTime"].as_str() >= execution["startedTime"].as_str());
        let history = got(&client, &format!("{EXECUTIONS}/{}", id(execution)?)).await?;
        let history = history.as_array().context("it is a list")?;
        let first = &history[0];
        assert_eq!(first["EventType"], "ExecutionStarted");
        assert_eq!(first["Generation"], execution["generation"]);
        let gate = history.iter().find(|event| event["Name"] == "Gate");
        assert_eq!(gate.context("the gate")?["EventType"], "EventRaised");
        let last = history.last().context("it ends")?;
        assert_eq!(last["EventType"], "ContinueAsNew", "{last}");
        let raw = soloist(
            &host,
            &["instance", "history", "c", "--execution", id(execution)?],
        )?;
        assert!(
            raw.contains("TaskCompleted") && raw.contains("ContinuedAsNew"),
            "{raw}"
        );
    }
    let table = soloist(&host, &["instance", "executions", "c"])?;
    assert_eq!(table.lines().count(), 3, "{table}");
    assert!(table.contains(id(&kept[1])?), "{table}");
    let json = soloist(&host, &["instance", "executions", "c", "--json"])?;
    assert_eq!(serde_json::from_str::<Value>(&json)?, json!(kept));

    // The last one ends, is started again, and is replaced: each is kept in its turn.
    ensure!(client.raise("c", "Gate", &Value::Null).await? == 202);
    assert_eq!(client.ended("c").await?.status, "Completed");
    client.start("counter", "c", &input).await?;
    let replace = "/api/orchestrators/counter/c?onExisting=replace";
    assert_eq!(client.post(replace, &input).await?.status(), 202);
    let kept = earlier(&client).await?;
    let endings: Vec<_> = kept.iter().map(|kept| &kept["runtimeStatus"]).collect();
    assert_eq!(endings, ["Terminated", "Completed"]);
    assert_eq!(client.manage("c", "terminate", "enough").await?, 202);
    assert_eq!(client.delete(INSTANCE).await?.status(), 200);
    for path in [EXECUTIONS, &format!("{EXECUTIONS}/{}", id(&kept[0])?)] {
        assert_eq!(client.get(path).await?.status(), 404);
    }
    Ok(())
}

#[tokio::test]
async fn a_hundred_generations_leave_no_more_than_are_kept() -> Result<()> {
    let (_host, client) = host_with(keeping("2"), &["counter"]).await?;
    let input = json!({"until": 100, "step": true});
    client.start("counter", "c", &input).await?;
    let mut seen = HashSet::new();
    eventually("the last generation has ended", async || {
        let kept = earlier(&client).await?;
        ensure!(kept.len() <= 2, "more than two are kept: {kept:?}");
        for execution in &kept {
            seen.insert(id(execution)?.to_owned());
        }
        let status = client.status("c").await?.context("it was started")?;
        Ok((status["runtimeStatus"] == "Completed").then_some(()))
    })
    .await?;
    let kept = earlier(&client).await?;
    let generations: Vec<_> = kept.iter().map(|kept| &kept["generation"]).collect();
    assert_eq!(generations, [98, 97]);
    for execution in &kept {
        seen.remove(id(execution)?);
    }
    for gone in &seen {
        let path = format!("{EXECUTIONS}/{gone}");
        assert_eq!(client.get(&path).await?.status(), 404);
    }
    Ok(())
}
