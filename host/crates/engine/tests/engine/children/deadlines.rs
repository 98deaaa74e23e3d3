//! Attempts at children that may take only so long.

use super::*;

/// Calls a child that may take an hour, three times at most.
fn limits(guest: Guest) -> Running {
    Box::pin(async move {
        let task = guest.perform(Action::StartChild {
            name: "lingers".to_owned(),
            input: Payload::null(),
            instance_id: Some(id("kid")),
            retry: Some(RetryPolicy {
                max_attempts: 3.try_into().unwrap(),
                first_retry_interval: 1_000,
                backoff_coefficient: 1.0,
                max_retry_interval: None,
                retry_timeout: None,
                attempt_timeout: Some(3_600_000),
            }),
        })?;
        guest.wait(task).await
    })
}

/// Begins anew once and waits for an event, then for an activity that is broken at first.
fn lingers(guest: Guest) -> Running {
    Box::pin(async move {
        let started = guest.with(|execution| execution.started().clone());
        if started.generation == 0 {
            guest.with(|execution| execution.continue_as_new(Payload::null(), true));
            return Ok(Payload::null());
        }
        let task = guest.event("Go")?;
        guest.wait(task).await?;
        let task = guest.activity("broken", "1")?;
        guest.wait(task).await?;
        let task = guest.event("Go")?;
        guest.wait(task).await
    })
}

async fn limited() -> (World, TestEngine) {
    let world = World::new(&[("limits", limits), ("lingers", lingers)]);
    let engine = world.first_host(&["limits", "lingers"]).await;
    (world, engine)
}

#[tokio::test(start_paused = true)]
async fn an_attempt_at_a_child_that_takes_too_long_has_failed_over_falls() {
    for falls in [false, true] {
        let (world, mut engine) = limited().await;
        start(&engine, "limits", "a").await;
        let before = soloist_engine::Platform::now(&world.platform);
        let mut executions = Vec::new();
        for attempt in 1..=3 {
            loop {
                born(&engine, "kid").await;
                let kid = engine.status(&id("kid")).await.unwrap().unwrap();
                if !executions.contains(&kid.execution) {
                    executions.push(kid.execution);
                    break;
                }
                tokio::time::sleep(HOUR / 100).await;
            }
            if falls {
                tokio::time::sleep(HOUR / 4 * attempt).await;
                world.fall(engine).await;
                engine = world.host().await;
            }
        }
        let why = failure(&engine, "a").await;
        assert_eq!(why.error_type, "ChildTimeout");
        assert_eq!(why.details.as_deref(), Some("attempts: 3"));
        let waited = soloist_engine::Platform::now(&world.platform).since(before);
        assert!(waited >= 3 * HOUR && waited < 4 * HOUR, "{waited:?}");
        let kid = end(&engine, "kid").await;
        assert_eq!(kid.status, RuntimeStatus::Terminated);
        assert_eq!(world.hub.child_starts(None, 10).await.unwrap(), []);
        let far = before.plus(1_000 * HOUR);
        assert_eq!(world.hub.timers(None, far, 10).await.unwrap(), []);
    }
}

async fn go(engine: &TestEngine) {
    let (kid, go) = (id("kid"), "Go".to_owned());
    let data = Payload::parse("1").unwrap();
    let told = engine.raise_event(&kid, go, data).await;
    assert_eq!(told.unwrap(), Told::Accepted);
}

#[tokio::test(start_paused = true)]
async fn a_child_that_is_quick_enough_answers_and_leaves_no_timer() {
    let (world, engine) = limited().await;
    world.guests.mend();
    start(&engine, "limits", "a").await;
    born(&engine, "kid").await;
    tokio::time::sleep(HOUR / 2).await;
    go(&engine).await;
    go(&engine).await;
    assert_eq!(output(&engine, "a").await, "1");
    let far = soloist_engine::Platform::now(&world.platform).plus(1_000 * HOUR);
    assert_eq!(world.hub.timers(None, far, 10).await.unwrap(), []);
}

#[tokio::test(start_paused = true)]
async fn a_rewound_child_has_all_the_time_that_it_needs() {
    let (world, engine) = limited().await;
    start(&engine, "limits", "a").await;
    born(&engine, "kid").await;
    let told = engine.terminate(&id("a"), None, Reach::Alone).await;
    assert_eq!(told.unwrap(), Told::Accepted);
    go(&engine).await;
    assert_eq!(end(&engine, "kid").await.status, RuntimeStatus::Failed);
    world.guests.mend();
    let rewound = engine.rewind(&id("kid"), None).await.unwrap();
    assert_eq!(rewound, soloist_engine::Rewound::Accepted);
    tokio::time::sleep(5 * HOUR).await;
    go(&engine).await;
    assert_eq!(output(&engine, "kid").await, "1");
}
