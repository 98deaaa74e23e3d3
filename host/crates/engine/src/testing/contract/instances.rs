use soloist_core::{EventId, LogLevel, LogLine};

use crate::testing::seen::{all_orphans, load, loaded, status, waiting};
use crate::testing::story::{
    FUNCTION, Story, at, began, commit, completed_with, conflict, failed, function, id, json,
    message, prepare, raised, raised_event, terminated,
};
use crate::{Operation, Purged, RuntimeStatus, TaskHub};

pub async fn an_unknown_instance_is_none<H: TaskHub>(hub: &H) {
    let story = Story::of("a");
    assert_eq!(load(hub, &story.instance).await, None);
    let status = hub.status(&story.instance).await.expect("it can be read");
    assert_eq!(status, None);
}

pub async fn a_status_says_what_its_history_says<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let ends = [
        (completed_with("{\"x\": 1}"), RuntimeStatus::Completed),
        (failed(), RuntimeStatus::Failed),
        (terminated(), RuntimeStatus::Terminated),
    ];
    for (number, (end, ended)) in ends.into_iter().enumerate() {
        let mut story = Story::of(&format!("s{number}"));
        commit(hub, story.start(10, "{\"in\": 1}")).await;
        let pending = status(hub, &story).await;
        assert_eq!(pending.instance, story.instance);
        assert_eq!(pending.function, function(FUNCTION));
        assert_eq!(pending.execution, story.execution);
        assert_eq!(pending.status, RuntimeStatus::Pending);
        assert_eq!((pending.input, pending.end), (json("{\"in\": 1}"), None));
        assert_eq!((pending.created, pending.last_updated), (at(10), at(10)));
        commit(hub, story.first_turn(11)).await;
        let running = status(hub, &story).await;
        assert_eq!(
            (running.status, running.end),
            (RuntimeStatus::Running, None)
        );
        assert_eq!((running.created, running.last_updated), (at(10), at(11)));
        let suspended = Operation {
            status: RuntimeStatus::Suspended,
            ..story.turn(12, [])
        };
        commit(hub, suspended).await;
        assert_eq!(status(hub, &story).await.status, RuntimeStatus::Suspended);
        assert_eq!(loaded(hub, &story).await.status, RuntimeStatus::Suspended);
        commit(hub, story.end(13, end.clone())).await;
        let last = status(hub, &story).await;
        assert_eq!((last.status, last.end), (ended, Some(end)));
        assert_eq!(last.input, json("{\"in\": 1}"));
        assert_eq!((last.created, last.last_updated), (at(10), at(13)));
        assert!(loaded(hub, &story).await.history.is_ended());
    }
}

pub async fn a_custom_status_stays_until_it_is_set_anew<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    let set = |text: &str, operation| Operation {
        custom_status: Some(json(text)),
        ..operation
    };
    commit(hub, set("\"one\"", story.turn(11, [began()]))).await;
    commit(hub, story.turn(12, [raised_event("e", "1")])).await;
    assert_eq!(
        loaded(hub, &story).await.custom_status,
        Some(json("\"one\""))
    );
    commit(hub, set("null", story.turn(13, []))).await;
    assert_eq!(status(hub, &story).await.custom_status, Some(json("null")));
    commit(hub, set("2", story.turn(14, []))).await;
    commit(hub, story.complete(15)).await;
    assert_eq!(status(hub, &story).await.custom_status, Some(json("2")));
}

pub async fn tags_stay_as_long_as_the_instance_life<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a").tagged([("customer", "42"), ("a: \u{fc}", "b:c \"\n")]);
    let tags = story.tags.clone();
    commit(hub, story.start(10, "1")).await;
    assert_eq!(status(hub, &story).await.tags, tags);
    commit(hub, story.first_turn(11)).await;
    commit(hub, story.continue_as_new(12, "2")).await;
    assert_eq!(status(hub, &story).await.tags, tags);
    commit(hub, story.complete(13)).await;
    assert_eq!(status(hub, &story).await.tags, tags);
    let mut story = story.tagged([("customer", "43")]);
    commit(hub, story.start_again(20, "3")).await;
    assert_eq!(status(hub, &story).await.tags, story.tags);
    let mut story = story.tagged([]);
    commit(hub, story.replace(21, terminated(), "4")).await;
    assert_eq!(status(hub, &story).await.tags, story.tags);
}

pub async fn a_log_line_is_stored_once<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    let log = |ordinals: &[u32], operation| Operation {
        logs: ordinals
            .iter()
            .map(|ordinal| LogLine {
                ordinal: *ordinal,
                timestamp: at(11),
                level: LogLevel::Debug,
                message: format!("line {ordinal}"),
            })
            .collect(),
        ..operation
    };
    commit(hub, log(&[0, 1], story.turn(11, [began()]))).await;
    assert_eq!(loaded(hub, &story).await.logged, 2);
    commit(hub, log(&[0, 1, 2], story.turn(12, []))).await;
    assert_eq!(loaded(hub, &story).await.logged, 3);
    commit(hub, log(&[3], story.complete(13))).await;
    assert_eq!(loaded(hub, &story).await.logged, 4);
}

