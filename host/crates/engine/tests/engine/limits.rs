//! Functions of which only so many instances may be live.

use soloist_engine::testing::Fault;
use soloist_engine::{InstanceLimit, RuntimeStatus, Started, TaskHub, Told, WhenFull};

use crate::scripted::Guest;
use crate::{HOUR, Output, TestEngine, World, end, id, output, start, waits_for_go};

/// A world in which so many instances of `waits` may be live.
fn world(max: u32, when_full: WhenFull) -> World {
    let mut world = World::new(&[("waits", waits_for_go), ("naps", naps)]);
    limit(&mut world, max, when_full);
    world
}

fn limit(world: &mut World, max: u32, when_full: WhenFull) {
    let max = max.try_into().unwrap();
    let limit = InstanceLimit { max, when_full };
    world.settings.limits = ["waits", "naps"]
        .map(|name| (name.parse().unwrap(), limit))
        .into();
}

fn naps(guest: Guest) -> std::pin::Pin<Box<dyn Future<Output = Output> + Send>> {
    Box::pin(async move {
        for _ in 0..3 {
            let timer = guest.timer(HOUR)?;
            guest.wait(timer).await?;
        }
        Ok(soloist_core::Payload::null())
    })
}

async fn raise(engine: &TestEngine, instance: &str) -> Told {
    let data = soloist_core::Payload::parse("7").unwrap();
    let instance = id(instance);
    let raised = engine.raise_event(&instance, "Go".to_owned(), data);
    raised.await.unwrap()
}

async fn status(engine: &TestEngine, instance: &str) -> RuntimeStatus {
    let status = engine.status(&id(instance)).await.unwrap();
    status.unwrap().status
}

async fn runs(engine: &TestEngine, instance: &str) {
    while status(engine, instance).await != RuntimeStatus::Running {
        tokio::task::yield_now().await;
    }
}

fn names(count: usize) -> Vec<String> {
    (0..count).map(|number| format!("i-{number}")).collect()
}

#[tokio::test(start_paused = true)]
async fn of_concurrent_starts_as_many_win_as_there_are_slots() {
    let world = world(3, WhenFull::Reject);
    let engine = world.first_host(&["waits"]).await;
    for _ in 0..5 {
        let names = names(64);
        let starts = names.iter().map(|name| start(&engine, "waits", name));
        let answers = futures_util::future::join_all(starts).await;
        let mut winners = Vec::new();
        for answer in &answers {
            match answer {
                Started::Started { instance, .. } => winners.push(instance.clone()),
                Started::Full { .. } => {}
                Started::Exists { .. } => panic!("{answers:?}"),
            }
        }
        assert_eq!(winners.len(), 3, "{answers:?}");
        for answer in &answers {
            if let Started::Full { holder, .. } = answer {
                assert!(winners.contains(holder), "{holder} is none of {winners:?}");
            }
        }
        for winner in &winners {
            assert_eq!(raise(&engine, winner.as_str()).await, Told::Accepted);
            assert_eq!(output(&engine, winner.as_str()).await, "7");
        }
    }
    let known = world.hub.status(&id("i-63")).await.unwrap();
    assert!(known.is_none_or(|status| !status.status.is_live()));
}

#[tokio::test(start_paused = true)]
async fn queued_instances_run_one_after_the_other_in_their_order() {
    let world = world(1, WhenFull::Queue);
    let engine = world.first_host(&["naps"]).await;
    let names = names(20);
    for name in &names {
        let started = start(&engine, "naps", name).await;
        assert!(matches!(started, Started::Started { .. }), "{started:?}");
    }
    let mut ends = Vec::new();
    for name in &names {
        let end = end(&engine, name).await;
        assert_eq!(end.status, RuntimeStatus::Completed);
        ends.push(end.last_updated);
    }
    for (before, after) in ends.iter().zip(&ends[1..]) {
        assert!(
            after.since(*before) >= 3 * HOUR,
            "they ran at once: {ends:?}"
        );
    }
}

