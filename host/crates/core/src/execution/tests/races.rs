//! Who wins a race, and how far the guest has then come.

use super::run::Outside::{Fired, Suspended};
use super::run::{Outside, Run, answered, fire_at, raised};
use super::script::Step::{Activity, Now, Timer, Wait};
use super::script::{Seen, Step, all, any, cancel, got, json, wait_for};
use crate::{Failure, Waiting};

fn after_first_turn(script: &[Step]) -> Run {
    let mut run = Run::of(script);
    run.then([]);
    run
}

#[test]
fn the_winner_is_the_answer_that_stands_first_not_the_task_that_is_named_first() {
    for (answers, first) in [
        ([answered(0, "0"), Fired(1), raised("go", "2")], 0),
        ([Fired(1), raised("go", "2"), answered(0, "0")], 1),
        ([raised("go", "2"), answered(0, "0"), Fired(1)], 2),
    ] {
        let script = [
            Activity("a"),
            Timer(5),
            Wait("go"),
            any([0, 1, 2]),
            any([2, 1, 0]),
            Now,
        ];
        let mut batched = after_first_turn(&script);
        batched.then(answers.clone());
        let expected = [Seen::First(first), Seen::First(2 - first), Seen::Now(1_010)];
        assert_eq!(batched.seen()[3..], expected);

        let mut one_by_one = after_first_turn(&script);
        for answer in answers {
            one_by_one.then([answer]);
        }
        assert_eq!(one_by_one.seen(), batched.seen());
    }
}

#[test]
fn a_race_that_is_run_again_has_the_same_winner() {
    let mut run = after_first_turn(&[
        Activity("a"),
        Activity("b"),
        any([0, 1]),
        wait_for(0),
        any([0, 1]),
        wait_for(1),
        wait_for(1),
    ]);
    run.then([answered(1, "1")]);
    run.then([answered(0, "0")]);
    let expected = [
        Seen::First(1),
        got(0, "0"),
        Seen::First(1),
        got(1, "1"),
        got(1, "1"),
    ];
    assert_eq!(run.seen()[2..], expected);
}

#[test]
fn a_task_that_is_named_twice_wins_at_its_first_place() {
    let mut run = after_first_turn(&[Activity("a"), Activity("b"), any([1, 0, 0])]);
    run.then([answered(0, "0"), answered(1, "1")]);
    assert_eq!(run.seen()[2..], [Seen::First(1)]);
}

#[test]
fn an_answer_from_before_wins_against_one_that_comes() {
    let script = [Activity("a"), Activity("b"), wait_for(1), any([0, 1])];
    let mut run = after_first_turn(&script);
    run.then([answered(1, "1"), answered(0, "0")]);
    assert_eq!(run.seen()[2..], [got(1, "1"), Seen::First(1)]);
}

#[test]
fn all_answers_come_in_the_order_of_the_tasks_and_the_guest_has_then_seen_the_last() {
    let failed = Failure {
        details: Some("a stack".to_owned()),
        ..super::script::oops()
    };
    let mut run = after_first_turn(&[Activity("a"), Timer(5), Wait("go"), all([2, 0, 1, 0]), Now]);
    run.then([raised("go", "2")]);
    run.then([Outside::Answered(0, Err(failed.clone()))]);
    assert!(run.seen()[3..].is_empty());
    run.then([Fired(1)]);
    let results = vec![
        Ok(json("2")),
        Err(failed.clone()),
        Ok(json("null")),
        Err(failed),
    ];
    assert_eq!(run.seen()[3..], [Seen::All(results), Seen::Now(1_030)]);
}

#[test]
fn waiting_for_none_of_no_tasks_goes_on_at_once() {
    let mut run = Run::of([all([])]);
    run.then([]);
    assert_eq!(run.seen(), [Seen::All(Vec::new())]);
}

