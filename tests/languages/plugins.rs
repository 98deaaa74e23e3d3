//! The plugins that are there in each language.

use anyhow::Result;
use serde_json::{Value, json};
use tests::{Guest, HostOptions, Language};

use crate::stage::Stage;

/// The activity is the one in Rust.
pub(crate) async fn the_plugins_do_what_they_do_in_every_language(
    language: Language,
) -> Result<()> {
    let stage = Stage::alone(language, HostOptions::default())?;
    for plugin in ["hello-cities", "approval"] {
        let guest = Guest::Plugin(plugin, language);
        stage.deploy(guest, "orchestrator", &[plugin]).await?;
    }
    stage
        .deploy(Guest::SayHello, "activity", &["say-hello"])
        .await?;
    let client = stage.client();
    let greetings =
        ["Tokyo", "Seattle", "London", "Cairo", "Lima"].map(|city| format!("Hello {city}!"));
    for (id, input) in [("cities", Value::Null), ("slow", json!({"delayMs": 1}))] {
        let ended = client.run("hello-cities", id, &input).await?;
        assert_eq!(ended.output, json!(greetings));
    }
    for (id, input, decision, outcome) in [
        (
            "yes",
            Value::Null,
            json!({"approved": true, "by": "Ada"}),
            json!({"outcome": "approved", "by": "Ada"}),
        ),
        (
            "no",
            json!({"timeoutMs": 60_000}),
            json!({"approved": false}),
            json!({"outcome": "rejected", "by": null}),
        ),
    ] {
        client.start("approval", id, &input).await?;
        assert_eq!(client.raise(id, "Approval", &decision).await?, 202);
        assert_eq!(client.ended(id).await?.output, outcome);
    }
    let late = client
        .run("approval", "late", &json!({"timeoutMs": 10}))
        .await?;
    assert_eq!(late.output, json!({"outcome": "timedOut"}));
    Ok(())
}
