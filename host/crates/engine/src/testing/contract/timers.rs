use soloist_core::{EventId, ExecutionId, Timer, Timestamp};

use crate::testing::seen::{all_timers, timers};
use crate::testing::story::{Story, at, began, commit, prepare, raised_event, terminated};
use crate::{Operation, TaskHub, TimerCursor};

fn timer(scheduled: u64, fire_at: i64) -> Timer {
    Timer {
        scheduled: EventId::new(scheduled),
        fire_at: at(fire_at),
    }
}

/// A live instance with timers at these events, firing at these times.
async fn with_timers<H: TaskHub>(hub: &H, instance: &str, all: &[(u64, i64)]) -> Story {
    let mut story = Story::of(instance);
    commit(hub, story.start(10, "1")).await;
    commit(hub, setting(&mut story, all)).await;
    story
}

fn setting(story: &mut Story, all: &[(u64, i64)]) -> Operation {
    let timers = all
        .iter()
        .map(|(scheduled, fire_at)| timer(*scheduled, *fire_at));
    let kind = match story.next.get() {
        2 => began(),
        _ => raised_event("e", "1"),
    };
    Operation {
        timers: timers.collect(),
        ..story.turn(11, [kind])
    }
}

fn row(instance: &str, scheduled: u64, fire_at: i64) -> (String, u64, i64) {
    (instance.to_owned(), scheduled, fire_at)
}

pub async fn timers_are_listed_after_the_last_place_of_a_time<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let story = with_timers(hub, "a", &[(3, 50), (4, 51)]).await;
    let last = TimerCursor {
        fire_at: at(50),
        execution: ExecutionId::new(uuid::Uuid::max()),
        scheduled: EventId::new(u64::MAX),
    };
    let page = timers(hub, Some(last), 60, 10).await;
    let rest: Vec<_> = page.iter().map(|due| due.cursor.scheduled.get()).collect();
    assert_eq!(rest, [4], "of {}", story.instance);
}

pub async fn timers_are_listed_page_by_page_while_they_change<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut first = with_timers(hub, "z", &[(12, 50), (3, 50), (300, 20)]).await;
    let mut second = with_timers(hub, "a", &[(2, 50), (4, 60), (5, 70)]).await;
    let place = |timers: &[crate::DueTimer]| {
        let rows = timers.iter();
        rows.map(|due| (due.instance.to_string(), due.cursor.scheduled.get()))
            .collect::<Vec<_>>()
    };
    let due = |instance: &str, scheduled| (instance.to_owned(), scheduled);
    // By time, then by execution, then by event.
    let page = timers(hub, None, 60, 2).await;
    assert_eq!(place(&page), [due("z", 300), due("z", 3)]);
    assert_eq!(page[0].cursor.execution, first.execution);
    assert_eq!(page[0].cursor.fire_at, at(20));
    // What is behind the cursor goes, and something comes before and behind it.
    let fired = Operation {
        timers_done: vec![EventId::new(300), EventId::new(3)],
        ..setting(&mut first, &[(400, 10), (401, 55)])
    };
    commit(hub, fired).await;
    let page = timers(hub, Some(page[1].cursor), 60, 3).await;
    assert_eq!(place(&page), [due("z", 12), due("a", 2), due("z", 401)]);
    // What is ahead of the cursor goes.
    let fired = Operation {
        timers_done: vec![EventId::new(4)],
        ..setting(&mut second, &[])
    };
    commit(hub, fired).await;
    assert_eq!(timers(hub, Some(page[2].cursor), 60, 3).await, []);
    let page = timers(hub, Some(page[2].cursor), 70, 3).await;
    assert_eq!(place(&page), [due("a", 5)]);
    assert_eq!(timers(hub, None, 9, 10).await, []);
    assert_eq!(timers(hub, None, 10, 10).await.len(), 1);
}

pub async fn timers_that_are_done_are_forgotten<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = with_timers(hub, "a", &[(3, 50), (4, 60), (5, 70)]).await;
    with_timers(hub, "b", &[(3, 50)]).await;
    let fired = Operation {
        timers_done: vec![EventId::new(3), EventId::new(5), EventId::new(77)],
        ..setting(&mut story, &[])
    };
    commit(hub, fired).await;
    let left = [row("b", 3, 50), row("a", 4, 60)];
    assert_eq!(all_timers(hub).await, left);
}

pub async fn an_end_forgets_all_timers<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = with_timers(hub, "a", &[(3, 50), (4, 60)]).await;
    with_timers(hub, "b", &[(3, 50)]).await;
    let last = Operation {
        timers: vec![timer(5, 70)],
        ..story.end(12, terminated())
    };
    commit(hub, last).await;
    assert_eq!(all_timers(hub).await, [row("b", 3, 50)]);
}

pub async fn a_new_execution_has_only_its_own_timers<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let mut story = with_timers(hub, "a", &[(3, 50), (4, 60)]).await;
    let next = Operation {
        timers: vec![timer(3, 80)],
        ..story.continue_as_new(12, "2")
    };
    commit(hub, next).await;
    assert_eq!(all_timers(hub).await, [row("a", 3, 80)]);
    let due = timers(hub, None, 80, 1).await;
    assert_eq!(due[0].cursor.execution, story.execution);
    commit(hub, setting(&mut story, &[(9, 90)])).await;
    assert_eq!(all_timers(hub).await, [row("a", 3, 80), row("a", 9, 90)]);
    commit(hub, story.complete(13)).await;
    assert_eq!(all_timers(hub).await, []);
}

pub async fn the_next_timer_is_the_first_later_one<H: TaskHub>(hub: &H) {
    prepare(hub).await;
    let next = async |after| {
        let next = hub.next_timer(at(after)).await;
        next.expect("it can be read").map(Timestamp::as_millis)
    };
    assert_eq!(next(0).await, None);
    with_timers(hub, "a", &[(3, 50), (4, 60)]).await;
    with_timers(hub, "b", &[(3, 55)]).await;
    assert_eq!(next(0).await, Some(50));
    assert_eq!(next(49).await, Some(50));
    assert_eq!(next(50).await, Some(55));
    assert_eq!(next(59).await, Some(60));
    assert_eq!(next(60).await, None);
}
