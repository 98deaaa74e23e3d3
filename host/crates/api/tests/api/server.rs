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
    }
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
