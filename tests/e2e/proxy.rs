//! A host behind proxies, which here are what a test sends in their place.

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::{Answer, Client, Connection, Guest, Host, HostOptions};

/// A host with these arguments, and an orchestrator that waits.
async fn host(arguments: &[&str]) -> Result<(Host, Client)> {
    let host = Host::start(HostOptions {
        arguments: arguments.iter().map(ToString::to_string).collect(),
        // Whoever comes by a proxy needs one.
        master_key: Some("0123456789abcdef0123456789abcdef".to_owned()),
        ..HostOptions::default()
    })?;
    let client = host.client();
    client
        .deploy("events", Guest::Scenarios, Some("orchestrator"))
        .await?;
    Ok((host, client))
}

/// Sends a request with these header lines, each with its end.
async fn send(host: &Host, line: &str, headers: &str) -> Result<Answer> {
    let address = host.address();
    let mut connection = Connection::open(address).await?;
    let key = host.key_line();
    let request =
        format!("{line} HTTP/1.1\r\nhost: {address}\r\ncontent-length: 0\r\n{key}{headers}\r\n");
    connection.send(request.as_bytes()).await?;
    connection.answer().await
}

/// What the links to a new instance begin with.
async fn base(host: &Host, headers: &str) -> Result<String> {
    let begun = send(host, "POST /api/orchestrators/events", headers).await?;
    ensure!(begun.status == 202, "{begun:?}");
    let payload: Value = serde_json::from_str(&begun.body)?;
    let status = &payload["statusQueryGetUri"];
    ensure!(begun.header("location") == status.as_str(), "{begun:?}");
    let status = status.as_str().context("a link is text")?;
    let (base, _) = status
        .split_once("/runtime/webhooks/durabletask/instances/")
        .context("a link to an instance")?;
    Ok(base.to_owned())
}

const FORWARDED: &str = "forwarded: for=192.0.2.1;proto=https;host=jobs.example.com\r\n";

#[tokio::test]
async fn links_lead_through_the_proxy_that_is_trusted() -> Result<()> {
    let (host, _client) = host(&["--trusted-proxies", "10.0.0.0/8,127.0.0.1"]).await?;
    let own = format!("http://{}", host.address());
    ensure!(base(&host, "").await? == own);
    ensure!(base(&host, FORWARDED).await? == "https://jobs.example.com");
    let older = "x-forwarded-for: 192.0.2.1\r\nx-forwarded-proto: https\r\n";
    ensure!(base(&host, older).await? == own.replace("http://", "https://"));
    Ok(())
}

#[tokio::test]
async fn whoever_is_not_trusted_does_not_say_where_links_lead() -> Result<()> {
    for arguments in [&[][..], &["--trusted-proxies", "10.0.0.0/8,127.0.0.2"]] {
        let (host, _client) = host(arguments).await?;
        let base = base(&host, FORWARDED).await?;
        ensure!(base == format!("http://{}", host.address()), "{base}");
    }
    Ok(())
}

#[tokio::test]
async fn a_public_url_is_what_links_begin_with() -> Result<()> {
    let (host, client) = host(&["--public-url", "https://example.com/jobs"]).await?;
    for headers in ["", FORWARDED] {
        ensure!(base(&host, headers).await? == "https://example.com/jobs");
    }
    // Whoever comes straight to the host does not need them.
    client.start("events", "x", &json!({"n": 1})).await?;
    let binding: Value = client.get("/admin/host/binding").await?.json().await?;
    let rpc = &binding["rpcBaseUrl"];
    ensure!(rpc == "https://example.com/jobs/durabletask/", "{rpc}");
    Ok(())
}
