//! What is hardly HTTP.

use anyhow::{Result, ensure};
use tests::{Answer, Connection, HostOptions};

use crate::{World, assert_refused};

/// Sends bytes as they are, and returns the first answer.
async fn answer_to(world: &World, bytes: &[u8]) -> Result<Answer> {
    let mut connection = Connection::open(world.host.address()).await?;
    // The host may have answered and closed before all is sent.
    let sent = connection.send(bytes).await;
    let answer = connection.answer().await;
    if answer.is_err() {
        sent?;
    }
    answer
}

/// The library that speaks HTTP answers itself: the status is all there is, and the connection is closed.
async fn refused_by_the_library(bytes: &[u8], status: u16) -> Result<()> {
    let world = World::empty().await?;
    let answer = answer_to(&world, bytes).await?;
    ensure!(answer.status == status, "{answer:?}");
    ensure!(answer.header("connection") == Some("close"), "{answer:?}");
    world.stands(&[]).await
}

#[tokio::test]
async fn garbage() -> Result<()> {
    let bytes: Vec<u8> = (0..=255).collect();
    refused_by_the_library(&bytes, 400).await
}

#[tokio::test]
async fn a_tls_greeting() -> Result<()> {
    let bytes = [
        b"\x16\x03\x01\x02\0\x01\0\x01\xFC\x03\x03".as_slice(),
        &[7; 200],
    ]
    .concat();
    refused_by_the_library(&bytes, 400).await
}

#[tokio::test]
async fn a_content_length_that_is_none() -> Result<()> {
    for length in [
        "abc",
        "-5",
        "99999999999999999999",
        "2\r\ncontent-length: 3",
    ] {
        let request = format!(
            "POST /api/orchestrators/F/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: {length}\r\n\r\n"
        );
        refused_by_the_library(request.as_bytes(), 400).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_hundred_kilobytes_of_headers() -> Result<()> {
    let world = World::empty().await?;
    let request = format!(
        "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: {}\r\n\r\n",
        "a".repeat(100_000)
    );
    let answer = answer_to(&world, request.as_bytes()).await?;
    // Where the library has read all of it at once, the host says more.
    if answer.body.is_empty() {
        ensure!(answer.status == 431, "{answer:?}");
    } else {
        assert_refused(
            &answer,
            431,
            "and 65536 are allowed: send fewer or shorter ones",
        )?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn ten_thousand_headers() -> Result<()> {
    let headers: Vec<String> = (0..10_000)
        .map(|number| format!("x{number}: a\r\n"))
        .collect();
    let headers = headers.concat();
    let request = format!("GET /healthz HTTP/1.1\r\nhost: localhost\r\n{headers}\r\n");
    refused_by_the_library(request.as_bytes(), 431).await
}

#[tokio::test]
async fn a_request_line_of_a_megabyte() -> Result<()> {
    let request = format!(
        "GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n",
        "a".repeat(1_000_000)
    );
    refused_by_the_library(request.as_bytes(), 431).await
}

#[tokio::test]
async fn http_1_0() -> Result<()> {
    let world = World::empty().await?;
    let mut connection = Connection::open(world.host.address()).await?;
    connection
        .send(b"GET /healthz HTTP/1.0\r\nhost: localhost\r\n\r\n")
        .await?;
    let answer = connection.answer().await?;
    ensure!(answer.status == 200, "{answer:?}");
    ensure!(connection.closed().await?.is_empty());
    world.stands(&[]).await
}

#[tokio::test]
async fn no_host_or_two() -> Result<()> {
    let world = World::empty().await?;
    for version in ["1.0", "1.1"] {
        let request = format!("GET /healthz HTTP/{version}\r\n\r\n");
        let answer = answer_to(&world, request.as_bytes()).await?;
        assert_refused(
            &answer,
            400,
            "the request has no Host header: send one, such as `Host: 127.0.0.1:7071`",
        )?;
    }
    let twice = b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nhost: localhost\r\n\r\n";
    let answer = answer_to(&world, twice).await?;
    assert_refused(&answer, 400, "more than one Host header: send one")?;
    world.stands(&[]).await
}

#[tokio::test]
async fn a_foreign_host() -> Result<()> {
    let world = World::empty().await?;
    for (target, host) in [
        ("/healthz", "evil.example"),
        ("http://evil.example/healthz", "localhost"),
    ] {
        let request = format!("GET {target} HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let answer = answer_to(&world, request.as_bytes()).await?;
        assert_refused(
            &answer,
            403,
            "this host answers only requests that are addressed to localhost, 127.0.0.0/8 or [::1]",
        )?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn a_host_that_is_none() -> Result<()> {
    let world = World::empty().await?;
    for host in ["a/b", "user@localhost", "localhost:port", "[::1", ""] {
        let request = format!("GET /healthz HTTP/1.1\r\nhost: {host}\r\n\r\n");
        let answer = answer_to(&world, request.as_bytes()).await?;
        let part = "the request is addressed to what is no host: send one, such as";
        assert_refused(&answer, 400, part)?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn nonsense_of_a_trusted_proxy() -> Result<()> {
    let options = HostOptions {
        arguments: vec!["--trusted-proxies".to_owned(), "127.0.0.1".to_owned()],
        master_key: Some("0123456789abcdef0123456789abcdef".to_owned()),
        ..HostOptions::default()
    };
    let world = World::with(options, &["events"]).await?;
    let start = "/api/orchestrators/events/x";
    for (header, part) in [
        ("forwarded: host=\"a", "the header Forwarded is malformed"),
        (
            "x-forwarded-proto: gopher",
            "that is neither http nor https",
        ),
        (
            "x-forwarded-host: a/b",
            "a proxy forwards a host that is none",
        ),
        (
            "forwarded: host=a\r\nx-forwarded-host: b",
            "the headers Forwarded and X-Forwarded-* say different things",
        ),
    ] {
        let answer = world
            .ask_with("POST", start, &format!("{header}\r\n"), b"")
            .await?;
        assert_refused(&answer, 400, part)?;
    }
    world.stands(&["x"]).await
}

#[tokio::test]
async fn a_foreign_origin() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for origin in ["http://evil.example", "null"] {
        let answer = world
            .ask_with(
                "POST",
                "/api/orchestrators/events/x",
                &format!("origin: {origin}\r\n"),
                b"",
            )
            .await?;
        assert_refused(
            &answer,
            403,
            "this host does not answer pages of other origins: call it from a program",
        )?;
    }
    world.stands(&["x"]).await
}

#[tokio::test]
async fn requests_in_a_row() -> Result<()> {
    let world = World::of(&["events"]).await?;
    let address = world.host.address();
    let mut connection = Connection::open(address).await?;
    let post = |id: &str, body: &str| {
        format!(
            "POST /api/orchestrators/events/{id} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {}\r\n\r\n{body}",
            body.len()
        )
    };
    let all = [
        post("x", "{\"n\": 1}"),
        post("x", "{\"n\": 1}"),
        post("y", "no JSON"),
        format!("GET /healthz HTTP/1.1\r\nhost: {address}\r\n\r\n"),
        "nonsense\r\n\r\n".to_owned(),
        post("z", "{}"),
    ];
    connection.send(all.concat().as_bytes()).await?;
    for status in [202, 409, 400, 200, 400] {
        let answer = connection.answer().await?;
        ensure!(answer.status == status, "{status} is wanted: {answer:?}");
    }
    ensure!(connection.closed().await?.is_empty());
    world.stands(&["y", "z"]).await
}
