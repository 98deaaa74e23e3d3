//! What must be true after the kills.

use std::collections::{HashMap, HashSet};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::{Client, eventually};

use crate::fleet::{Job, Kind};
use crate::scripts;

/// Every history that was read before the kill is a prefix of that execution's history after it. Returns how many could
/// be compared; the others have continued as new or were replaced.
pub(crate) async fn histories_go_on(
    client: &Client,
    before: &[(String, String, Vec<Value>)],
) -> Result<usize> {
    let mut compared = 0;
    for (id, execution, events) in before {
        let (execution_now, now) = client.execution(id).await?;
        if execution_now == *execution {
            ensure!(
                now.starts_with(events),
                "the history of {id} was\n{events:#?}\nand is\n{now:#?}"
            );
            compared += 1;
        }
    }
    Ok(compared)
}

/// The instance ended as its kind must, and each of its requests has one answer at most.
pub(crate) async fn job_came_out_right(client: &Client, job: &Job) -> Result<()> {
    let ended = client.ended(&job.id).await?;
    let input = job.input();
    let times = |value: &Value, n: usize| Value::Array(vec![value.clone(); n]);
    let is_right = match job.kind {
        Kind::Chain => ended.output == times(&input["input"], 6),
        Kind::Fan => ended.output == times(&input["input"], 12),
        Kind::Counter => ended.output["generations"] == json!(5),
        Kind::Sleepy => are_times(&ended.output, 6, 250),
        Kind::Race => matches!(ended.output["winner"].as_str(), Some("activity" | "timer")),
        Kind::Events => events_were_consumed(&ended.output, &job.accepted),
        Kind::Family => ended.output == scripts::family_output(&job.id),
        Kind::Retried => scripts::retried_is_right(&ended.output),
        Kind::Sender => scripts::sender_is_right(&ended.output),
        Kind::FireAndForget("fail") => ended.status == "Failed",
        Kind::FireAndForget(_) | Kind::Replaced => ended.output == json!("left"),
    };
    ensure!(is_right, "{job:?} ended as {ended:?}");
    ensure!(
        ended.status == "Completed" || job.kind == Kind::FireAndForget("fail"),
        "{job:?} ended as {ended:?}"
    );
    let (execution, events) = client.execution(&job.id).await?;
    match job.kind {
        Kind::Family => children_are_its_own(client, job, &execution, &events).await?,
        Kind::Retried => {
            let numbers = events.iter().filter_map(|event| event["attempt"].as_u64());
            let numbers: Vec<_> = numbers.collect();
            ensure!(numbers == scripts::FAILED_ATTEMPTS, "{job:?}: {numbers:?}");
        }
        _ => {}
    }
    let mut answered = HashSet::new();
    for event in events {
        let kind = event["type"].as_str().context("an event has a type")?;
        if matches!(kind, "TaskCompleted" | "TaskFailed" | "TimerFired") {
            let request = event
                .get("scheduled")
                .or(event.get("timer"))
                .and_then(Value::as_u64);
            let request =
                request.with_context(|| format!("an answer names its request: {event}"))?;
            ensure!(
                answered.insert(request),
                "{} has two answers to event {request}",
                job.id
            );
        }
    }
    Ok(())
}

/// Each child that the history asks for ran as one execution that was called from there, and so did the one that nobody awaits.
async fn children_are_its_own(
    client: &Client,
    job: &Job,
    execution: &str,
    events: &[Value],
) -> Result<()> {
    let asked = events
        .iter()
        .filter(|event| event["type"] == "ChildScheduled");
    let mut children = 0;
    for event in asked {
        let id = event["instanceId"].as_str().context("a child has an id")?;
        let ended = client.ended(id).await?;
        ensure!(ended.status == "Completed", "{id} ended as {ended:?}");
        if id.ends_with("-orphan") {
            ensure!(
                ended.output == scripts::orphan_output(&job.id),
                "{id} ended as {ended:?}"
            );
        }
        let (_, of_child) = client.execution(id).await?;
        let parent = &of_child[0]["parent"];
        ensure!(
            parent["instanceId"] == job.id.as_str()
                && parent["executionId"] == execution
                && parent["scheduled"] == event["eventId"],
            "{id} was called from {parent}, not from {event} of {execution}"
        );
        children += 1;
    }
    ensure!(
        children == scripts::CHILDREN + 1,
        "{job:?} has {children} children"
    );
    Ok(())
}

