use std::time::Duration;

use soloist_api::{ApiSettings, ServerSettings, serve};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::world::World;

async fn listening(settings: ServerSettings) -> (World, TcpStream, JoinHandle<()>) {
    let world = World::with_functions([("Wait", "await Go")]).await;
    listening_for(world, settings).await
}

async fn listening_for(
    world: World,
    settings: ServerSettings,
) -> (World, TcpStream, JoinHandle<()>) {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap();
    let (router, stopping) = (world.router.clone(), world.stopping.clone());
    let server = tokio::spawn(async move { serve(listener, router, &settings, stopping).await });
    (world, TcpStream::connect(address).await.unwrap(), server)
}

async fn all_of(stream: &mut TcpStream) -> String {
    let mut text = String::new();
    stream.read_to_string(&mut text).await.unwrap();
    text
}

#[tokio::test]
async fn headers_over_the_limit_are_refused() {
    // The second is over the limit by less than what is read at once.
    for (header_bytes_max, bytes) in [(8192, 10_000), (20_000, 20_001)] {
        let settings = ServerSettings {
            header_bytes_max,
            ..ServerSettings::default()
        };
        let (_world, mut stream, _server) = listening(settings).await;
        let head = format!(
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\nx: {}\r\n\r\n",
            "a".repeat(bytes)
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = all_of(&mut stream).await;
        assert!(answer.starts_with("HTTP/1.1 431 "), "{answer}");
        // Where the library refuses, which depends on what it reads at once, there is neither an id nor a body.
        let is_ours = answer.contains("x-request-id: request-");
        assert_eq!(answer.contains("head-too-large"), is_ours, "{answer}");
    }
}

#[tokio::test]
async fn a_hundred_headers_are_read_and_no_more() {
    for (others, status) in [(98, 200), (99, 431)] {
        let (_world, mut stream, _server) = listening(ServerSettings::default()).await;
        let others = "x: a\r\n".repeat(others);
        let head = format!(
            "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n{others}\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = all_of(&mut stream).await;
        assert!(
            answer.starts_with(&format!("HTTP/1.1 {status} ")),
            "{answer}"
        );
    }
}

/// Sends a byte now and then until the other side has closed. Returns what it said.
async fn trickle(stream: &mut TcpStream, byte: u8) -> String {
    let mut text = Vec::new();
    for _ in 0..1_000 {
        let pause = tokio::time::sleep(Duration::from_secs(10));
        tokio::select! {
            biased;
            read = stream.read_buf(&mut text) => match read {
                Ok(0) | Err(_) => return String::from_utf8(text).unwrap(),
                Ok(_) => continue,
            },
            () = pause => {}
        }
        // It may have closed meanwhile, which the next read tells.
        drop(stream.write_all(&[byte]).await);
    }
    panic!("it takes byte after byte");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_comes_byte_by_byte_is_not_waited_for_for_ever() {
    let (_world, mut stream, _server) = listening(ServerSettings::default()).await;
    let part = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nx: ";
    stream.write_all(part.as_bytes()).await.unwrap();
    assert_eq!(trickle(&mut stream, b'a').await, "");
}

#[tokio::test(start_paused = true)]
async fn a_body_that_comes_byte_by_byte_is_not_waited_for_for_ever() {
    let (world, mut stream, _server) = listening(ServerSettings::default()).await;
    let head = "POST /api/orchestrators/Wait/x HTTP/1.1\r\nhost: localhost\r\ncontent-length: 9999\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = trickle(&mut stream, b' ').await;
    assert!(answer.starts_with("HTTP/1.1 408 "), "{answer}");
    assert!(answer.contains("body-too-slow"), "{answer}");
    let status = world.get("/durabletask/instances/x").await;
    status.assert_empty(404);
}

/// A proxy that goes by the other length must not take what follows for an answer to another of its callers.
#[tokio::test]
async fn after_a_request_with_two_lengths_nothing_is_answered() {
    let (world, mut stream, _server) = listening(ServerSettings::default()).await;
    let hidden = "POST /api/orchestrators/Wait/hidden HTTP/1.1\r\nhost: localhost\r\n\r\n";
    let bytes = format!(
        "POST /api/orchestrators/Wait/x HTTP/1.1\r\nhost: localhost\r\ntransfer-encoding: chunked\r\n\
         content-length: {}\r\n\r\n0\r\n\r\n{hidden}",
        5 + hidden.len()
    );
    stream.write_all(bytes.as_bytes()).await.unwrap();
    let answer = all_of(&mut stream).await;
    assert_eq!(answer.matches("HTTP/1.1 ").count(), 1, "{answer}");
    assert!(answer.contains("connection: close"), "{answer}");
    let status = world.get("/durabletask/instances/hidden").await;
    status.assert_empty(404);
}

#[tokio::test]
async fn an_absolute_target_says_where_links_lead() {
    for (target, host, base) in [
        ("/api", "localhost:1", "http://localhost:1/"),
        (
            "http://127.0.0.1:7/api",
            "localhost:1",
            "http://127.0.0.1:7/",
        ),
        ("HTTP://LocalHost/api", "localhost:1", "http://localhost/"),
    ] {
        let (_world, mut stream, _server) = listening(ServerSettings::default()).await;
        let head = format!(
            "POST {target}/orchestrators/Wait/x HTTP/1.1\r\nhost: {host}\r\nconnection: close\r\n\r\n"
        );
        stream.write_all(head.as_bytes()).await.unwrap();
        let answer = all_of(&mut stream).await;
        assert!(
            answer.contains(&format!("location: {base}runtime/")),
            "{answer}"
        );
    }
}

#[tokio::test]
async fn who_speaks_http_1_0_is_answered_and_left() {
    let (_world, mut stream, _server) = listening(ServerSettings::default()).await;
    let head = "POST /api/orchestrators/Wait/x HTTP/1.0\r\nhost: localhost\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    let answer = all_of(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.0 202 "), "{answer}");
    assert!(!answer.contains("transfer-encoding"), "{answer}");
    assert!(answer.contains("x-request-id: request-"), "{answer}");
}

#[tokio::test(start_paused = true)]
async fn a_head_that_does_not_come_is_not_waited_for_for_ever() {
    for part in ["", "GET /healthz HTTP/1.1\r\nhost: loc"] {
        let (_world, mut stream, _server) = listening(ServerSettings::default()).await;
        stream.write_all(part.as_bytes()).await.unwrap();
        // The connection is closed without an answer.
        assert_eq!(all_of(&mut stream).await, "", "{part:?}");
    }
}

#[tokio::test]
async fn a_listener_that_stops_answers_who_waits_and_closes() {
    let (world, mut stream, server) = listening(ServerSettings::default()).await;
    let head = "POST /durabletask/orchestrators/Wait/a?timeout=3000 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    while world.get("/durabletask/instances/a").await.status == 404 {
        tokio::task::yield_now().await;
    }
    world.stopping.cancel();
    let answer = all_of(&mut stream).await;
    assert!(answer.starts_with("HTTP/1.1 202 "), "{answer}");
    server.await.unwrap();
}

#[tokio::test]
async fn a_caller_who_hangs_up_while_it_waits_gives_its_place_back() {
    let world = World::with(ApiSettings {
        requests_max: 1,
        ..ApiSettings::default()
    });
    let world = world.await.and_functions([("Wait", "await Go")]).await;
    let (world, mut stream, _server) = listening_for(world, ServerSettings::default()).await;
    let is_taken = async || world.get("/healthz").await.status == 503;
    let head = "POST /durabletask/orchestrators/Wait/a?timeout=3000 HTTP/1.1\r\nhost: localhost\r\ncontent-length: 0\r\n\r\n";
    stream.write_all(head.as_bytes()).await.unwrap();
    while !is_taken().await {
        tokio::task::yield_now().await;
    }
    drop(stream);
    while is_taken().await {
        tokio::task::yield_now().await;
    }
    // What it started goes on.
    let status = world.get("/durabletask/instances/a").await;
    assert_eq!(status.json()["runtimeStatus"], "Running");
}
