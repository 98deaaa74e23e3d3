//! Functions and modules: an instance stays on the module that it began with.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::{Guest, Host, HostOptions};

#[tokio::test]
async fn an_instance_ends_on_the_module_that_it_began_with() -> Result<()> {
    let mut host = Host::start(HostOptions::default())?;
    let client = host.client();
    client.deploy("say-hello", Guest::SayHello, None).await?;
    let old = client.deploy("gate", Guest::Approval, None).await?;
    client
        .start("gate", "parked", &json!({"timeoutMs": 3_600_000}))
        .await?;
    client
        .history_shows("parked", "a wait", |events| {
            events.iter().any(|event| event["type"] == "EventAwaited")
        })
        .await?;
    let new = client.deploy("gate", Guest::HelloCities, None).await?;
    assert_ne!(old, new);
    host.kill()?;
    host.restart()?;
    let client = host.client();

    let refused = client.delete(&format!("/admin/modules/{old}")).await?;
    assert_eq!(refused.status(), 409);
    let text = refused.text().await?;
    assert!(
        text.contains("parked"),
        "the refusal names what needs the module: {text}"
    );

    assert_eq!(
        client
            .run("gate", "fresh", &Value::Null)
            .await?
            .output
            .as_array()
            .map(Vec::len),
        Some(5)
    );
    assert_eq!(
        client
            .raise("parked", "Approval", &json!({"approved": true}))
            .await?,
        202
    );
    assert_eq!(client.ended("parked").await?.output["outcome"], "approved");
    let digest_of = async |id: &str| -> Result<String> {
        let history: Value = client
            .get(&format!("/admin/instances/{id}/history"))
            .await?
            .json()
            .await?;
        Ok(history["executions"][0]["digest"]
            .as_str()
            .context("an execution has a digest")?
            .to_owned())
    };
    assert_eq!(
        (digest_of("parked").await?, digest_of("fresh").await?),
        (old.clone(), new.clone())
    );

    assert_eq!(
        client
            .delete(&format!("/admin/modules/{old}"))
            .await?
            .status(),
        204
    );
    assert_eq!(
        client
            .delete(&format!("/admin/modules/{new}"))
            .await?
            .status(),
        409
    );
    assert_eq!(
        client.get(&format!("/admin/modules/{old}")).await?.status(),
        404
    );
    Ok(())
}

#[tokio::test]
async fn one_component_serves_three_function_names() -> Result<()> {
    let (_host, client) = crate::host_with(HostOptions::default(), &["chain", "fan"]).await?;
    let functions: Vec<Value> = client.get("/admin/functions").await?.json().await?;
    let digests: std::collections::HashSet<_> = functions
        .iter()
        .map(|function| function["digest"].to_string())
        .collect();
    assert_eq!((functions.len(), digests.len()), (3, 1), "{functions:?}");
    assert_eq!(
        client.run("chain", "a", &json!({"n": 2})).await?.output,
        json!([0, 1])
    );
    assert_eq!(
        client.run("fan", "b", &json!({"n": 3})).await?.output,
        json!([0, 1, 2])
    );
    Ok(())
}

#[tokio::test]
async fn an_unbound_name_is_gone_and_its_module_can_go() -> Result<()> {
    let host = Host::start(HostOptions::default())?;
    let client = host.client();
    let digest = client.deploy("approval", Guest::Approval, None).await?;
    assert_eq!(
        client
            .delete(&format!("/admin/modules/{digest}"))
            .await?
            .status(),
        409
    );
    assert_eq!(
        client.delete("/admin/functions/approval").await?.status(),
        204
    );
    assert_eq!(
        client.delete("/admin/functions/approval").await?.status(),
        404
    );
    assert_eq!(
        client
            .post("/api/orchestrators/approval/x", &Value::Null)
            .await?
            .status(),
        404
    );
    assert_eq!(
        client
            .delete(&format!("/admin/modules/{digest}"))
            .await?
            .status(),
        204
    );
    Ok(())
}

#[tokio::test]
async fn an_activity_sees_its_own_call() -> Result<()> {
    let (_host, client) = crate::host_with(HostOptions::default(), &["chain"]).await?;
    client
        .deploy("context", Guest::Scenarios, Some("activity"))
        .await?;
    let ended = client
        .run(
            "chain",
            "asks",
            &json!({"n": 2, "activity": "context", "input": "x"}),
        )
        .await?;
    let (execution, events) = client.execution("asks").await?;
    let keys: Vec<_> = events
        .iter()
        .filter(|event| event["type"] == "TaskScheduled")
        .map(|event| &event["taskKey"])
        .collect();
    for (call, key) in ended
        .output
        .as_array()
        .context("a list of calls")?
        .iter()
        .zip(&keys)
    {
        assert_eq!(call["functionName"], "context");
        assert_eq!(call["instanceId"], "asks");
        assert_eq!(call["attempt"], 1);
        assert_eq!(&&call["taskKey"], key);
        assert!(
            call["taskKey"]
                .as_str()
                .is_some_and(|key| key.starts_with(&execution)),
            "{call}"
        );
    }
    assert_eq!(keys.len(), 2);
    Ok(())
}
