//! The command line against a host, against another program, and against nobody.

use std::io::{Read, Write};
use std::net::TcpListener;
use std::process::{Command, Stdio};

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tempfile::TempDir;

use crate::World;
use crate::process::{refused, run, soloist};

/// The command with these arguments, for the host of a world.
fn at(world: &World, arguments: &[&str]) -> Result<Command> {
    let host = format!("http://{}", world.host.address());
    soloist(&[arguments, &["--host", &host]].concat())
}

#[tokio::test]
async fn an_unknown_noun_or_verb() -> Result<()> {
    for arguments in [&["frobnicate"][..], &["instance", "frobnicate", "x"]] {
        refused(
            soloist(arguments)?,
            2,
            "unrecognized subcommand 'frobnicate'",
        )
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_empty_name_or_id() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    for (arguments, name) in [
        (&["function", "deploy", "", "/dev/null"][..], "<NAME>"),
        (&["function", "show", ""], "<NAME>"),
        (&["function", "remove", ""], "<NAME>"),
        (&["instance", "start", "", "x"], "<FUNCTION>"),
        (&["instance", "start", "events", ""], "[ID]"),
        (&["instance", "show", ""], "<ID>"),
        (&["instance", "wait", ""], "<ID>"),
        (&["instance", "history", ""], "<ID>"),
        (&["instance", "raise", "", "Go"], "<ID>"),
        (&["instance", "raise", "w", ""], "<EVENT>"),
        (&["instance", "terminate", ""], "<ID>"),
        (&["instance", "purge", ""], "[ID]"),
    ] {
        let sentence = format!("a value is required for '{name}' but none was supplied");
        refused(at(&world, arguments)?, 2, &sentence).await?;
    }
    ensure!(world.status("w").await?.status == 202);
    world.stands(&["x"]).await
}

#[tokio::test]
async fn a_deployed_directory() -> Result<()> {
    let world = World::empty().await?;
    let dir = TempDir::new()?;
    let dir = dir.path().to_str().context("the path is text")?;
    let sentence = format!("{dir} is a directory: name the .wasm file that your build makes");
    refused(at(&world, &["function", "deploy", "F", dir])?, 1, &sentence).await?;
    world.stands(&[]).await
}

#[tokio::test]
async fn a_deployed_file_that_is_huge() -> Result<()> {
    let world = World::empty().await?;
    let dir = TempDir::new()?;
    let file = dir.path().join("huge.wasm");
    // It has no blocks on the disk, and would not fit into any memory.
    std::fs::File::create(&file)?.set_len(1 << 40)?;
    let file = file.to_str().context("the path is text")?;
    let command = at(&world, &["function", "deploy", "F", file])?;
    refused(
        command,
        1,
        "larger than the 67108864 bytes that are allowed here: send less, or raise module-bytes",
    )
    .await?;
    world.stands(&[]).await
}

#[tokio::test]
async fn a_deployed_stream_without_an_end() -> Result<()> {
    let world = World::empty().await?;
    let command = at(&world, &["function", "deploy", "F", "/dev/zero"])?;
    let said = run(command).await?;
    ensure!(said.code == Some(1), "{said:?}");
    // The refusal comes while the client still sends: it may see only that nobody reads any more.
    ensure!(
        said.err.contains("raise module-bytes") || said.err.contains("or went away"),
        "{said:?}"
    );
    world.stands(&[]).await
}

#[tokio::test]
async fn a_deployed_file_that_is_no_component() -> Result<()> {
    let world = World::empty().await?;
    let dir = TempDir::new()?;
    for (text, part) in [
        (
            "",
            "the body is empty: send the bytes of a WebAssembly component",
        ),
        (
            "hello",
            "this is not a WebAssembly component: send the .wasm file",
        ),
    ] {
        let file = dir.path().join("f.wasm");
        std::fs::write(&file, text)?;
        let file = file.to_str().context("the path is text")?;
        refused(at(&world, &["function", "deploy", "F", file])?, 1, part).await?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn an_instance_that_is_not_there() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for arguments in [
        &["instance", "show", "nope"][..],
        &["instance", "wait", "nope"],
        &["instance", "history", "nope"],
        &["instance", "raise", "nope", "Go"],
        &["instance", "terminate", "nope"],
        &["instance", "suspend", "nope"],
        &["instance", "resume", "nope"],
        &["instance", "purge", "nope"],
    ] {
        let command = at(&world, arguments)?;
        refused(command, 1, "there is no instance 'nope'").await?;
    }
    world.stands(&["nope"]).await
}

#[tokio::test]
async fn a_function_that_is_not_there() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for (arguments, part) in [
        (
            &["function", "show", "nope"][..],
            "there is no function 'nope'",
        ),
        (
            &["function", "remove", "nope"],
            "there is no function 'nope'",
        ),
        (
            &["instance", "start", "nope", "x"],
            "there is no orchestrator function 'nope'; the known ones are 'events'",
        ),
    ] {
        refused(at(&world, arguments)?, 1, part).await?;
    }
    world.stands(&["x"]).await
}

#[tokio::test]
async fn what_the_instance_does_not_let() -> Result<()> {
    let world = World::of(&["events", "chain"]).await?;
    world.start_waiting("w").await?;
    world
        .client()
        .run("chain", "ended", &json!({"n": 1}))
        .await?;
    for (arguments, part) in [
        (
            &["instance", "start", "events", "w"][..],
            "An instance with ID 'w' already exists.",
        ),
        (
            &["instance", "purge", "w"],
            "The instance 'w' has not ended, so it cannot be purged: terminate it first.",
        ),
        (
            &["instance", "wait", "w", "--timeout", "10ms"],
            "the instance 'w' has not ended yet: Running",
        ),
        (
            &["instance", "terminate", "ended"],
            "the instance 'ended' has ended already",
        ),
        (
            &["instance", "raise", "ended", "Go"],
            "the instance 'ended' has ended already",
        ),
        (
            &["instance", "raise", "w", "Go", "--data", "{"],
            "the body is not JSON: EOF while parsing",
        ),
        (
            &["instance", "start", "events", "x", "--input", "{"],
            "the body is not JSON: EOF while parsing",
        ),
        (
            &["instance", "start", "events", "a/b"],
            "an instance ID must not contain '/'",
        ),
    ] {
        refused(at(&world, arguments)?, 1, part).await?;
    }
    ensure!(world.status("w").await?.status == 202);
    world.stands(&["x"]).await
}

#[tokio::test]
async fn an_answer_that_nobody_reads() -> Result<()> {
    let world = World::of(&["events"]).await?;
    let (reader, unread) = std::io::pipe()?;
    drop(reader);
    let output = at(&world, &["function", "list"])?
        .stdout(Stdio::from(unread))
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.code() == Some(1), "{said}");
    ensure!(said.contains("the answer cannot be written"), "{said}");
    world.stands(&[]).await
}

