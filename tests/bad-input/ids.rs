//! Instance IDs, in a path of any of the three bases.

use anyhow::{Context, Result, ensure};
use serde_json::Value;

use crate::{INSTANCES, STARTS, World, assert_empty, assert_refused};

/// Starts `events` under each of these IDs, as they stand in the path, and sees each refused with 400 and a sentence.
async fn refused(ids: &[&str], part: &str) -> Result<()> {
    let world = World::of(&["events"]).await?;
    for base in STARTS {
        for id in ids {
            let answer = world
                .ask("POST", &format!("{base}/events/{id}"), b"")
                .await?;
            assert_refused(&answer, 400, part)?;
        }
    }
    world.stands(ids).await
}

#[tokio::test]
async fn a_character_that_is_not_allowed() -> Result<()> {
    refused(
        &["a%2Fb", "a%5Cb", "a%23b", "a%3Fb"],
        "'/', '\\', '#', '?' and control characters are not allowed",
    )
    .await
}

#[tokio::test]
async fn a_control_character() -> Result<()> {
    refused(
        &["a%00b", "a%0Ab", "a%7Fb", "a%C2%85b"],
        "'/', '\\', '#', '?' and control characters are not allowed",
    )
    .await
}

#[tokio::test]
async fn a_leading_at() -> Result<()> {
    refused(&["@a", "%40a"], "an instance ID must not begin with '@'").await
}

#[tokio::test]
async fn more_than_256_characters() -> Result<()> {
    refused(
        &[&"x".repeat(257), &"%C3%A9".repeat(257)],
        "an instance ID has at most 256 characters; this one has 257",
    )
    .await
}

#[tokio::test]
async fn a_dot_or_two() -> Result<()> {
    refused(
        &[".", "..", "%2E", "%2E%2E"],
        "an instance ID must not be '.' or '..': no URL leads to such an instance",
    )
    .await
}

#[tokio::test]
async fn what_is_no_utf_8() -> Result<()> {
    refused(
        &["%FF", "a%C3"],
        "the path is not UTF-8 where it is decoded: encode its text as UTF-8",
    )
    .await
}

#[tokio::test]
async fn exactly_256_characters() -> Result<()> {
    let world = World::of(&["events"]).await?;
    // 256 characters of two bytes, each of which is written with three.
    let id = "%C3%A9".repeat(256);
    for base in STARTS {
        let started = world
            .ask("POST", &format!("{base}/events/{id}"), b"")
            .await?;
        ensure!(started.status == 202, "{started:?}");
        ensure!(world.status(&id).await?.status == 202);
        let terminate = format!("{INSTANCES}/{id}/terminate");
        assert_empty(&world.ask("POST", &terminate, b"").await?, 202)?;
        ensure!(world.client().ended(&id).await?.status == "Terminated");
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn no_id_at_all() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for base in STARTS {
        for path in ["events", "events/"] {
            let started = world.ask("POST", &format!("{base}/{path}"), b"").await?;
            ensure!(started.status == 202, "{started:?}");
            let payload: Value = serde_json::from_str(&started.body)?;
            let id = payload["id"].as_str().context("no id")?;
            ensure!(id.len() == 32, "{id}");
            ensure!(world.status(id).await?.status == 202);
        }
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn a_slash_that_is_not_encoded() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for path in ["events/a/b", "events/a//b"] {
        let answer = world
            .ask("POST", &format!("{}/{path}", STARTS[0]), b"")
            .await?;
        assert_refused(&answer, 404, "starts under /api/orchestrators")?;
        let answer = world
            .ask("POST", &format!("{}/{path}", STARTS[1]), b"")
            .await?;
        assert_empty(&answer, 404)?;
    }
    world.stands(&["a", "b"]).await
}
