use soloist_core::EventId;

use crate::testing::seen::{all_orphans, orphans};
use crate::testing::story::{Story, commit, prepare, terminated};
use crate::{Operation, TaskHub};

async fn finish<H: TaskHub>(hub: &H, story: &Story, scheduled: u64) {
    let finished = hub.finish_orphan(story.execution, EventId::new(scheduled));
    finished.await.expect("it can be finished");
}

/// An instance that ended and left orphans at these events.
async fn leaving<H: TaskHub>(hub: &H, instance: &str, scheduled: &[u64]) -> Story {
    let mut story = Story::of(instance);
    commit(hub, story.start(10, "1")).await;
    let orphans = scheduled
        .iter()
        .map(|scheduled| story.orphan(*scheduled, "1"));
    let orphans = orphans.collect();
    let last = Operation {
        orphans,
        ..story.complete(11)
    };
    commit(hub, last).await;
    story
}

pub async fn orphans_are_listed_page_by_page_until_they_have_run<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    // Their order is that of executions, whatever their ids are.
    let first = leaving(hub, "z", &[10, 9, 300]).await;
    let second = leaving(hub, "a", &[2]).await;
    let expected = [
        first.orphan(9, "1"),
        first.orphan(10, "1"),
        first.orphan(300, "1"),
        second.orphan(2, "1"),
    ];
    assert_eq!(all_orphans(hub).await, expected);
    assert_eq!(orphans(hub, None, 2).await, expected[..2]);
    // What is behind the cursor may go: the next page is the same.
    finish(hub, &first, 9).await;
    finish(hub, &first, 10).await;
    let after = Some((first.execution, EventId::new(10)));
    assert_eq!(orphans(hub, after, 2).await, expected[2..]);
    assert_eq!(orphans(hub, after, 1).await, expected[2..3]);
    let after = Some((second.execution, EventId::new(2)));
    assert_eq!(orphans(hub, after, 2).await, []);
    finish(hub, &second, 2).await;
    // Also if it has gone already, or never was.
    finish(hub, &second, 2).await;
    finish(hub, &second, 5).await;
    assert_eq!(all_orphans(hub).await, expected[2..3]);
}

pub async fn orphans_outlive_a_new_execution<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = leaving(hub, "a", &[2]).await;
    let old = story.orphan(2, "1");
    commit(hub, story.start_again(20, "2")).await;
    assert_eq!(all_orphans(hub).await, std::slice::from_ref(&old));
    let new = story.orphan(3, "2");
    let next = Operation {
        orphans: vec![new.clone()],
        ..story.continue_as_new(21, "3")
    };
    commit(hub, next).await;
    commit(hub, story.first_turn(22)).await;
    commit(hub, story.complete(23)).await;
    assert_eq!(all_orphans(hub).await, [old, new]);
}

pub async fn orphans_of_a_terminated_instance_are_dropped<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = leaving(hub, "a", &[2, 3]).await;
    let other = leaving(hub, "b", &[2]).await;
    commit(hub, story.start_again(20, "2")).await;
    let last = Operation {
        drop_orphans: true,
        ..story.end(21, terminated())
    };
    commit(hub, last).await;
    assert_eq!(all_orphans(hub).await, [other.orphan(2, "1")]);
}
