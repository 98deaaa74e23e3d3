use crate::testing::seen::{unfinished, unfinished_ids};
use crate::testing::story::{
    Story, answered, began, commit, id, message, prepare, raised, raised_event,
};
use crate::{Operation, TaskHub, Unfinished};

pub async fn what_has_something_to_do_is_unfinished<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = Story::of("a");
    let row = |ready, open_work| Unfinished {
        instance: id("a"),
        ready,
        open_work,
    };
    assert_eq!(unfinished(hub, None, 10).await, []);
    commit(hub, story.start(10, "1")).await;
    assert_eq!(unfinished(hub, None, 10).await, [row(true, 0)]);
    commit(hub, story.first_turn(11)).await;
    assert_eq!(unfinished(hub, None, 10).await, [row(false, 1)]);
    let answered_but_unseen = Operation {
        ready: true,
        open_work: 0,
        ..story.turn(12, [answered(3, "1")])
    };
    commit(hub, answered_but_unseen).await;
    assert_eq!(unfinished(hub, None, 10).await, [row(true, 0)]);
    // It waits for something that will come by itself.
    commit(hub, story.turn(13, [])).await;
    assert_eq!(unfinished(hub, None, 10).await, []);
    let told = Operation {
        messages: vec![message(&story, false, raised("e", "1"))],
        open_work: 5,
        ..story.turn(14, [raised_event("e", "1")])
    };
    commit(hub, told).await;
    assert_eq!(unfinished(hub, None, 10).await, [row(true, 5)]);
    commit(hub, story.complete(15)).await;
    assert_eq!(unfinished(hub, None, 10).await, []);
}

pub async fn unfinished_instances_are_listed_page_by_page_while_they_change<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    // The order is that of their bytes.
    let names = ["B", "a", "a-1", "b", "é", "😀"];
    let mut stories = Vec::new();
    for name in names.iter().rev() {
        let mut story = Story::of(name);
        commit(hub, story.start(10, "1")).await;
        stories.push(story);
    }
    assert_eq!(unfinished_ids(hub, None, 10).await, names);
    assert_eq!(unfinished_ids(hub, None, 2).await, names[..2]);
    assert_eq!(unfinished_ids(hub, Some("a"), 2).await, names[2..4]);
    // `a` and `b` have nothing to do any more; the cursor need not exist.
    for story in &mut stories {
        if ["a", "b"].contains(&story.instance.as_str()) {
            commit(hub, story.turn(11, [began()])).await;
        }
    }
    assert_eq!(unfinished_ids(hub, Some("a"), 2).await, ["a-1", "é"]);
    assert_eq!(unfinished_ids(hub, Some("b"), 5).await, ["é", "😀"]);
    assert_eq!(unfinished_ids(hub, Some("😀"), 5).await, [""; 0]);
}
