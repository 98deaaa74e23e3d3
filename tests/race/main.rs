//! The singleton under race: of any number of concurrent starts of one ID, exactly one wins.

mod limits;

use anyhow::{Context, Result, ensure};
use futures_util::future::{join_all, try_join_all};
use rand::Rng;
use serde_json::json;
use tests::{Answer, Client, Connection, Guest, Host, HostOptions, eventually};
use tokio::sync::Barrier;

const CALLERS: usize = 64;
const ROUNDS: usize = 200;
const KILL_ROUNDS: usize = 20;

/// Starts one ID from all connections at once.
async fn race(connections: &mut [Connection], id: &str) -> Vec<Result<Answer>> {
    let path = format!("/api/orchestrators/events/{id}");
    let barrier = Barrier::new(connections.len());
    let callers = connections.iter_mut().map(|connection| async {
        let prepared = connection
            .prepare_post(&path, r#"{"name":"Go","n":1}"#)
            .await;
        // All wait for all, whatever became of their first bytes.
        barrier.wait().await;
        connection.release(prepared?).await
    });
    join_all(callers).await
}

fn count(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

/// One winner, whose execution is live; the others learn who won.
fn check_round(answers: &[Answer], id: &str) -> Result<()> {
    ensure!(
        count(answers, 202) == 1,
        "{} winners of {id}: {answers:?}",
        count(answers, 202)
    );
    ensure!(count(answers, 409) == CALLERS - 1, "{id}: {answers:?}");
    let winner = answers
        .iter()
        .find(|answer| answer.status == 202)
        .context("there is a winner")?;
    let location = winner.header("location").context("a 202 says where")?;
    for loser in answers.iter().filter(|answer| answer.status == 409) {
        ensure!(
            loser.body == format!("An instance with ID '{id}' already exists."),
            "{}",
            loser.body
        );
        ensure!(
            loser.header("location") == Some(location),
            "{:?}, not {location}",
            loser.header("location")
        );
        ensure!(
            loser
                .header("content-type")
                .is_some_and(|kind| kind.starts_with("text/plain")),
            "{loser:?}"
        );
    }
    Ok(())
}

async fn finish(client: &Client, id: &str) -> Result<()> {
    ensure!(
        client.raise(id, "Go", &json!(1)).await? == 202,
        "the event for {id} was not accepted"
    );
    let ended = client.ended(id).await?;
    ensure!(
        ended.status == "Completed" && ended.output == json!([1]),
        "{id}: {ended:?}"
    );
    Ok(())
}

async fn connect(host: &Host) -> Result<Vec<Connection>> {
    try_join_all((0..CALLERS).map(|_| Connection::open(host.address()))).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exactly_one_of_64_concurrent_starts_wins() -> Result<()> {
    let host = Host::start(HostOptions::default())?;
    let client = host.client();
    client
        .deploy("events", Guest::Scenarios, Some("orchestrator"))
        .await?;
    let mut connections = connect(&host).await?;
    for round in 0..ROUNDS {
        // Every second round uses an ID again whose instance has ended.
        let id = if round % 2 == 0 {
            format!("new-{round}")
        } else {
            "again".to_owned()
        };
        let answers = race(&mut connections, &id)
            .await
            .into_iter()
            .collect::<Result<Vec<_>>>()?;
        check_round(&answers, &id)?;
        finish(&client, &id).await?;
    }
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_kill_amid_the_race_leaves_at_most_one_execution() -> Result<()> {
    let mut host = Host::start(HostOptions::default())?;
    host.client()
        .deploy("events", Guest::Scenarios, Some("orchestrator"))
        .await?;
    let mut cut_short = 0;
    for round in 0..KILL_ROUNDS {
        let id = format!("killed-{round}");
        let mut connections = connect(&host).await?;
        // The kill comes after a random number of bytes of work: from before the first start to after the last answer.
        let spins = rand::rng().random_range(0..3_000_u32);
        let (answers, killed) = tokio::join!(race(&mut connections, &id), async {
            for _ in 0..spins {
                tokio::task::yield_now().await;
            }
            host.kill()
        });
        killed?;
        let answers: Vec<_> = answers.into_iter().flatten().collect();
        cut_short += usize::from(answers.len() < CALLERS);
        ensure!(
            count(&answers, 202) <= 1,
            "two winners of {id}: {answers:?}"
        );
        host.restart()?;
        let client = host.client();
        let status = client.status(&id).await?;
        if count(&answers, 202) == 1 || count(&answers, 409) > 0 {
            ensure!(status.is_some(), "{id} was answered, but it is gone");
        }
        let again = client
            .post(
                &format!("/api/orchestrators/events/{id}"),
                &json!({"name": "Go", "n": 1}),
            )
            .await?;
        let expected = if status.is_some() { 409 } else { 202 };
        ensure!(
            again.status() == expected,
            "a repeated start of {id} gave {}, not {expected}",
            again.status()
        );
        let (first, _) = client.execution(&id).await?;
        finish(&client, &id).await?;
        ensure!(
            client.execution(&id).await?.0 == first,
            "{id} has had two executions"
        );
    }
    ensure!(
        cut_short > 0,
        "no kill landed amid a race; the test showed nothing"
    );
    eventually("the host is ready", async || {
        Ok((host.client().get("/readyz").await?.status() == 200).then_some(()))
    })
    .await
}
