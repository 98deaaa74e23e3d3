//! Events: awaited, for some time only, sent, raced.

use anyhow::Result;
use serde_json::{Value, json};
use tests::{Client, Language};

use crate::stage::{Stage, count};

/// Waits until the instance has asked for its first event.
async fn waits(client: &Client, id: &str) -> Result<()> {
    let waits = |events: &[Value]| count(events, "EventAwaited") > 0;
    client.history_shows(id, "a wait", waits).await?;
    Ok(())
}

pub(crate) async fn an_approval_ends_as_it_is_decided(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let client = stage.client();
    for (decision, outcome) in [
        (
            json!({"approved": true, "by": "Ada"}),
            json!({"outcome": "approved", "by": "Ada"}),
        ),
        (
            json!({"approved": false}),
            json!({"outcome": "rejected", "by": null}),
        ),
    ] {
        let id = stage.start("approval", Value::Null, &[]).await?;
        waits(&client, &id).await?;
        let status = client.status(&id).await?.unwrap_or_default();
        let custom = &status["customStatus"];
        assert_eq!(custom["stage"], "waiting", "{status}");
        let until = custom["until"].as_str().unwrap_or_default();
        let until: jiff::Timestamp = until.parse()?;
        let begun: jiff::Timestamp = status["createdTime"].as_str().unwrap_or_default().parse()?;
        let limit = until.as_millisecond() - begun.as_millisecond();
        assert!((60_000..90_000).contains(&limit), "{status}");
        assert_eq!(client.raise(&id, "APPROVAL", &decision).await?, 202);
        assert_eq!(client.ended(&id).await?.output, outcome);
        let status = client.status(&id).await?.unwrap_or_default();
        assert_eq!(status["customStatus"], json!({"stage": "decided"}));
    }
    let input = json!({"timeoutMs": 20});
    let output = stage.output("approval", input, &[]).await?;
    assert_eq!(output, json!({"outcome": "timedOut"}));
    Ok(())
}

pub(crate) async fn events_come_in_their_order(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let client = stage.client();
    let input = json!({"name": "Ping", "n": 3});
    let id = stage.start("events", input, &[]).await?;
    let data = [json!({"first": [1, 2.5]}), Value::Null, json!("drei ✓")];
    for data in &data {
        assert_eq!(client.raise(&id, "Ping", data).await?, 202);
    }
    assert_eq!(client.ended(&id).await?.output, json!(data));
    Ok(())
}

pub(crate) async fn an_event_that_does_not_come_in_time_is_not_waited_for(
    language: Language,
) -> Result<()> {
    let stage = Stage::of(language)?;
    let client = stage.client();
    let never = stage
        .output("events", json!({"n": 2, "withinMs": 10}), &[])
        .await?;
    assert_eq!(never, json!([null, null]));

    let input = json!({"withinMs": 60_000});
    let id = stage.start("events", input, &[]).await?;
    waits(&client, &id).await?;
    assert_eq!(client.raise(&id, "Go", &json!(7)).await?, 202);
    assert_eq!(client.ended(&id).await?.output, json!([7]));
    let events = client.events(&id).await?;
    assert_eq!(count(&events, "TimerCreated"), 1, "{events:?}");
    assert_eq!(count(&events, "TaskCanceled"), 1, "{events:?}");
    Ok(())
}

/// As the Python client of Durable Functions sends inputs and events.
pub(crate) async fn an_event_that_was_encoded_twice_is_read(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let client = stage.client();
    let input = json!(json!({"timeoutMs": 60_000}).to_string());
    let id = stage.start("approval", input, &[]).await?;
    let decision = json!(json!({"approved": true, "by": "Ada"}).to_string());
    assert_eq!(client.raise(&id, "Approval", &decision).await?, 202);
    assert_eq!(
        client.ended(&id).await?.output,
        json!({"outcome": "approved", "by": "Ada"})
    );
    Ok(())
}

/// As the JavaScript client of Durable Functions starts an instance without an input.
pub(crate) async fn an_empty_text_is_no_input(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let client = stage.client();
    let id = stage.start("events", json!(""), &[]).await?;
    assert_eq!(client.raise(&id, "Go", &json!(7)).await?, 202);
    assert_eq!(client.ended(&id).await?.output, json!([7]));
    Ok(())
}

pub(crate) async fn an_event_is_sent_to_another_instance(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let client = stage.client();
    let target = stage.start("events", json!({"n": 2}), &[]).await?;
    for (input, count) in [
        (json!({"instance": target}), 1),
        (
            json!({"instance": target, "name": "go", "data": {"n": 1}}),
            2,
        ),
    ] {
        let sent = stage.output("send", input, &[]).await?;
        assert_eq!(sent, json!("sent"));
        let came = |events: &[Value]| crate::stage::count(events, "EventRaised") == count;
        client.history_shows(&target, "the event", came).await?;
    }
    let ended = client.ended(&target).await?;
    assert_eq!(ended.output, json!([null, {"n": 1}]));
    Ok(())
}

pub(crate) async fn a_race_is_won_by_either(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let client = stage.client();
    let timer = stage.output("race", json!({"timerMs": 10}), &[]).await?;
    assert_eq!(timer, json!({"winner": "timer"}));

    let id = stage.start("race", Value::Null, &[]).await?;
    assert_eq!(client.raise(&id, "Go", &json!({"n": 1})).await?, 202);
    let ended = client.ended(&id).await?;
    assert_eq!(ended.output, json!({"winner": "event", "value": {"n": 1}}));
    let events = client.events(&id).await?;
    assert_eq!(count(&events, "TaskCanceled"), 1, "{events:?}");
    Ok(())
}
