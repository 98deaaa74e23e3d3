//! The engine over scripted guests, a hub in memory and a clock that stands still unless everything waits for it.

#![expect(clippy::unwrap_used, reason = "where a test cannot go on, it stops")]

mod again;
mod children;
mod continues;
mod ends;
mod http;
mod length;
mod limits;
mod naps;
mod retention;
mod retries;
mod scripted;
mod sent;
mod stopped;

use std::sync::Arc;
use std::sync::atomic::Ordering;
use std::time::Duration;

use soloist_core::{EventKind, Failure, HostError, InstanceId, Payload};
use soloist_engine::testing::{Fault, MemoryHub};
use soloist_engine::{
    Deployment, Engine, EngineSettings, FunctionKind, InstanceStatus, Purged, RuntimeStatus, Start,
    Started, TaskHub, Told,
};

use crate::scripted::{Guest, Output, Script, ScriptedGuests, TestPlatform, stopped};

type TestEngine = Engine<MemoryHub, ScriptedGuests, TestPlatform>;

const HOUR: Duration = Duration::from_hours(1);

/// Everything that outlives a host: the hub, the machine's clock, and what the test sees of activities.
#[derive(Clone)]
struct World {
    hub: MemoryHub,
    guests: ScriptedGuests,
    platform: TestPlatform,
    settings: EngineSettings,
}

impl World {
    fn new(scripts: &[(&str, Script)]) -> Self {
        Self {
            hub: MemoryHub::default(),
            guests: ScriptedGuests::new(scripts),
            platform: TestPlatform::default(),
            settings: EngineSettings::default(),
        }
    }

    /// A host on what is durable. Whatever an earlier one held in memory it does not see.
    async fn host(&self) -> TestEngine {
        let (hub, guests, platform) =
            (self.hub.clone(), self.guests.clone(), self.platform.clone());
        Engine::start_up(hub, guests, platform, self.settings.clone())
            .await
            .unwrap()
    }

    /// The `number`th commit from now goes wrong.
    fn fail_commit(&self, number: usize, fault: Fault) {
        let mut commits = 0;
        self.hub.on_commit(move |_| {
            commits += 1;
            (commits == number).then_some(fault)
        });
    }

    /// The host falls: nothing more of it becomes durable, and what it has in memory is gone.
    async fn fall(&self, engine: TestEngine) {
        self.hub.on_commit(|_| Some(Fault::Unavailable));
        engine.shut_down(HOUR).await;
        self.hub.on_commit(|_| None);
    }

    async fn orphans(&self) -> usize {
        self.hub.orphans(None, 100).await.unwrap().len()
    }

    /// The first host, with its functions.
    async fn first_host(&self, names: &[&str]) -> TestEngine {
        let engine = self.host().await;
        for (name, kind) in names
            .iter()
            .map(|name| (*name, FunctionKind::Orchestrator))
            .chain([
                ("echo", FunctionKind::Activity),
                ("gate", FunctionKind::Activity),
                ("flaky", FunctionKind::Activity),
                ("broken", FunctionKind::Activity),
            ])
        {
            let deployed = engine
                .deploy(
                    name.parse().unwrap(),
                    Some(kind),
                    name.as_bytes().into(),
                    HOUR,
                )
                .await
                .unwrap();
            assert!(matches!(deployed, Deployment::Bound(..)));
        }
        engine
    }
}

fn id(text: &str) -> InstanceId {
    text.parse().unwrap()
}

async fn start(engine: &TestEngine, function: &str, instance: &str) -> Started {
    let start = Start {
        function: function.parse().unwrap(),
        instance: Some(id(instance)),
        input: Payload::parse("1").unwrap(),
        pin: false,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
        on_existing: soloist_engine::OnExisting::Reject,
    };
    engine.start(start).await.unwrap()
}

async fn end(engine: &TestEngine, instance: &str) -> InstanceStatus {
    let status = engine
        .wait(&id(instance), 1_000 * HOUR)
        .await
        .unwrap()
        .expect("there is such an instance");
    assert!(
        !status.status.is_live(),
        "{instance} never ends: {status:?}"
    );
    status
}

