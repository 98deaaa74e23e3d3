//! A component that takes long to compile.

use std::time::{Duration, Instant};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};

use crate::World;

/// A component whose only function has so many blocks in each other: the compiler's time grows with the square.
fn slow(blocks: usize) -> Result<Vec<u8>> {
    let [open, close] = ["block ", "end "].map(|instruction| instruction.repeat(blocks));
    Ok(wat::parse_str(format!(
        "(component (core module (func {open}{close})))"
    ))?)
}

#[tokio::test]
#[expect(
    clippy::disallowed_methods,
    reason = "how long a caller waits is what is tested"
)]
async fn a_component_that_compiles_long() -> Result<()> {
    let mut world = World::of(&["chain"]).await?;
    let client = world.client();
    let begin = Instant::now();
    let answer = world
        .ask("PUT", "/admin/functions/F", &slow(100_000)?)
        .await?;
    ensure!(answer.status == 202, "{answer:?}");
    let waited = begin.elapsed();
    ensure!(
        waited < Duration::from_secs(20),
        "answered after {waited:?}"
    );
    let module = answer.header("location").context("no Location")?.to_owned();
    let state = async || -> Result<Value> {
        let answer = client.http().get(&module).send().await?;
        Ok(answer.json().await?)
    };
    ensure!(state().await?["state"] == "compiling");
    // Meanwhile instances run, and nothing is bound.
    let ended = client.run("chain", "x", &json!({"n": 5})).await?;
    ensure!(ended.status == "Completed", "{ended:?}");
    ensure!(
        state().await?["state"] == "compiling",
        "it was no long compiling"
    );
    world.stands(&[]).await?;
    // A host that stops does not wait for it.
    let begin = Instant::now();
    world.host.terminate()?;
    let waited = begin.elapsed();
    ensure!(waited < Duration::from_secs(20), "stopped after {waited:?}");
    Ok(())
}
