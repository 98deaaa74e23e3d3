use soloist_core::{EventId, ExecutionId, Parent};

use crate::child;
use crate::testing::seen::{is_ready, loaded};
use crate::testing::story::{Story, commit, conflict, id, json, prepare, terminated};
use crate::{ChildStart, Operation, TaskHub};

/// What the parent asks for at the event `scheduled`.
fn child(parent: &Story, instance: &str, scheduled: u64) -> ChildStart {
    ChildStart {
        instance: id(instance),
        function: "story".to_owned(),
        input: json("1"),
        parent: Parent {
            instance: parent.instance.clone(),
            execution: parent.execution,
            scheduled: EventId::new(scheduled),
            attempt: 1,
            deadline: None,
            depth: 1,
        },
    }
}

/// A parent that has asked for these children, at the events 3, 4, and so on.
async fn asking<H: TaskHub>(hub: &H, instance: &str, children: &[&str]) -> Story {
    let mut story = Story::of(instance);
    commit(hub, story.start(10, "1")).await;
    let children = children.iter().zip(3..);
    let children = children.map(|(name, scheduled)| child(&story, name, scheduled));
    let children = children.collect();
    let turn = Operation {
        children,
        ..story.first_turn(11)
    };
    commit(hub, turn).await;
    story
}

/// The start of the child that was asked for there.
fn begun(story: &mut Story, start: &ChildStart) -> Operation {
    let mut operation = story.start(20, "1");
    let begin = operation.begins.as_mut().expect("a start begins");
    begin.started.parent = Some(start.parent.clone());
    if let soloist_core::EventKind::ExecutionStarted(started) = &mut begin.events[0].kind {
        started.parent = Some(start.parent.clone());
    }
    operation
}

async fn all<H: TaskHub>(hub: &H) -> Vec<ChildStart> {
    hub.child_starts(None, 100)
        .await
        .expect("they can be listed")
}

async fn waits<H: TaskHub>(hub: &H, start: &ChildStart) -> bool {
    let (execution, scheduled) = start.key();
    let waits = hub.has_child_start(execution, scheduled).await;
    waits.expect("it can be looked for")
}

pub async fn a_child_waits_until_it_is_begun<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut parent = asking(hub, "parent", &["c-1", "c-2"]).await;
    let (first, second) = (child(&parent, "c-1", 3), child(&parent, "c-2", 4));
    assert_eq!(all(hub).await, [first.clone(), second.clone()]);
    // The parent's end changes nothing.
    commit(hub, parent.complete(12)).await;
    let mut story = Story::of("c-1");
    commit(hub, begun(&mut story, &first)).await;
    assert!(!waits(hub, &first).await && waits(hub, &second).await);
    let page = hub.child_starts(Some(first.key()), 1).await;
    assert_eq!(page.expect("a page"), std::slice::from_ref(&second));
    let page = hub.child_starts(Some(second.key()), 1).await;
    assert_eq!(page.expect("a page"), []);
}

pub async fn a_child_begins_once<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let parent = asking(hub, "parent", &["c"]).await;
    let start = child(&parent, "c", 3);
    let mut story = Story::of("c");
    commit(hub, begun(&mut story, &start)).await;
    commit(hub, story.first_turn(21)).await;
    commit(hub, story.complete(22)).await;
    let mut again = Story::of("c");
    conflict(hub, begun(&mut again, &start)).await;
    // Its next execution takes nothing.
    let parent = asking(hub, "other", &["d"]).await;
    let start = child(&parent, "d", 3);
    let mut story = Story::of("d");
    commit(hub, begun(&mut story, &start)).await;
    commit(hub, story.first_turn(21)).await;
    let mut next = story.continue_as_new(22, "2");
    if let Some(begin) = &mut next.begins {
        begin.started.parent = Some(start.parent.clone());
    }
    commit(hub, next).await;
}

pub async fn a_child_that_is_given_up_never_begins<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut parent = asking(hub, "parent", &["c-1", "c-2"]).await;
    let start = child(&parent, "c-1", 3);
    let turn = Operation {
        children_closed: vec![EventId::new(3), EventId::new(9)],
        ..parent.turn(12, [])
    };
    commit(hub, turn).await;
    assert_eq!(all(hub).await, [child(&parent, "c-2", 4)]);
    let mut story = Story::of("c-1");
    conflict(hub, begun(&mut story, &start)).await;
}

pub async fn children_of_a_terminated_instance_never_begin<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut parent = asking(hub, "parent", &["c-1", "c-2"]).await;
    let other = asking(hub, "other", &["d"]).await;
    let last = Operation {
        drop_orphans: true,
        ..parent.end(12, terminated())
    };
    commit(hub, last).await;
    assert_eq!(all(hub).await, [child(&other, "d", 3)]);
}

pub async fn a_refused_child_answers_once<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut parent = asking(hub, "parent", &["c-1", "c-2"]).await;
    commit(hub, parent.turn(12, [])).await;
    let refuse = async |scheduled: u64, with: bool| {
        let start = child(&parent, "c", scheduled);
        let answer = child::answer(&start.parent, Ok(json("1")));
        let (execution, scheduled) = start.key();
        let answer = with.then_some(answer);
        let refused = hub.refuse_child(execution, scheduled, answer).await;
        refused.expect("it can be refused");
    };
    refuse(3, true).await;
    refuse(3, true).await;
    refuse(4, false).await;
    assert_eq!(all(hub).await, []);
    let answers = loaded(hub, &parent).await.inbox;
    assert_eq!(answers.len(), 1, "{answers:?}");
    assert_eq!(answers[0].execution, Some(parent.execution));
    assert!(is_ready(hub, &parent).await);
}

pub async fn children_are_found_by_their_parent<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let parent = asking(hub, "parent", &["c-1", "c-2", "c-3"]).await;
    let other = asking(hub, "other", &["d"]).await;
    for (parent, name, scheduled) in [(&parent, "c-2", 4), (&parent, "c-1", 3), (&other, "d", 3)] {
        let start = child(parent, name, scheduled);
        let mut story = Story::of(name);
        commit(hub, begun(&mut story, &start)).await;
        commit(hub, story.first_turn(21)).await;
        commit(hub, story.complete(22)).await;
    }
    let of = async |parent: &str, after: Option<&str>, limit: usize| {
        let (parent, after) = (id(parent), after.map(id));
        let found = hub.children(&parent, after.as_ref(), limit).await;
        found.expect("they can be listed")
    };
    assert_eq!(of("parent", None, 10).await, [id("c-1"), id("c-2")]);
    assert_eq!(of("parent", None, 1).await, [id("c-1")]);
    assert_eq!(of("parent", Some("c-1"), 10).await, [id("c-2")]);
    assert_eq!(of("c-1", None, 10).await, []);
    // Whoever takes its id is no child.
    let mut story = Story::of("c-1");
    commit(hub, story.start(30, "1")).await;
    assert_eq!(of("parent", None, 10).await, [id("c-2")]);
    let nobody = ExecutionId::new(uuid::Uuid::nil());
    assert!(
        !hub.has_child_start(nobody, EventId::FIRST)
            .await
            .expect("it can be looked for")
    );
}
