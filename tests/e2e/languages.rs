//! Components in C and Python, made from the WIT alone, live through a SIGKILL.

use anyhow::Result;
use serde_json::json;
use tests::{Guest, Host, HostOptions};

async fn survives_a_kill(guest: Guest, name: &str) -> Result<()> {
    let mut host = Host::start(HostOptions::default())?;
    let client = host.client();
    client.deploy("say-hello", Guest::SayHello, None).await?;
    client.deploy(name, guest, None).await?;
    client.start(name, "greeter", &json!(400)).await?;
    let before = client
        .history_shows("greeter", "a greeting", |events| {
            events.iter().any(|event| event["type"] == "TaskCompleted")
        })
        .await?;
    host.kill()?;
    host.restart()?;
    let client = host.client();
    let ended = client.ended("greeter").await?;
    assert_eq!(ended.status, "Completed");
    assert_eq!(
        ended.output,
        json!(["Hello Tokyo!", "Hello Seattle!", "Hello London!"])
    );
    assert!(client.events("greeter").await?.starts_with(&before));
    Ok(())
}

#[tokio::test]
async fn a_component_in_c_survives_a_kill() -> Result<()> {
    survives_a_kill(Guest::C, "c-hello").await
}

#[tokio::test]
async fn a_component_in_python_survives_a_kill() -> Result<()> {
    survives_a_kill(Guest::Python, "py-hello").await
}
