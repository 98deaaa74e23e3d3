use futures_util::future::join_all;
use soloist_core::{Event, EventId, LogLevel, LogLine, Timer};

use crate::testing::seen::{load, loaded, waiting, whole};
use crate::testing::story::{
    Story, answered, assert_conflict, at, began, commit, conflict, json, message, new_execution,
    prepare, raised, raised_event,
};
use crate::{Expects, Operation, TaskHub};

fn standing_at(story: &Story, next: u64) -> Story {
    Story {
        next: EventId::new(next),
        ..story.clone()
    }
}

pub async fn a_write_at_the_wrong_place_is_refused<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    commit(hub, story.first_turn(11)).await;
    let before = whole(hub, &["a"]).await;
    for wrong in [1, 2, 3, 5, 6, 100] {
        let elsewhere = standing_at(&story, wrong);
        conflict(hub, elsewhere.clone().turn(12, [answered(3, "2")])).await;
        // Also where there is no event that could stand at a wrong place.
        conflict(hub, elsewhere.clone().turn(12, [])).await;
        conflict(hub, elsewhere.clone().complete(12)).await;
        conflict(hub, elsewhere.clone().continue_as_new(12, "2")).await;
    }
    assert_eq!(whole(hub, &["a"]).await, before);
    commit(hub, story.turn(12, [answered(3, "2")])).await;
    assert_eq!(loaded(hub, &story).await.history.next_event(), story.next);
}

pub async fn a_write_to_another_execution_is_refused<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    let before = whole(hub, &["a"]).await;
    let stranger = Story {
        execution: new_execution(),
        ..story.clone()
    };
    conflict(hub, stranger.clone().first_turn(11)).await;
    conflict(hub, stranger.clone().complete(11)).await;
    conflict(hub, stranger.clone().continue_as_new(11, "2")).await;
    conflict(hub, stranger.clone().turn(11, [])).await;
    assert_eq!(whole(hub, &["a"]).await, before);
    commit(hub, story.first_turn(11)).await;
}

pub async fn a_write_to_an_unknown_or_ended_instance_is_refused<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    conflict(hub, story.clone().turn(10, [began()])).await;
    conflict(hub, story.clone().complete(10)).await;
    assert_eq!(load(hub, &story.instance).await, None);
    commit(hub, story.start(10, "1")).await;
    commit(hub, story.complete(11)).await;
    let before = whole(hub, &["a"]).await;
    conflict(hub, story.clone().turn(12, [raised_event("e", "1")])).await;
    conflict(hub, story.clone().turn(12, [])).await;
    conflict(hub, story.clone().complete(12)).await;
    conflict(hub, story.clone().continue_as_new(12, "1")).await;
    assert_eq!(whole(hub, &["a"]).await, before);
}

pub async fn events_that_are_numbered_wrongly_are_refused<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let renumbered = |event: &Event, by: u64| Event {
        id: EventId::new(event.id.get() + by),
        ..event.clone()
    };
    let mut story = Story::of("a");
    let good = story.start(10, "1");
    let mut shifted = good.clone();
    let mut empty = good.clone();
    if let (Some(shifted), Some(empty)) = (&mut shifted.begins, &mut empty.begins) {
        shifted.events[0] = renumbered(&shifted.events[0], 1);
        empty.events.clear();
    }
    let nothing = Operation {
        begins: None,
        ..good.clone()
    };
    for bad in [shifted, empty, nothing] {
        conflict(hub, bad).await;
        assert_eq!(load(hub, &story.instance).await, None);
    }
    commit(hub, good).await;
    let good = story.first_turn(11);
    let gap = vec![good.events[0].clone(), renumbered(&good.events[1], 1)];
    let shifted = good.events.iter().map(|event| renumbered(event, 1));
    for events in [gap, shifted.collect()] {
        let bad = Operation {
            events,
            ..good.clone()
        };
        conflict(hub, bad).await;
    }
    commit(hub, good).await;
}

