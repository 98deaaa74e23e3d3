//! The plugin `night-watch`: one watch, whatever happens to the host, until dawn.

use anyhow::{Context, Result, ensure};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Client, Guest, Host, HostOptions, eventually};

const START: &str = "/api/orchestrators/night-watch/tower-1";

/// A round's history: begin, look around, wait, end. It does not grow with the rounds.
const EVENTS_MAX: usize = 12;

/// Waits for a round. Until then, each look finds the one watch, and a short history.
async fn round(client: &Client, wanted: u64) -> Result<()> {
    eventually(&format!("round {wanted}"), async || {
        let second = client.post(START, &json!({"everyMs": 20})).await?;
        ensure!(
            second.status() == StatusCode::CONFLICT,
            "a second start: {}",
            second.status()
        );
        let events = client.events("tower-1").await?;
        ensure!(events.len() <= EVENTS_MAX, "the history grows: {events:?}");
        let status = client
            .status("tower-1")
            .await?
            .context("the watch is gone")?;
        let round = status["customStatus"]["round"].as_u64();
        Ok(round.filter(|round| *round >= wanted))
    })
    .await?;
    Ok(())
}

#[tokio::test]
async fn one_watch_goes_on_through_kills_until_dawn() -> Result<()> {
    let mut host = Host::start(HostOptions::default())?;
    let client = host.client();
    client
        .deploy("night-watch", Guest::NightWatch, None)
        .await?;
    client
        .deploy("look-around", Guest::LookAround, None)
        .await?;
    client
        .start("night-watch", "tower-1", &json!({"everyMs": 20}))
        .await?;
    for wanted in [5, 10, 15, 20] {
        round(&host.client(), wanted).await?;
        host.kill()?;
        host.restart()?;
    }
    let client = host.client();
    round(&client, 22).await?;
    let status = client.status("tower-1").await?.unwrap_or_default();
    assert!(
        status["customStatus"]["last"]["tookUs"].is_u64(),
        "{status}"
    );

    ensure!(
        client.raise("tower-1", "dawn", &Value::Null).await? == 202,
        "dawn was not accepted"
    );
    let ended = client.ended("tower-1").await?;
    assert_eq!(ended.status, "Completed", "{ended:?}");
    let seen = ended.output;
    assert!(seen["rounds"].as_u64() >= Some(22), "{seen}");
    assert_eq!(seen["blind"], 0, "{seen}");
    let latest = seen["latest"].as_array().context("the last sightings")?;
    assert_eq!(latest.len(), 5, "{seen}");
    assert!(
        latest
            .iter()
            .all(|sighting| sighting["tookUs"].as_u64() <= seen["slowest"]["tookUs"].as_u64()),
        "{seen}"
    );
    // The tower is free again.
    client.start("night-watch", "tower-1", &Value::Null).await?;
    Ok(())
}

#[tokio::test]
async fn a_watch_that_sees_nothing_goes_on_and_says_so() -> Result<()> {
    let host = Host::start(HostOptions::cold())?;
    let client = host.client();
    client
        .deploy("night-watch", Guest::NightWatch, None)
        .await?;
    client
        .start("night-watch", "tower-1", &json!({"everyMs": 20}))
        .await?;
    round(&client, 3).await?;
    ensure!(
        client.raise("tower-1", "Dawn", &json!("at last")).await? == 202,
        "dawn was not accepted"
    );
    let seen = client.ended("tower-1").await?.output;
    assert!(seen["blind"].as_u64() >= Some(2), "{seen}");
    assert_eq!(seen["latest"], json!([]), "{seen}");
    Ok(())
}
