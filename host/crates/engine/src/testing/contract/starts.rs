use futures_util::future::join_all;
use soloist_core::{EventId, LogLevel, LogLine, Timer};

use crate::testing::seen::{all_timers, load, loaded, module, status, whole};
use crate::testing::story::{
    MODULE, Story, assert_conflict, at, began, bind, commit, completed_with, conflict, digest,
    failed, json, new_execution, prepare, raised_event, terminated,
};
use crate::{HubError, Operation, RuntimeStatus, TaskHub};

pub async fn an_execution_may_begin_and_end_in_one_operation<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    for (input, output) in [("1", "\"first\""), ("2", "\"second\"")] {
        let mut operation = story.start_again(10, input);
        let end = story.end(10, completed_with(output));
        if let Some(begin) = &mut operation.begins {
            begin.events.extend(end.events);
        }
        operation.status = end.status;
        operation.ready = false;
        commit(hub, operation).await;
        let now = status(hub, &story).await;
        assert_eq!(now.status, RuntimeStatus::Completed);
        assert_eq!(now.end, Some(completed_with(output)));
        let module = module(hub, MODULE).await.expect("it is bound");
        assert!(module.instances.is_empty(), "an end pins no module");
    }
}

pub async fn a_live_instance_is_not_started_again<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    conflict(hub, story.clone().start_again(11, "2")).await;
    commit(hub, story.first_turn(11)).await;
    conflict(hub, story.clone().start_again(12, "2")).await;
    let suspended = Operation {
        status: RuntimeStatus::Suspended,
        ..story.turn(12, [])
    };
    commit(hub, suspended).await;
    conflict(hub, story.clone().start_again(13, "2")).await;
    for (round, end) in [completed_with("1"), failed(), terminated()]
        .into_iter()
        .enumerate()
    {
        commit(hub, story.end(14, end)).await;
        let input = round.to_string();
        commit(hub, story.start_again(15, &input)).await;
        conflict(hub, story.clone().start_again(15, "2")).await;
        let now = status(hub, &story).await;
        assert_eq!(
            (now.execution, now.status),
            (story.execution, RuntimeStatus::Pending)
        );
        assert_eq!(now.input, json(&input));
    }
}

/// One of 64 concurrent starts wins, and it is the one whose execution stands.
async fn race<H: TaskHub>(hub: &H, instance: &str) -> Story {
    let mut racers: Vec<Story> = (0..64).map(|_| Story::of(instance)).collect();
    let starts: Vec<Operation> = racers
        .iter_mut()
        .map(|story| story.start(10, "1"))
        .collect();
    let answers = join_all(starts.into_iter().map(|start| hub.commit(start))).await;
    let mut winners = Vec::new();
    for (answer, story) in answers.into_iter().zip(racers) {
        match answer {
            Ok(_) => winners.push(story),
            refused => assert_conflict(refused, &story.instance),
        }
    }
    assert_eq!(winners.len(), 1, "so many starts of {instance} won");
    let winner = winners.remove(0);
    let history = loaded(hub, &winner).await.history;
    assert_eq!(history.started().execution, winner.execution);
    winner
}

pub async fn of_many_starts_at_once_one_wins<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    for round in 0..20 {
        race(hub, &format!("race-{round}")).await;
    }
}

pub async fn of_many_starts_of_an_ended_instance_one_wins<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    for _ in 0..20 {
        let mut winner = race(hub, "race").await;
        commit(hub, winner.complete(11)).await;
    }
}

/// A turn that leaves a trace everywhere.
fn eventful(story: &mut Story, now: i64) -> Operation {
    Operation {
        custom_status: Some(json("\"old\"")),
        timers: vec![Timer {
            scheduled: EventId::new(3),
            fire_at: at(50),
        }],
        logs: vec![LogLine {
            ordinal: 0,
            timestamp: at(now),
            level: LogLevel::Info,
            message: "old".to_owned(),
        }],
        open_work: 2,
        ..story.turn(now, [began(), raised_event("e", "1")])
    }
}

