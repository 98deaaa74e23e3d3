//! What the log says of requests, and what it must not say.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::{Answer, Connection, Guest, Host, HostOptions};

/// Stands where keys and other people's data stand.
const SECRET: &str = "s3cr3t";

async fn send(host: &Host, request: &str) -> Result<Answer> {
    let mut connection = Connection::open(host.address()).await?;
    connection.send(request.as_bytes()).await?;
    connection.answer().await
}

#[tokio::test]
async fn no_key_reaches_the_log_at_any_level() -> Result<()> {
    let mut host = Host::start(HostOptions::default())?;
    let deployed = host.client();
    deployed
        .deploy("events", Guest::Scenarios, Some("orchestrator"))
        .await?;
    // A compiler that tells all it does would drown the rest.
    host.terminate()?;
    let filter = ["--log-filter", "trace"].map(str::to_owned);
    host.options().arguments.extend(filter);
    host.restart()?;

    let address = host.address().to_owned();
    let headers = format!(
        "host: {address}\r\nx-functions-key: {SECRET}\r\nauthorization: Bearer {SECRET}\r\nx-ms-continuation-token: {SECRET}\r\n\
         x-request-id: call-17\r\ncontent-length: 8\r\ncontent-type: application/json\r\n"
    );
    let instances = "/runtime/webhooks/durabletask/instances";
    for (line, status) in [
        (
            format!("POST /api/orchestrators/events/x?code={SECRET}"),
            202,
        ),
        (
            format!("GET {instances}/x?code={SECRET}&showHistory=true"),
            202,
        ),
        (
            format!("POST {instances}/x/raiseEvent/a?code={SECRET}"),
            202,
        ),
        (format!("GET {instances}/?code={SECRET}"), 400),
        (format!("POST {instances}/x/terminate?reason={SECRET}"), 202),
        (format!("GET /admin/functions?code={SECRET}"), 200),
        (format!("GET /admin/host/binding?code={SECRET}"), 200),
        (format!("GET http://{address}/nowhere?code={SECRET}"), 404),
        (format!("DELETE /healthz?{SECRET}"), 405),
        (format!("POST /api/orchestrators/none?code={SECRET}"), 404),
    ] {
        let answer = send(
            &host,
            &format!("{line} HTTP/1.1\r\n{headers}\r\n{{\"n\": 1}}"),
        )
        .await?;
        ensure!(answer.status == status, "{line}: {answer:?}");
        ensure!(
            answer.header("x-request-id") == Some("call-17"),
            "{answer:?}"
        );
    }
    // What the library refuses, and what ends too early.
    for (request, status) in [
        (
            format!("GET /?code={SECRET} HTTP/1.1\r\n{SECRET}: \0\r\n\r\n"),
            400,
        ),
        (format!("GET /?{SECRET} HTTP/9.9\r\n\r\n"), 400),
        (
            format!("GET /?{} HTTP/1.1\r\n\r\n", SECRET.repeat(20_000)),
            431,
        ),
    ] {
        let answer = send(&host, &request).await?;
        ensure!(answer.status == status, "{answer:?}");
    }
    let mut early = Connection::open(&address).await?;
    early
        .send(format!("GET /?code={SECRET} HTTP/1.1\r\nx-functions-key: {SECRET}").as_bytes())
        .await?;
    early.finish().await?;
    early.closed().await?;
    host.terminate()?;

    let log = host.log();
    let of_requests = |part: &str| {
        log.lines()
            .any(|line| line.contains("request.id=\"call-17\"") && line.contains(part))
    };
    for part in [
        "request.path=\"/api/orchestrators/events/x\"",
        "request.method=\"DELETE\"",
        "request.path=\"/nowhere\"",
        "finished processing request",
    ] {
        ensure!(of_requests(part), "{part} is not logged");
    }
    let told: Vec<_> = log.lines().filter(|line| line.contains(SECRET)).collect();
    ensure!(told.is_empty(), "{told:?}");
    Ok(())
}

#[tokio::test]
async fn ids_of_requests_are_new_at_each_start() -> Result<()> {
    let mut host = Host::start(HostOptions::default())?;
    let id = async |host: &Host| -> Result<String> {
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {}\r\n\r\n", host.address());
        let answer = send(host, &request).await?;
        Ok(answer.header("x-request-id").context("no id")?.to_owned())
    };
    let first = [id(&host).await?, id(&host).await?];
    host.terminate()?;
    host.restart()?;
    let second = [id(&host).await?, id(&host).await?];
    let prefix = |id: &str| id.split_once('-').map(|(prefix, _)| prefix.to_owned());
    ensure!(prefix(&first[0]) == prefix(&first[1]), "{first:?}");
    ensure!(first[0] != first[1], "{first:?}");
    ensure!(
        prefix(&first[0]) != prefix(&second[0]),
        "{first:?} {second:?}"
    );
    Ok(())
}

#[tokio::test]
async fn a_page_of_a_listed_origin_may_call_the_host() -> Result<()> {
    let origins = ["--cors-origins", "https://app.example.com"].map(str::to_owned);
    let host = Host::start(HostOptions {
        arguments: origins.into(),
        ..HostOptions::default()
    })?;
    let client = host.client();
    client
        .deploy("events", Guest::Scenarios, Some("orchestrator"))
        .await?;
    let address = host.address();
    let ask = async |line: &str, origin: &str| {
        let request = format!(
            "{line} HTTP/1.1\r\nhost: {address}\r\norigin: {origin}\r\naccess-control-request-method: POST\r\n\
             content-length: 0\r\n\r\n"
        );
        send(&host, &request).await
    };
    let start = "POST /api/orchestrators/events/x";
    let before = start.replace("POST", "OPTIONS");
    for line in [before.as_str(), start] {
        let refused = ask(line, "https://evil.example").await?;
        ensure!(refused.status == 403, "{refused:?}");
        let body: Value = serde_json::from_str(&refused.body)?;
        ensure!(body["code"] == json!("foreign-origin"), "{refused:?}");
        ensure!(refused.header("access-control-allow-origin").is_none());
    }
    for (line, status) in [(before.as_str(), 200), (start, 202)] {
        let answer = ask(line, "https://app.example.com").await?;
        ensure!(answer.status == status, "{answer:?}");
        let told = answer.header("access-control-allow-origin");
        ensure!(told == Some("https://app.example.com"), "{answer:?}");
    }
    Ok(())
}
