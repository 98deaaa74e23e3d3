use std::num::NonZeroU32;

use soloist_core::{EventId, EventKind, FunctionName};

use crate::testing::story::{
    FUNCTION, Story, as_function, began, bind, commit, completed_with, conflict, failed, function,
    prepare, terminated,
};
use crate::{
    CountQuery, Expects, HubError, InstanceCounts, InstanceLimit, Operation, Purged, RuntimeStatus,
    TaskHub, Voids, WhenFull,
};

use RuntimeStatus::{Completed, Failed, Pending, Running, Suspended, Terminated};

/// Some instances of a function in one state.
type Group<'n> = (&'n str, RuntimeStatus, u64);

fn counts(groups: &[Group<'_>]) -> InstanceCounts {
    let mut counts = InstanceCounts::default();
    for (name, status, instances) in groups {
        counts.add(function(name), *status, *instances);
    }
    counts
}

async fn count<H: TaskHub>(hub: &H, query: CountQuery) -> Option<InstanceCounts> {
    hub.count(query).await.expect("they can be counted")
}

async fn assert_counts<H: TaskHub>(hub: &H, groups: &[Group<'_>]) {
    assert_eq!(
        count(hub, CountQuery::default()).await,
        Some(counts(groups))
    );
}

async fn two_functions<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    bind(hub, "other", 1, b"story").await;
}

fn as_other(operation: Operation) -> Operation {
    as_function(operation, &function("other"))
}

async fn purge<H: TaskHub>(hub: &H, story: &Story) {
    let purged = hub.purge(&story.instance, None).await;
    assert_eq!(purged.expect("it can be purged"), Purged::Purged);
}

pub async fn instances_are_counted_by_function_and_state<H: TaskHub>(hub: &H) {
    two_functions(hub).await;
    assert_counts(hub, &[]).await;
    for (number, status) in RuntimeStatus::ALL.into_iter().enumerate() {
        // One in the first state, two in the second.
        for copy in 0..=number {
            let mut story = Story::of(&format!("{number}-{copy}"));
            let start = story.start(10, "1");
            commit(hub, if copy == 0 { start } else { as_other(start) }).await;
            let later = match status {
                Pending => continue,
                Running => story.turn(11, [began()]),
                Suspended => Operation {
                    status,
                    ..story.turn(11, [])
                },
                Completed => story.complete(11),
                Failed => story.end(11, failed()),
                Terminated => story.end(11, terminated()),
            };
            commit(hub, later).await;
        }
    }
    let one_each = RuntimeStatus::ALL.map(|status| (FUNCTION, status, 1));
    let others = [
        ("other", Running, 1),
        ("other", Suspended, 2),
        ("other", Completed, 3),
        ("other", Failed, 4),
        ("other", Terminated, 5),
    ];
    assert_counts(hub, &[&one_each[..], &others].concat()).await;
    let of = |name: &str| CountQuery {
        function: Some(function(name)),
        ..CountQuery::default()
    };
    assert_eq!(count(hub, of("other")).await, Some(counts(&others)));
    assert_eq!(count(hub, of(FUNCTION)).await, Some(counts(&one_each)));
    assert_eq!(count(hub, of("nobody")).await, Some(counts(&[])));
}

pub async fn a_count_follows_what_changes<H: TaskHub>(hub: &H) {
    two_functions(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    assert_counts(hub, &[(FUNCTION, Pending, 1)]).await;
    commit(hub, story.first_turn(11)).await;
    assert_counts(hub, &[(FUNCTION, Running, 1)]).await;
    commit(hub, story.turn(12, [])).await;
    assert_counts(hub, &[(FUNCTION, Running, 1)]).await;
    commit(hub, story.continue_as_new(13, "2")).await;
    assert_counts(hub, &[(FUNCTION, Pending, 1)]).await;
    commit(hub, as_other(story.replace(14, terminated(), "3"))).await;
    assert_counts(hub, &[("other", Pending, 1)]).await;
    commit(hub, story.end(15, failed())).await;
    assert_counts(hub, &[("other", Failed, 1)]).await;

    let module = story.module;
    let expects = Expects::Ended {
        execution: story.execution,
        next: story.next,
    };
    let kind = EventKind::ExecutionRewound {
        reason: None,
        module,
    };
    let rewound = Operation {
        expects,
        ready: true,
        voids: Some(Voids {
            events: vec![EventId::new(2)],
            logs_from: None,
            module,
        }),
        ..story.turn(16, [kind])
    };
    commit(hub, rewound).await;
    assert_counts(hub, &[("other", Running, 1)]).await;
    commit(hub, story.complete(17)).await;
    commit(hub, story.start_again(18, "4")).await;
    assert_counts(hub, &[(FUNCTION, Pending, 1)]).await;

    // One that begins and ends in one operation, and one more.
    let mut brief = Story::of("b");
    let mut start = brief.start(20, "1");
    let end = brief.end(20, completed_with("null"));
    if let Some(begin) = &mut start.begins {
        begin.events.extend(end.events);
    }
    start.status = Completed;
    start.ready = false;
    commit(hub, start).await;
    assert_counts(hub, &[(FUNCTION, Pending, 1), (FUNCTION, Completed, 1)]).await;
    purge(hub, &brief).await;
    assert_counts(hub, &[(FUNCTION, Pending, 1)]).await;
    commit(hub, story.complete(21)).await;
    purge(hub, &story).await;
    assert_counts(hub, &[]).await;
}

pub async fn what_is_refused_is_not_counted<H: TaskHub>(hub: &H) {
    two_functions(hub).await;
    let mut story = Story::of("a");
    commit(hub, story.start(10, "1")).await;
    let pending = [(FUNCTION, Pending, 1)];
    conflict(hub, as_other(Story::of("a").start(11, "2"))).await;
    assert_counts(hub, &pending).await;
    let mut stale = Story::of("a");
    stale.execution = story.execution;
    stale.next = EventId::new(9);
    conflict(hub, stale.complete(12)).await;
    assert_counts(hub, &pending).await;
    let live = hub.purge(&story.instance, None).await;
    assert_eq!(live.expect("it can be read"), Purged::Live);
    // Refused when the row of the instance has been written already.
    let limit = InstanceLimit {
        max: NonZeroU32::MIN,
        when_full: WhenFull::Reject,
    };
    let limits = [(function(FUNCTION), limit)].into();
    hub.limit(&limits).await.expect("limits can be set");
    let beyond = hub.commit(Story::of("b").start(13, "1")).await;
    assert!(matches!(beyond, Err(HubError::Full { .. })), "{beyond:?}");
    assert_counts(hub, &pending).await;
}

pub async fn instances_with_a_tag_are_counted_if_they_are_few<H: TaskHub>(hub: &H) {
    two_functions(hub).await;
    for number in 0..5 {
        let mut story = Story::of(&format!("i-{number}"));
        story = match number {
            0 => story.tagged([("customer", "42"), ("region", "west")]),
            1 => story.tagged([("customer", "42"), ("region", "east")]),
            2 | 3 => story.tagged([("region", "west")]),
            _ => story,
        };
        let start = story.start(10, "1");
        commit(hub, if number == 1 { as_other(start) } else { start }).await;
        if number % 2 == 0 {
            commit(hub, story.complete(11)).await;
        }
    }
    let tagged = |tags: &[(&str, &str)], function: Option<FunctionName>, looks_max| CountQuery {
        function,
        tags: tags
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect(),
        looks_max,
    };
    let (customer, west) = (("customer", "42"), ("region", "west"));
    let west_counts = [(FUNCTION, Completed, 2), (FUNCTION, Pending, 1)];
    for (query, expected) in [
        (tagged(&[west], None, 3), Some(&west_counts[..])),
        (tagged(&[west], None, 2), None),
        (
            tagged(&[customer], None, 2),
            Some(&[(FUNCTION, Completed, 1), ("other", Pending, 1)]),
        ),
        (
            tagged(&[customer], Some(function("other")), 2),
            Some(&[("other", Pending, 1)]),
        ),
        (tagged(&[customer], Some(function("other")), 1), None),
        // Only the rarest is looked at.
        (
            tagged(&[west, customer], None, 2),
            Some(&[(FUNCTION, Completed, 1)]),
        ),
        (tagged(&[("customer", "43")], None, 0), Some(&[])),
    ] {
        let found = count(hub, query.clone()).await;
        assert_eq!(found, expected.map(counts), "{query:?}");
    }
}
