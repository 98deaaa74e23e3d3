//! Data directories that cannot be used.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::json;
use tempfile::TempDir;
use tests::{Guest, component, eventually};

use crate::World;
use crate::mount::{READ_ONLY, command, mounted};
use crate::process::{refused, run, serve, serves};

/// What the database writes at once.
const PAGE: usize = 4096;
/// Where the header of its file holds the version of the tables and the program that they are of, in four bytes each.
const USER_VERSION: usize = 60;
const APPLICATION_ID: usize = 68;

/// A data directory in which a host was, with one module in it.
async fn used() -> Result<TempDir> {
    let mut world = World::of(&["chain"]).await?;
    world.host.terminate()?;
    let copy = TempDir::new()?;
    fs::copy(
        world.host.data().join("soloist.db"),
        copy.path().join("soloist.db"),
    )?;
    Ok(copy)
}

/// Checks that a host refuses the directory with exit code 1 and a sentence, and leaves its database as it is.
async fn refuses(dir: &Path, part: &str) -> Result<()> {
    let database = dir.join("soloist.db");
    let before = fs::read(&database).ok();
    refused(serve(&["--data", path(dir)?])?, 1, part).await?;
    ensure!(
        fs::read(&database).ok() == before,
        "the database is changed"
    );
    Ok(())
}

fn path(path: &Path) -> Result<&str> {
    path.to_str().context("the path is text")
}

/// The same after the database file was changed.
async fn refuses_changed(change: impl FnOnce(&mut Vec<u8>), part: &str) -> Result<()> {
    let dir = used().await?;
    let database = dir.path().join("soloist.db");
    let mut bytes = fs::read(&database)?;
    change(&mut bytes);
    fs::write(&database, bytes)?;
    refuses(dir.path(), part).await
}

const DAMAGED: &str =
    "is damaged or is no database: restore it from a backup, or move it away to begin afresh";
const UNUSABLE: &str =
    "cannot be used: the data directory must be a directory that this user may write";

#[tokio::test]
async fn a_file_in_place_of_the_directory() -> Result<()> {
    let dir = TempDir::new()?;
    let file = dir.path().join("file");
    fs::write(&file, "")?;
    refuses(&file, UNUSABLE).await?;
    ensure!(fs::read(&file)?.is_empty());
    Ok(())
}

#[tokio::test]
async fn a_directory_without_a_name() -> Result<()> {
    refused(
        serve(&["--data", ""])?,
        2,
        "data is empty: name a directory",
    )
    .await
}

/// True if permissions bind this process: for root they do not.
fn permissions_bind(dir: &Path) -> Result<bool> {
    let probe = dir.join("probe");
    fs::create_dir(&probe)?;
    fs::set_permissions(&probe, fs::Permissions::from_mode(0o500))?;
    let binds = fs::write(probe.join("file"), "").is_err();
    fs::remove_dir_all(&probe)?;
    Ok(binds)
}

/// `soloist serve` where `readonly` cannot be written: by its permissions, or for root by a mount of its own.
fn serve_read_only(readonly: &Path, data: &Path) -> Result<Command> {
    let parent = readonly.parent().context("it is in a directory")?;
    if permissions_bind(parent)? {
        let mode = if readonly.is_dir() { 0o500 } else { 0o400 };
        fs::set_permissions(readonly, fs::Permissions::from_mode(mode))?;
        return serve(&["--data", path(data)?]);
    }
    let mut command = command(&mounted(READ_ONLY, readonly)?)?;
    command
        .arg(tests::binary()?)
        .args(["serve", "--listen", "127.0.0.1:0", "--data", path(data)?]);
    Ok(command)
}

