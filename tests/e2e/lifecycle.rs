//! What callers do to instances: events, suspend, terminate, purge.

use anyhow::Result;
use serde_json::{Value, json};
use tests::{Guest, HostOptions, eventually};

use crate::host_with;

#[tokio::test]
async fn events_reach_hot_and_cold_instances_in_their_order() -> Result<()> {
    for options in [HostOptions::default(), HostOptions::cold()] {
        let (_host, client) = host_with(options, &["events"]).await?;
        client.start("events", "e", &json!({"n": 4})).await?;
        for number in 0..4 {
            assert_eq!(
                client
                    .raise(
                        "e",
                        if number % 2 == 0 { "Go" } else { "gO" },
                        &json!(number)
                    )
                    .await?,
                202
            );
        }
        assert_eq!(client.ended("e").await?.output, json!([0, 1, 2, 3]));
        assert_eq!(client.raise("e", "Go", &json!(5)).await?, 410);
        assert_eq!(client.raise("nobody", "Go", &json!(5)).await?, 404);
    }
    Ok(())
}

#[tokio::test]
async fn an_event_that_nobody_consumed_is_carried_over_or_dropped_as_asked() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["counter"]).await?;
    for (id, keep, expected) in [
        ("keeps", true, json!([1, 2])),
        ("drops", false, json!([1, 3])),
    ] {
        let input = json!({"until": 2, "keepEvents": keep, "eventsEach": 1, "gate": true});
        client.start("counter", id, &input).await?;
        // Two events happen before the gate of the first generation opens, but only one is consumed there.
        for number in [1, 2] {
            assert_eq!(client.raise(id, "Go", &json!(number)).await?, 202);
        }
        assert_eq!(client.raise(id, "Gate", &Value::Null).await?, 202);
        client
            .history_shows(id, "the second generation", |events| {
                events[0]["generation"] == 1 && events.len() > 2
            })
            .await?;
        assert_eq!(client.raise(id, "Go", &json!(3)).await?, 202);
        assert_eq!(client.raise(id, "Gate", &Value::Null).await?, 202);
        assert_eq!(
            client.ended(id).await?.output["collected"],
            expected,
            "{id}"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_suspended_instance_goes_on_where_it_was() -> Result<()> {
    let (mut host, client) = host_with(HostOptions::default(), &["events"]).await?;
    client.start("events", "s", &json!({"n": 2})).await?;
    assert_eq!(client.manage("s", "suspend", "lunch").await?, 202);
    assert_eq!(client.manage("s", "suspend", "lunch").await?, 202);
    assert_eq!(client.raise("s", "Go", &json!("held")).await?, 202);
    assert_eq!(
        client.status("s").await?.unwrap_or_default()["runtimeStatus"],
        "Suspended"
    );
    host.kill()?;
    host.restart()?;
    let client = host.client();
    assert_eq!(
        client.status("s").await?.unwrap_or_default()["runtimeStatus"],
        "Suspended"
    );
    assert_eq!(client.manage("s", "resume", "back").await?, 202);
    assert_eq!(client.raise("s", "Go", &json!("later")).await?, 202);
    assert_eq!(client.ended("s").await?.output, json!(["held", "later"]));
    assert_eq!(client.manage("s", "suspend", "late").await?, 410);
    Ok(())
}

#[tokio::test]
async fn terminating_stops_the_instance_and_its_activities() -> Result<()> {
    // One activity at a time: while this one runs, no other does, and it would outlast the test.
    let options = HostOptions {
        arguments: vec!["--activities".to_owned(), "1".to_owned()],
        ..HostOptions::default()
    };
    let (host, client) = host_with(options, &["chain"]).await?;
    client.deploy("effects", Guest::Effects, None).await?;
    client
        .start(
            "chain",
            "t",
            &json!({"activity": "effects", "input": {"delayMs": 250_000, "label": "stopped"}}),
        )
        .await?;
    eventually("the activity runs", async || {
        Ok(host.log().contains(" stopped").then_some(()))
    })
    .await?;
    assert_eq!(
        client
            .delete("/runtime/webhooks/durabletask/instances/t")
            .await?
            .status(),
        409
    );
    assert_eq!(client.manage("t", "terminate", "no%20more").await?, 202);
    let ended = client.ended("t").await?;
    assert_eq!(
        (ended.status.as_str(), ended.output),
        ("Terminated", json!("no more"))
    );
    assert_eq!(client.manage("t", "terminate", "again").await?, 410);
    // The activity has left its place to the next one.
    assert_eq!(
        client.run("chain", "t", &json!({"n": 1})).await?.status,
        "Completed"
    );
    assert_eq!(
        client
            .delete("/runtime/webhooks/durabletask/instances/t")
            .await?
            .json::<Value>()
            .await?,
        json!({"instancesDeleted": 1})
    );
    assert_eq!(
        client
            .delete("/runtime/webhooks/durabletask/instances/t")
            .await?
            .status(),
        404
    );
    assert_eq!(client.status("t").await?, None);
    Ok(())
}

#[tokio::test]
async fn what_is_cancelled_answers_canceled() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["cancel"]).await?;
    client.deploy("effects", Guest::Effects, None).await?;
    let long = json!({"what": "activity", "activity": "effects", "input": {"delayMs": 60_000}});
    assert_eq!(
        client.run("cancel", "activity", &long).await?.output["failure"]["errorType"],
        "Canceled"
    );
    let timer = client
        .run("cancel", "timer", &json!({"what": "timer"}))
        .await?;
    assert_eq!(
        timer.output["failure"]["errorType"], "Canceled",
        "{timer:?}"
    );
    client
        .start("cancel", "event", &json!({"what": "event"}))
        .await?;
    assert_eq!(
        client
            .raise("event", "Go", &json!("for the second"))
            .await?,
        202
    );
    let event = client.ended("event").await?.output;
    assert_eq!(
        (&event["failure"]["errorType"], &event["next"]),
        (&json!("Canceled"), &json!("for the second"))
    );
    Ok(())
}

#[tokio::test]
async fn a_failure_keeps_its_type_message_and_details() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["fail", "chain"]).await?;
    let wanted = json!({"errorType": "PaymentDeclined", "message": "no funds", "details": "card 1", "nonRetriable": true});
    let ended = client.run("fail", "f", &wanted).await?;
    assert_eq!(ended.status, "Failed");
    assert_eq!(
        ended.output,
        json!("Orchestrator function 'fail' failed: no funds")
    );
    let events = client.events("f").await?;
    let failure = &events.last().expect("a history is never empty")["failure"];
    assert_eq!(failure["errorType"], "PaymentDeclined", "{failure}");
    assert_eq!(failure["details"], "card 1");
    assert_eq!(failure["nonRetriable"], true);

    let unknown = client
        .run("chain", "u", &json!({"n": 1, "activity": "nobody"}))
        .await?;
    assert_eq!(unknown.status, "Failed");
    assert!(
        unknown
            .output
            .as_str()
            .is_some_and(|text| text.contains("'nobody'")),
        "{unknown:?}"
    );
    Ok(())
}