pub async fn what_is_refused_changes_nothing<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let (mut story, mut other) = (Story::of("a"), Story::of("b"));
    commit(hub, story.start(10, "1")).await;
    commit(hub, other.start(10, "1")).await;
    let rich = Operation {
        timers: vec![Timer {
            scheduled: EventId::new(3),
            fire_at: at(50),
        }],
        orphans: vec![story.orphan(3, "1")],
        messages: vec![message(&story, false, raised("e", "1"))],
        ..story.first_turn(11)
    };
    commit(hub, rich).await;
    // Not ready: a message that came through would show.
    commit(hub, other.first_turn(11)).await;
    let before = whole(hub, &["a", "b"]).await;
    let late = |operation| Operation {
        timers: vec![Timer {
            scheduled: EventId::new(3),
            fire_at: at(60),
        }],
        timers_done: vec![EventId::new(3)],
        orphans: vec![story.orphan(2, "2")],
        drop_orphans: true,
        logs: vec![LogLine {
            ordinal: 0,
            timestamp: at(12),
            level: LogLevel::Info,
            message: "late".to_owned(),
        }],
        messages: vec![message(&other, true, raised("late", "1"))],
        custom_status: Some(json("\"late\"")),
        open_work: 7,
        ..operation
    };
    let taken = waiting(hub, &story).await;
    assert_eq!(taken.len(), 1);
    let early = standing_at(&story, 3);
    for operation in [
        late(early.clone().turn(12, [answered(3, "1")])),
        late(early.clone().complete(12)),
        late(early.clone().continue_as_new(12, "2")),
        late(story.clone().start_again(12, "2")),
    ] {
        let operation = Operation {
            inbox_taken: taken.clone(),
            ..operation
        };
        conflict(hub, operation).await;
        assert_eq!(whole(hub, &["a", "b"]).await, before);
    }
}

pub async fn what_was_built_on_a_refused_write_is_refused<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let (mut story, mut other) = (Story::of("a"), Story::of("b"));
    commit(hub, story.start(10, "1")).await;
    commit(hub, other.start(10, "1")).await;
    commit(hub, story.first_turn(11)).await;
    let mut astray = standing_at(&story, 5);
    let operations = [
        astray.turn(12, [raised_event("e", "1")]),
        other.first_turn(12),
        astray.turn(12, [raised_event("e", "2")]),
        astray.complete(12),
        story.turn(12, [raised_event("e", "3")]),
        story.turn(12, [raised_event("e", "4")]),
    ];
    let right = [false, true, false, false, true, true];
    let answers = join_all(operations.map(|operation| hub.commit(operation))).await;
    for (answer, right) in answers.into_iter().zip(right) {
        if right {
            answer.expect("it is as expected");
        } else {
            assert_conflict(answer, &story.instance);
        }
    }
    assert_eq!(loaded(hub, &story).await.history.next_event(), story.next);
    assert_eq!(loaded(hub, &other).await.history.next_event(), other.next);
}

pub async fn operations_of_one_instance_take_effect_in_their_order<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    let mut operations = vec![story.start(10, "1"), story.turn(11, [began()])];
    for number in 0..25 {
        operations.push(story.turn(12, [raised_event("e", &number.to_string())]));
    }
    operations.push(story.complete(13));
    let sent: Vec<Event> = operations
        .iter()
        .flat_map(|operation| {
            let begins = operation.begins.iter().flat_map(|begin| &begin.events);
            begins.chain(&operation.events).cloned()
        })
        .collect();
    let commits = operations
        .into_iter()
        .map(|operation| hub.commit(operation));
    for answer in join_all(commits).await {
        answer.expect("each was built on the one before");
    }
    assert_eq!(loaded(hub, &story).await.history.events(), sent);
}

pub async fn refused_writes_leave_those_of_other_instances<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut stories: Vec<Story> = (0..100).map(|n| Story::of(&format!("s{n:03}"))).collect();
    let starts = stories.iter_mut().map(|story| story.start(10, "1"));
    for answer in join_all(starts.map(|operation| hub.commit(operation))).await {
        answer.expect("no id was used before");
    }
    let turns = stories.iter_mut().enumerate().map(|(number, story)| {
        if number % 3 == 1 {
            standing_at(story, 7).turn(11, [began()])
        } else {
            story.turn(11, [began()])
        }
    });
    let answers = join_all(turns.map(|operation| hub.commit(operation))).await;
    for (number, (answer, story)) in answers.into_iter().zip(&stories).enumerate() {
        if number % 3 == 1 {
            assert_conflict(answer, &story.instance);
        } else {
            answer.expect("it is as expected");
        }
        assert_eq!(loaded(hub, story).await.history.next_event(), story.next);
        let expects = Expects::At {
            execution: story.execution,
            next: loaded(hub, story).await.history.next_event(),
        };
        assert_eq!(story.expects(), expects);
    }
}
