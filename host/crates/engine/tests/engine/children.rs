//! Children: each starts once and answers once, whatever happens to the host or to its parent.

mod deadlines;
mod falls;

use std::pin::Pin;
use std::time::Duration;

use soloist_core::{Action, EventKind, Failure, Payload, RetryPolicy, TaskId};
use soloist_engine::testing::Fault;
use soloist_engine::{Purged, Reach, RuntimeStatus, TaskHub, Told};

use crate::scripted::{Guest, Output};
use crate::{HOUR, TestEngine, World, end, id, output, start};

type Running = Pin<Box<dyn Future<Output = Output> + Send>>;

fn call(
    guest: &Guest,
    function: &str,
    child: Option<&str>,
    input: &str,
) -> Result<TaskId, Failure> {
    guest.perform(Action::StartChild {
        name: function.to_owned(),
        input: Payload::parse(input).unwrap(),
        instance_id: child.map(id),
        retry: None,
    })
}

/// Calls three children and joins what they answer.
fn parent(guest: Guest) -> Running {
    Box::pin(async move {
        let tasks: Vec<_> = (0..3)
            .map(|number| call(&guest, "child", None, &number.to_string()))
            .collect::<Result<_, _>>()?;
        let mut answers = Vec::new();
        for task in tasks {
            answers.push(guest.wait(task).await?.as_str().to_owned());
        }
        Ok(Payload::parse(&format!("[{}]", answers.join(","))).unwrap())
    })
}

/// Asks an activity, and answers with what it was given.
fn child(guest: Guest) -> Running {
    Box::pin(async move {
        let input = guest.with(|execution| execution.started().input.clone());
        let task = guest.activity("echo", input.as_str())?;
        guest.wait(task).await
    })
}

/// Gives up a child whose next attempt is due when it does.
fn tires(guest: Guest) -> Running {
    Box::pin(async move {
        let task = guest.perform(Action::StartChild {
            name: "fails".to_owned(),
            input: Payload::null(),
            instance_id: Some(id("kid")),
            retry: Some(RetryPolicy {
                max_attempts: std::num::NonZeroU32::new(5).unwrap(),
                first_retry_interval: 3_600_000,
                backoff_coefficient: 1.0,
                max_retry_interval: None,
                retry_timeout: None,
                attempt_timeout: None,
            }),
        })?;
        let timer = guest.timer(HOUR)?;
        guest.wait(timer).await?;
        guest.with(|execution| execution.cancel(task)).unwrap();
        Ok(Payload::null())
    })
}

/// Waits for ever, as a child of this id.
fn patient(guest: Guest) -> Running {
    Box::pin(async move {
        let task = call(&guest, "waits", Some("kid"), "1")?;
        guest.wait(task).await
    })
}

fn waits(guest: Guest) -> Running {
    Box::pin(async move {
        let task = guest.event("Go")?;
        guest.wait(task).await
    })
}

/// Calls a child, and gives it up when it is told to.
fn fickle(guest: Guest) -> Running {
    Box::pin(async move {
        let task = call(&guest, "waits", Some("kid"), "1")?;
        let go = guest.event("Enough")?;
        guest.wait(go).await?;
        guest
            .with(|execution| execution.cancel(task))
            .map_err(|refusal| refusal.failure())?;
        guest.wait(task).await
    })
}

/// Calls a child and does not wait for it.
fn leaves(guest: Guest) -> Running {
    Box::pin(async move {
        call(&guest, "child", Some("kid"), "7")?;
        Ok(Payload::null())
    })
}

/// Fails until it is called the third time.
fn stubborn(guest: Guest) -> Running {
    Box::pin(async move {
        let task = guest.perform(Action::StartChild {
            name: "fails".to_owned(),
            input: Payload::null(),
            instance_id: Some(id("kid")),
            retry: Some(RetryPolicy {
                max_attempts: 3.try_into().unwrap(),
                first_retry_interval: 1_000,
                backoff_coefficient: 1.0,
                max_retry_interval: None,
                retry_timeout: None,
                attempt_timeout: None,
            }),
        })?;
        guest.wait(task).await
    })
}

