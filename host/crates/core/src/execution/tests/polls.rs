//! HTTP calls that are accepted, and asked after until they are done.

use super::run::{Outside, Run, answered, fire_at, raised};
use super::script::{Step, all, cancel, got, json, oops, wait_for};
use crate::{Dispatch, EventId, EventKind, Fact, POLLS_MAX, Timer, Timestamp, Work};

const REQUEST: EventId = EventId::new(3);

/// A run whose first turn asked for an HTTP call, and waits for it.
fn asked(step: Step) -> Run {
    let mut run = Run::of([step, wait_for(0)]);
    run.then([]);
    run
}

fn timer(millis: i64) -> Timer {
    Timer {
        scheduled: REQUEST,
        fire_at: fire_at(millis),
    }
}

/// What begins when the last pause is over.
fn next_attempt(run: &Run) -> Option<Dispatch> {
    let events = run.stored.history().into_events();
    let at = events.iter().rev().find_map(|event| match event.kind {
        EventKind::AttemptFailed { retry_at, .. } => Some(retry_at),
        EventKind::HttpAccepted { poll_at, .. } => Some(poll_at),
        _ => None,
    })?;
    run.execution.next_attempt(REQUEST, at)
}

/// What asks after the call now.
fn poll(run: &Run) -> (u32, Option<String>) {
    match next_attempt(run) {
        Some(Dispatch {
            attempt,
            work: Work::Http { poll, .. },
            ..
        }) => (attempt, poll),
        other => panic!("{other:?} is no HTTP call"),
    }
}

#[test]
fn a_call_that_was_accepted_is_asked_after_when_its_server_wants_it() {
    let mut run = asked(Step::Http);
    let decision = run.then([Outside::Accepted(0, 5)]);
    assert_eq!(
        decision.events[0].kind,
        EventKind::HttpAccepted {
            scheduled: REQUEST,
            uri: "http://a.test/5".to_owned(),
            poll_at: fire_at(5_010),
        }
    );
    assert_eq!(
        (decision.timers, decision.timers_done),
        (vec![timer(5_010)], vec![])
    );
    assert_eq!((decision.open_work, decision.dispatch), (1, vec![]));
    assert_eq!(poll(&run), (1, Some("http://a.test/5".to_owned())));
    assert_eq!(run.stored.history().open_work(), [], "a timer is kept");

    let decision = run.then([Outside::Accepted(0, 1)]);
    assert_eq!(
        (decision.timers, decision.timers_done),
        (vec![timer(1_020)], vec![REQUEST])
    );
    assert_eq!(poll(&run), (1, Some("http://a.test/1".to_owned())));
    run.evict();
    assert_eq!(poll(&run), (1, Some("http://a.test/1".to_owned())));

    let decision = run.then([answered(0, "200")]);
    assert_eq!(decision.timers_done, [REQUEST]);
    assert_eq!(next_attempt(&run), None);
    assert_eq!(run.seen().last(), Some(&got(0, "200")));
}

#[test]
fn being_accepted_is_no_failed_attempt_and_attempts_are_counted_anew_after_it() {
    let mut run = asked(Step::HttpTried(100));
    run.then([Outside::Unsuccessful(0)]);
    run.then([Outside::Answered(0, Err(oops()))]);
    assert_eq!(poll(&run), (3, None), "the request itself is sent again");
    run.then([Outside::Accepted(0, 9)]);
    for attempt in 1..3 {
        assert_eq!(poll(&run), (attempt, Some("http://a.test/9".to_owned())));
        let decision = run.then([Outside::Unsuccessful(0)]);
        assert!(matches!(
            decision.events[0].kind,
            EventKind::AttemptFailed { .. }
        ));
    }
    assert_eq!(poll(&run), (3, Some("http://a.test/9".to_owned())));
    run.then([Outside::Unsuccessful(0)]);
    assert_eq!(run.seen().last(), Some(&got(0, "503")));
}

#[test]
fn a_status_that_no_policy_tries_again_is_the_answer() {
    let mut run = asked(Step::Http);
    let decision = run.then([Outside::Unsuccessful(0)]);
    assert_eq!(
        decision.events[0].kind,
        EventKind::TaskCompleted {
            scheduled: REQUEST,
            output: json("503"),
        }
    );
}

#[test]
fn a_call_that_is_given_up_or_outlived_is_asked_after_no_more() {
    let script = [
        Step::Http,
        Step::Wait("go"),
        wait_for(1),
        cancel(0),
        wait_for(0),
    ];
    let mut run = Run::of(script);
    run.then([]);
    run.then([Outside::Accepted(0, 5)]);
    let decision = run.then([raised("go", "1")]);
    assert_eq!(
        (decision.timers_done, decision.interrupt),
        (vec![REQUEST], vec![REQUEST])
    );
    assert_eq!(next_attempt(&run), None);
    run.seen();

    let mut run = Run::of([Step::Http, Step::Wait("go"), wait_for(1)]);
    run.then([]);
    run.then([Outside::Accepted(0, 5)]);
    let decision = run.then([raised("go", "1")]);
    assert_eq!((decision.orphans, decision.dispatch), (vec![], vec![]));
}

#[test]
fn only_an_http_call_can_be_accepted() {
    let mut run = Run::of([Step::Activity("a"), Step::Timer(5), all([0, 1])]);
    run.then([]);
    for task in [0, 1] {
        assert!(!run.deliver(&Outside::Accepted(task, 5)), "{task}");
    }
}

#[test]
fn a_call_is_not_asked_after_without_end() {
    let mut run = asked(Step::Http);
    let mut accepted = || {
        let fact = Fact::HttpAccepted {
            scheduled: REQUEST,
            uri: "http://a.test/".to_owned(),
            retry_after: None,
        };
        run.execution.deliver(fact, Timestamp::default())
    };
    for _ in 0..=POLLS_MAX {
        assert!(accepted());
    }
    assert!(!accepted());
    match &run.execution.take_delivered().events.last().unwrap().kind {
        EventKind::TaskFailed { failure, .. } => {
            assert_eq!(failure.error_type, "LimitExceeded");
            assert!(failure.non_retriable);
        }
        other => panic!("{other:?}"),
    }
}