async fn output(engine: &TestEngine, instance: &str) -> String {
    match end(engine, instance).await.end {
        Some(EventKind::ExecutionCompleted { output }) => output.as_str().to_owned(),
        other => panic!("{instance} ended as {other:?}"),
    }
}

fn chain(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        for step in 0..3 {
            let task = guest.activity("echo", &step.to_string())?;
            guest.wait(task).await?;
        }
        Ok(Payload::string("done"))
    })
}

fn waits_for_go(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        let go = guest.event("Go")?;
        guest.wait(go).await
    })
}

fn leaves_an_activity(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        guest.activity("gate", "7")?;
        Ok(Payload::null())
    })
}

fn sleeps(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        let timer = guest.timer(24 * HOUR)?;
        guest.wait(timer).await
    })
}

/// Computes for ten seconds before it does anything.
fn thinks(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        tokio::time::sleep(Duration::from_secs(10)).await;
        let go = guest.event("Go")?;
        guest.wait(go).await
    })
}

/// Overruns on its first run, as on a busy machine.
fn overruns_once(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        let run = guest.runs.load(Ordering::Relaxed);
        if run == 1 {
            Err(stopped(HostError::TurnTimeout))
        } else {
            Ok(Payload::null())
        }
    })
}

fn overruns_always(_: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async { Err(stopped(HostError::TurnTimeout)) })
}

/// Two generations; each leaves an activity behind, and the second returns what events it got.
fn continues(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        let generation = guest.with(|execution| execution.started().generation);
        guest.activity("gate", "0")?;
        let go = guest.event("Go")?;
        let data = guest.wait(go).await?;
        if generation == 0 {
            guest.with(|execution| execution.continue_as_new(data.clone(), true));
        }
        Ok(data)
    })
}

#[tokio::test(start_paused = true)]
async fn of_concurrent_starts_exactly_one_wins() {
    let world = World::new(&[("waits", waits_for_go)]);
    let engine = world.first_host(&["waits"]).await;
    for round in 0..20 {
        let callers = (0..64).map(|_| {
            let engine = engine.clone();
            tokio::spawn(async move { start(&engine, "waits", "one").await })
        });
        let mut winners = 0;
        for caller in callers.collect::<Vec<_>>() {
            winners += usize::from(matches!(caller.await.unwrap(), Started::Started { .. }));
        }
        assert_eq!(winners, 1, "round {round}");
        assert_eq!(
            engine
                .raise_event(&id("one"), "Go".into(), Payload::null())
                .await
                .unwrap(),
            Told::Accepted
        );
        end(&engine, "one").await;
    }
}

