//! Instances that begin again: replaced, restarted, rewound.

use std::pin::Pin;
use std::sync::atomic::Ordering;
use std::time::Duration;

use soloist_core::{Action, EventKind, Failure, Payload};
use soloist_engine::testing::Fault;
use soloist_engine::{
    InstanceLimit, OnExisting, Restarted, Rewound, RuntimeStatus, Start, Started, TaskHub, Told,
    WhenFull,
};

use crate::scripted::{Guest, Output};
use crate::{HOUR, TestEngine, World, end, id, output, start};

type Running = Pin<Box<dyn Future<Output = Output> + Send>>;

fn waits(guest: Guest) -> Running {
    Box::pin(async move {
        let timer = guest.timer(HOUR)?;
        guest.activity("gate", "1")?;
        guest.wait(timer).await
    })
}

/// Asks two activities; the second fails while the gate is shut. What the first did is not done again.
fn fragile(guest: Guest) -> Running {
    Box::pin(async move {
        let first = guest.activity("echo", "1")?;
        guest.wait(first).await?;
        let timer = guest.timer(HOUR)?;
        let second = guest.activity("broken", "2")?;
        let answer = guest.wait(second).await?;
        guest.wait(timer).await?;
        Ok(answer)
    })
}

fn calls_fragile(guest: Guest) -> Running {
    Box::pin(async move {
        let task = guest.perform(Action::StartChild {
            name: "fragile".to_owned(),
            input: Payload::null(),
            instance_id: Some(id("kid")),
            retry: None,
        })?;
        guest.wait(task).await
    })
}

/// Calls a child, and fails beside it.
fn fails_first(guest: Guest) -> Running {
    Box::pin(async move {
        let task = guest.perform(Action::StartChild {
            name: "listens".to_owned(),
            input: Payload::null(),
            instance_id: Some(id("kid")),
            retry: None,
        })?;
        let broken = guest.activity("broken", "2")?;
        guest.wait(broken).await?;
        guest.wait(task).await
    })
}

fn listens(guest: Guest) -> Running {
    Box::pin(async move {
        let name = "Enough".to_owned();
        let event = guest.perform(Action::WaitForEvent { name })?;
        guest.wait(event).await
    })
}

async fn world() -> (World, TestEngine) {
    let world = World::new(&[
        ("fails_first", fails_first),
        ("listens", listens),
        ("waits", waits),
        ("fragile", fragile),
        ("calls_fragile", calls_fragile),
    ]);
    let engine = world
        .first_host(&[
            "waits",
            "fragile",
            "calls_fragile",
            "fails_first",
            "listens",
        ])
        .await;
    (world, engine)
}

fn replacing(instance: &str) -> Start {
    Start {
        function: "waits".parse().unwrap(),
        instance: Some(id(instance)),
        input: Payload::parse("2").unwrap(),
        pin: false,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
        on_existing: OnExisting::Replace,
    }
}

async fn execution(engine: &TestEngine, instance: &str) -> soloist_core::ExecutionId {
    let status = engine.status(&id(instance)).await.unwrap();
    status.unwrap().execution
}

#[tokio::test(start_paused = true)]
async fn a_live_instance_is_replaced_in_one_commit() {
    for number in 0..3 {
        let (world, engine) = world().await;
        start(&engine, "waits", "a").await;
        let first = execution(&engine, "a").await;
        let mut commits = 0;
        world.hub.on_commit(move |_| {
            commits += 1;
            (commits == number).then_some(Fault::Unavailable)
        });
        let replaced = engine.start(replacing("a")).await;
        let now = execution(&engine, "a").await;
        match replaced {
            Ok(Started::Started { execution, .. }) => {
                assert_eq!(execution, now);
                assert_ne!(execution, first);
            }
            Ok(Started::Exists { .. } | Started::Full { .. }) => panic!("it was to be replaced"),
            Err(_) => assert_eq!(now, first, "a failed commit changes nothing"),
        }
        let status = engine.status(&id("a")).await.unwrap().unwrap();
        assert!(status.status.is_live());
        output(&engine, "a").await;
        let far = soloist_engine::Platform::now(&world.platform).plus(1_000 * HOUR);
        assert_eq!(world.hub.timers(None, far, 10).await.unwrap(), []);
    }
}

