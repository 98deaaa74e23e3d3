//! A full disk: what cannot be kept is refused, what runs loses nothing, and the host goes on when there is room again.

use std::fs::File;
use std::io::{ErrorKind, Write};
use std::path::{Path, PathBuf};
use std::process::Command;

use anyhow::{Context, Result, bail, ensure};
use serde_json::json;
use tempfile::TempDir;
use tests::{Guest, Host, HostOptions, component, eventually};

use crate::{INSTANCES, STARTS, World, assert_empty, assert_refused};

/// Mounts a small file system over the data directory, in a name space of its own, and goes on as the host.
const ON_A_SMALL_FILE_SYSTEM: &str =
    r#"mount -t tmpfs -o size=16m tmpfs "$1" && shift && exec "$@""#;

/// What runs a command on a data directory that is small.
fn launcher(data: &Path, name_space: &[&str]) -> Vec<String> {
    let script = ["--mount", "sh", "-c", ON_A_SMALL_FILE_SYSTEM, "sh"];
    let words = [&["unshare"], name_space, &script].concat();
    let data = data.to_string_lossy().into_owned();
    let words = words.into_iter().map(str::to_owned);
    words.chain([data]).collect()
}

/// The arguments by which a file system can be mounted here: as a user, or as root where users may not.
fn name_space() -> Result<&'static [&'static str]> {
    let dir = TempDir::new()?;
    let mut said = String::new();
    for name_space in [&["--map-root-user"][..], &[]] {
        let words = launcher(dir.path(), name_space);
        let (program, arguments) = words.split_first().context("it has words")?;
        let probe = Command::new(program).args(arguments).arg("true").output()?;
        if probe.status.success() {
            return Ok(name_space);
        }
        said += &String::from_utf8_lossy(&probe.stderr);
    }
    bail!(
        "no disk can be filled here, so nothing is tested: let this user mount a tmpfs in a name space ({said})"
    )
}

/// A host on a small disk, with these orchestrators.
async fn on_a_small_disk(orchestrators: &[&str]) -> Result<World> {
    let name_space = name_space()?;
    let host = Host::start_under(HostOptions::default(), |data| launcher(data, name_space))?;
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
    let answer = world.ask("PUT", "/admin/functions/F", &guest).await?;
    assert_refused(&answer, 503, sentence)?;
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
    const INSTANCES: usize = 20;
    let world = on_a_small_disk(&["chain", "sleepy"]).await?;
    let client = world.client();
    // Each step leaves enough in the history for the full disk to be met.
    let text = "x".repeat(4_000);
    for number in 0..INSTANCES {
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
    for number in 0..INSTANCES {
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