#[tokio::test(start_paused = true)]
async fn an_answer_whose_commit_failed_is_delivered_again() {
    for failing in 2..=4 {
        for fault in [Fault::Unavailable, Fault::Conflict] {
            let world = World::new(&[("chain", chain)]);
            let engine = world.first_host(&["chain"]).await;
            world.fail_commit(failing, fault);
            start(&engine, "chain", "c").await;
            assert_eq!(
                output(&engine, "c").await,
                r#""done""#,
                "commit {failing} failed"
            );
            assert_eq!(
                world.guests.times_run(),
                [1, 1, 1],
                "an activity ran again though the host never fell"
            );
            assert!(engine.is_ready().await);
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_caller_whose_commit_failed_is_told_so_and_nothing_is_left() {
    let world = World::new(&[("waits", waits_for_go)]);
    let engine = world.first_host(&["waits"]).await;
    world.fail_commit(1, Fault::Unavailable);
    let input = Payload::null();
    let ask = Start {
        function: "waits".parse().unwrap(),
        instance: Some(id("w")),
        input,
        pin: false,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
        on_existing: soloist_engine::OnExisting::Reject,
    };
    assert!(engine.start(ask).await.is_err());
    // Nothing is left to be tried again, so that only asking finds out that the hub can be written.
    assert!(engine.is_ready().await);
    assert_eq!(engine.status(&id("w")).await.unwrap(), None);
    assert!(matches!(
        start(&engine, "waits", "w").await,
        Started::Started { .. }
    ));
}

#[tokio::test(start_paused = true)]
async fn a_new_host_goes_on_where_the_old_one_fell() {
    let world = World::new(&[
        ("chain", chain),
        ("waits", waits_for_go),
        ("sleeps", sleeps),
    ]);
    let engine = world.first_host(&["chain", "waits", "sleeps"]).await;
    for (function, instance) in [("chain", "c"), ("waits", "w"), ("sleeps", "s")] {
        start(&engine, function, instance).await;
    }
    engine
        .raise_event(&id("w"), "Other".into(), Payload::null())
        .await
        .unwrap();
    world.fall(engine).await;
    let engine = world.host().await;
    assert!(matches!(
        start(&engine, "waits", "w").await,
        Started::Exists { .. }
    ));
    engine
        .raise_event(&id("w"), "Go".into(), Payload::string("now"))
        .await
        .unwrap();
    assert_eq!(output(&engine, "w").await, r#""now""#);
    assert_eq!(output(&engine, "c").await, r#""done""#);
    assert_eq!(output(&engine, "s").await, "null");
}

#[tokio::test(start_paused = true)]
async fn cold_instances_come_to_the_same_end() {
    let mut world = World::new(&[
        ("chain", chain),
        ("waits", waits_for_go),
        ("sleeps", sleeps),
    ]);
    world.settings.hot_bytes_max = 0;
    let engine = world.first_host(&["chain", "waits", "sleeps"]).await;
    for (function, instance) in [("chain", "c"), ("waits", "w"), ("sleeps", "s")] {
        start(&engine, function, instance).await;
    }
    engine
        .raise_event(&id("w"), "go".into(), Payload::string("cold"))
        .await
        .unwrap();
    assert_eq!(output(&engine, "w").await, r#""cold""#);
    assert_eq!(output(&engine, "c").await, r#""done""#);
    assert_eq!(output(&engine, "s").await, "null");
    assert_eq!(world.guests.times_run(), [1, 1, 1]);
}

#[tokio::test(start_paused = true)]
async fn a_slow_guest_delays_no_answer() {
    let world = World::new(&[("thinks", thinks)]);
    let engine = world.first_host(&["thinks"]).await;
    let before = tokio::time::Instant::now();
    start(&engine, "thinks", "t").await;
    assert!(
        before.elapsed() < Duration::from_secs(1),
        "the start waited for the guest"
    );
    let status = engine.status(&id("t")).await.unwrap().unwrap();
    assert_eq!(status.status, RuntimeStatus::Pending);
    engine
        .raise_event(&id("t"), "Go".into(), Payload::string("early"))
        .await
        .unwrap();
    assert_eq!(output(&engine, "t").await, r#""early""#);
}

#[tokio::test(start_paused = true)]
async fn terminating_does_not_wait_for_a_guest_that_computes() {
    let world = World::new(&[("thinks", thinks)]);
    let engine = world.first_host(&["thinks"]).await;
    start(&engine, "thinks", "t").await;
    let before = tokio::time::Instant::now();
    assert_eq!(
        engine
            .terminate(
                &id("t"),
                Some("enough".into()),
                soloist_engine::Reach::Alone
            )
            .await
            .unwrap(),
        Told::Accepted
    );
    assert!(before.elapsed() < Duration::from_secs(1));
    assert_eq!(end(&engine, "t").await.status, RuntimeStatus::Terminated);
}

#[tokio::test(start_paused = true)]
async fn what_the_machine_may_have_caused_is_recorded_only_when_it_happens_twice() {
    let world = World::new(&[("once", overruns_once)]);
    let engine = world.first_host(&["once"]).await;
    start(&engine, "once", "o").await;
    assert_eq!(output(&engine, "o").await, "null");

    let world = World::new(&[("always", overruns_always)]);
    let engine = world.first_host(&["always"]).await;
    start(&engine, "always", "a").await;
    let Some(EventKind::ExecutionFailed {
        failure: Failure { error_type, .. },
    }) = end(&engine, "a").await.end
    else {
        panic!("the instance did not fail")
    };
    assert_eq!(error_type, "TurnTimeout");
}