/// Nothing is live any more, also of what the test did not start itself.
pub(crate) async fn all_has_ended(client: &Client) -> Result<()> {
    let path = "/runtime/webhooks/durabletask/instances/?runtimeStatus=Pending,Running,Suspended&showInput=false";
    eventually("nothing is live", async || {
        let live: Value = client.get(path).await?.json().await?;
        Ok((live == json!([])).then_some(()))
    })
    .await
}

/// So many moments, each so much later than the one before.
fn are_times(output: &Value, number: usize, step: u64) -> bool {
    let Some(times) = output.as_array() else {
        return false;
    };
    let times: Vec<_> = times.iter().filter_map(Value::as_f64).collect();
    #[expect(clippy::cast_precision_loss, reason = "milliseconds of a test")]
    let step = step as f64;
    times.len() == number && times.windows(2).all(|pair| pair[1] - pair[0] >= step)
}

/// Events are consumed in the order raised. One whose answer was lost may be there or not; one that was accepted must be
/// there, if a later one is.
fn events_were_consumed(output: &Value, accepted: &[u64]) -> bool {
    let Some(consumed) = output.as_array() else {
        return false;
    };
    let consumed: Vec<_> = consumed.iter().filter_map(Value::as_u64).collect();
    let last = consumed.last().copied().unwrap_or_default();
    consumed.len() == 4
        && consumed.is_sorted_by(|a, b| a < b)
        && accepted
            .iter()
            .filter(|event| **event <= last)
            .all(|event| consumed.contains(event))
}

/// What the activities themselves said.
pub(crate) struct Runs {
    pub(crate) observed: usize,
    pub(crate) repeated: usize,
}

/// Activities that nobody awaited have run, whatever became of the execution that asked for them.
fn activities_ran(log: &str, jobs: &[Job]) -> Result<Runs> {
    let mut runs: HashMap<&str, usize> = HashMap::new();
    let mut keys_of: HashMap<&str, HashSet<&str>> = HashMap::new();
    for line in log.lines() {
        if let Some((_, said)) = line.split_once("effect=") {
            let mut words = said.split([' ', '"']);
            if let (Some(key), Some(label)) = (words.next(), words.next()) {
                *runs.entry(key).or_default() += 1;
                keys_of.entry(label).or_default().insert(key);
            }
        }
    }
    for job in jobs {
        let expected = match job.kind {
            Kind::Chain => 6,
            Kind::Fan => 12,
            Kind::FireAndForget(_) | Kind::Replaced => 3 * job.starts,
            Kind::Events
            | Kind::Counter
            | Kind::Sleepy
            | Kind::Race
            | Kind::Family
            | Kind::Retried
            | Kind::Sender => continue,
        };
        let ran = keys_of.get(job.id.as_str()).map_or(0, HashSet::len);
        ensure!(
            ran >= expected,
            "{job:?}: {ran} of its activities ran, not {expected}"
        );
    }
    Ok(Runs {
        observed: runs.len(),
        repeated: runs.values().filter(|runs| **runs > 1).count(),
    })
}

/// Waits until the activities that nobody awaits have run as well.
pub(crate) async fn activities_are_done(log: impl Fn() -> String, jobs: &[Job]) -> Result<Runs> {
    eventually("activities that nobody awaits have run", async || {
        Ok(activities_ran(&log(), jobs).ok())
    })
    .await
    .or_else(|_| activities_ran(&log(), jobs))
}

/// What is counted of each function and state is what there is, after all those kills.
pub(crate) async fn counts_are_right(client: &Client) -> Result<()> {
    let counts: Value = client.get("/admin/instances/counts").await?.json().await?;
    let (mut listed, mut token) = (HashMap::<(String, String), u64>::new(), String::new());
    loop {
        let path = "/runtime/webhooks/durabletask/instances/?top=1000&showInput=false";
        let page = client.http().get(client.url(path));
        let page = page.header("x-ms-continuation-token", token).send().await?;
        let next = page.headers().get("x-ms-continuation-token");
        token = next.context("no token")?.to_str()?.to_owned();
        for instance in page.json::<Vec<Value>>().await? {
            let text = |key: &str| instance[key].as_str().map(str::to_owned);
            let function = text("name").context("no name")?;
            let state = text("runtimeStatus").context("no state")?;
            *listed.entry((function, state)).or_default() += 1;
        }
        if token.is_empty() {
            break;
        }
    }
    let total: u64 = listed.values().sum();
    ensure!(counts["total"] == total, "{total} are listed: {counts}");
    for ((function, state), count) in listed {
        let counted = &counts["functions"][&function][&state];
        ensure!(
            *counted == count,
            "{count} of {function} are {state}, counted as {counted}"
        );
    }
    Ok(())
}
