//! The plugins, hot and with a hot cache of 0 bytes: the same output.

use anyhow::{Result, ensure};
use serde_json::{Value, json};
use tests::{Client, Guest, Host, HostOptions};

async fn deploy_all(client: &Client) -> Result<()> {
    client
        .deploy("hello-cities", Guest::HelloCities, None)
        .await?;
    client.deploy("say-hello", Guest::SayHello, None).await?;
    client.deploy("approval", Guest::Approval, None).await?;
    client.deploy("c-hello", Guest::C, None).await?;
    client.deploy("py-hello", Guest::Python, None).await?;
    Ok(())
}

/// What each plugin answers.
async fn outputs(client: &Client) -> Result<Vec<Value>> {
    let mut outputs = vec![
        client
            .run("hello-cities", "cities", &Value::Null)
            .await?
            .output,
        client.run("c-hello", "c", &json!(20)).await?.output,
        client.run("py-hello", "python", &json!(20)).await?.output,
        client
            .run("approval", "late", &json!({"timeoutMs": 30}))
            .await?
            .output,
    ];
    for (id, decision) in [
        ("yes", json!({"approved": true, "by": "Ada"})),
        ("no", json!({"approved": false})),
    ] {
        client
            .start("approval", id, &json!({"timeoutMs": 3_600_000}))
            .await?;
        client
            .history_shows(id, "a wait", |events| {
                events.iter().any(|event| event["type"] == "EventAwaited")
            })
            .await?;
        let status = client.status(id).await?.unwrap_or_default();
        ensure!(status["customStatus"]["stage"] == "waiting", "{status}");
        ensure!(
            client.raise(id, "approval", &decision).await? == 202,
            "the decision was not accepted"
        );
        outputs.push(client.ended(id).await?.output);
    }
    Ok(outputs)
}

#[tokio::test]
async fn all_plugins_give_the_same_output_hot_and_with_a_hot_cache_of_0_bytes() -> Result<()> {
    let cities = |names: &[&str]| {
        names
            .iter()
            .map(|name| format!("Hello {name}!"))
            .collect::<Value>()
    };
    let expected = [
        cities(&["Tokyo", "Seattle", "London", "Cairo", "Lima"]),
        cities(&["Tokyo", "Seattle", "London"]),
        cities(&["Tokyo", "Seattle", "London"]),
        json!({"outcome": "timedOut"}),
        json!({"outcome": "approved", "by": "Ada"}),
        json!({"outcome": "rejected", "by": null}),
    ];
    for options in [HostOptions::default(), HostOptions::cold()] {
        let host = Host::start(options)?;
        deploy_all(&host.client()).await?;
        assert_eq!(outputs(&host.client()).await?, expected);
    }
    Ok(())
}

#[tokio::test]
async fn the_scenarios_give_the_same_output_hot_and_with_a_hot_cache_of_0_bytes() -> Result<()> {
    let cases = [
        (
            "chain",
            json!({"n": 20}),
            json!((0..20).collect::<Vec<_>>()),
        ),
        (
            "fan",
            json!({"n": 100}),
            json!((0..100).collect::<Vec<_>>()),
        ),
        (
            "counter",
            json!({"until": 10, "step": true}),
            json!({"generations": 10, "collected": []}),
        ),
        (
            "race",
            json!({"input": 7}),
            json!({"winner": "activity", "value": 7}),
        ),
        (
            "race",
            json!({"timerMs": 0, "activity": "effects", "input": {"delayMs": 5_000}}),
            json!({"winner": "timer", "value": null}),
        ),
        ("custom-status", json!({"n": 3}), json!("done")),
    ];
    for options in [HostOptions::default(), HostOptions::cold()] {
        let (_host, client) = crate::host_with(
            options,
            &[
                "chain",
                "fan",
                "counter",
                "race",
                "custom-status",
                "guid-time",
            ],
        )
        .await?;
        client.deploy("effects", Guest::Effects, None).await?;
        for (number, (function, input, expected)) in cases.iter().enumerate() {
            let ended = client
                .run(function, &format!("{function}-{number}"), input)
                .await?;
            assert_eq!(
                (ended.status.as_str(), &ended.output),
                ("Completed", expected),
                "{function} {input}"
            );
        }
        let known = client
            .run("guid-time", "known", &json!({"n": 3}))
            .await?
            .output;
        let known = known.as_array().cloned().unwrap_or_default();
        let guids: std::collections::HashSet<_> = known
            .iter()
            .map(|known| known["guid"].to_string())
            .collect();
        assert_eq!((known.len(), guids.len()), (4, 4), "{known:?}");
        assert!(
            known
                .windows(2)
                .all(|pair| pair[0]["time"].as_f64() <= pair[1]["time"].as_f64()),
            "{known:?}"
        );
        assert_eq!(known[0]["instanceId"], "known");
        assert_eq!(known[0]["functionName"], "guid-time");
    }
    Ok(())
}
