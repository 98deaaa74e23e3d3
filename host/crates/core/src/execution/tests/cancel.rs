//! What it means to give up a task, by what has become of the task.

use super::run::Outside::Fired;
use super::run::{Run, answered, raised};
use super::script::Step::{Activity, Child, Http, Now, Timer, Wait};
use super::script::{Seen, Step, any, cancel, canceled, got, got_canceled, wait_for};
use crate::EventKind;

fn cancellations(run: &Run) -> usize {
    let canceled = |kind: &EventKind| matches!(kind, EventKind::TaskCanceled { .. });
    let events = run.stored.events.iter();
    events.filter(|event| canceled(&event.kind)).count()
}

#[test]
fn an_open_task_of_any_kind_answers_that_it_was_cancelled() {
    for ask in [Activity("a"), Child("c"), Http, Timer(5), Wait("go")] {
        let mut run = Run::of([ask.clone(), cancel(0), wait_for(0)]);
        run.then([]);
        assert_eq!(run.seen(), [Seen::Asked(0), got_canceled(0)], "{ask:?}");
        assert_eq!(cancellations(&run), 1);
        assert_eq!(canceled().error_type, "Canceled");
    }
}

#[test]
fn a_second_cancellation_has_no_effect() {
    let mut run = Run::of([Activity("a"), cancel(0), cancel(0), wait_for(0), cancel(0)]);
    run.then([]);
    assert_eq!(run.seen(), [Seen::Asked(0), got_canceled(0)]);
    assert_eq!(cancellations(&run), 1);
}

#[test]
fn a_task_whose_answer_was_consumed_is_done() {
    for (ask, answer, output) in [
        (Activity("a"), answered(0, "1"), "1"),
        (Timer(5), Fired(0), "null"),
        (Wait("go"), raised("go", "1"), "1"),
    ] {
        let mut run = Run::of([ask, wait_for(0), cancel(0), wait_for(0)]);
        run.then([]);
        run.then([answer]);
        assert_eq!(run.seen()[1..], [got(0, output), got(0, output)]);
        assert_eq!(cancellations(&run), 0);
    }
}

#[test]
fn a_task_is_done_if_its_answer_stands_before_what_the_guest_has_seen() {
    let script = [
        Activity("a"),
        Activity("b"),
        wait_for(1),
        cancel(0),
        wait_for(0),
    ];
    let mut run = Run::of(script);
    run.then([]);
    run.then([answered(0, "0"), answered(1, "1")]);
    assert_eq!(run.seen()[2..], [got(1, "1"), got(0, "0")]);
    assert_eq!(cancellations(&run), 0);
}

#[test]
fn a_task_is_not_done_if_its_answer_stands_after_what_the_guest_has_seen() {
    let script = [
        Activity("a"),
        Activity("b"),
        wait_for(1),
        cancel(0),
        wait_for(0),
    ];
    let mut run = Run::of(script);
    run.then([]);
    // The answer is recorded, and for the guest it has not happened.
    run.then([answered(1, "1"), answered(0, "0")]);
    assert_eq!(run.seen()[2..], [got(1, "1"), got_canceled(0)]);
    assert_eq!(cancellations(&run), 1);
}

#[test]
fn a_wait_is_not_done_until_its_event_is_consumed() {
    let script = [
        Wait("go"),
        Activity("b"),
        wait_for(1),
        cancel(0),
        Wait("go"),
        wait_for(2),
    ];
    let mut run = Run::of(script);
    run.then([]);
    run.then([raised("go", "0"), answered(1, "1")]);
    assert_eq!(run.seen()[2..], [got(1, "1"), Seen::Asked(2), got(2, "0")]);
    assert_eq!(cancellations(&run), 1);
}

