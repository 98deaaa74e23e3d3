//! A full disk: what cannot be kept is refused, what runs loses nothing, and the host goes on when there is room again.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::PathBuf;

use anyhow::{Result, ensure};
use serde_json::json;
use tests::{Guest, Host, HostOptions, component, eventually};

use crate::mount::{SMALL, mounted};
use crate::{INSTANCES, STARTS, World, assert_empty, assert_refused};

/// A host on a small disk, with these orchestrators.
async fn on_a_small_disk(orchestrators: &[&str]) -> Result<World> {
    let host = Host::start_under(HostOptions::default(), |data| mounted(SMALL, data))?;
    World::at(host, orchestrators).await
}

/// A file that takes all the room on the disk of a host, as it is seen from here.
fn filler(host: &Host) -> Result<PathBuf> {
    let root = PathBuf::from(format!("/proc/{}/root", host.pid()));
    Ok(root.join(host.data().strip_prefix("/")?).join("filler"))
}

fn fill(host: &Host) -> Result<()> {
    let mut filler = File::create(filler(host)?)?;
    loop {
        match filler.write_all(&[b'x'; 4096]) {
            Ok(()) => {}
            Err(error) if error.kind() == ErrorKind::StorageFull => return Ok(()),
            Err(error) => return Err(error.into()),
        }
    }
}

fn make_room(host: &Host) -> Result<()> {
    Ok(std::fs::remove_file(filler(host)?)?)
}

#[tokio::test]
async fn what_a_full_disk_cannot_keep_is_refused() -> Result<()> {
    let world = on_a_small_disk(&["events"]).await?;
    world.start_waiting("w").await?;
    fill(&world.host)?;
    let sentence = "the task hub is not available now; try again later";
    // More than the log of the database has room for.
    let large = format!("\"{}\"", "x".repeat(1 << 20));
    let raise = format!("{INSTANCES}/w/raiseEvent/Go");
    let start = |base: &str| format!("{base}/events/x");
    for path in STARTS.map(start).iter().chain([&raise]) {
        let answer = world.ask("POST", path, large.as_bytes()).await?;
        assert_refused(&answer, 503, sentence)?;
        ensure!(answer.header("retry-after") == Some("5"), "{answer:?}");
    }
    let guest = component(Guest::SayHello)?;
    let said = world
        .upload_refused("/admin/functions/F", &guest, 503)
        .await?;
    ensure!(
        said == sentence || said == "the task hub failed while binding a function",
        "{said}"
    );
    let answer = world.ask("GET", "/readyz", b"").await?;
    assert_refused(&answer, 503, "the engine takes no work now")?;
    // What only reads goes on.
    ensure!(world.ask("GET", "/healthz", b"").await?.status == 200);
    ensure!(world.status("w").await?.status == 202);
    ensure!(world.host.log().contains("database or disk is full"));

    make_room(&world.host)?;
    // Nothing was left to be tried again: to be asked is enough.
    eventually("the host is ready", async || {
        Ok((world.ask("GET", "/readyz", b"").await?.status == 200).then_some(()))
    })
    .await?;
    world.stands(&["x"]).await?;
    let started = world.ask("POST", &start(STARTS[0]), b"").await?;
    ensure!(started.status == 202, "{started:?}");
    assert_empty(&world.ask("POST", &raise, b"\"kept\"").await?, 202)?;
    ensure!(world.client().ended("w").await?.output == json!(["kept"]));
    Ok(())
}

#[tokio::test]
async fn what_runs_while_the_disk_is_full_loses_nothing() -> Result<()> {
    const EACH: usize = 20;
    let world = on_a_small_disk(&["chain", "sleepy"]).await?;
    let client = world.client();
    // Each step leaves enough in the history for the full disk to be met.
    let text = "x".repeat(4_000);
    for number in 0..EACH {
        let input = json!({"n": 12, "input": text});
        client.start("chain", &format!("c{number}"), &input).await?;
        let input = json!({"ms": 100, "n": 5});
        client
            .start("sleepy", &format!("s{number}"), &input)
            .await?;
    }
    fill(&world.host)?;
    eventually("a turn meets the full disk", async || {
        let log = world.host.log();
        Ok(log
            .contains("the task hub failed; the turn is taken anew")
            .then_some(()))
    })
    .await?;
    make_room(&world.host)?;
    for number in 0..EACH {
        let ended = client.ended(&format!("c{number}")).await?;
        ensure!(ended.status == "Completed", "{ended:?}");
        ensure!(ended.output == json!(vec![&text; 12]), "{ended:?}");
        let ended = client.ended(&format!("s{number}")).await?;
        ensure!(ended.status == "Completed", "{ended:?}");
        ensure!(
            ended.output.as_array().map(Vec::len) == Some(6),
            "{ended:?}"
        );
    }
    world.stands(&[]).await
}
