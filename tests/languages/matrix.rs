//! Orchestrators of each language with activities of each: neither knows what the other is written in.

use anyhow::Result;
use serde_json::json;
use tests::{Guest, HostOptions, Language};

use crate::stage::Stage;

#[tokio::test]
async fn every_orchestrator_calls_every_activity() -> Result<()> {
    let stage = Stage::alone(Language::Rust, HostOptions::default())?;
    for language in Language::ALL {
        let (chain, echo) = (format!("chain-{language}"), format!("echo-{language}"));
        stage
            .deploy(Guest::Suite(language), "orchestrator", &[&chain])
            .await?;
        stage
            .deploy(Guest::SuiteActivity(language), "activity", &[&echo])
            .await?;
    }
    let client = stage.client();
    let mut ids = Vec::new();
    for caller in Language::ALL {
        for called in Language::ALL {
            let id = format!("{caller}-calls-{called}");
            let input = json!({"activity": format!("echo-{called}"), "n": 4, "rests": 5});
            let function = format!("chain-{caller}");
            client.start(&function, &id, &input).await?;
            ids.push(id);
        }
    }
    for id in ids {
        let ended = client.ended(&id).await?;
        assert_eq!(ended.output, json!([0, 1, 2, 3]), "{id}: {ended:?}");
    }
    Ok(())
}
