use soloist_core::{EventId, EventKind, LogLevel, LogLine, Timer};

use crate::testing::seen::{all_orphans, all_timers, loaded, status};
use crate::testing::story::{
    MODULE, Story, at, bind, commit, conflict, digest, failed, prepare, scheduled,
};
use crate::{Expects, HubError, Operation, RuntimeStatus, TaskHub, Voids};

/// An instance that has failed: 1 started, 2 began, 3 and 4 activities, 5 the end. It logged at 11 and at 12.
async fn failing<H: TaskHub>(hub: &H, instance: &str) -> Story {
    let mut story = Story::of(instance);
    commit(hub, story.start(10, "1")).await;
    let line = |ordinal, time| LogLine {
        ordinal,
        timestamp: at(time),
        level: LogLevel::Info,
        message: "here".to_owned(),
    };
    let turn = Operation {
        logs: vec![line(0, 11), line(1, 12)],
        ..story.first_turn(11)
    };
    commit(hub, turn).await;
    commit(hub, story.turn(12, [scheduled("act", "2")])).await;
    let last = Operation {
        orphans: vec![story.orphan(3, "1")],
        ..story.end(13, failed())
    };
    commit(hub, last).await;
    story
}

/// The last request and the end are undone; the first activity is open again.
fn rewind(story: &mut Story, now: i64) -> Operation {
    let module = story.module;
    let expects = Expects::Ended {
        execution: story.execution,
        next: story.next,
    };
    let rewound = EventKind::ExecutionRewound {
        reason: None,
        module,
    };
    Operation {
        expects,
        ready: true,
        open_work: 1,
        drop_orphans: true,
        timers: vec![Timer {
            scheduled: EventId::new(3),
            fire_at: at(500),
        }],
        voids: Some(Voids {
            events: vec![EventId::new(4), EventId::new(5)],
            logs_from: Some(at(12)),
            module,
        }),
        ..story.turn(now, [rewound])
    }
}

pub async fn a_failed_instance_goes_on<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = failing(hub, "a").await;
    commit(hub, rewind(&mut story, 20)).await;
    let found = loaded(hub, &story).await;
    assert!(found.ready);
    assert_eq!(found.status, RuntimeStatus::Running);
    assert_eq!(found.logged, 1);
    let events = found.history.events();
    assert_eq!(events.len(), 6);
    for undone in &events[3..5] {
        assert_eq!(undone.kind, EventKind::Voided {});
    }
    assert_eq!(found.history.open_work().len(), 1);
    assert_eq!(status(hub, &story).await.end, None);
    assert_eq!(all_timers(hub).await, [("a".to_owned(), 3, 500)]);
    assert_eq!(all_orphans(hub).await, []);
    // Nothing can be started in its place, and its module stays.
    conflict(hub, Story::of("a").start(21, "1")).await;
    commit(hub, story.complete(22)).await;
    let status = status(hub, &story).await;
    assert_eq!(status.status, RuntimeStatus::Completed);
}

pub async fn only_what_has_ended_there_is_rewound<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let story = failing(hub, "a").await;
    let mut live = Story::of("b");
    commit(hub, live.start(10, "1")).await;
    commit(hub, live.first_turn(11)).await;
    conflict(hub, rewind(&mut live, 12)).await;
    let mut elsewhere = story.clone();
    elsewhere.next = elsewhere.next.next();
    conflict(hub, rewind(&mut elsewhere, 20)).await;
    conflict(hub, rewind(&mut Story::of("a"), 20)).await;
    conflict(hub, rewind(&mut Story::of("nobody"), 20)).await;
    let mut twice = story.clone();
    commit(hub, rewind(&mut story.clone(), 20)).await;
    conflict(hub, rewind(&mut twice, 21)).await;
}

pub async fn a_rewound_instance_needs_its_module<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = failing(hub, "a").await;
    bind(hub, "other", MODULE + 1, b"other").await;
    let mut missing = story.clone();
    missing.module = digest(MODULE + 2);
    let answer = hub.commit(rewind(&mut missing, 20)).await;
    assert!(
        matches!(answer, Err(HubError::Unavailable { .. })),
        "{answer:?}"
    );
    story.module = digest(MODULE + 1);
    commit(hub, rewind(&mut story, 20)).await;
    let unbound = hub.unbind(&"other".parse().expect("a name")).await;
    assert!(unbound.expect("it can be unbound"));
    let removed = hub.remove_module(story.module).await;
    let removed = removed.expect("it can be asked for");
    assert!(
        matches!(removed, crate::RemovedModule::Needed(_)),
        "{removed:?}"
    );
}