#[test]
fn awaiting_an_earlier_answer_does_not_set_the_clock_back() {
    let script = [
        Activity("a"),
        Activity("b"),
        wait_for(1),
        Now,
        wait_for(0),
        Now,
    ];
    let mut run = after_first_turn(&script);
    run.then([answered(0, "0"), answered(1, "1")]);
    let expected = [got(1, "1"), Seen::Now(1_020), got(0, "0"), Seen::Now(1_020)];
    assert_eq!(run.seen()[2..], expected);
}

#[test]
fn of_what_a_suspension_held_the_first_recorded_wins() {
    let script = [Activity("a"), Wait("go"), any([0, 1]), Now];
    let mut run = after_first_turn(&script);
    run.then([Suspended]);
    run.then([raised("go", "1"), answered(0, "0"), Outside::Resumed]);
    assert_eq!(run.seen()[2..], [Seen::First(1), Seen::Now(1_040)]);
}

#[test]
fn of_two_cancelled_tasks_the_first_cancelled_wins() {
    let mut run = Run::of([
        Activity("a"),
        Activity("b"),
        cancel(1),
        cancel(0),
        any([0, 1]),
        cancel(0),
        any([0]),
    ]);
    run.then([]);
    assert_eq!(run.seen()[2..], [Seen::First(1), Seen::First(0)]);
}

#[test]
fn a_parked_guest_can_go_on_only_when_what_it_waits_for_has_come() {
    let scripts = [
        (
            vec![Activity("a"), Activity("b"), wait_for(1)],
            [false, true],
        ),
        (
            vec![Activity("a"), Activity("b"), any([0, 1])],
            [true, true],
        ),
        (
            vec![Activity("a"), Activity("b"), all([1, 0])],
            [false, true],
        ),
    ];
    for (script, runnable) in scripts {
        let mut run = after_first_turn(&script);
        assert!(!run.execution.is_runnable());
        for (task, expected) in [0, 1].into_iter().zip(runnable) {
            assert!(run.deliver(&answered(task, "1")));
            assert_eq!(run.execution.is_runnable(), expected, "{script:?} {task}");
            assert!(run.execution.waiting().is_some(), "asking changes nothing");
        }
        run.settle();
        assert_eq!(run.execution.waiting(), None);
    }
}

#[test]
fn a_wait_can_go_on_only_for_an_event_that_it_owns() {
    let mut run = after_first_turn(&[Wait("go"), Wait("go"), wait_for(1)]);
    run.deliver(&raised("go", "0"));
    assert!(!run.execution.is_runnable());
    run.deliver(&raised("stop", "0"));
    assert!(!run.execution.is_runnable());
    run.deliver(&raised("GO", "0"));
    assert!(run.execution.is_runnable());
}

#[test]
fn a_guest_that_waits_for_timers_only_can_be_told_from_others() {
    for (wait, expected) in [
        (wait_for(0), Some(fire_at(5))),
        (wait_for(1), Some(fire_at(6))),
        (any([1, 0]), Some(fire_at(5))),
        (all([0, 1]), Some(fire_at(5))),
        (any([0, 2]), None),
        (all([0, 2]), None),
        (wait_for(3), None),
    ] {
        let asks = [Timer(5), Timer(6), Activity("a"), Wait("go")];
        let run = after_first_turn(&[&asks[..], std::slice::from_ref(&wait)].concat());
        assert_eq!(run.execution.sleeps_until(), expected, "{wait:?}");
    }
}

#[test]
fn a_long_fan_in_is_not_counted_from_its_beginning_each_time() {
    let mut run = after_first_turn(&[Activity("a"), Activity("b"), Activity("c"), all([0, 1, 2])]);
    run.then([answered(0, "0"), answered(1, "1")]);
    assert!(!run.execution.is_runnable());
    match run.execution.waiting() {
        Some(Waiting::All { answered, .. }) => assert_eq!(*answered, 2),
        waiting => panic!("{waiting:?}"),
    }
}
