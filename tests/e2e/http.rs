//! Durable HTTP: calls of an orchestrator, made by the host and kept in history.

use std::fs;

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Client, Guest, Host, HostOptions, Server};

use crate::host_with;

/// A host with settings of its own, and the orchestrator `http`, which may call what its table lists.
struct Calling {
    host: Host,
    client: Client,
    _settings: TempDir,
}

impl Calling {
    /// `entries` may be called by the function `http`; `more` are settings ahead of its table.
    async fn start(entries: &[String], more: &str) -> Result<Self> {
        let dir = TempDir::new()?;
        let file = dir.path().join("soloist.toml");
        fs::write(
            &file,
            format!("{more}\n[function.http]\nallow_hosts = {entries:?}"),
        )?;
        let file = file.to_str().context("a temporary path is Unicode")?;
        let options = HostOptions {
            arguments: vec!["--config".to_owned(), file.to_owned()],
            ..HostOptions::default()
        };
        let (host, client) = host_with(options, &["http"]).await?;
        Ok(Self {
            host,
            client,
            _settings: dir,
        })
    }

    async fn allowing(server: &Server) -> Result<Self> {
        Self::start(&[server.address().to_string()], "").await
    }

    async fn value(&self, id: &str, call: &Value) -> Result<Value> {
        let output = self.client.run("http", id, call).await?.output;
        let value = output.get("value").cloned();
        value.with_context(|| format!("{id} failed: {output}"))
    }

    async fn failure(&self, id: &str, call: &Value) -> Result<Value> {
        let output = self.client.run("http", id, call).await?.output;
        let failure = output.get("failure").cloned();
        failure.with_context(|| format!("{id} was answered: {output}"))
    }

    fn kill(&mut self) -> Result<()> {
        self.host.kill()?;
        self.host.restart()?;
        self.client = self.host.client();
        Ok(())
    }
}

fn times(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["type"] == kind).count()
}

/// The lines of the requests, without the version.
fn lines(server: &Server) -> Vec<String> {
    let heads = server.seen();
    let lines = heads.iter().filter_map(|head| head.split(" HTTP").next());
    lines.map(str::to_owned).collect()
}

fn message(failure: &Value) -> &str {
    failure["message"].as_str().unwrap_or_default()
}

#[tokio::test]
async fn a_service_is_called_and_its_answer_is_kept() -> Result<()> {
    let server = Server::start().await?;
    let calling = Calling::allowing(&server).await?;
    let call = json!({"uri": server.url("/hello"), "headers": {"X-A": "1"}});
    let hello = json!({"statusCode": 200, "headers": {"content-length": "5"}, "content": "hello"});
    assert_eq!(calling.value("get", &call).await?, hello);
    assert!(server.seen()[0].contains("x-a: 1\r\n"));
    let events = calling.client.events("get").await?;
    let kept = events.iter().find(|event| event["type"] == "TaskCompleted");
    assert_eq!(kept.context("it is kept")?["output"], hello);

    let call = json!({"method": "post", "uri": server.url("/count"), "json": {"n": [1, 2]}});
    assert_eq!(calling.value("post", &call).await?["content"], "11");
    let head = server.seen()[1].clone();
    assert!(head.starts_with("POST /count"), "{head}");
    assert!(
        head.contains("content-type: application/json\r\n"),
        "{head}"
    );

    let call = json!({"uri": server.url(&format!("/redirect/{}", server.url("/hello")))});
    let answer = calling.value("redirect", &call).await?;
    assert_eq!(answer["statusCode"], 302);
    assert_eq!(answer["headers"]["location"], server.url("/hello"));
    assert_eq!(server.seen().len(), 3, "no redirect is followed");
    Ok(())
}

#[tokio::test]
async fn what_is_not_listed_is_refused_and_the_failure_names_the_setting() -> Result<()> {
    let server = Server::start().await?;
    let address = server.address();
    let calling = Calling::start(&["api.example.com".to_owned()], "").await?;
    let call = json!({"uri": server.url("/hello"), "attempts": 3});
    let failure = calling.failure("a", &call).await?;
    assert_eq!(failure["errorType"], "NotAllowed");
    assert_eq!(
        message(&failure),
        format!(
            "the orchestration 'http' may not call http://{address}: to allow it, list \"{address}\" in allow_hosts of \
             [function.http] in the host's settings"
        )
    );
    let events = calling.client.events("a").await?;
    assert_eq!(times(&events, "AttemptFailed"), 0, "it is not tried again");
    assert!(calling.host.log().contains("was refused an HTTP call"));

    // What one function may do, another may not.
    let calling = Calling::allowing(&server).await?;
    let (client, guest) = (&calling.client, Guest::Scenarios);
    client.deploy("other", guest, Some("orchestrator")).await?;
    let call = json!({"kind": "http", "uri": server.url("/hello")});
    let output = client.run("other", "b", &call).await?.output;
    assert_eq!(output["failure"]["errorType"], "NotAllowed");
    assert!(message(&output["failure"]).contains("[function.other]"));
    assert_eq!(lines(&server), [""; 0]);
    Ok(())
}