pub async fn a_start_replaces_all_of_an_ended_execution<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    bind(hub, "other", 2, b"other").await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    commit(hub, eventful(&mut story, 11)).await;
    commit(hub, story.complete(12)).await;
    let old = story.clone();
    story.module = digest(2);
    commit(hub, story.start_again(20, "2")).await;
    let new = loaded(hub, &story).await;
    assert_eq!(new.history.events().len(), 1);
    assert_eq!(new.history.started().execution, story.execution);
    assert_eq!((new.status, new.logged), (RuntimeStatus::Pending, 0));
    assert!(new.ready);
    assert_eq!(new.custom_status, None);
    let new = status(hub, &story).await;
    assert_eq!((new.created, new.last_updated), (at(20), at(20)));
    assert_eq!((new.input, new.end), (json("2"), None));
    assert_eq!(
        module(hub, 2).await.map(|module| module.instances.len()),
        Some(1)
    );
    assert_eq!(all_timers(hub).await, []);
    conflict(hub, old.clone().turn(21, [began()])).await;
}

pub async fn a_start_needs_its_module<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    story.module = digest(9);
    let answer = hub.commit(story.clone().start(10, "1")).await;
    assert!(
        matches!(answer, Err(HubError::Unavailable { .. })),
        "{answer:?}"
    );
    assert_eq!(load(hub, &story.instance).await, None);
    story.module = digest(1);
    commit(hub, story.start(10, "1")).await;
    let before = whole(hub, &["a"]).await;
    let mut elsewhere = story.clone();
    elsewhere.module = digest(9);
    let answer = hub.commit(elsewhere.continue_as_new(11, "2")).await;
    assert!(
        matches!(answer, Err(HubError::Unavailable { .. })),
        "{answer:?}"
    );
    assert_eq!(whole(hub, &["a"]).await, before);
    commit(hub, story.first_turn(11)).await;
}

pub async fn an_execution_id_is_not_used_again<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    let start = story.start(10, "1");
    commit(hub, start.clone()).await;
    let mut again = story.clone().continue_as_new(11, "2");
    if let Some(begin) = &mut again.begins {
        begin.started.execution = story.execution;
    }
    conflict(hub, again).await;
    commit(hub, story.complete(11)).await;
    let before = whole(hub, &["a"]).await;
    conflict(hub, start).await;
    assert_eq!(whole(hub, &["a"]).await, before);
}

pub async fn continue_as_new_replaces_the_execution_and_keeps_the_instance<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    commit(hub, eventful(&mut story, 11)).await;
    let old = story.clone();
    let next = Operation {
        open_work: 3,
        custom_status: Some(json("\"new\"")),
        logs: vec![LogLine {
            ordinal: 4,
            timestamp: at(20),
            level: LogLevel::Warn,
            message: "new".to_owned(),
        }],
        ..story.continue_as_new(20, "2")
    };
    commit(hub, next).await;
    let new = loaded(hub, &story).await;
    assert_eq!(new.history.events().len(), 1);
    assert_eq!(new.history.started().execution, story.execution);
    assert_eq!(
        (new.status, new.ready, new.logged),
        (RuntimeStatus::Pending, true, 1)
    );
    assert_eq!(new.custom_status, Some(json("\"new\"")));
    let new = status(hub, &story).await;
    assert_eq!((new.created, new.last_updated), (at(10), at(20)));
    assert_eq!((new.input, new.end), (json("2"), None));
    conflict(hub, old.clone().turn(21, [raised_event("e", "2")])).await;
    // The custom status is the new execution's: none if it has none.
    commit(hub, story.continue_as_new(22, "3")).await;
    let new = status(hub, &story).await;
    assert_eq!((new.created, new.custom_status), (at(10), None));
    commit(hub, story.first_turn(23)).await;
}

pub async fn a_replacement_is_a_new_instance_life<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    commit(hub, eventful(&mut story, 11)).await;
    commit(hub, story.replace(20, terminated(), "2")).await;
    let new = status(hub, &story).await;
    assert_eq!((new.created, new.last_updated), (at(20), at(20)));
    assert_eq!((new.status, new.end), (RuntimeStatus::Pending, None));
    assert_eq!(new.custom_status, None);
    assert_eq!(all_timers(hub).await, []);
    assert_ne!(new.execution, new_execution());
    commit(hub, story.first_turn(21)).await;
}
