//! Clocks, random numbers, printing and sleep of each language, in orchestrators that are replayed.

use std::collections::HashSet;
use std::time::{SystemTime, UNIX_EPOCH};

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::{Client, Ended, Guest, Host, HostOptions};

const SLEEP_MS: u32 = 50;

/// Milliseconds since the epoch, as this machine tells them.
#[expect(
    clippy::disallowed_methods,
    reason = "what a guest reads is compared with the machine's time"
)]
fn wall_ms() -> Result<f64> {
    Ok(SystemTime::now().duration_since(UNIX_EPOCH)?.as_secs_f64() * 1000.0)
}

fn number(value: &Value) -> Result<f64> {
    value
        .as_f64()
        .with_context(|| format!("{value} is no number"))
}

/// What an orchestrator has read before it waits for the event `go`.
async fn first_reading(client: &Client, id: &str) -> Result<Value> {
    client
        .history_shows(id, "a wait", |events| {
            events.iter().any(|event| event["type"] == "EventAwaited")
        })
        .await?;
    let status = client.status(id).await?.context("it was started")?;
    Ok(status["customStatus"].clone())
}

/// The lines of the log that begin so, each with its level.
async fn lines(client: &Client, id: &str, beginning: &str) -> Result<Vec<(String, String)>> {
    let path = format!("/admin/instances/{id}/logs");
    let log: Value = client.get(&path).await?.json().await?;
    let lines = log["lines"].as_array().context("a log has lines")?;
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let lines = lines.iter().filter_map(|line| {
        let message = text(&line["message"]);
        let rest = message.strip_prefix(beginning)?;
        Some((text(&line["level"]), rest.to_owned()))
    });
    Ok(lines.collect())
}

/// An orchestrator is run, thrown out of memory, killed with its host and run again: what it reads is right, and what it
/// has read before it reads again.
async fn reads_the_same_again(guest: Guest) -> Result<()> {
    let mut host = Host::start(HostOptions::cold())?;
    let client = host.client();
    client.deploy("native", guest, None).await?;
    let input = json!({"sleepMs": SLEEP_MS, "tryRefused": false});
    let begun = wall_ms()?;
    client.start("native", "a", &input).await?;
    client.start("native", "b", &input).await?;
    let before = first_reading(&client, "a").await?;
    let other = first_reading(&client, "b").await?;
    let read = wall_ms()?;
    let wall = number(&before["wallMs"])?;
    assert!(
        (begun - 1.0..=read + 1.0).contains(&wall),
        "{wall} is not between {begun} and {read}"
    );

    host.kill()?;
    host.restart()?;
    let client = host.client();
    for id in ["a", "b"] {
        assert_eq!(client.raise(id, "go", &json!("now")).await?, 202);
    }
    let ended = client.ended("a").await?;
    assert_eq!(ended.status, "Completed", "{ended:?}");
    let output = ended.output;
    assert_eq!(output["before"], before, "the same is read again");
    assert_eq!(client.ended("b").await?.output["before"], other);

    let readings = [&output["before"], &output["after"], &output["slept"]];
    for (place, reading) in readings.into_iter().enumerate() {
        let (wall, durable) = (
            number(&reading["wallMs"])?,
            number(&output["durable"][place])?,
        );
        assert!((wall - durable).abs() < 1.0, "{wall} is not {durable}");
    }
    let slept = |key: &str| -> Result<f64> {
        Ok(number(&output["slept"][key])? - number(&output["after"][key])?)
    };
    for key in ["wallMs", "monotonicMs"] {
        let slept = slept(key)?;
        assert!(
            slept >= f64::from(SLEEP_MS) - 0.01,
            "it slept for {slept} ms by {key}"
        );
        assert!(number(&output["after"][key])? > number(&before[key])?);
    }
    let random: HashSet<String> = readings
        .into_iter()
        .chain([&other])
        .flat_map(|reading| [&reading["random"], &reading["bytes"]])
        .map(Value::to_string)
        .collect();
    assert_eq!(
        random.len(),
        8,
        "each reading has random numbers of its own: {output}"
    );

    let timers = client.events("a").await?.into_iter();
    let timers = timers
        .filter(|event| event["type"] == "TimerCreated")
        .count();
    assert_eq!(timers, 1, "the sleep is a durable timer");
    let printed = lines(&client, "a", "before ").await?;
    assert_eq!(printed.len(), 1, "it is printed once: {printed:?}");
    assert_eq!(printed[0].0, "info");
    assert_eq!(serde_json::from_str::<Value>(&printed[0].1)?, before);
    let printed = lines(&client, "a", "slept ").await?;
    assert_eq!(printed.len(), 1, "{printed:?}");
    assert_eq!(printed[0].0, "warn");
    Ok(())
}

#[tokio::test]
async fn rust_with_wasi_reads_the_same_again() -> Result<()> {
    reads_the_same_again(Guest::NativeRust).await
}

#[tokio::test]
async fn javascript_with_wasi_reads_the_same_again() -> Result<()> {
    reads_the_same_again(Guest::NativeJavaScript).await
}

#[tokio::test]
async fn python_with_wasi_reads_the_same_again() -> Result<()> {
    reads_the_same_again(Guest::NativePython).await
}

#[tokio::test]
async fn go_with_wasi_reads_the_same_again() -> Result<()> {
    reads_the_same_again(Guest::NativeGo).await
}

#[tokio::test]
async fn files_and_environment_are_not_there_and_the_network_is_refused() -> Result<()> {
    let host = Host::start(HostOptions::default())?;
    let client = host.client();
    client.deploy("rust", Guest::NativeRust, None).await?;
    client.deploy("python", Guest::NativePython, None).await?;
    for guest in ["rust", "python"] {
        let input = json!({"tryRefused": true});
        let ended = told(&client, guest, &format!("{guest}-files"), &input).await?;
        let refused = &ended.output["refused"];
        assert!(refused["file"].is_string(), "{ended:?}");
        assert_eq!(refused["env"], json!([]));
    }
    let input = json!({"tryRefused": true, "tryNetwork": true});
    let ended = told(&client, "python", "network", &input).await?;
    assert_eq!(ended.status, "Failed");
    let text = ended.output.to_string();
    for part in [
        "an orchestrator cannot use the network",
        "let an activity do it",
    ] {
        assert!(text.contains(part), "{part:?} is not in {text}");
    }
    Ok(())
}

/// Runs an instance that waits for the event `go`.
async fn told(client: &Client, function: &str, id: &str, input: &Value) -> Result<Ended> {
    client.start(function, id, input).await?;
    client.raise(id, "go", &Value::Null).await?;
    client.ended(id).await
}
