//! Retries and events between instances, across a SIGKILL.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::HostOptions;

use crate::host_with;

fn attempts(events: &[Value]) -> usize {
    let failed = |event: &&Value| event["type"] == "AttemptFailed";
    events.iter().filter(failed).count()
}

#[tokio::test]
async fn an_activity_is_tried_until_it_answers() -> Result<()> {
    let (_host, client) = host_with(HostOptions::cold(), &["script"]).await?;
    client
        .deploy("flaky", tests::Guest::Scenarios, Some("activity"))
        .await?;
    let steps = json!({"steps": [
        {"tried": ["flaky", {"until": 3}, 5]}, {"await": 0},
        {"tried": ["flaky", {"until": 9}, 2]}, {"await": 1},
    ]});
    let notes = client.run("script", "a", &steps).await?.output;
    assert_eq!(notes[0], json!({"value": 3}));
    let failure = &notes[1]["failure"];
    assert_eq!(failure["errorType"], "Flaky");
    assert_eq!(failure["message"], "attempt 2 of 9");
    assert_eq!(failure["details"], "attempts: 2");
    assert_eq!(attempts(&client.events("a").await?), 3);
    Ok(())
}

#[tokio::test]
async fn a_delay_between_attempts_survives_a_kill() -> Result<()> {
    let (mut host, mut client) = host_with(HostOptions::default(), &["script"]).await?;
    client
        .deploy("flaky", tests::Guest::Scenarios, Some("activity"))
        .await?;
    // The delays are 10, 20, 40, ... 1,280 ms.
    let steps = json!({"steps": [{"tried": ["flaky", {"until": 9}, 9]}, {"await": 0}]});
    client.start("script", "a", &steps).await?;
    for wanted in [5, 7] {
        client
            .history_shows("a", "failed attempts", |events| attempts(events) >= wanted)
            .await?;
        host.kill()?;
        host.restart()?;
        client = host.client();
    }
    let ended = client.ended("a").await?;
    assert_eq!(ended.output, json!([{"value": 9}]));
    let events = client.events("a").await?;
    let numbers: Vec<u64> = events
        .iter()
        .filter_map(|event| event["attempt"].as_u64())
        .collect();
    assert_eq!(numbers, (1..=8).collect::<Vec<_>>());
    Ok(())
}

#[tokio::test]
async fn events_between_instances_arrive_once_and_in_order() -> Result<()> {
    let (mut host, mut client) = host_with(HostOptions::cold(), &["script", "events"]).await?;
    client.start("events", "target", &json!({"n": 40})).await?;
    let mut steps = Vec::new();
    for number in 0..40 {
        steps.push(json!({"send": ["target", "Go", number]}));
        steps.push(json!({"send": ["nobody", "Go", number]}));
        steps.push(json!({"timer": 5}));
        steps.push(json!({"await": number}));
    }
    client
        .start("script", "sender", &json!({"steps": steps}))
        .await?;
    for wanted in [5, 20] {
        client
            .history_shows("sender", "sent events", |events| {
                let sent = events.iter().filter(|event| event["type"] == "EventSent");
                sent.count() >= wanted * 2
            })
            .await?;
        host.kill()?;
        host.restart()?;
        client = host.client();
    }
    assert_eq!(client.ended("sender").await?.status, "Completed");
    let seen = client.ended("target").await?.output;
    assert_eq!(seen, json!((0..40).collect::<Vec<_>>()));
    let nobody = client.status("nobody").await?;
    assert!(nobody.is_none(), "{}", nobody.context("an instance")?);
    Ok(())
}