pub async fn a_log_is_read_page_by_page<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let (mut story, mut quiet) = (Story::of("a"), Story::of("b"));
    commit(hub, story.start(10, "1")).await;
    commit(hub, quiet.start(10, "1")).await;
    let line = |ordinal, level| LogLine {
        ordinal,
        timestamp: at(10 + i64::from(ordinal)),
        level,
        message: format!("line\n{ordinal} \u{fc}"),
    };
    let lines = [
        line(0, LogLevel::Trace),
        line(1, LogLevel::Debug),
        line(2, LogLevel::Info),
        line(3, LogLevel::Warn),
        line(4, LogLevel::Error),
    ];
    let turn = Operation {
        logs: lines.to_vec(),
        ..story.turn(11, [began()])
    };
    commit(hub, turn).await;
    let execution = loaded(hub, &story).await.history.started().execution;
    for (after, limit, expected) in [
        (None, 3, &lines[..3]),
        (Some(2), 3, &lines[3..]),
        (Some(4), 3, &[]),
        (None, 100, &lines[..]),
    ] {
        let read = hub.logs(&story.instance, None, after, limit).await;
        let logs = read.expect("it can be read").expect("it was started");
        assert_eq!((logs.execution, &logs.lines[..]), (execution, expected));
    }
    let read = hub.logs(&quiet.instance, None, None, 3).await;
    let logs = read.expect("it can be read").expect("it was started");
    assert_eq!(logs.lines, []);
    let read = hub.logs(&id("unknown"), None, None, 3).await;
    assert_eq!(read.expect("it can be read"), None);
}

pub async fn a_purge_takes_all_of_an_ended_instance<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let (mut story, mut other) = (Story::of("a"), Story::of("b"));
    commit(hub, story.start(10, "1")).await;
    commit(hub, other.start(10, "1")).await;
    let last = Operation {
        orphans: vec![story.orphan(2, "1")],
        ..story.complete(11)
    };
    commit(hub, last).await;
    let last = Operation {
        orphans: vec![other.orphan(2, "1")],
        ..other.complete(11)
    };
    commit(hub, last).await;
    let other_before = loaded(hub, &other).await;
    let purged = hub
        .purge(&story.instance, None)
        .await
        .expect("it can be purged");
    assert_eq!(purged, Purged::Purged);
    assert_eq!(load(hub, &story.instance).await, None);
    assert_eq!(
        hub.status(&story.instance).await.expect("it can be read"),
        None
    );
    assert_eq!(all_orphans(hub).await, [other.orphan(2, "1")]);
    assert_eq!(loaded(hub, &other).await, other_before);
    let purged = hub
        .purge(&story.instance, None)
        .await
        .expect("it can be purged");
    assert_eq!(purged, Purged::Unknown);
}

pub async fn a_live_or_unknown_instance_is_not_purged<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    let purge = async || hub.purge(&id("a"), None).await.expect("it can be purged");
    assert_eq!(purge().await, Purged::Unknown);
    commit(hub, story.start(10, "1")).await;
    assert_eq!(purge().await, Purged::Live);
    commit(hub, story.first_turn(11)).await;
    assert_eq!(purge().await, Purged::Live);
    let suspended = Operation {
        status: RuntimeStatus::Suspended,
        ..story.turn(12, [])
    };
    commit(hub, suspended).await;
    assert_eq!(purge().await, Purged::Live);
    assert_eq!(loaded(hub, &story).await.history.next_event(), story.next);
    commit(hub, story.end(13, failed())).await;
    assert_eq!(purge().await, Purged::Purged);
}

pub async fn nothing_of_a_purged_instance_is_used_again<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    let told = Operation {
        messages: vec![message(&story, false, raised("e", "1"))],
        ..story.turn(11, [began()])
    };
    commit(hub, told).await;
    let old_message = waiting(hub, &story).await[0];
    let before_end = story.clone();
    commit(hub, story.complete(12)).await;
    let purged = hub
        .purge(&story.instance, None)
        .await
        .expect("it can be purged");
    assert_eq!(purged, Purged::Purged);
    commit(hub, story.start_again(20, "2")).await;
    // The old owner is fenced off although the new execution stands at the same place.
    let told = Operation {
        messages: vec![message(&story, false, raised("e", "2"))],
        ..story.turn(21, [began()])
    };
    commit(hub, told).await;
    assert_eq!(story.next, before_end.next);
    conflict(hub, before_end.clone().complete(22)).await;
    assert!(waiting(hub, &story).await[0] > old_message);
    assert_eq!(
        loaded(hub, &story).await.history.next_event(),
        EventId::new(3)
    );
}