#[tokio::test(start_paused = true)]
async fn of_many_that_replace_each_the_last_is_live_and_all_are_told_the_truth() {
    let (world, engine) = world().await;
    let starts = (0..20).map(|_| engine.start(replacing("a")));
    let told = futures_all(starts).await;
    let mut executions: Vec<_> = told
        .into_iter()
        .map(|told| match told {
            Started::Started { execution, .. } => execution,
            Started::Exists { .. } | Started::Full { .. } => panic!("each replaces"),
        })
        .collect();
    assert!(executions.contains(&execution(&engine, "a").await));
    executions.sort_unstable();
    executions.dedup();
    assert_eq!(executions.len(), 20);
    drop(world);
}

async fn futures_all(
    starts: impl Iterator<Item = impl Future<Output = Result<Started, soloist_engine::StartError>>>,
) -> Vec<Started> {
    let mut told = Vec::new();
    for start in starts.map(Box::pin).collect::<Vec<_>>() {
        told.push(start.await.unwrap());
    }
    told
}

#[tokio::test(start_paused = true)]
async fn an_instance_is_restarted_with_what_it_was_given() {
    let (_world, engine) = world().await;
    assert!(matches!(
        engine.restart(&id("a"), true).await,
        Ok(Restarted::Unknown)
    ));
    start(&engine, "waits", "a").await;
    let again = engine.restart(&id("a"), false).await.unwrap();
    assert!(matches!(again, Restarted::Started(Started::Exists { .. })));
    let Restarted::Started(Started::Started { instance, .. }) =
        engine.restart(&id("a"), true).await.unwrap()
    else {
        panic!("a new id is free");
    };
    assert_ne!(instance, id("a"));
    let status = engine.status(&instance).await.unwrap().unwrap();
    assert_eq!(
        (status.function.as_str(), status.input.as_str()),
        ("waits", "1")
    );
    engine
        .terminate(&id("a"), None, soloist_engine::Reach::Alone)
        .await
        .unwrap();
    let before = execution(&engine, "a").await;
    let again = engine.restart(&id("a"), false).await.unwrap();
    assert!(matches!(again, Restarted::Started(Started::Started { .. })));
    assert_ne!(execution(&engine, "a").await, before);
}

async fn failed(engine: &TestEngine, instance: &str) -> Failure {
    match end(engine, instance).await.end {
        Some(EventKind::ExecutionFailed { failure }) => failure,
        other => panic!("{instance} ended as {other:?}"),
    }
}

#[tokio::test(start_paused = true)]
async fn a_failed_instance_goes_on_from_before_its_failure_over_any_failed_commit() {
    for number in 0..6 {
        let (world, engine) = world().await;
        start(&engine, "fragile", "a").await;
        assert_eq!(failed(&engine, "a").await.message, "the gate is shut");
        world.guests.mend();
        world.fail_commit(number, Fault::Unavailable);
        let mut rewound = engine.rewind(&id("a"), None).await;
        if rewound.is_err() {
            rewound = engine.rewind(&id("a"), None).await;
        }
        assert_eq!(rewound.unwrap(), Rewound::Accepted);
        assert_eq!(output(&engine, "a").await, "2");
        assert_eq!(world.guests.times_run(), [1, 2], "the first ran once");
    }
}

#[tokio::test(start_paused = true)]
async fn only_a_failed_instance_is_rewound() {
    let (_world, engine) = world().await;
    let rewound = async |instance: &str| engine.rewind(&id(instance), None).await.unwrap();
    assert_eq!(rewound("a").await, Rewound::Unknown);
    start(&engine, "waits", "a").await;
    assert_eq!(rewound("a").await, Rewound::NotFailed);
    let told = engine
        .terminate(&id("a"), None, soloist_engine::Reach::Alone)
        .await;
    assert_eq!(told.unwrap(), Told::Accepted);
    assert_eq!(rewound("a").await, Rewound::NotFailed);
}

#[tokio::test(start_paused = true)]
async fn a_rewound_parent_rewinds_its_child() {
    let (world, engine) = world().await;
    start(&engine, "calls_fragile", "a").await;
    assert_eq!(failed(&engine, "a").await.message, "the gate is shut");
    let before = execution(&engine, "kid").await;
    world.guests.mend();
    assert_eq!(
        engine.rewind(&id("a"), None).await.unwrap(),
        Rewound::Accepted
    );
    assert_eq!(output(&engine, "a").await, "2");
    assert_eq!(execution(&engine, "kid").await, before, "it went on");
    assert_eq!(world.guests.times_run(), [1, 2]);
    assert_eq!(world.hub.child_starts(None, 10).await.unwrap(), []);
    let kid = engine.status(&id("kid")).await.unwrap().unwrap();
    assert_eq!(kid.status, RuntimeStatus::Completed);
    tokio::time::sleep(Duration::from_millis(1)).await;
}

