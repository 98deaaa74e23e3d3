use std::num::NonZeroU32;

use futures_util::future::join_all;

use crate::testing::seen::{load, loaded, module, status, unfinished_ids};
use crate::testing::story::{
    FUNCTION, MODULE, Story, as_function, began, bind, commit, completed_with, conflict, failed,
    function, message, prepare, raised, raised_event, terminated,
};
use crate::{
    Committed, HubError, InstanceLimit, InstanceLimits, Operation, Promoted, Purged, RuntimeStatus,
    TaskHub, WhenFull,
};

fn at_most(max: u32, when_full: WhenFull) -> InstanceLimits {
    let max = NonZeroU32::new(max).expect("a limit is not zero");
    [(function(FUNCTION), InstanceLimit { max, when_full })].into()
}

/// A hub that lets so many stories be live.
async fn limited<H: TaskHub>(hub: &H, max: u32, when_full: WhenFull) {
    prepare(hub).await;
    bind(hub, "other", 1, b"story").await;
    limit(hub, &at_most(max, when_full)).await;
}

async fn limit<H: TaskHub>(hub: &H, limits: &InstanceLimits) {
    hub.limit(limits).await.expect("limits can be set");
}

async fn committed<H: TaskHub>(hub: &H, operation: Operation) -> Committed {
    hub.commit(operation).await.expect("it is as expected")
}

/// Starts a story; true if it was queued.
async fn start<H: TaskHub>(hub: &H, story: &mut Story, now: i64) -> bool {
    let committed = committed(hub, story.start_again(now, "1")).await;
    assert_eq!(committed.promoted, []);
    committed.queued
}

async fn assert_full<H: TaskHub>(hub: &H, operation: Operation, holder: &Story) {
    match hub.commit(operation).await {
        Err(HubError::Full {
            function: named,
            holder: found,
        }) => assert_eq!(
            (named, found),
            (function(FUNCTION), holder.instance.clone())
        ),
        other => panic!("{other:?}"),
    }
}

fn promoted(story: &Story) -> Vec<Promoted> {
    vec![Promoted {
        instance: story.instance.clone(),
        execution: story.execution,
    }]
}

pub async fn a_start_beyond_a_limit_is_refused_and_nothing_is_written<H: TaskHub>(hub: &H) {
    limited(hub, 1, WhenFull::Reject).await;
    let (mut first, mut second) = (Story::of("a"), Story::of("b"));
    commit(hub, first.start(10, "1")).await;
    assert_full(hub, second.clone().start(11, "1"), &first).await;
    assert_eq!(load(hub, &second.instance).await, None);
    // What would end at once needs a slot like any other.
    let mut brief = second.start_again(11, "1");
    let end = second.end(11, completed_with("1"));
    if let Some(begin) = &mut brief.begins {
        begin.events.extend(end.events);
    }
    brief.status = end.status;
    assert_full(hub, brief.clone(), &first).await;
    for end in [completed_with("1"), failed(), terminated()] {
        commit(hub, first.end(12, end)).await;
        assert!(!start(hub, &mut first, 13).await);
        assert_full(hub, second.clone().start_again(13, "1"), &first).await;
    }
    let last = first.complete(14);
    assert_eq!(committed(hub, last).await, Committed::default());
    commit(hub, brief).await;
    assert!(
        !start(hub, &mut first, 15).await,
        "what has ended holds no slot"
    );
    // Other functions have no limit.
    let mut other = Story::of("o");
    let start = as_function(other.start(16, "1"), &function("other"));
    commit(hub, start).await;
}

pub async fn of_many_starts_at_once_as_many_win_as_there_are_slots<H: TaskHub>(hub: &H) {
    limited(hub, 3, WhenFull::Reject).await;
    for round in 0..10 {
        let mut racers: Vec<Story> = (0..64)
            .map(|number| Story::of(&format!("r-{round}-{number}")))
            .collect();
        let starts: Vec<_> = racers
            .iter_mut()
            .map(|racer| racer.start(10, "1"))
            .collect();
        let answers = join_all(starts.into_iter().map(|start| hub.commit(start))).await;
        let mut winners = Vec::new();
        for (answer, racer) in answers.into_iter().zip(racers) {
            match answer {
                Ok(committed) => {
                    assert_eq!(committed, Committed::default());
                    winners.push(racer);
                }
                Err(HubError::Full { .. }) => {
                    assert_eq!(load(hub, &racer.instance).await, None);
                }
                Err(other) => panic!("{other:?}"),
            }
        }
        assert_eq!(winners.len(), 3);
        for winner in &mut winners {
            commit(hub, winner.complete(11)).await;
        }
    }
}

