//! Components that cannot be deployed.

use anyhow::{Result, ensure};
use tests::{Connection, Guest, HostOptions, component};

use crate::{World, assert_refused, assert_sentence, memory_peak};

const PATH: &str = "/admin/functions/F";
/// What precedes every component.
const HEADER: &[u8] = b"\0asm\x0D\0\x01\0";

/// Uploads `bytes`, and sees them refused with a sentence.
async fn refused(bytes: &[u8], part: &str) -> Result<()> {
    let world = World::empty().await?;
    world.assert_upload_refused(PATH, bytes, 422, part).await?;
    world.stands(&[]).await
}

#[tokio::test]
async fn a_core_module() -> Result<()> {
    refused(
        b"\0asm\x01\0\0\0",
        "this is a core module, not a component: make a component of it",
    )
    .await
}

#[tokio::test]
async fn webassembly_text() -> Result<()> {
    refused(
        b"(component)",
        "this is WebAssembly text, not a binary: convert it",
    )
    .await
}

#[tokio::test]
async fn arbitrary_text() -> Result<()> {
    refused(
        b"#!/bin/sh\necho hello\n",
        "this is not a WebAssembly component: send the .wasm file",
    )
    .await
}

#[tokio::test]
async fn nothing_at_all() -> Result<()> {
    refused(
        b"",
        "the body is empty: send the bytes of a WebAssembly component",
    )
    .await
}

#[tokio::test]
async fn a_truncated_component() -> Result<()> {
    let world = World::empty().await?;
    let whole = component(Guest::Scenarios)?;
    // In the header, in the first sections, in the middle of the code, before the last byte.
    for length in [3, 6, 9, 20, 1_000, whole.len() / 2, whole.len() - 1] {
        let sentence = world.upload_refused(PATH, &whole[..length], 422).await?;
        assert_sentence(&sentence, "this component is truncated")?;
        assert_sentence(&sentence, ": send the whole file")?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn bytes_flipped_in_the_code() -> Result<()> {
    let mut bytes = component(Guest::Scenarios)?;
    let middle = bytes.len() / 2;
    // No instruction begins with this byte.
    bytes[middle..middle + 64].fill(0xFF);
    refused(&bytes, "this component is damaged").await
}

#[tokio::test]
async fn a_component_that_exports_nothing() -> Result<()> {
    refused(
        HEADER,
        "(it exports nothing): build it for the world orchestrator-module, activity-module or application",
    )
    .await
}

#[tokio::test]
async fn thousands_of_exports() -> Result<()> {
    let exports: Vec<String> = (0..5_000)
        .map(|number| format!("(export \"e{number}\" (type $t))"))
        .collect();
    let exports = exports.concat();
    let bytes = wat::parse_str(format!("(component (type $t (list u8)) {exports})"))?;
    refused(&bytes, "'e4', 4995 more): build it for the world").await
}

#[tokio::test]
async fn an_export_of_the_wrong_type() -> Result<()> {
    let bytes = wat::parse_str(
        r#"(component
            (core module $m (func (export "run") (result i32) i32.const 0))
            (core instance $i (instantiate $m))
            (func $run (result u32) (canon lift (core func $i "run")))
            (instance $o (export "run" (func $run)))
            (export "soloist:orchestration/orchestrator@0.1.0" (instance $o)))"#,
    )?;
    refused(
        &bytes,
        "but not its function `run` with the types of wit/soloist.wit: build it against that file",
    )
    .await
}

#[tokio::test]
async fn an_unknown_import() -> Result<()> {
    // A name of the same length stands in place of the host's, wherever it is written.
    let (known, unknown) = (
        b"soloist:orchestration/durable@0.1.0",
        b"strange:orchestration/durable@0.1.0",
    );
    let mut bytes = component(Guest::Scenarios)?;
    let places: Vec<usize> = bytes
        .windows(known.len())
        .enumerate()
        .filter_map(|(at, window)| (window == known).then_some(at))
        .collect();
    ensure!(!places.is_empty(), "the guest imports nothing");
    for at in places {
        bytes[at..at + known.len()].copy_from_slice(unknown);
    }
    refused(
        &bytes,
        "this component imports 'strange:orchestration/durable@0.1.0', which the host does not offer",
    )
    .await
}

#[tokio::test]
async fn more_memory_than_a_guest_gets() -> Result<()> {
    let options = HostOptions {
        arguments: vec!["--guest-bytes".to_owned(), "64KiB".to_owned()],
        ..HostOptions::default()
    };
    let world = World::with(options, &[]).await?;
    let part = "build it with less, or raise guest-bytes";
    let guest = component(Guest::SayHello)?;
    world.assert_upload_refused(PATH, &guest, 422, part).await?;
    world.stands(&[]).await
}

/// A section of a component.
fn section(id: u8, body: &[u8]) -> Vec<u8> {
    let mut section = vec![id];
    let mut size = body.len();
    while size >= 0x80 {
        section.push(size.to_le_bytes()[0] | 0x80);
        size >>= 7;
    }
    section.push(size.to_le_bytes()[0]);
    section.extend_from_slice(body);
    section
}

#[tokio::test]
async fn components_nested_too_deep() -> Result<()> {
    // Without a bound these 100 KB take 2 GB of memory.
    let mut bytes = HEADER.to_vec();
    for _ in 0..10_000 {
        bytes = [HEADER, &section(4, &bytes)].concat();
    }
    refused(&bytes, "nested more than 100 deep: put them side by side").await
}

#[tokio::test]
async fn types_nested_too_deep() -> Result<()> {
    // Without a bound these 30 KB take more stack than a thread has, which ends the process.
    let types = [&[1][..], &[0x41, 1, 1].repeat(10_000), &[0x41, 0]].concat();
    let bytes = [HEADER, &section(7, &types)].concat();
    refused(&bytes, "nested more than 200 deep: put them side by side").await
}

const TOO_LARGE: usize = 200 << 20;

/// Sends a head, then parts until there are 200 MB or nobody reads them, and reads the answer.
async fn too_large(framing: &str, part: &[u8]) -> Result<()> {
    let world = World::empty().await?;
    let before = memory_peak(world.host.pid())?;
    let address = world.host.address();
    let mut connection = Connection::open(address).await?;
    let head = format!("PUT {PATH} HTTP/1.1\r\nhost: {address}\r\n{framing}\r\n\r\n");
    connection.send(head.as_bytes()).await?;
    for _ in 0..TOO_LARGE / (1 << 20) {
        // The host may close once it has answered.
        if connection.send(part).await.is_err() {
            break;
        }
    }
    let answer = connection.answer().await?;
    assert_refused(
        &answer,
        413,
        "larger than the 67108864 bytes that are allowed here: send less, or raise module-bytes",
    )?;
    let grown = memory_peak(world.host.pid())? - before;
    ensure!(grown < 100 << 20, "the host took {grown} bytes more");
    world.stands(&[]).await
}

#[tokio::test]
async fn two_hundred_megabytes_announced() -> Result<()> {
    too_large(
        &format!("content-length: {TOO_LARGE}"),
        &vec![b'x'; 1 << 20],
    )
    .await
}

#[tokio::test]
async fn two_hundred_megabytes_in_chunks() -> Result<()> {
    let part = [b"100000\r\n", vec![b'x'; 1 << 20].as_slice(), b"\r\n"].concat();
    too_large("transfer-encoding: chunked", &part).await
}
