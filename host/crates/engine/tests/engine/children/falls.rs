//! Each commit around a child fails once, or is the last.

use super::*;

#[tokio::test(start_paused = true)]
async fn each_child_runs_once_whichever_commit_fails_or_is_the_last() {
    for (function, answer) in [("parent", "[0,1,2]"), ("stubborn", "3"), ("leaves", "null")] {
        for number in 1..25 {
            for fault in [Fault::Unavailable, Fault::Conflict] {
                let (world, engine) = world().await;
                world.fail_commit(number, fault);
                start_patiently(&engine, function).await;
                assert_eq!(
                    output(&engine, "a").await,
                    answer,
                    "{function}: commit {number}: {fault:?}"
                );
                settled(&world, &engine, function).await;
            }
            let (world, engine) = world().await;
            let mut commits = 0;
            world.hub.on_commit(move |_| {
                commits += 1;
                (commits > number).then_some(Fault::Unavailable)
            });
            start_patiently(&engine, function).await;
            tokio::time::sleep(Duration::from_secs(5)).await;
            engine.shut_down(Duration::from_secs(1)).await;
            world.hub.on_commit(|_| None);
            let engine = world.host().await;
            if engine.status(&id("a")).await.unwrap().is_none() {
                start(&engine, function, "a").await;
            }
            assert_eq!(
                output(&engine, "a").await,
                answer,
                "{function}: the host fell after {number}"
            );
            settled(&world, &engine, function).await;
        }
    }
}

/// No child was forgotten, and none ran twice: one whose activity ran again would be seen by its key.
async fn settled(world: &World, engine: &TestEngine, function: &str) {
    if function == "leaves" {
        while engine.status(&id("kid")).await.unwrap().is_none() {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        assert_eq!(output(engine, "kid").await, "7");
    }
    let children = match function {
        "parent" => 3,
        _ => 1,
    };
    let found = world.hub.children(&id("a"), None, 10).await.unwrap();
    assert_eq!(found.len(), children, "{found:?}");
    assert_eq!(world.hub.child_starts(None, 10).await.unwrap(), []);
    let keys = world.guests.activities.lock().unwrap().len();
    assert!(
        function == "stubborn" || keys == children,
        "{keys} activities"
    );
}

/// Starts the parent; that the hub fails meanwhile is the point.
async fn start_patiently(engine: &TestEngine, function: &str) {
    let start = soloist_engine::Start {
        function: function.parse().unwrap(),
        instance: Some(id("a")),
        input: Payload::null(),
        pin: false,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
        on_existing: soloist_engine::OnExisting::Reject,
    };
    for _ in 0..3 {
        if engine.start(start.clone()).await.is_ok() {
            return;
        }
    }
}