pub async fn queued_starts_are_promoted_in_their_order<H: TaskHub>(hub: &H) {
    limited(hub, 1, WhenFull::Queue).await;
    let names = ["d", "c", "a", "b"];
    let mut stories: Vec<Story> = names.iter().map(|name| Story::of(name)).collect();
    for (number, story) in stories.iter_mut().enumerate() {
        assert_eq!(start(hub, story, 10).await, number > 0);
        let stored = loaded(hub, story).await;
        assert_eq!(stored.status, RuntimeStatus::Pending);
        assert_eq!((stored.queued, stored.ready), (number > 0, number == 0));
    }
    assert_eq!(unfinished_ids(hub, None, 10).await, ["d"]);
    commit(hub, stories[0].first_turn(11)).await;
    for (number, end) in [completed_with("1"), failed(), terminated()]
        .into_iter()
        .enumerate()
    {
        let last = stories[number].end(12, end);
        let next = &stories[number + 1];
        assert_eq!(committed(hub, last).await.promoted, promoted(next));
        let stored = loaded(hub, next).await;
        assert_eq!((stored.queued, stored.ready), (false, true));
        assert_eq!(unfinished_ids(hub, None, 10).await, [names[number + 1]]);
        commit(hub, stories[number + 1].turn(13, [began()])).await;
        assert!(!loaded(hub, &stories[number + 1]).await.ready);
    }
    let last = stories[3].complete(14);
    assert_eq!(committed(hub, last).await, Committed::default());
}

pub async fn a_queued_instance_takes_no_turn<H: TaskHub>(hub: &H) {
    limited(hub, 1, WhenFull::Queue).await;
    let (mut first, mut second) = (Story::of("a"), Story::of("b"));
    commit(hub, first.start(10, "1")).await;
    assert!(start(hub, &mut second, 10).await);
    conflict(hub, second.clone().turn(11, [began()])).await;
    // What it is told waits with it.
    let told = Operation {
        status: RuntimeStatus::Pending,
        ..second.turn(11, [raised_event("e", "1")])
    };
    let answer = committed(hub, told).await;
    assert_eq!((answer.queued, answer.promoted), (true, vec![]));
    let suspended = Operation {
        status: RuntimeStatus::Suspended,
        ..second.turn(12, [])
    };
    assert!(committed(hub, suspended).await.queued);
    let sent = Operation {
        messages: vec![message(&second, false, raised("e", "2"))],
        ..first.turn(13, [began()])
    };
    commit(hub, sent).await;
    assert!(loaded(hub, &second).await.queued);
    // It may not begin in the operation that starts it, or one that replaces it.
    let mut third = Story::of("c");
    let mut begun = third.start(14, "1");
    begun.status = RuntimeStatus::Running;
    assert_full(hub, begun, &first).await;
    let mut replaced = second.clone();
    let mut replacement = replaced.replace(14, terminated(), "2");
    replacement.status = RuntimeStatus::Running;
    conflict(hub, replacement).await;
    assert_eq!(
        committed(hub, first.complete(15)).await.promoted,
        promoted(&second)
    );
}

pub async fn what_was_promoted_is_ready_until_it_has_begun<H: TaskHub>(hub: &H) {
    limited(hub, 1, WhenFull::Queue).await;
    let (mut first, mut second) = (Story::of("a"), Story::of("b"));
    commit(hub, first.start(10, "1")).await;
    assert!(start(hub, &mut second, 10).await);
    commit(hub, first.complete(11)).await;
    // Its owner did not know yet.
    for (now, status) in [
        (12, RuntimeStatus::Pending),
        (13, RuntimeStatus::Suspended),
        (14, RuntimeStatus::Pending),
    ] {
        let told = Operation {
            status,
            ..second.turn(now, [raised_event("e", "1")])
        };
        assert_eq!(committed(hub, told).await, Committed::default());
        assert!(loaded(hub, &second).await.ready, "after {now}");
    }
    commit(hub, second.turn(15, [began()])).await;
    assert!(!loaded(hub, &second).await.ready);
    let waits = Operation {
        status: RuntimeStatus::Suspended,
        ..second.turn(16, [])
    };
    commit(hub, waits).await;
    assert!(!loaded(hub, &second).await.ready);
}

