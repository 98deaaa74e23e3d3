//! What comes during a suspension happens when it ends.

use super::run::Outside::{Fired, Resumed, Suspended};
use super::run::{Run, answered, raised};
use super::script::Step::{Activity, ContinueAsNew, Now, Timer, Wait};
use super::script::{Seen, all, any, cancel, got, got_canceled, json, wait_for};
use crate::{End, EventKind};

#[test]
fn a_suspended_guest_is_not_run_and_a_resumed_one_goes_on() {
    let mut run = Run::of([Activity("a"), wait_for(0), Now]);
    run.then([]);
    run.then([Suspended]);
    assert!(run.execution.is_suspended());
    run.then([answered(0, "0")]);
    assert!(!run.execution.is_runnable());
    assert_eq!(run.seen(), [Seen::Asked(0)]);
    run.then([Resumed]);
    assert!(!run.execution.is_suspended());
    assert_eq!(run.seen()[1..], [got(0, "0"), Seen::Now(1_030)]);
}

#[test]
fn what_is_held_happens_at_the_resumption_in_its_order() {
    let script = [
        Activity("a"),
        Timer(5),
        Wait("go"),
        Wait("go"),
        any([0, 1, 2, 3]),
        Now,
        all([0, 1, 2, 3]),
        Now,
    ];
    let mut run = Run::of(script);
    run.then([]);
    run.then([Suspended]);
    run.then([Fired(1)]);
    run.then([raised("go", "2"), answered(0, "0"), raised("go", "3")]);
    run.then([Resumed]);
    let results = ["0", "null", "2", "3"].map(|output| Ok(json(output)));
    let expected = [
        Seen::First(1),
        Seen::Now(1_060),
        Seen::All(results.to_vec()),
        Seen::Now(1_060),
    ];
    assert_eq!(run.seen()[4..], expected);
}

#[test]
fn what_came_before_the_suspension_stands_where_it_came() {
    // Both came in one batch, before the guest could go on: time goes on from the answer, not from the resumption.
    let mut run = Run::of([Activity("a"), wait_for(0), Now, Timer(5), wait_for(1), Now]);
    run.then([]);
    run.then([answered(0, "0"), Suspended]);
    assert_eq!(run.seen_so_far(), [Seen::Asked(0)]);
    run.then([Resumed]);
    assert_eq!(run.seen()[1..3], [got(0, "0"), Seen::Now(1_010)]);
}

#[test]
fn a_second_suspension_and_a_resumption_of_what_runs_are_not_recorded() {
    let mut run = Run::of([Activity("a"), wait_for(0)]);
    run.then([]);
    assert!(!run.deliver(&Resumed));
    assert!(run.deliver(&Suspended));
    assert!(!run.deliver(&Suspended));
    assert!(run.deliver(&Resumed));
    assert!(!run.deliver(&Resumed));
    run.settle();
}

#[test]
fn a_suspension_before_the_first_turn_delays_it() {
    let mut run = Run::of([Wait("go"), wait_for(0), Now]);
    run.then([Suspended, raised("go", "0")]);
    assert!(!run.execution.has_begun());
    run.then([Resumed]);
    assert!(run.execution.has_begun());
    assert_eq!(run.seen()[1..], [got(0, "0"), Seen::Now(1_030)]);
}

#[test]
fn each_suspension_holds_what_came_in_it() {
    let mut run = Run::of([
        Activity("a"),
        Activity("b"),
        wait_for(1),
        Now,
        wait_for(0),
        Now,
    ]);
    run.then([]);
    run.then([Suspended, answered(0, "0"), Resumed]);
    run.then([Suspended, answered(1, "1"), Resumed]);
    let expected = [got(1, "1"), Seen::Now(1_060), got(0, "0"), Seen::Now(1_060)];
    assert_eq!(run.seen()[2..], expected);
}

/// Runs the first turn of `run` and tells it, when the guest has taken so many steps, that it is suspended and `held`.
fn suspended_amid(run: &mut Run, steps: usize, held: &super::run::Outside) {
    let now = run.now;
    run.execution.begin_turn(now);
    run.go_on(|execution, taken| {
        if taken == steps {
            assert!(super::run::deliver(execution, &Suspended, now));
            assert!(super::run::deliver(execution, held, now));
        }
    });
}

#[test]
fn a_guest_in_its_turn_does_not_see_what_comes_after_its_suspension() {
    let mut run = Run::of([Wait("go"), Activity("a"), any([0, 1])]);
    suspended_amid(&mut run, 1, &raised("go", "0"));
    assert_eq!(run.seen(), [Seen::Asked(0), Seen::Asked(1)]);
    run.then([Resumed]);
    assert_eq!(run.seen()[2..], [Seen::First(0)]);
}

#[test]
fn a_task_that_is_cancelled_while_its_answer_is_held_stays_cancelled() {
    let script = [
        Activity("a"),
        Activity("b"),
        wait_for(1),
        cancel(0),
        Wait("go"),
        any([0]),
        wait_for(2),
        wait_for(0),
    ];
    let mut run = Run::of(script);
    run.then([]);
    let now = run.now;
    run.deliver(&answered(1, "1"));
    run.execution.begin_turn(now);
    run.go_on(|execution, steps| {
        if steps == 3 {
            assert!(super::run::deliver(execution, &Suspended, now));
            assert!(super::run::deliver(execution, &answered(0, "0"), now));
        }
    });
    run.then([Resumed]);
    run.then([raised("go", "2")]);
    let expected = [
        got(1, "1"),
        Seen::Asked(2),
        Seen::First(0),
        got(2, "2"),
        got_canceled(0),
    ];
    assert_eq!(run.seen()[2..], expected);
}

#[test]
fn events_that_a_suspension_holds_are_carried_over() {
    for keep_events in [true, false] {
        let mut run = Run::of([Wait("stop"), ContinueAsNew { keep_events }]);
        suspended_amid(&mut run, 1, &raised("go", "0"));
        match &run.stored.end {
            Some(End::ContinuedAsNew { carried, .. }) => {
                assert_eq!(*carried, [("go".to_owned(), json("0"))]);
            }
            end => panic!("{end:?}"),
        }
    }
}

#[test]
fn a_suspension_says_why() {
    let mut run = Run::of([Wait("go"), wait_for(0)]);
    run.then([]);
    let reason = Some("payday".to_owned());
    let fact = crate::Fact::Suspended {
        reason: reason.clone(),
    };
    assert!(run.execution.deliver(fact, run.now));
    let fact = crate::Fact::Resumed { reason: None };
    assert!(run.execution.deliver(fact, run.now));
    let decision = run.execution.take_delivered();
    let kinds = decision.events.into_iter().map(|event| event.kind);
    assert_eq!(
        kinds.collect::<Vec<_>>(),
        [
            EventKind::ExecutionSuspended { reason },
            EventKind::ExecutionResumed { reason: None }
        ]
    );
}
