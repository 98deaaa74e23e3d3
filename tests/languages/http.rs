//! HTTP: of orchestrators through the host, of activities by their language's own client.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{HostOptions, Language, Server};

use crate::stage::Stage;

/// A host on which a function may call a server.
fn granted(language: Language, function: &str, server: &Server) -> Result<(Stage, TempDir)> {
    let settings = TempDir::new()?;
    let file = settings.path().join("soloist.toml");
    let address = server.address().to_string();
    fs::write(
        &file,
        format!("[function.{function}]\nallow_hosts = [{address:?}]"),
    )?;
    let file = file.to_str().context("a temporary path is Unicode")?;
    let options = HostOptions {
        arguments: vec!["--config".to_owned(), file.to_owned()],
        ..HostOptions::default()
    };
    Ok((Stage::alone(language, options)?, settings))
}

pub(crate) async fn an_orchestrator_calls_a_server(language: Language) -> Result<()> {
    let server = Server::start().await?;
    let (stage, _settings) = granted(language, "http", &server)?;
    let called = async |input: Value| stage.output("http", input, &[]).await;
    assert_eq!(
        called(json!({"uri": server.url("/hello")})).await?,
        json!({"statusCode": 200, "content": "hello"})
    );
    let post = json!({"method": "POST", "uri": server.url("/count"), "headers": {"x-tea": "green"}, "content": "drei ✓"});
    assert_eq!(
        called(post).await?,
        json!({"statusCode": 200, "content": "8"})
    );
    let seen = server.seen();
    assert!(seen[1].starts_with("POST /count "), "{seen:?}");
    assert!(seen[1].to_lowercase().contains("x-tea: green"), "{seen:?}");
    let missing = called(json!({"uri": server.url("/status/404")})).await?;
    assert_eq!(missing["statusCode"], 404, "{missing}");

    // Another port is another server.
    let other = Server::start().await?;
    let input = json!({"uri": other.url("/hello")});
    let run = stage.run("http", input, &[]).await?;
    assert_eq!(run.ended.status, "Failed", "{:?}", run.ended);
    let events = stage.client().events(&run.id).await?;
    let failed = events.last().context("a history is never empty")?;
    assert_eq!(failed["failure"]["errorType"], "NotAllowed", "{failed}");
    assert_eq!(other.seen(), [""; 0]);
    Ok(())
}

pub(crate) async fn an_activity_fetches_what_it_is_granted(language: Language) -> Result<()> {
    let server = Server::start().await?;
    let (stage, _settings) = granted(language, "fetch", &server)?;
    let wish = json!({"url": server.url("/hello")});
    let answer = stage.act("fetch", wish.clone()).await?;
    match language {
        Language::JavaScript | Language::Python | Language::Go => {}
        // These two are built without WASI, and so have no client of their own.
        Language::Rust | Language::C => {
            let failure = answer.expect_err("there is no such function");
            assert_eq!(failure["errorType"], "UnknownFunction", "{failure}");
            return Ok(());
        }
    }
    assert_eq!(answer, Ok(json!({"status": 200, "text": "hello"})));

    let stage = Stage::of(language)?;
    let refused = stage.act("fetch", wish).await?;
    let failure = refused.expect_err("nothing is granted there");
    assert_ne!(failure["errorType"], "Trap", "{failure}");
    let message = failure["message"].as_str().unwrap_or_default();
    assert!(!message.is_empty(), "{failure}");
    assert_eq!(server.seen().len(), 1, "only what is granted arrives");
    Ok(())
}
