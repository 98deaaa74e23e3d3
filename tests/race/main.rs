//! The singleton under race: of any number of concurrent starts of one ID, wherever they are asked for, exactly one wins.

mod callers;
mod limits;
mod mixed;

use anyhow::{Context, Result, ensure};
use rand::Rng;
use serde_json::json;
use tests::{Answer, Client, Guest, Host, HostOptions, eventually};

use crate::callers::{CALLERS, Place, Refusal, check_shown, connect, count, race, race_to_the_end};

const ROUNDS: usize = 200;
const KILL_ROUNDS: usize = 20;
/// So many where no kill of those lands amid a race.
const KILL_ROUNDS_MAX: usize = 100;
/// What is started waits for one event.
const INPUT: &str = r#"{"name":"Go","n":1}"#;

/// Every fourth caller wants to be attached to what is live, the others want to win.
fn attaches(caller: usize) -> bool {
    caller.is_multiple_of(4)
}

/// The start of one ID by a caller.
fn start(caller: usize, round: usize, id: &str) -> (String, String) {
    let path = Place::of(caller, round).start("events", id);
    let query = if attaches(caller) {
        "?onExisting=attach"
    } else {
        ""
    };
    (path + query, INPUT.to_owned())
}

/// One winner; all others learn who won.
fn check_round(answers: &[Answer], round: usize, id: &str) -> Result<()> {
    let winners = count(answers, 202);
    ensure!(winners == 1, "{winners} winners of {id}: {answers:?}");
    let winner = answers.iter().find(|answer| answer.status == 202);
    let winner = winner.context("there is a winner")?;
    check_shown(winner, 202, id)?;
    let location = winner.header("location").context("a 202 says where")?;
    for (caller, answer) in answers.iter().enumerate() {
        if answer.status == 202 {
            continue;
        }
        if attaches(caller) {
            check_shown(answer, 200, id)?;
            ensure!(answer.header("location") == Some(location), "{answer:?}");
        } else {
            let place = Place::of(caller, round);
            place.check_conflict(answer, &Refusal::exists(id), location)?;
        }
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
        let answers = race_to_the_end(&mut connections, |caller| start(caller, round, &id)).await?;
        check_round(&answers, round, &id)?;
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
    for round in 0..KILL_ROUNDS_MAX {
        if round >= KILL_ROUNDS && cut_short > 0 {
            break;
        }
        let id = format!("killed-{round}");
        let mut connections = connect(&host).await?;
        // The kill comes after a random number of bytes of work: from before the first start to after the last answer.
        let spins = rand::rng().random_range(0..3_000_u32);
        let racing = race(&mut connections, |caller| start(caller, round, &id));
        let (answers, killed) = tokio::join!(racing, async {
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
        if !answers.is_empty() {
            ensure!(status.is_some(), "{id} was answered, but it is gone");
        }
        let again = Place::of(round, 0).start("events", &id);
        let again = client.post(&again, &json!({"name": "Go", "n": 1})).await?;
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
