//! Starts that are delayed, that meet a live instance, and that are repeated.

use anyhow::{Context, Result};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::HostOptions;

use crate::host_with;

const BASE: &str = "/runtime/webhooks/durabletask";

fn now_and(millis: i64) -> String {
    let at = jiff::Timestamp::now() + jiff::SignedDuration::from_millis(millis);
    at.to_string()
}

#[tokio::test]
async fn a_delayed_start_is_pending_until_its_time_over_a_kill() -> Result<()> {
    let (mut host, client) = host_with(HostOptions::default(), &["chain"]).await?;
    let at = now_and(3_000);
    let path = format!("/api/orchestrators/chain/later?startAt={at}");
    let input = json!({"n": 2});
    assert_eq!(client.post(&path, &input).await?.status(), 202);
    assert_eq!(client.post(&path, &input).await?.status(), 409);
    host.kill()?;
    host.restart()?;
    let client = host.client();
    let status = client.status("later").await?.context("it was started")?;
    assert_eq!(status["runtimeStatus"], "Pending");
    assert_eq!(client.ended("later").await?.status, "Completed");
    let events = client.events("later").await?;
    let began = events[1]["timestamp"].as_str().context("a timestamp")?;
    let (began, at): (jiff::Timestamp, jiff::Timestamp) = (began.parse()?, at.parse()?);
    assert!(
        began >= at - jiff::SignedDuration::from_millis(1),
        "{began} {at}"
    );
    let past = format!("/api/orchestrators/chain/past?startAt={}", now_and(-9_000));
    assert_eq!(client.post(&past, &input).await?.status(), 202);
    assert_eq!(client.ended("past").await?.status, "Completed");
    let reply = client
        .post("/api/orchestrators/chain/x?startAt=noon", &input)
        .await?;
    assert_eq!(reply.status(), 400);
    let problem: Value = reply.json().await?;
    assert_eq!(problem["code"], "invalid-option");
    assert_eq!(
        problem["detail"],
        "startAt is 'noon', but must be a time like 2026-01-02T03:04:05Z"
    );
    Ok(())
}

#[tokio::test]
async fn a_delayed_instance_can_be_told_and_terminated() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["events"]).await?;
    let start = async |id: &str, ms: i64| {
        let path = format!("{BASE}/orchestrators/events/{id}?startAt={}", now_and(ms));
        client.post(&path, &json!({"n": 1})).await
    };
    assert_eq!(start("a", 1_000).await?.status(), 202);
    assert_eq!(client.raise("a", "Go", &json!(7)).await?, 202);
    assert_eq!(client.ended("a").await?.output, json!([7]));
    assert_eq!(start("b", 3_600_000).await?.status(), 202);
    assert_eq!(client.manage("b", "terminate", "no").await?, 202);
    assert_eq!(client.ended("b").await?.status, "Terminated");
    Ok(())
}

#[tokio::test]
async fn a_start_that_meets_a_live_instance_does_as_it_was_told() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["events"]).await?;
    let input = json!({"n": 1});
    client.start("events", "one", &input).await?;
    let first = client.execution("one").await?.0;
    for base in ["/api", BASE] {
        let start = async |what: &str| {
            let path = format!("{base}/orchestrators/events/one?onExisting={what}");
            client.post(&path, &input).await
        };
        assert_eq!(start("reject").await?.status(), StatusCode::CONFLICT);
        let reply = start("attach").await?;
        assert_eq!(reply.status(), StatusCode::OK);
        let location = reply.headers()["location"].to_str()?.to_owned();
        let payload: Value = reply.json().await?;
        assert_eq!(payload["id"], "one");
        assert_eq!(payload["statusQueryGetUri"], location.as_str());
        assert_eq!(start("bogus").await?.status(), StatusCode::BAD_REQUEST);
    }
    assert_eq!(client.execution("one").await?.0, first);
    let path = "/api/orchestrators/events/one?onExisting=REPLACE";
    assert_eq!(
        client.post(path, &input).await?.status(),
        StatusCode::ACCEPTED
    );
    assert_ne!(client.execution("one").await?.0, first);
    // Where none is live, all three start one.
    for what in ["reject", "attach", "replace"] {
        let path = format!("/api/orchestrators/events/{what}?onExisting={what}");
        assert_eq!(
            client.post(&path, &input).await?.status(),
            StatusCode::ACCEPTED
        );
    }
    Ok(())
}