#[test]
fn late_and_second_answers_are_not_recorded() {
    let script = [
        Activity("a"),
        Timer(5),
        Activity("c"),
        cancel(0),
        cancel(1),
        wait_for(2),
        Wait("go"),
        wait_for(3),
    ];
    let mut run = Run::of(script);
    run.then([]);
    let before = run.execution.next_event();
    assert!(!run.deliver(&answered(0, "1")), "it was cancelled");
    assert!(!run.deliver(&Fired(1)), "it was cancelled");
    assert!(!run.deliver(&answered(1, "1")), "a timer has no output");
    assert!(!run.deliver(&Fired(2)), "an activity does not fire");
    assert_eq!(run.execution.next_event(), before);
    assert!(run.deliver(&answered(2, "1")));
    assert!(!run.deliver(&answered(2, "2")), "it was answered");
    run.settle();
    assert!(!run.deliver(&answered(3, "1")), "a wait has no answer");
    run.evict();
    assert!(!run.deliver(&answered(0, "1")), "also after a replay");
    assert!(!run.deliver(&answered(2, "2")), "also after a replay");
    assert_eq!(run.stored.decisions.len(), 2);
}

#[test]
fn an_answer_to_an_event_that_is_no_request_is_not_recorded() {
    let mut execution = super::run::execution();
    for number in [0, 1, 2, 3, u64::MAX] {
        let scheduled = crate::EventId::new(number);
        let result = Ok(crate::Payload::null());
        assert!(!execution.deliver(crate::Fact::Answer { scheduled, result }, execution.clock));
        let fired = crate::Fact::TimerFired { timer: scheduled };
        assert!(!execution.deliver(fired, execution.clock));
    }
}

#[test]
fn the_answer_of_a_cancelled_task_stands_where_the_guest_stood() {
    // It wins against what comes later, and loses against what the guest had before it.
    let race = |tasks: [u8; 2]| -> [Step; 9] {
        [
            Activity("a"),
            Activity("b"),
            Activity("c"),
            wait_for(1),
            cancel(0),
            Now,
            any(tasks),
            wait_for(2),
            any([0, 2]),
        ]
    };
    for (tasks, first) in [([0, 1], 1), ([1, 0], 0), ([0, 2], 0), ([2, 0], 1)] {
        let mut run = Run::of(race(tasks));
        run.then([]);
        run.then([answered(1, "1"), answered(2, "2")]);
        let expected = [
            got(1, "1"),
            Seen::Now(1_010),
            Seen::First(first),
            got(2, "2"),
            Seen::First(0),
        ];
        assert_eq!(run.seen()[3..], expected, "{tasks:?}");
    }
}

#[test]
fn what_is_cancelled_in_the_turn_that_asked_for_it_never_begins() {
    let asks = [Activity("a"), Child("c"), Http, Timer(5), Wait("go")];
    let cancels = [0, 1, 2, 3, 4].map(cancel);
    let mut run = Run::of([&asks[..], &cancels, &[Wait("stop"), wait_for(5)]].concat());
    let decision = run.then([]);
    assert_eq!(decision.dispatch, []);
    assert_eq!(decision.timers, []);
    assert_eq!(decision.timers_done, []);
    assert_eq!(decision.interrupt, []);
    assert_eq!(decision.open_work, 0);
}

#[test]
fn what_runs_is_interrupted_when_it_is_cancelled_and_a_timer_is_forgotten() {
    let script = [
        Activity("a"),
        Timer(5),
        Wait("go"),
        Activity("b"),
        wait_for(2),
        cancel(0),
        cancel(1),
        cancel(3),
        Wait("stop"),
        wait_for(4),
    ];
    let mut run = Run::of(script);
    let first = run.then([]);
    let [activity, other] = [0, 1].map(|index| first.dispatch[index].scheduled);
    let decision = run.then([raised("go", "1")]);
    assert_eq!(decision.interrupt, [activity, other]);
    assert_eq!(decision.timers_done, [first.timers[0].scheduled]);
    assert_eq!(decision.open_work, 0);
}

#[test]
fn what_has_answered_is_not_interrupted() {
    // Both answers come with the event that lets the guest cancel; they are beyond what it has seen.
    let script = [
        Activity("a"),
        Timer(5),
        Wait("go"),
        wait_for(2),
        cancel(0),
        cancel(1),
        Wait("stop"),
        wait_for(3),
    ];
    let mut run = Run::of(script);
    let first = run.then([]);
    let decision = run.then([raised("go", "1"), answered(0, "1"), Fired(1)]);
    assert_eq!(cancellations(&run), 2);
    assert_eq!(decision.interrupt, []);
    assert_eq!(decision.timers_done, [first.timers[0].scheduled]);
}