#[tokio::test(start_paused = true)]
async fn what_is_told_to_a_queued_instance_waits_with_it() {
    let world = world(1, WhenFull::Queue);
    let engine = world.first_host(&["waits"]).await;
    for name in ["a", "b", "c"] {
        start(&engine, "waits", name).await;
    }
    assert_eq!(raise(&engine, "b").await, Told::Accepted);
    engine
        .suspend(&id("b"), None, soloist_engine::Reach::Alone)
        .await
        .unwrap();
    assert_eq!(status(&engine, "b").await, RuntimeStatus::Suspended);
    engine
        .resume(&id("b"), None, soloist_engine::Reach::Alone)
        .await
        .unwrap();
    assert_eq!(status(&engine, "b").await, RuntimeStatus::Pending);
    assert_eq!(
        engine
            .terminate(&id("c"), None, soloist_engine::Reach::Alone)
            .await
            .unwrap(),
        Told::Accepted
    );
    assert_eq!(end(&engine, "c").await.status, RuntimeStatus::Terminated);
    assert_eq!(status(&engine, "b").await, RuntimeStatus::Pending);
    assert_eq!(raise(&engine, "a").await, Told::Accepted);
    assert_eq!(output(&engine, "a").await, "7");
    assert_eq!(output(&engine, "b").await, "7");
    let again = start(&engine, "waits", "c").await;
    assert!(matches!(again, Started::Started { .. }));
    runs(&engine, "c").await;
}

#[tokio::test(start_paused = true)]
async fn whoever_got_a_slot_runs_whichever_commit_fails_or_is_the_last() {
    for fault in [Fault::Unavailable, Fault::Conflict, Fault::NoAnswer] {
        for number in 1..=6 {
            let world = world(1, WhenFull::Queue);
            let engine = world.first_host(&["waits"]).await;
            start(&engine, "waits", "a").await;
            runs(&engine, "a").await;
            start(&engine, "waits", "b").await;
            assert_eq!(raise(&engine, "b").await, Told::Accepted);
            world.fail_commit(number, fault);
            if fault == Fault::NoAnswer {
                // The host falls at that commit, or after all is done.
                let raised = tokio::time::timeout(HOUR, raise_anyway(&engine, "a")).await;
                drop(raised);
                tokio::time::sleep(HOUR).await;
                world.fall(engine).await;
                let engine = world.host().await;
                raise_anyway(&engine, "a").await;
                assert_eq!(output(&engine, "b").await, "7", "{fault:?} {number}");
            } else {
                while raise_anyway(&engine, "a").await {}
                assert_eq!(output(&engine, "b").await, "7", "{fault:?} {number}");
            }
        }
    }
}

/// True if it has to be told again.
async fn raise_anyway(engine: &TestEngine, instance: &str) -> bool {
    let data = soloist_core::Payload::parse("7").unwrap();
    let instance = id(instance);
    let raised = engine.raise_event(&instance, "Go".to_owned(), data);
    raised.await.is_err()
}

#[tokio::test(start_paused = true)]
async fn other_limits_at_the_next_start_promote_or_drain() {
    let mut world = world(1, WhenFull::Queue);
    let engine = world.first_host(&["waits"]).await;
    let names = names(6);
    for name in &names {
        start(&engine, "waits", name).await;
    }
    runs(&engine, "i-0").await;
    world.fall(engine).await;
    limit(&mut world, 3, WhenFull::Queue);
    let engine = world.host().await;
    for name in ["i-1", "i-2"] {
        runs(&engine, name).await;
    }
    assert_eq!(status(&engine, "i-3").await, RuntimeStatus::Pending);
    world.fall(engine).await;
    limit(&mut world, 2, WhenFull::Reject);
    let engine = world.host().await;
    let full = start(&engine, "waits", "late").await;
    assert!(matches!(full, Started::Full { .. }), "{full:?}");
    raise(&engine, "i-0").await;
    assert_eq!(output(&engine, "i-0").await, "7");
    assert_eq!(status(&engine, "i-3").await, RuntimeStatus::Pending);
    raise(&engine, "i-1").await;
    runs(&engine, "i-3").await;
    world.fall(engine).await;
    world.settings.limits.clear();
    let engine = world.host().await;
    for name in ["i-4", "i-5"] {
        runs(&engine, name).await;
    }
}
