//! Starts that race with what ends the instance that they would meet: each answer is of an execution, and no two were live at once.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{Answer, Client, Guest, Host, HostOptions};

use crate::callers::{CALLERS, Place, Refusal, check_shown, connect, count, race_to_the_end};
use crate::{INPUT, finish};

const ROUNDS: usize = 40;

/// A host that keeps what was replaced, so that it can be counted.
async fn host() -> Result<Host> {
    let host = Host::start(HostOptions {
        arguments: vec!["--kept-executions".to_owned(), "1000".to_owned()],
        ..HostOptions::default()
    })?;
    host.client()
        .deploy("events", Guest::Scenarios, Some("orchestrator"))
        .await?;
    Ok(host)
}

/// An execution: its id, how it ended, when it was started and when it ended.
#[derive(Debug)]
struct Execution {
    id: String,
    ending: String,
    started: String,
    ended: String,
}

/// The executions of an instance that others have taken the place of, oldest first.
async fn earlier(client: &Client, id: &str) -> Result<Vec<Execution>> {
    let path = format!("/admin/instances/{id}/executions");
    let list: Vec<Value> = client.get(&path).await?.json().await?;
    let executions = list.iter().rev().map(|execution| {
        let text = |key: &str| execution[key].as_str().map(str::to_owned);
        Some(Execution {
            id: text("executionId")?,
            ending: text("runtimeStatus")?,
            started: text("startedTime")?,
            ended: text("endedTime")?,
        })
    });
    executions.collect::<Option<_>>().context("it says all")
}

/// So many executions have been, all but the last one were terminated, and none began before the one ahead had ended.
async fn check_executions(client: &Client, id: &str, count: usize) -> Result<()> {
    let (current, events) = client.execution(id).await?;
    let earlier = earlier(client, id).await?;
    ensure!(
        earlier.len() + 1 == count,
        "{count} executions of {id} were told of: {earlier:?}"
    );
    for execution in &earlier {
        ensure!(execution.ending == "Terminated", "{execution:?}");
        ensure!(execution.id != current, "{execution:?} is the current one");
    }
    for pair in earlier.windows(2) {
        ensure!(pair[0].ended <= pair[1].started, "both lived: {pair:?}");
    }
    if let Some(last) = earlier.last() {
        let began = events[0]["timestamp"].as_str().context("it has a time")?;
        ensure!(last.ended.as_str() <= began, "{last:?} lived at {began}");
    }
    Ok(())
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Wish {
    Reject,
    Attach,
    Replace,
}

impl Wish {
    /// With three places and four wishes each place is asked for each.
    fn of(caller: usize) -> Self {
        [Self::Replace, Self::Attach, Self::Reject, Self::Reject][caller % 4]
    }

    fn query(self) -> &'static str {
        match self {
            Self::Reject => "?onExisting=reject",
            Self::Attach => "?onExisting=attach",
            Self::Replace => "?onExisting=replace",
        }
    }
}

/// Whoever replaces has an execution of his own; of the others at most one has.
fn check_mix(answers: &[Answer], round: usize, id: &str) -> Result<()> {
    let location = answers[0].header("location").context("it says where")?;
    let mut others = 0;
    for (caller, answer) in answers.iter().enumerate() {
        let wish = Wish::of(caller);
        if answer.status == 202 {
            others += usize::from(wish != Wish::Replace);
            check_shown(answer, 202, id)?;
            ensure!(answer.header("location") == Some(location), "{answer:?}");
            continue;
        }
        match wish {
            Wish::Replace => ensure!(false, "not replaced: {answer:?}"),
            Wish::Attach => check_shown(answer, 200, id)?,
            Wish::Reject => {
                let place = Place::of(caller, round);
                place.check_conflict(answer, &Refusal::exists(id), location)?;
            }
        }
    }
    ensure!(others <= 1, "{others} won who replace nothing: {answers:?}");
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whoever_replaces_amid_a_race_gets_an_execution_and_nobody_else_but_one() -> Result<()> {
    let host = host().await?;
    let client = host.client();
    let mut connections = connect(&host).await?;
    for round in 0..ROUNDS {
        let id = format!("mixed-{round}");
        let answers = race_to_the_end(&mut connections, |caller| {
            let path = Place::of(caller, round).start("events", &id);
            (path + Wish::of(caller).query(), INPUT.to_owned())
        });
        let answers = answers.await?;
        check_mix(&answers, round, &id)?;
        check_executions(&client, &id, count(&answers, 202)).await?;
        finish(&client, &id).await?;
    }
    Ok(())
}

/// Every eighth caller terminates.
fn terminates(caller: usize) -> bool {
    caller % 8 == 3
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn each_start_amid_terminations_follows_one_of_them() -> Result<()> {
    let host = host().await?;
    let client = host.client();
    let mut connections = connect(&host).await?;
    let (mut started, mut refused) = (0, 0);
    for round in 0..ROUNDS {
        let id = format!("ended-{round}");
        client
            .start("events", &id, &serde_json::from_str(INPUT)?)
            .await?;
        let answers = race_to_the_end(&mut connections, |caller| {
            if terminates(caller) {
                let base = ["/runtime/webhooks/durabletask", "/durabletask"][(caller / 8) % 2];
                let path = format!("{base}/instances/{id}/terminate?reason=race");
                return (path, String::new());
            }
            let path = Place::of(caller, round).start("events", &id);
            (path, INPUT.to_owned())
        });
        let answers = answers.await?;
        let (ends, starts): (Vec<_>, Vec<_>) = answers
            .iter()
            .enumerate()
            .partition(|(caller, _)| terminates(*caller));
        let url = format!(
            "http://{}/runtime/webhooks/durabletask/instances/{id}?taskHub=Soloist&connection=Storage",
            host.address()
        );
        let (mut begun, mut ended) = (0, 0);
        for (caller, answer) in starts {
            if answer.status == 202 {
                check_shown(answer, 202, &id)?;
                begun += 1;
            } else {
                let place = Place::of(caller, round);
                place.check_conflict(answer, &Refusal::exists(&id), &url)?;
                refused += 1;
            }
        }
        for (_, answer) in ends {
            ensure!(matches!(answer.status, 202 | 410), "{answer:?}");
            ensure!(answer.body.is_empty(), "{answer:?}");
            ended += usize::from(answer.status == 202);
        }
        check_executions(&client, &id, 1 + begun).await?;
        let status = client.status(&id).await?.context("it was started")?;
        let is_live = status["runtimeStatus"] != "Terminated";
        // Each start but the first followed an end; each end that was accepted ended one.
        let lives = 1 + begun - usize::from(is_live);
        ensure!(
            ended == lives,
            "{round}: {ended} ends and {begun} starts were accepted, and it is {}: {answers:?}",
            status["runtimeStatus"]
        );
        started += begun;
        if is_live {
            finish(&client, &id).await?;
        }
    }
    println!("{started} starts followed a termination, {refused} met a live instance");
    ensure!(
        started > 0 && refused > CALLERS,
        "{started} started and {refused} were refused; the test showed nothing"
    );
    Ok(())
}