#[tokio::test]
async fn an_accepted_call_is_asked_after_across_kills() -> Result<()> {
    let server = Server::start().await?;
    let mut calling = Calling::allowing(&server).await?;
    // Accepted, and then twice not done yet, a second apart.
    let call = json!({
        "method": "POST",
        "uri": server.url("/step/3"),
        "headers": {"authorization": "Bearer abc"},
        "content": "do it",
    });
    calling.client.start("http", "a", &call).await?;
    for wanted in [1, 2] {
        let accepted = |events: &[Value]| times(events, "HttpAccepted") >= wanted;
        let client = &calling.client;
        client.history_shows("a", "acceptances", accepted).await?;
        calling.kill()?;
    }
    let ended = calling.client.ended("a").await?;
    assert_eq!(ended.output["value"]["statusCode"], 200, "{ended:?}");
    assert_eq!(ended.output["value"]["content"], "hello");
    let mut requests = lines(&server);
    assert_eq!(requests[0], "POST /step/3");
    // A poll that was under way at the kill is made again; the request never is.
    requests.dedup();
    let polls = ["GET /step/2", "GET /step/1", "GET /hello"];
    assert_eq!(requests[1..], polls);
    for head in &server.seen() {
        assert!(head.contains("authorization: Bearer abc\r\n"), "{head}");
    }
    let events = calling.client.events("a").await?;
    assert_eq!(times(&events, "HttpAccepted"), 3);
    let accepted = events.iter().find(|event| event["type"] == "HttpAccepted");
    let accepted = accepted.context("it was accepted")?;
    assert_eq!(accepted["uri"], server.url("/step/2"));
    assert!(accepted["pollAt"].is_string(), "{accepted}");

    let call = json!({"uri": server.url("/step/3"), "asyncPattern": false});
    assert_eq!(calling.value("b", &call).await?["statusCode"], 202);
    Ok(())
}

#[tokio::test]
async fn credentials_stay_with_the_server_that_they_were_for() -> Result<()> {
    let server = Server::start().await?;
    let other = Server::start().await?;
    let entries = [server.address().to_string(), other.address().to_string()];
    let calling = Calling::start(&entries, "").await?;
    let call = json!({
        "uri": server.url(&format!("/accepted/{}", other.url("/hello"))),
        "headers": {"Authorization": "Bearer abc", "x-functions-key": "k", "accept": "text/plain"},
    });
    assert_eq!(calling.value("a", &call).await?["content"], "hello");
    assert!(server.seen()[0].contains("authorization: Bearer abc"));
    let head = other.seen()[0].clone();
    assert!(head.contains("accept: text/plain\r\n"), "{head}");
    assert!(
        !head.contains("abc") && !head.contains("x-functions-key"),
        "{head}"
    );
    Ok(())
}

#[tokio::test]
async fn an_answer_is_bounded_in_size_and_time() -> Result<()> {
    let server = Server::start().await?;
    let entries = [server.address().to_string()];
    let settings = "body_bytes = \"64KiB\"\nhttp_timeout = \"300ms\"";
    let calling = Calling::start(&entries, settings).await?;
    let large = |verb: &str, bytes: usize| json!({"uri": server.url(&format!("/{verb}/{bytes}"))});
    let fits = calling.value("fits", &large("large", 64_000)).await?;
    assert_eq!(fits["content"].as_str().map(str::len), Some(64_000));
    for verb in ["large", "chunked"] {
        let failure = calling.failure(verb, &large(verb, 65_537)).await?;
        assert_eq!(failure["errorType"], "LimitExceeded");
        assert!(message(&failure).contains("body-bytes"), "{failure}");
    }
    for path in ["never", "drip"] {
        let call = json!({"uri": server.url(&format!("/{path}"))});
        let failure = calling.failure(path, &call).await?;
        assert_eq!(failure["errorType"], "HttpTimeout");
        assert!(message(&failure).contains("http-timeout"), "{failure}");
    }
    let call = json!({"uri": server.url("/never"), "attempts": 2, "attemptTimeout": 50});
    let failure = calling.failure("attempt", &call).await?;
    assert!(message(&failure).contains("attempt-timeout"), "{failure}");
    assert_eq!(failure["details"], "attempts: 2");
    Ok(())
}

#[tokio::test]
async fn a_server_that_is_busy_is_tried_again_and_one_that_is_gone_is_a_failure() -> Result<()> {
    let server = Server::start().await?;
    let closed = Server::start().await?.address();
    let entries = [server.address().to_string(), closed.to_string()];
    let calling = Calling::start(&entries, "").await?;
    let busy = json!({"uri": server.url("/status/503"), "attempts": 3});
    assert_eq!(calling.value("busy", &busy).await?["statusCode"], 503);
    assert_eq!(lines(&server), ["GET /status/503"; 3]);
    let events = calling.client.events("busy").await?;
    assert_eq!(times(&events, "AttemptFailed"), 2);

    let missing = json!({"uri": server.url("/status/404"), "attempts": 3});
    assert_eq!(calling.value("missing", &missing).await?["statusCode"], 404);
    assert_eq!(server.seen().len(), 4, "it is an answer");

    let gone = json!({"uri": format!("http://{closed}/hello"), "attempts": 2});
    let failure = calling.failure("gone", &gone).await?;
    assert_eq!(failure["errorType"], "HttpCallFailed");
    assert!(message(&failure).contains("cannot connect"), "{failure}");

    let wrong = json!({"method": "GE T", "uri": server.url("/hello"), "attempts": 2});
    let failure = calling.failure("wrong", &wrong).await?;
    assert_eq!(failure["errorType"], "InvalidRequest");
    Ok(())
}

#[tokio::test]
async fn a_call_under_way_ends_with_its_instance() -> Result<()> {
    let server = Server::start().await?;
    let mut calling = Calling::allowing(&server).await?;
    let call = json!({"uri": server.url("/never")});
    calling.client.start("http", "a", &call).await?;
    let begun = async || Ok((server.seen().len() == 1).then_some(()));
    tests::eventually("the call begins", begun).await?;
    calling.client.manage("a", "terminate", "enough").await?;
    assert_eq!(calling.client.ended("a").await?.status, "Terminated");
    calling.kill()?;
    let call = json!({"uri": server.url("/hello")});
    assert_eq!(calling.value("b", &call).await?["content"], "hello");
    assert_eq!(lines(&server), ["GET /never", "GET /hello"]);
    Ok(())
}
