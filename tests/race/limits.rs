//! Functions of which one instance may be live: exact under race and crash.

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use rand::Rng;
use serde_json::{Value, json};
use tempfile::TempDir;
use tests::{Client, Guest, Host, HostOptions};

use crate::callers::{Place, Refusal, check_shown, connect, count, race, race_to_the_end};
use crate::{INPUT, finish};

const ROUNDS: usize = 50;
const KILLS: usize = 12;
/// So many where none of them lands amid work.
const KILLS_MAX: usize = 100;

/// A host that lets one instance of `events` and of `chain` be live.
async fn host(dir: &TempDir, when_full: &str) -> Result<Host> {
    let file = dir.path().join("soloist.toml");
    let table = |name: &str| {
        format!("[function.{name}]\nmax_concurrent_instances = 1\nwhen_full = \"{when_full}\"\n")
    };
    std::fs::write(&file, table("events") + &table("chain"))?;
    let host = Host::start(HostOptions {
        arguments: vec!["--config".to_owned(), file.to_string_lossy().into_owned()],
        ..HostOptions::default()
    })?;
    let client = host.client();
    for (name, kind) in [
        ("events", "orchestrator"),
        ("chain", "orchestrator"),
        ("echo", "activity"),
    ] {
        client.deploy(name, Guest::Scenarios, Some(kind)).await?;
    }
    Ok(host)
}

fn id(round: usize, number: usize) -> String {
    format!("r{round}-{number}")
}

/// The start of an ID that no other caller starts.
fn start(function: &str, round: usize, caller: usize, input: &str) -> (String, String) {
    let path = Place::of(caller, round).start(function, &id(round, caller));
    (path, input.to_owned())
}

async fn listed(client: &Client, query: &str) -> Result<Vec<Value>> {
    let path = format!("/runtime/webhooks/durabletask/instances/?top=1000&{query}");
    Ok(client.get(&path).await?.json().await?)
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn of_64_concurrent_starts_of_distinct_ids_one_gets_the_slot() -> Result<()> {
    let dir = TempDir::new()?;
    let host = host(&dir, "reject").await?;
    let client = host.client();
    let mut connections = connect(&host).await?;
    for round in 0..ROUNDS {
        let answers = race_to_the_end(&mut connections, |caller| {
            start("events", round, caller, INPUT)
        });
        let answers = answers.await?;
        ensure!(count(&answers, 202) == 1, "{round}: {answers:?}");
        let winner = answers.iter().position(|answer| answer.status == 202);
        let number = winner.context("there is a winner")?;
        let winner = id(round, number);
        check_shown(&answers[number], 202, &winner)?;
        let location = answers[number].header("location");
        let location = location.context("a 202 says where")?;
        for (caller, loser) in answers.iter().enumerate() {
            if caller != number {
                let place = Place::of(caller, round);
                place.check_conflict(loser, &Refusal::full("events", &winner), location)?;
            }
        }
        let known = listed(&client, &format!("instanceIdPrefix=r{round}-")).await?;
        ensure!(
            known.len() == 1,
            "of those that were refused something is stored: {known:?}"
        );
        finish(&client, &winner).await?;
    }
    Ok(())
}

/// When an instance began and when it ended, as its history says.
async fn interval(client: &Client, id: &str) -> Result<(String, String)> {
    let events = client.events(id).await?;
    let time = |event: Option<&Value>| {
        let time = event.and_then(|event| event["timestamp"].as_str());
        time.map(str::to_owned).context("an event has a time")
    };
    let began = events
        .iter()
        .find(|event| event["type"] == "ExecutionBegan");
    Ok((time(began)?, time(events.last())?))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn queued_instances_run_one_at_a_time_whenever_the_host_is_killed() -> Result<()> {
    let dir = TempDir::new()?;
    let mut host = host(&dir, "queue").await?;
    let mut accepted = Vec::new();
    let mut killed_amid_work = 0;
    for round in 0..KILLS_MAX {
        if round >= KILLS && killed_amid_work > 0 {
            break;
        }
        let mut connections = connect(&host).await?;
        let spins = rand::rng().random_range(0..6_000_u32);
        let (answers, killed) = tokio::join!(
            race(&mut connections, |caller| {
                start("chain", round, caller, r#"{"n":2}"#)
            }),
            async {
                for _ in 0..spins {
                    tokio::task::yield_now().await;
                }
                host.kill()
            }
        );
        killed?;
        for (number, answer) in answers.into_iter().enumerate() {
            if let Ok(answer) = answer {
                ensure!(answer.status == 202, "{answer:?}");
                accepted.push(id(round, number));
            }
        }
        host.restart()?;
        let live = listed(&host.client(), "runtimeStatus=Pending,Running").await?;
        killed_amid_work += usize::from(!live.is_empty());
    }
    ensure!(
        killed_amid_work > 0,
        "no kill landed amid work; the test showed nothing"
    );
    let client = host.client();
    let all = listed(&client, "functionName=chain").await?;
    let mut ids = Vec::new();
    for instance in &all {
        ids.push(
            instance["instanceId"]
                .as_str()
                .context("it has an id")?
                .to_owned(),
        );
    }
    for id in &accepted {
        ensure!(ids.contains(id), "{id} was accepted, but it is gone");
    }
    for id in &ids {
        let ended = client.ended(id).await?;
        ensure!(ended.status == "Completed", "{id}: {ended:?}");
    }
    let mut intervals = try_join_all(ids.iter().map(|id| interval(&client, id))).await?;
    intervals.sort();
    for pair in intervals.windows(2) {
        ensure!(pair[0].1 <= pair[1].0, "two ran at once: {pair:?}");
    }
    let next = client.run("chain", "last", &json!({"n": 1})).await?;
    ensure!(
        next.status == "Completed",
        "the slot is not free again: {next:?}"
    );
    Ok(())
}