#[tokio::test]
async fn an_address_that_is_no_hosts() -> Result<()> {
    for host in [
        "127.0.0.1:7071",
        "ftp://127.0.0.1:7071",
        "http://",
        "http://a b",
        "http://127.0.0.1:99999",
        "http://localhost/x",
    ] {
        refused(
            soloist(&["function", "list", "--host", host])?,
            2,
            "is no address of a host: write http://127.0.0.1:7071",
        )
        .await?;
    }
    Ok(())
}

/// A program that answers whatever it is sent with these bytes, and its address.
fn another_program(answer: &'static [u8]) -> Result<String> {
    let listener = TcpListener::bind("127.0.0.1:0")?;
    let address = format!("http://{}", listener.local_addr()?);
    // It ends with the test's process.
    std::thread::spawn(move || {
        for stream in listener.incoming() {
            let mut stream = stream?;
            // A small request comes at once.
            if stream.read(&mut [0; 4096])? > 0 {
                stream.write_all(answer)?;
            }
        }
        std::io::Result::Ok(())
    });
    Ok(address)
}

#[tokio::test]
async fn another_program_at_the_address() -> Result<()> {
    let page: &[u8] =
        b"HTTP/1.1 200 OK\r\ncontent-length: 13\r\nconnection: close\r\n\r\n<html></html>";
    let object: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-length: 2\r\nconnection: close\r\n\r\n{}";
    let missing: &[u8] = b"HTTP/1.1 404 Not Found\r\ncontent-length: 18\r\nconnection: close\r\n\r\n<h1>\nNowhere\n</h1>";
    let moved: &[u8] =
        b"HTTP/1.1 302 Found\r\nlocation: /login\r\ncontent-length: 0\r\nconnection: close\r\n\r\n";
    for answer in [page, object, missing, moved] {
        let host = another_program(answer)?;
        for arguments in [
            &["function", "list"][..],
            &["function", "list", "--json"],
            &["function", "remove", "F"],
            &["instance", "show", "x"],
            &["instance", "show", "x", "--json"],
            &["instance", "start", "F", "x"],
            &["instance", "terminate", "x"],
            &["instance", "purge", "x"],
        ] {
            let command = soloist(&[arguments, &["--host", &host]].concat())?;
            refused(command, 1, "is it a Soloist?").await?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn no_http_at_the_address() -> Result<()> {
    for answer in [b"SSH-2.0-OpenSSH\r\n".as_slice(), b""] {
        let host = another_program(answer)?;
        let sentence = format!(
            "what answers at {host} is no Soloist, or went away: name another with --host, or try again"
        );
        let command = soloist(&["function", "list", "--host", &host])?;
        refused(command, 1, &sentence).await?;
    }
    Ok(())
}
