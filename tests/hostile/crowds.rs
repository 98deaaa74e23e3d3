//! What is allowed, in crowds.

use anyhow::{Result, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tests::eventually;

use crate::lane::{End, orchestrator};
use crate::stage::Stage;
use crate::wat::Core;

/// More executions than that show that one follows the other without end.
const GENERATIONS: u64 = 20;

#[tokio::test]
async fn orchestrators_that_continue_as_new_for_ever() -> Result<()> {
    let stage = Stage::set("orchestrators that continue as new for ever").await?;
    let client = stage.client().clone();
    let generation = async |id: &str| -> Result<u64> {
        let events = client.events(id).await?;
        Ok(events[0]["generation"].as_u64().unwrap_or_default())
    };
    let one = async |id: String, siege: &crate::stage::Siege<'_>| {
        let deed = json!("continue-for-ever");
        client.start("hostile", &id, &deed).await?;
        eventually(&format!("{id} goes on and on"), async || {
            Ok((generation(&id).await? > GENERATIONS).then_some(()))
        })
        .await?;
        siege.begun.wait().await;
        siege.is_over().await;
        let last = generation(&id).await?;
        ensure!(client.manage(&id, "terminate", "enough").await? == 202);
        let ended = client.ended(&id).await?;
        ensure!(ended.status == "Terminated", "{id}: {ended:?}");
        Ok(last)
    };
    stage
        .beside(8, async |siege| {
            let ids = (0..8).map(|n| one(format!("again-{n}"), siege));
            let generations = try_join_all(ids).await?;
            Ok(format!("terminated after {generations:?} executions"))
        })
        .await
}

#[tokio::test]
async fn ten_thousand_activities_at_once() -> Result<()> {
    let lanes = vec![orchestrator("many-activities", End::Completes("10000")); 2];
    let patient = ["--turn-timeout", "10s"];
    Stage::set_with("2 x 10,000 activities at once", &patient)
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn ten_thousand_timers_at_once() -> Result<()> {
    let lanes = vec![orchestrator("many-timers", End::Completes("10000")); 2];
    let patient = ["--turn-timeout", "10s"];
    Stage::set_with("2 x 10,000 timers of 0 ms", &patient)
        .await?
        .endure(&lanes)
        .await
}

/// A function so long that it takes the compiler a second or two.
fn heavy(seed: usize) -> Vec<u8> {
    let steps: Vec<_> = (seed..seed + 4_000)
        .map(|n| {
            format!(
                "(local.set $a (i64.add (i64.rotl (local.get $a) (i64.const {n})) (i64.load (i32.const {n}))))
                 (if (i64.eqz (local.get $a)) (then (local.set $b (f64.add (local.get $b) (f64.const {n})))))"
            )
        })
        .collect();
    let body = format!(
        "(local $a i64) (local $b f64) {} (i32.const 1024)",
        steps.concat()
    );
    Core {
        body: body.leak(),
        ..Core::default()
    }
    .component()
}

/// How many threads of a host are there to compile: more than one only while something compiles.
fn compilers(pid: u32) -> Result<usize> {
    let mut count = 0;
    for thread in std::fs::read_dir(format!("/proc/{pid}/task"))? {
        // One that has ended meanwhile has no name.
        let name = std::fs::read_to_string(thread?.path().join("comm"));
        count += usize::from(name.is_ok_and(|name| name.starts_with("soloist-compile")));
    }
    Ok(count)
}

#[tokio::test]
async fn modules_that_take_long_to_compile() -> Result<()> {
    let stage = Stage::set("modules that take long to compile").await?;
    let client = stage.client().clone();
    let pid = stage.pid();
    let modules: Vec<_> = (0..3).map(heavy).collect();
    stage
        .beside(1, async |siege| {
            let deploys = modules.iter().enumerate().map(async |(n, module)| {
                client
                    .deploy_bytes(&format!("heavy-{n}"), module.clone(), Some("orchestrator"))
                    .await
            });
            let others = async {
                eventually("the host compiles", async || {
                    Ok((compilers(pid)? > 1).then_some(()))
                })
                .await?;
                siege.begun.wait().await;
                Ok(())
            };
            tokio::try_join!(try_join_all(deploys), others)?;
            let ended = client.run("heavy-0", "heavy", &Value::Null).await?;
            ensure!(ended.status == "Completed", "{ended:?}");
            Ok("compiled".to_owned())
        })
        .await
}
