//! Retry policies.

use super::run::{Outside, Run, fire_at};
use super::script::{Step, got, json, oops, wait_for};
use crate::{EventId, EventKind, Failure, Timer};

fn failed(task: u32) -> Outside {
    Outside::Answered(task, Err(oops()))
}

#[test]
fn a_failed_attempt_is_tried_again_after_its_delay() {
    let mut run = Run::of([Step::Tried("t", 100), wait_for(0)]);
    let first = run.then([]);
    assert_eq!(first.dispatch[0].attempt, 1);
    let request = first.dispatch[0].scheduled;

    let decision = run.then([failed(0)]);
    let timer = |at| Timer {
        scheduled: request,
        fire_at: fire_at(at),
    };
    // It failed 10 ms after the start.
    assert_eq!(
        (decision.timers, decision.timers_done),
        (vec![timer(110)], vec![])
    );
    assert_eq!((decision.open_work, decision.dispatch), (1, vec![]));
    let next = run.execution.next_attempt(request, fire_at(110));
    assert_eq!(next.expect("it waits").attempt, 2);

    let decision = run.then([failed(0)]);
    assert_eq!(
        decision.timers,
        [timer(220)],
        "the second delay is twice as long"
    );
    assert_eq!(decision.timers_done, [request]);
    let late = run.execution.next_attempt(request, fire_at(110));
    assert_eq!(late, None, "the timer of the attempt before begins nothing");

    let decision = run.then([Outside::Answered(0, Ok(json("7")))]);
    assert_eq!(decision.timers_done, [request]);
    assert_eq!(run.execution.next_attempt(request, fire_at(220)), None);
    assert_eq!(run.seen()[1], got(0, "7"));
}

#[test]
fn the_last_failure_is_the_answer_with_the_number_of_attempts() {
    let mut run = Run::of([Step::Tried("t", 1), wait_for(0)]);
    run.then([]);
    run.then([failed(0)]);
    run.then([failed(0)]);
    let decision = run.then([failed(0)]);
    let failure = Failure {
        details: Some("attempts: 3".to_owned()),
        ..oops()
    };
    let answer = &decision.events[0].kind;
    assert_eq!(
        answer,
        &EventKind::TaskFailed {
            scheduled: EventId::new(3),
            failure
        }
    );
    run.seen();
}

#[test]
fn a_failure_that_must_not_be_tried_again_answers_at_once() {
    let mut run = Run::of([Step::Tried("t", 1), wait_for(0)]);
    run.then([]);
    let failure = Failure {
        non_retriable: true,
        ..oops()
    };
    let decision = run.then([Outside::Answered(0, Err(failure))]);
    assert!(matches!(
        decision.events[0].kind,
        EventKind::TaskFailed { .. }
    ));
    assert_eq!(decision.timers, []);
}

#[test]
fn a_task_that_is_given_up_between_attempts_is_not_tried_again() {
    let mut run = Run::of([
        Step::Tried("t", 50),
        Step::Wait("go"),
        wait_for(1),
        super::script::cancel(0),
        wait_for(0),
    ]);
    run.then([]);
    run.then([failed(0)]);
    let request = EventId::new(3);
    let decision = run.then([super::run::raised("go", "1")]);
    assert_eq!(decision.timers_done, [request]);
    assert_eq!(decision.interrupt, [request]);
    assert_eq!(run.execution.next_attempt(request, fire_at(60)), None);
    run.seen();
}

#[test]
fn an_attempt_that_waits_when_the_execution_ends_begins_at_once() {
    let mut run = Run::of([Step::Tried("t", 50), Step::Wait("go"), wait_for(1)]);
    run.then([]);
    run.then([failed(0)]);
    let decision = run.then([super::run::raised("go", "1")]);
    assert_eq!(decision.orphans, decision.dispatch);
    assert_eq!(decision.orphans[0].attempt, 2);
}

#[test]
fn no_attempt_begins_later_than_the_policy_allows_after_the_first() {
    for (timeout, again) in [(150, true), (50, false)] {
        let mut execution = super::run::execution();
        let policy = crate::RetryPolicy {
            max_attempts: std::num::NonZeroU32::new(9).expect("not zero"),
            first_retry_interval: 100,
            backoff_coefficient: 1.0,
            max_retry_interval: None,
            retry_timeout: Some(timeout),
            attempt_timeout: None,
        };
        let action = crate::Action::ScheduleTask {
            name: "a".to_owned(),
            input: json("1"),
            retry: Some(policy),
        };
        execution.perform(action).expect("nothing is recorded");
        let scheduled = execution.park().dispatch[0].scheduled;
        let result = Err(oops());
        let now = execution.current_time();
        assert!(execution.deliver(crate::Fact::Answer { scheduled, result }, now));
        let events = execution.take_delivered().events;
        let is_tried_again = matches!(events[0].kind, EventKind::AttemptFailed { .. });
        assert_eq!(is_tried_again, again, "{timeout}");
    }
}

#[test]
fn a_failure_that_comes_in_the_turn_leaves_the_timer_of_the_one_before_to_the_facts() {
    let mut execution = super::run::execution();
    let action = crate::Action::ScheduleTask {
        name: "a".to_owned(),
        input: json("1"),
        retry: Some(crate::RetryPolicy {
            max_attempts: std::num::NonZeroU32::new(9).expect("not zero"),
            first_retry_interval: 100,
            backoff_coefficient: 1.0,
            max_retry_interval: None,
            retry_timeout: None,
            attempt_timeout: None,
        }),
    };
    execution.perform(action).expect("nothing is recorded");
    let scheduled = execution.park().dispatch[0].scheduled;
    let now = execution.current_time();
    let failed = |at| crate::Fact::Answer {
        scheduled: at,
        result: Err(oops()),
    };
    assert!(execution.deliver(failed(scheduled), now));
    execution.begin_turn(now);
    assert!(execution.deliver(failed(scheduled), now));
    assert_eq!(execution.take_facts().timers.len(), 1);
}