fn fails(guest: Guest) -> Running {
    Box::pin(async move {
        let parent = guest.with(|execution| execution.started().parent.clone());
        match parent {
            Some(parent) if parent.attempt == 3 => Ok(Payload::parse("3").unwrap()),
            _ => Err(Failure {
                error_type: "Broken".to_owned(),
                message: "not yet".to_owned(),
                details: Some("of the child".to_owned()),
                non_retriable: false,
            }),
        }
    })
}

fn calls_a_failure(guest: Guest) -> Running {
    Box::pin(async move {
        let task = call(&guest, "fails", None, "1")?;
        guest.wait(task).await
    })
}

fn calls_nobody(guest: Guest) -> Running {
    Box::pin(async move {
        let task = call(&guest, "echo", None, "1")?;
        let is_activity = guest.wait(task).await.unwrap_err();
        let task = call(&guest, "nobody", None, "1")?;
        let is_unknown = guest.wait(task).await.unwrap_err();
        let said = format!("{} {}", is_activity.message, is_unknown.message);
        Ok(Payload::string(&said))
    })
}

/// Calls itself, as deep as it may.
fn deep(guest: Guest) -> Running {
    Box::pin(async move {
        let task = call(&guest, "deep", None, "1")?;
        let answer = guest.wait(task).await;
        let depth = guest.with(|execution| {
            let parent = execution.started().parent.clone();
            parent.map_or(0, |parent| parent.depth)
        });
        match answer {
            Err(failure) if failure.error_type == "LimitExceeded" => {
                Ok(Payload::parse(&depth.to_string()).unwrap())
            }
            answer => answer,
        }
    })
}

/// Calls a child under its own id.
fn selfish(guest: Guest) -> Running {
    Box::pin(async move {
        let task = call(&guest, "child", Some("a"), "1")?;
        guest.wait(task).await
    })
}

const NAMES: [&str; 13] = [
    "tires",
    "parent",
    "child",
    "patient",
    "waits",
    "fickle",
    "leaves",
    "stubborn",
    "fails",
    "calls_a_failure",
    "calls_nobody",
    "deep",
    "selfish",
];

async fn world() -> (World, TestEngine) {
    let world = World::new(&[
        ("parent", parent),
        ("child", child),
        ("patient", patient),
        ("waits", waits),
        ("fickle", fickle),
        ("leaves", leaves),
        ("stubborn", stubborn),
        ("fails", fails),
        ("calls_a_failure", calls_a_failure),
        ("calls_nobody", calls_nobody),
        ("deep", deep),
        ("selfish", selfish),
        ("tires", tires),
    ]);
    let engine = world.first_host(&NAMES).await;
    (world, engine)
}

async fn failure(engine: &TestEngine, instance: &str) -> Failure {
    match end(engine, instance).await.end {
        Some(EventKind::ExecutionFailed { failure }) => failure,
        other => panic!("{instance} ended as {other:?}"),
    }
}