#[tokio::test]
async fn of_many_that_attach_one_starts_and_all_get_its_urls() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["events"]).await?;
    let mut tasks = tokio::task::JoinSet::new();
    for _ in 0..50 {
        let client = client.clone();
        tasks.spawn(async move {
            let path = "/api/orchestrators/events/one?onExisting=attach";
            let reply = client.post(path, &json!({"n": 1})).await?;
            anyhow::Ok((
                reply.status().as_u16(),
                reply.json::<Value>().await?["id"].clone(),
            ))
        });
    }
    let mut started = 0;
    while let Some(told) = tasks.join_next().await {
        let (status, id) = told??;
        assert_eq!(id, "one");
        started += usize::from(status == 202);
        assert!(status == 202 || status == 200, "{status}");
    }
    assert_eq!(started, 1);
    Ok(())
}

#[tokio::test]
async fn an_instance_is_restarted_under_a_new_id_or_its_own() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["events"]).await?;
    let restart = async |id: &str, query: &str| {
        client
            .post(
                &format!("{BASE}/instances/{id}/restart{query}"),
                &Value::Null,
            )
            .await
    };
    let unknown = restart("one", "").await?;
    assert_eq!(unknown.status(), 400);
    let fault: Value = unknown.json().await?;
    assert_eq!(
        fault["Message"],
        "InstanceId does not match a valid orchestration instance."
    );
    client.start("events", "one", &json!({"n": 1})).await?;
    let first = client.execution("one").await?.0;
    assert_eq!(
        restart("one", "?restartWithNewInstanceId=False")
            .await?
            .status(),
        409
    );
    let reply = restart("one", "").await?;
    assert_eq!(reply.status(), 202);
    let id = reply.json::<Value>().await?["id"]
        .as_str()
        .context("an id")?
        .to_owned();
    assert_ne!(id, "one");
    client.raise(&id, "Go", &json!(5)).await?;
    assert_eq!(client.ended(&id).await?.output, json!([5]));
    assert_eq!(client.manage("one", "terminate", "").await?, 202);
    let reply = restart("one", "?restartWithNewInstanceId=false").await?;
    assert_eq!(reply.status(), 202);
    assert_ne!(client.execution("one").await?.0, first);
    Ok(())
}

#[tokio::test]
async fn a_timer_of_a_hundred_years_waits_and_can_be_given_up() -> Result<()> {
    let (mut host, client) = host_with(HostOptions::default(), &["script"]).await?;
    let steps = json!({"steps": [
        {"timer": 3_155_760_000_000_u64}, {"event": "Enough"}, {"any": [0, 1]}, {"cancel": 0},
    ]});
    client.start("script", "long", &steps).await?;
    client
        .history_shows("long", "a timer", |events| {
            events.iter().any(|event| event["type"] == "TimerCreated")
        })
        .await?;
    host.kill()?;
    host.restart()?;
    let client = host.client();
    let events = client.events("long").await?;
    let timer = events.iter().find(|event| event["type"] == "TimerCreated");
    let fire_at = timer.context("a timer")?["fireAt"].as_str();
    let fire_at: jiff::Timestamp = fire_at.context("a time")?.parse()?;
    let days = fire_at.duration_since(jiff::Timestamp::now()).as_hours() / 24;
    assert!((36_520..36_530).contains(&days), "{days}");
    assert_eq!(client.raise("long", "Enough", &Value::Null).await?, 202);
    assert_eq!(client.ended("long").await?.output, json!([1]));
    Ok(())
}
