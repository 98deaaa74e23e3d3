//! Orchestration time, and the times of events.

use super::run::Outside::{Fired, Terminated};
use super::run::{Run, START, answered, execution, fire_at, raised};
use super::script::Step::{Activity, Now, Timer, Wait};
use super::script::{Seen, got, wait_for};
use crate::{Action, EventKind, Fact, TaskId, Timestamp};

#[test]
fn the_guests_time_begins_with_its_first_turn_not_with_its_start() {
    let mut run = Run::of([Now, Timer(5), Now, wait_for(0)]);
    run.keep();
    run.now = fire_at(500);
    run.then([]);
    let begun = Seen::Now(START + 500);
    assert_eq!(run.seen(), [begun.clone(), Seen::Asked(0), begun]);
    let timers = &run.stored.decisions[1].timers;
    assert_eq!(timers[0].fire_at, fire_at(505));
}

#[test]
fn the_guests_time_is_that_of_the_last_answer_it_has_consumed() {
    let mut run = Run::of([
        Activity("a"),
        Wait("go"),
        wait_for(0),
        Now,
        wait_for(1),
        Now,
    ]);
    run.then([]);
    // The event that lies beyond has not happened yet, though history holds it.
    run.then([answered(0, "0"), raised("go", "1")]);
    let expected = [
        got(0, "0"),
        Seen::Now(START + 10),
        got(1, "1"),
        Seen::Now(START + 20),
    ];
    assert_eq!(run.seen()[2..], expected);
}

#[test]
fn an_event_from_before_the_first_turn_does_not_set_the_guests_time_back() {
    let mut run = Run::of([Wait("go"), wait_for(0), Now]);
    run.deliver(&raised("go", "0"));
    run.now = fire_at(70);
    run.then([]);
    assert_eq!(run.seen()[2..], [Seen::Now(START + 70)]);
}

#[test]
fn timestamps_never_go_back_whatever_the_owners_clock_does() {
    let mut run = Run::of([Wait("go"), Wait("go"), wait_for(1), Timer(5), wait_for(2)]);
    run.now = fire_at(100);
    run.then([]);
    for earlier in [50, -2_000, 0] {
        run.now = fire_at(earlier);
        run.then([raised("go", "0")]);
        run.evict();
    }
    // The history is proof; and the last one is not lost in a reload.
    let stamps = run.stored.events.iter().map(|event| event.timestamp);
    assert_eq!(stamps.max(), Some(fire_at(100)));
}

#[test]
fn a_timer_never_fires_before_its_time() {
    let mut run = Run::of([Timer(500), wait_for(0), Now, Wait("go"), wait_for(1), Now]);
    run.then([]);
    // The owner's clock is behind.
    run.now = fire_at(100);
    run.then([Fired(0)]);
    run.then([raised("go", "1")]);
    let expected = [
        got(0, "null"),
        Seen::Now(START + 500),
        Seen::Asked(1),
        got(1, "1"),
        Seen::Now(START + 500),
    ];
    assert_eq!(run.seen()[1..], expected);
}

#[test]
fn a_timer_that_fires_late_stands_where_it_fired() {
    let mut run = Run::of([Timer(5), wait_for(0), Now]);
    run.then([]);
    run.now = fire_at(1_000);
    run.then([Fired(0)]);
    assert_eq!(run.seen()[1..], [got(0, "null"), Seen::Now(START + 1_010)]);
}

#[test]
fn a_timer_whose_time_is_past_is_kept_and_recorded_like_any_other() {
    let mut execution = execution();
    let fire_at = Timestamp::from_millis(-5);
    let task = execution.perform(Action::CreateTimer { fire_at });
    assert_eq!(task, Ok(TaskId(0)));
    assert_eq!(execution.await_task(TaskId(0)), Ok(None));
    let timer = execution.park().timers[0];
    assert_eq!(timer.fire_at, fire_at);
    let fact = Fact::TimerFired {
        timer: timer.scheduled,
    };
    assert!(execution.deliver(fact.clone(), Timestamp::from_millis(START)));
    assert!(
        !execution.deliver(fact, Timestamp::from_millis(START)),
        "once"
    );
    assert!(execution.is_runnable());
}

#[test]
fn what_makes_no_difference_does_not_move_a_timers_time() {
    let mut run = Run::of([Timer(500), wait_for(0)]);
    run.then([]);
    run.then([Fired(0)]);
    // It ended with its timer; a late firing leaves the history as it is.
    assert!(!run.deliver(&Fired(0)));
    assert!(!run.deliver(&Terminated));
    let last = run.stored.events.last();
    assert!(
        matches!(last, Some(event) if matches!(event.kind, EventKind::ExecutionCompleted { .. }))
    );
}