pub async fn what_leaves_the_queue_leaves_no_slot<H: TaskHub>(hub: &H) {
    limited(hub, 1, WhenFull::Queue).await;
    let [mut first, mut second, mut third] = ["a", "b", "c"].map(Story::of);
    commit(hub, first.start(10, "1")).await;
    assert!(start(hub, &mut second, 10).await);
    assert!(start(hub, &mut third, 10).await);
    let ended = committed(hub, second.end(11, terminated())).await;
    assert_eq!(ended, Committed::default());
    let purged = hub.purge(&second.instance, None).await;
    assert_eq!(purged.expect("it can be purged"), Purged::Purged);
    // Started anew it stands at the end.
    assert!(start(hub, &mut second, 12).await);
    let last = first.complete(13);
    assert_eq!(committed(hub, last).await.promoted, promoted(&third));
    let last = third.end(14, terminated());
    assert_eq!(committed(hub, last).await.promoted, promoted(&second));
    let last = second.end(15, terminated());
    assert_eq!(committed(hub, last).await, Committed::default());
    assert!(!start(hub, &mut first, 16).await);
    assert!(start(hub, &mut second, 16).await);
}

pub async fn an_instance_keeps_its_slot_as_long_as_its_function<H: TaskHub>(hub: &H) {
    limited(hub, 1, WhenFull::Queue).await;
    let [mut first, mut second, mut third] = ["a", "b", "c"].map(Story::of);
    commit(hub, first.start(10, "1")).await;
    assert!(start(hub, &mut second, 10).await);
    assert!(start(hub, &mut third, 10).await);
    commit(hub, first.first_turn(11)).await;
    let mut again = first.continue_as_new(12, "2");
    again.status = RuntimeStatus::Running;
    assert_eq!(committed(hub, again).await, Committed::default());
    let again = first.replace(13, terminated(), "3");
    assert_eq!(committed(hub, again).await, Committed::default());
    let again = committed(hub, second.replace(13, terminated(), "3")).await;
    assert_eq!((again.queued, again.promoted), (true, vec![]));
    assert!(!loaded(hub, &second).await.ready);
    // Replaced by another function it leaves its slot.
    let other = as_function(first.replace(14, terminated(), "4"), &function("other"));
    let answer = committed(hub, other).await;
    assert_eq!((answer.queued, answer.promoted), (false, promoted(&second)));
    // And one of another function that is replaced by this one waits behind the others.
    let back = committed(hub, first.replace(15, terminated(), "5")).await;
    assert_eq!((back.queued, back.promoted), (true, vec![]));
    // One that continues as new before it has begun has begun.
    let mut again = second.continue_as_new(16, "2");
    again.status = RuntimeStatus::Running;
    again.ready = false;
    commit(hub, again).await;
    commit(hub, second.turn(17, [])).await;
    assert!(!loaded(hub, &second).await.ready);
    assert_eq!(
        committed(hub, second.complete(18)).await.promoted,
        promoted(&third)
    );
    assert_eq!(
        committed(hub, third.complete(19)).await.promoted,
        promoted(&first)
    );
    assert_eq!(status(hub, &first).await.status, RuntimeStatus::Pending);
    let module = module(hub, MODULE).await.expect("it is bound");
    assert_eq!(module.instances, [first.instance]);
}

pub async fn other_limits_promote_or_drain<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut stories: Vec<Story> = (0..8)
        .map(|number| Story::of(&format!("s-{number}")))
        .collect();
    // Live before there was a limit, they hold slots.
    assert!(!start(hub, &mut stories[0], 10).await);
    assert!(!start(hub, &mut stories[1], 10).await);
    limit(hub, &at_most(1, WhenFull::Queue)).await;
    for story in &mut stories[2..7] {
        assert!(start(hub, story, 11).await);
    }
    // Lowered: it drains before anyone is promoted.
    let last = stories[0].complete(12);
    assert_eq!(committed(hub, last).await, Committed::default());
    let last = stories[1].complete(12);
    assert_eq!(committed(hub, last).await.promoted, promoted(&stories[2]));
    // Raised: as many as there is room for now.
    limit(hub, &at_most(3, WhenFull::Reject)).await;
    assert_eq!(unfinished_ids(hub, None, 10).await, ["s-2", "s-3", "s-4"]);
    assert!(loaded(hub, &stories[5]).await.queued);
    assert_full(hub, stories[7].clone().start(13, "1"), &stories[2]).await;
    let last = stories[3].complete(13);
    assert_eq!(committed(hub, last).await.promoted, promoted(&stories[5]));
    // Without a limit nobody waits.
    limit(hub, &InstanceLimits::new()).await;
    assert!(!loaded(hub, &stories[6]).await.queued);
    assert!(loaded(hub, &stories[6]).await.ready);
    assert!(!start(hub, &mut stories[7], 14).await);
    limit(hub, &at_most(1, WhenFull::Reject)).await;
    for story in &mut stories[4..7] {
        commit(hub, story.complete(15)).await;
    }
    commit(hub, stories[2].complete(15)).await;
    assert_full(hub, stories[0].clone().start_again(16, "1"), &stories[7]).await;
    commit(hub, stories[7].complete(16)).await;
    assert!(!start(hub, &mut stories[0], 17).await);
}