/// Returns when the child is there and runs.
async fn born(engine: &TestEngine, instance: &str) {
    loop {
        let status = engine.status(&id(instance)).await.unwrap();
        if status.is_some_and(|status| status.status == RuntimeStatus::Running) {
            return;
        }
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
}

#[tokio::test(start_paused = true)]
async fn children_answer_their_parent() {
    let (world, engine) = world().await;
    start(&engine, "parent", "a").await;
    assert_eq!(output(&engine, "a").await, "[0,1,2]");
    let children = world.hub.children(&id("a"), None, 10).await.unwrap();
    assert_eq!(children.len(), 3);
    assert_eq!(world.hub.child_starts(None, 10).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_failure_keeps_its_details() {
    let (_world, engine) = world().await;
    start(&engine, "calls_a_failure", "a").await;
    let failure = failure(&engine, "a").await;
    assert_eq!(failure.error_type, "Broken");
    assert_eq!(failure.details.as_deref(), Some("of the child"));
}

#[tokio::test(start_paused = true)]
async fn what_cannot_be_called_is_a_failure_of_the_call() {
    let (_world, engine) = world().await;
    start(&engine, "calls_nobody", "a").await;
    let said = output(&engine, "a").await;
    assert!(
        said.contains("'echo' is an activity, not an orchestrator"),
        "{said}"
    );
    assert!(said.contains("no orchestrator function 'nobody'"), "{said}");
}

#[tokio::test(start_paused = true)]
async fn an_id_that_is_live_fails_the_call() {
    let (_world, engine) = world().await;
    start(&engine, "waits", "kid").await;
    start(&engine, "patient", "a").await;
    let why = failure(&engine, "a").await;
    assert_eq!(why.error_type, "InstanceExists");
    assert_eq!(why.message, "an instance with ID 'kid' already exists");
    start(&engine, "selfish", "a").await;
    assert_eq!(failure(&engine, "a").await.error_type, "InstanceExists");
}

#[tokio::test(start_paused = true)]
async fn a_terminated_child_answers_its_parent() {
    let (_world, engine) = world().await;
    start(&engine, "patient", "a").await;
    born(&engine, "kid").await;
    let reason = Some("enough".to_owned());
    let told = engine.terminate(&id("kid"), reason, Reach::Alone).await;
    assert_eq!(told.unwrap(), Told::Accepted);
    let why = failure(&engine, "a").await;
    assert_eq!(why.error_type, "Terminated");
    assert_eq!(why.message, "the child was terminated: enough");
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_given_up_is_terminated() {
    let (world, engine) = world().await;
    start(&engine, "fickle", "a").await;
    born(&engine, "kid").await;
    engine
        .raise_event(&id("a"), "Enough".to_owned(), Payload::null())
        .await
        .unwrap();
    assert_eq!(failure(&engine, "a").await.error_type, "Canceled");
    assert_eq!(end(&engine, "kid").await.status, RuntimeStatus::Terminated);
    assert_eq!(world.hub.child_starts(None, 10).await.unwrap(), []);
    // One of another parent is not.
    start(&engine, "waits", "kid").await;
    start(&engine, "fickle", "b").await;
    engine
        .raise_event(&id("b"), "Enough".to_owned(), Payload::null())
        .await
        .unwrap();
    end(&engine, "b").await;
    born(&engine, "kid").await;
}

#[tokio::test(start_paused = true)]
async fn nothing_is_accepted_for_a_child_that_has_been_given_up() {
    let (world, engine) = world().await;
    start(&engine, "fickle", "a").await;
    born(&engine, "kid").await;
    // The host falls before it can tell the child.
    world.hub.on_commit(|operation| {
        let gives_up = !operation.children_closed.is_empty();
        gives_up.then_some(Fault::NoAnswer)
    });
    let (a, enough) = (id("a"), "Enough".to_owned());
    let raised = engine.raise_event(&a, enough, Payload::null());
    let raised = tokio::time::timeout(Duration::from_secs(1), raised).await;
    assert!(raised.is_err(), "the host falls before it can say so");
    engine.shut_down(Duration::from_secs(1)).await;
    world.hub.on_commit(|_| None);
    let engine = world.host().await;
    let (kid, late) = (id("kid"), "Late".to_owned());
    let told = engine.raise_event(&kid, late, Payload::null()).await;
    assert_eq!(told.unwrap(), Told::Ended);
    assert_eq!(end(&engine, "kid").await.status, RuntimeStatus::Terminated);
}

#[tokio::test(start_paused = true)]
async fn no_attempt_begins_that_is_given_up_as_its_time_comes() {
    let (world, engine) = world().await;
    start(&engine, "tires", "a").await;
    end(&engine, "kid").await;
    let first = engine.status(&id("kid")).await.unwrap().unwrap().execution;
    tokio::time::sleep(HOUR / 2).await;
    world.fall(engine).await;
    tokio::time::sleep(HOUR).await;
    let engine = world.host().await;
    assert_eq!(output(&engine, "a").await, "null");
    tokio::time::sleep(HOUR).await;
    let kid = engine.status(&id("kid")).await.unwrap().unwrap();
    assert_eq!((kid.status, kid.execution), (RuntimeStatus::Failed, first));
    assert_eq!(world.hub.child_starts(None, 10).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_failed_child_is_called_again() {
    let (_world, engine) = world().await;
    start(&engine, "stubborn", "a").await;
    assert_eq!(output(&engine, "a").await, "3");
    let history = engine.history(&id("a")).await.unwrap().unwrap();
    let failed =
        |event: &&soloist_core::Event| matches!(event.kind, EventKind::AttemptFailed { .. });
    assert_eq!(history.events().iter().filter(failed).count(), 2);
}

#[tokio::test(start_paused = true)]
async fn calls_of_calls_have_an_end() {
    let (_world, engine) = world().await;
    start(&engine, "deep", "a").await;
    assert_eq!(output(&engine, "a").await, "100");
}

#[tokio::test(start_paused = true)]
async fn a_tree_is_terminated_suspended_resumed_and_purged_whole() {
    let (world, engine) = world().await;
    start(&engine, "patient", "a").await;
    born(&engine, "kid").await;
    let status = async |instance: &str| {
        engine
            .status(&id(instance))
            .await
            .unwrap()
            .map(|found| found.status)
    };
    let all = Reach::Children;
    assert_eq!(
        engine.suspend(&id("a"), None, all).await.unwrap(),
        Told::Accepted
    );
    assert_eq!(status("kid").await, Some(RuntimeStatus::Suspended));
    assert_eq!(
        engine.resume(&id("a"), None, all).await.unwrap(),
        Told::Accepted
    );
    assert_eq!(status("kid").await, Some(RuntimeStatus::Running));
    assert_eq!(
        engine.terminate(&id("a"), None, all).await.unwrap(),
        Told::Accepted
    );
    assert_eq!(status("kid").await, Some(RuntimeStatus::Terminated));
    // Whoever repeats it is told that the instance has ended.
    assert_eq!(
        engine.terminate(&id("a"), None, all).await.unwrap(),
        Told::Ended
    );
    assert_eq!(
        engine.purge(&id("a"), all).await.unwrap(),
        (Purged::Purged, 2)
    );
    assert_eq!(status("kid").await, None);
    assert!(
        world
            .hub
            .children(&id("a"), None, 10)
            .await
            .unwrap()
            .is_empty()
    );
}

#[tokio::test(start_paused = true)]
async fn a_delayed_start_is_pending_until_its_time_over_a_fall() {
    let (world, engine) = world().await;
    let start_at = soloist_engine::Platform::now(&world.platform).plus(HOUR);
    let start = soloist_engine::Start {
        function: "child".parse().unwrap(),
        instance: Some(id("later")),
        input: Payload::parse("5").unwrap(),
        pin: false,
        start_at: Some(start_at),
        tags: std::collections::BTreeMap::new(),
        on_existing: soloist_engine::OnExisting::Reject,
    };
    engine.start(start).await.unwrap();
    tokio::time::sleep(HOUR / 2).await;
    let status = engine.status(&id("later")).await.unwrap().unwrap();
    assert_eq!(status.status, RuntimeStatus::Pending);
    world.fall(engine).await;
    let engine = world.host().await;
    assert_eq!(output(&engine, "later").await, "5");
    let history = engine.history(&id("later")).await.unwrap().unwrap();
    let began = history.events().iter();
    let mut began = began.filter(|event| matches!(event.kind, EventKind::ExecutionBegan {}));
    assert!(began.next().unwrap().timestamp >= start_at);
    let far = start_at.plus(1_000 * HOUR);
    assert_eq!(world.hub.timers(None, far, 10).await.unwrap(), []);
}
