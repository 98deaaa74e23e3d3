//! What outlives an execution, and what ends with it.

use super::*;

#[tokio::test(start_paused = true)]
async fn an_activity_outlives_its_execution_and_a_crash() {
    let world = World::new(&[("leaves", leaves_an_activity), ("continues", continues)]);
    let engine = world.first_host(&["leaves", "continues"]).await;
    start(&engine, "leaves", "l").await;
    assert_eq!(output(&engine, "l").await, "null");
    // The execution is replaced while its activity has not run, and so is the first of a chain.
    start(&engine, "leaves", "l").await;
    start(&engine, "continues", "c").await;
    engine
        .raise_event(&id("c"), "Go".into(), Payload::string("first"))
        .await
        .unwrap();
    engine
        .raise_event(&id("c"), "Go".into(), Payload::string("second"))
        .await
        .unwrap();
    assert_eq!(output(&engine, "c").await, r#""second""#);
    world.fall(engine).await;

    let world = World {
        guests: ScriptedGuests::new(&[]),
        ..world
    };
    world.guests.gate.add_permits(100);
    let engine = world.host().await;
    while world.orphans().await > 0 {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    assert_eq!(world.guests.times_run(), [1, 1, 1, 1]);
    drop(engine);
}

#[tokio::test(start_paused = true)]
async fn terminating_interrupts_activities_and_forgets_them() {
    let world = World::new(&[("leaves", leaves_an_activity), ("waits", continues)]);
    let engine = world.first_host(&["leaves", "waits"]).await;
    start(&engine, "waits", "w").await;
    assert_eq!(
        engine
            .purge(&id("w"), soloist_engine::Reach::Alone)
            .await
            .unwrap(),
        (Purged::Live, 0)
    );
    engine
        .terminate(&id("w"), None, soloist_engine::Reach::Alone)
        .await
        .unwrap();
    assert_eq!(end(&engine, "w").await.status, RuntimeStatus::Terminated);
    assert_eq!(world.orphans().await, 0);
    assert_eq!(
        Arc::strong_count(&world.guests.gate),
        2,
        "the activity was dropped"
    );
    start(&engine, "leaves", "l").await;
    end(&engine, "l").await;
    assert_eq!(
        engine
            .purge(&id("l"), soloist_engine::Reach::Alone)
            .await
            .unwrap(),
        (Purged::Purged, 1)
    );
    assert_eq!(world.orphans().await, 0);
    assert_eq!(
        engine
            .purge(&id("l"), soloist_engine::Reach::Alone)
            .await
            .unwrap(),
        (Purged::Unknown, 0)
    );
}

#[tokio::test(start_paused = true)]
async fn a_suspended_instance_takes_no_turn() {
    let world = World::new(&[("waits", waits_for_go)]);
    let engine = world.first_host(&["waits"]).await;
    start(&engine, "waits", "w").await;
    assert_eq!(
        engine
            .suspend(&id("w"), None, soloist_engine::Reach::Alone)
            .await
            .unwrap(),
        Told::Accepted
    );
    engine
        .raise_event(&id("w"), "Go".into(), Payload::string("held"))
        .await
        .unwrap();
    assert_eq!(
        engine.wait(&id("w"), HOUR).await.unwrap().unwrap().status,
        RuntimeStatus::Suspended
    );
    assert_eq!(
        engine
            .resume(&id("w"), None, soloist_engine::Reach::Alone)
            .await
            .unwrap(),
        Told::Accepted
    );
    assert_eq!(output(&engine, "w").await, r#""held""#);
    assert_eq!(
        engine
            .resume(&id("w"), None, soloist_engine::Reach::Alone)
            .await
            .unwrap(),
        Told::Ended
    );
    assert_eq!(
        engine
            .suspend(&id("nobody"), None, soloist_engine::Reach::Alone)
            .await
            .unwrap(),
        Told::Unknown
    );
}

#[tokio::test(start_paused = true)]
async fn shutting_down_turns_callers_away_and_lets_turns_commit() {
    let world = World::new(&[("waits", waits_for_go)]);
    let engine = world.first_host(&["waits"]).await;
    start(&engine, "waits", "w").await;
    engine.shut_down(HOUR).await;
    assert!(!engine.is_ready().await);
    let input = Payload::null();
    let ask = Start {
        function: "waits".parse().unwrap(),
        instance: Some(id("x")),
        input,
        pin: false,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
        on_existing: soloist_engine::OnExisting::Reject,
    };
    assert!(engine.start(ask).await.is_err());
    assert!(
        engine
            .raise_event(&id("w"), "Go".into(), Payload::null())
            .await
            .is_err()
    );
}