#[tokio::test(start_paused = true)]
async fn a_child_that_ended_before_its_parent_was_rewound_answers_it() {
    let (world, engine) = world().await;
    start(&engine, "fails_first", "a").await;
    assert_eq!(failed(&engine, "a").await.message, "the gate is shut");
    let (kid, name) = (id("kid"), "Enough".to_owned());
    while engine.status(&kid).await.unwrap().is_none() {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let told = engine.raise_event(&kid, name, Payload::parse("7").unwrap());
    assert_eq!(told.await.unwrap(), Told::Accepted);
    assert_eq!(output(&engine, "kid").await, "7");
    let before = execution(&engine, "kid").await;
    world.guests.mend();
    let rewound = engine.rewind(&id("a"), None).await;
    assert_eq!(rewound.unwrap(), Rewound::Accepted);
    assert_eq!(output(&engine, "a").await, "7");
    assert_eq!(execution(&engine, "kid").await, before, "it ran once");
    assert_eq!(world.hub.child_starts(None, 10).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_start_that_replaces_waits_for_its_time() {
    let (world, engine) = world().await;
    start(&engine, "waits", "a").await;
    let start_at = soloist_engine::Platform::now(&world.platform).plus(HOUR);
    let later = Start {
        start_at: Some(start_at),
        ..replacing("a")
    };
    assert!(matches!(
        engine.start(later).await,
        Ok(Started::Started { .. })
    ));
    let execution = execution(&engine, "a").await;
    end(&engine, "a").await;
    let history = engine.history(&id("a")).await.unwrap().unwrap();
    assert_eq!(history.started().execution, execution);
    let mut events = history.events().iter();
    let began = events.find(|event| matches!(event.kind, EventKind::ExecutionBegan {}));
    assert!(began.unwrap().timestamp >= start_at);
}

#[tokio::test(start_paused = true)]
async fn a_start_whose_time_came_while_it_was_suspended_begins_though_the_clock_was_set_back() {
    let (world, engine) = world().await;
    let start_at = soloist_engine::Platform::now(&world.platform).plus(HOUR);
    let later = Start {
        start_at: Some(start_at),
        ..replacing("a")
    };
    engine.start(later).await.unwrap();
    let alone = soloist_engine::Reach::Alone;
    let told = engine.suspend(&id("a"), None, alone).await.unwrap();
    assert_eq!(told, Told::Accepted);
    tokio::time::sleep(2 * HOUR).await;
    // It leaves memory, where it knows that its time has come.
    world.fail_commit(1, Fault::Unavailable);
    let (a, late) = (id("a"), "Late".to_owned());
    let told = engine.raise_event(&a, late, Payload::null()).await;
    assert!(told.is_err());
    world.platform.set_by.store(-7_200_000, Ordering::Relaxed);
    let told = engine.resume(&id("a"), None, alone).await.unwrap();
    assert_eq!(told, Told::Accepted);
    let status = engine.status(&id("a")).await.unwrap().unwrap();
    assert_eq!(status.status, RuntimeStatus::Pending);
    tokio::time::sleep(HOUR * 3 / 2).await;
    let status = engine.status(&id("a")).await.unwrap().unwrap();
    assert_eq!(status.status, RuntimeStatus::Running);
}

#[tokio::test(start_paused = true)]
async fn a_rewound_instance_needs_a_slot_and_so_does_a_child() {
    let (mut world, engine) = world().await;
    world.fall(engine).await;
    let limit = InstanceLimit {
        max: 1.try_into().unwrap(),
        when_full: WhenFull::Reject,
    };
    world.settings.limits = [("fragile".parse().unwrap(), limit)].into();
    let engine = world.host().await;
    start(&engine, "fragile", "a").await;
    failed(&engine, "a").await;
    world.guests.mend();
    start(&engine, "fragile", "b").await;
    let full = Rewound::Full {
        function: "fragile".parse().unwrap(),
        holder: id("b"),
    };
    assert_eq!(engine.rewind(&id("a"), None).await.unwrap(), full);
    start(&engine, "calls_fragile", "c").await;
    let why = failed(&engine, "c").await;
    assert_eq!(why.error_type, "LimitExceeded");
    assert_eq!(
        why.message,
        "as many instances of 'fragile' as may be are live, such as 'b'"
    );
    assert_eq!(world.hub.child_starts(None, 10).await.unwrap(), []);
    output(&engine, "b").await;
    assert_eq!(
        engine.rewind(&id("a"), None).await.unwrap(),
        Rewound::Accepted
    );
    assert_eq!(output(&engine, "a").await, "2");
    start(&engine, "calls_fragile", "c").await;
    assert_eq!(output(&engine, "c").await, "2");
}