#[tokio::test]
async fn a_directory_that_cannot_be_written() -> Result<()> {
    let dir = TempDir::new()?;
    let data = dir.path().join("data");
    fs::create_dir(&data)?;
    for below in [data.clone(), data.join("below")] {
        refused(serve_read_only(&data, &below)?, 1, UNUSABLE).await?;
        ensure!(
            fs::read_dir(&data)?.next().is_none(),
            "something is written"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_database_that_cannot_be_written() -> Result<()> {
    let data = used().await?;
    let database = data.path().join("soloist.db");
    let before = fs::read(&database)?;
    let said = run(serve_read_only(&database, data.path())?).await?;
    said.assert_refused(1, UNUSABLE)?;
    said.assert_refused(1, "it can only be read")?;
    ensure!(fs::read(&database)? == before);
    Ok(())
}

#[tokio::test]
async fn a_destroyed_header() -> Result<()> {
    refuses_changed(|bytes| bytes[..16].fill(b'x'), DAMAGED).await?;
    refuses_changed(|bytes| bytes[..100].fill(0), DAMAGED).await
}

#[tokio::test]
async fn a_file_that_is_cut_off() -> Result<()> {
    refuses_changed(|bytes| bytes.truncate(bytes.len() / 2), DAMAGED).await?;
    refuses_changed(|bytes| bytes.truncate(50), DAMAGED).await
}

#[tokio::test]
async fn another_kind_of_file() -> Result<()> {
    refuses_changed(|bytes| *bytes = b"hello world".repeat(1_000), DAMAGED).await
}

#[tokio::test]
async fn destroyed_pages() -> Result<()> {
    let dir = used().await?;
    let database = dir.path().join("soloist.db");
    let mut bytes = fs::read(&database)?;
    bytes[PAGE..].fill(0xA5);
    fs::write(&database, bytes)?;
    refused(
        serve(&["--data", path(dir.path())?])?,
        1,
        "soloist.db is damaged or is no database: restore it from a backup, or move it away to begin afresh",
    )
    .await
}

#[tokio::test]
async fn a_destroyed_module() -> Result<()> {
    let mut world = World::of(&["chain"]).await?;
    world.host.terminate()?;
    let data = world.host.data().to_owned();
    fs::remove_dir_all(data.join("compiled"))?;
    let module = component(Guest::Scenarios)?;
    let middle = &module[module.len() / 2..][..64];
    let mut bytes = fs::read(data.join("soloist.db"))?;
    let at = bytes
        .windows(middle.len())
        .position(|window| window == middle)
        .context("the module is not stored")?;
    bytes[at] ^= 1;
    fs::write(data.join("soloist.db"), bytes)?;
    world.host.restart()?;
    world.stands(&[]).await?;
    // It is not run. Once it is there again, whatever waits for it goes on.
    let client = world.client();
    client.start("chain", "x", &json!({"n": 2})).await?;
    eventually("the damage is told", async || {
        let log = world.host.log();
        Ok(log.contains("is damaged: deploy it again").then_some(()))
    })
    .await?;
    client
        .deploy("chain", Guest::Scenarios, Some("orchestrator"))
        .await?;
    ensure!(client.ended("x").await?.output == json!([0, 1]));
    Ok(())
}

#[tokio::test]
async fn a_directory_in_place_of_the_database() -> Result<()> {
    let dir = TempDir::new()?;
    fs::create_dir(dir.path().join("soloist.db"))?;
    refuses(dir.path(), UNUSABLE).await
}

#[tokio::test]
async fn the_database_of_another_program() -> Result<()> {
    refuses_changed(
        |bytes| bytes[APPLICATION_ID..][..4].fill(7),
        "is not a task hub of Soloist: move it away, or choose another directory with --data",
    )
    .await
}

#[tokio::test]
async fn the_database_of_a_newer_version() -> Result<()> {
    refuses_changed(
        |bytes| bytes[USER_VERSION..][..4].copy_from_slice(&1_000_u32.to_be_bytes()),
        "was written by a newer version of Soloist: run that version or a later one",
    )
    .await
}

#[tokio::test]
async fn the_database_of_an_older_version() -> Result<()> {
    refuses_changed(
        |bytes| bytes[USER_VERSION..][..4].fill(0),
        "was written by an older version of Soloist: run that version, or move it away to begin afresh",
    )
    .await
}

#[tokio::test]
async fn an_empty_database_file() -> Result<()> {
    // A host that ended before its first write leaves one.
    let dir = TempDir::new()?;
    fs::write(dir.path().join("soloist.db"), "")?;
    serves(&["--data", path(dir.path())?]).await
}

#[tokio::test]
async fn something_in_place_of_the_lock() -> Result<()> {
    let dir = TempDir::new()?;
    fs::create_dir(dir.path().join("soloist.lock"))?;
    refuses(dir.path(), UNUSABLE).await
}

#[tokio::test]
async fn something_in_place_of_the_compiled_modules() -> Result<()> {
    let dir = used().await?;
    fs::write(dir.path().join("compiled"), "")?;
    refuses(dir.path(), "cannot use the directory").await
}
