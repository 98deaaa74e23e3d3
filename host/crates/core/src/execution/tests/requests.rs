//! Requests are matched with what history holds, by kind and name.

use super::run::{Run, answered, execution, fire_at};
use super::script::Step::{Activity, Child, Http, Timer, Wait};
use super::script::{Seen, Step, all, cancel, got, json, wait_for};
use crate::{
    Action, End, EventId, EventKind, Execution, Fact, History, HostError, NonDeterminism,
    REQUESTS_AT_ONCE_MAX, REQUESTS_MAX, Refusal, TaskId,
};

/// What becomes of an instance whose history was made by one script when its code is now another.
fn replayed_as(before: &[Step], now: &[Step]) -> Option<End> {
    let mut run = Run::of(before);
    run.then([]);
    run.evict_for(now);
    run.settle();
    run.stored.end.clone()
}

fn message(end: Option<End>) -> String {
    match end {
        Some(End::Failed(failure)) => {
            assert_eq!(failure.error_type, HostError::NonDeterminism.error_type());
            failure.message
        }
        end => panic!("{end:?}"),
    }
}

#[test]
fn a_guest_sees_what_it_asked_for_and_what_came_back() {
    let mut run = Run::of([Activity("a"), Activity("b"), wait_for(1), wait_for(0)]);
    run.then([]);
    run.then([answered(1, "1")]);
    run.then([answered(0, r#""two""#)]);
    let expected = [
        Seen::Asked(0),
        Seen::Asked(1),
        got(1, "1"),
        got(0, r#""two""#),
    ];
    assert_eq!(run.seen(), expected);
    assert!(matches!(run.stored.end, Some(End::Completed(_))));
}

#[test]
fn the_same_code_replays_without_a_trace() {
    let script = [
        Activity("a"),
        Child("c"),
        Http,
        Timer(5),
        Wait("go"),
        cancel(4),
        all([0, 1, 2, 3]),
    ];
    assert_eq!(replayed_as(&script, &script), None);
}

#[test]
fn inputs_times_and_the_case_of_event_names_may_differ() {
    // `Now` makes all inputs differ from here on.
    let before = [Activity("a"), Timer(5), Wait("go"), wait_for(0)];
    let now = [Step::Now, Activity("a"), Timer(50), Wait("GO"), wait_for(0)];
    assert_eq!(replayed_as(&before, &now), None);
}

#[test]
fn another_request_than_the_recorded_one_fails_the_instance() {
    let requests = [
        (Activity("a"), "the activity 'a'"),
        (Activity("b"), "the activity 'b'"),
        (Child("a"), "the child orchestration 'a'"),
        (Child("b"), "the child orchestration 'b'"),
        (Http, "an HTTP call"),
        (Timer(0), "a timer"),
        (Wait("a"), "a wait for the event 'a'"),
        (Wait("b"), "a wait for the event 'b'"),
    ];
    for (before, recorded) in &requests {
        for (now, asked) in &requests {
            if before == now {
                continue;
            }
            let end = replayed_as(&[before.clone(), wait_for(0)], &[now.clone(), wait_for(0)]);
            let expected = format!(
                "non-deterministic orchestrator: event 3 of the history is {recorded}, but the code now asked for {asked}; \
                 was the code changed, or does it depend on something that is not in its history?"
            );
            assert_eq!(message(end), expected);
        }
    }
}

#[test]
fn cancellations_are_matched_too() {
    let asks = [Activity("a"), Activity("b"), Wait("go")];
    let with = |rest: &[Step]| [&asks[..], rest, &[wait_for(2)]].concat();
    for (before, now, says) in [
        (
            with(&[cancel(0)]),
            with(&[cancel(1)]),
            "event 6 of the history is the cancellation of the request at event 3, but the code now asked for the \
             cancellation of the request at event 4",
        ),
        (
            with(&[cancel(0)]),
            with(&[Activity("c")]),
            "event 6 of the history is the cancellation of the request at event 3, but the code now asked for the activity 'c'",
        ),
        (
            with(&[Activity("c")]),
            with(&[cancel(0)]),
            "event 6 of the history is the activity 'c', but the code now asked for the cancellation of the request at event 3",
        ),
    ] {
        let message = message(replayed_as(&before, &now));
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn code_that_stops_early_is_caught() {
    let before = [Activity("a"), Activity("b"), wait_for(0)];
    for (now, says) in [
        (
            vec![Activity("a"), wait_for(0)],
            "event 4 of the history is the activity 'b', but the code now waits without asking for it",
        ),
        (
            vec![Activity("a")],
            "event 4 of the history is the activity 'b', but the code now ends without asking for it",
        ),
        (
            vec![Activity("a"), Step::Fail],
            "event 4 of the history is the activity 'b', but the code now ends without asking for it",
        ),
    ] {
        let message = message(replayed_as(&before, &now));
        assert!(message.contains(says), "{message}");
    }
}

#[test]
fn a_call_replays_while_history_holds_its_request() {
    let mut run = Run::of([Activity("a"), Activity("b"), wait_for(0)]);
    assert!(!run.execution.is_replaying(), "nothing is recorded yet");
    run.then([]);
    assert!(!run.execution.is_replaying());
    run.evict();
    run.execution.begin_turn(run.now);
    let mut replaying = Vec::new();
    run.go_on(|execution, _| replaying.push(execution.is_replaying()));
    // A replay with an answer that nobody has seen yet is no longer one: requests count, not answers.
    assert_eq!(replaying, [true, true, false]);
}

#[test]
fn an_unknown_task_is_refused_with_its_number() {
    let mut execution = execution();
    let wait = Action::WaitForEvent { name: "go".into() };
    assert_eq!(execution.perform(wait), Ok(TaskId(0)));
    let unknown = TaskId(1);
    let refusal = Refusal::UnknownTask(unknown, 1);
    assert_eq!(execution.cancel(unknown), Err(refusal.clone()));
    assert_eq!(execution.await_task(unknown), Err(refusal.clone()));
    assert_eq!(
        execution.await_any(&[TaskId(0), unknown]),
        Err(refusal.clone())
    );
    assert_eq!(
        execution.await_all(&[TaskId(0), unknown]),
        Err(refusal.clone())
    );
    assert_eq!(
        refusal.to_string(),
        "no task 1: this execution has made 1 requests, numbered from 0"
    );
    // Whatever the guest makes of it, its instance fails with that, also if it goes on to wait.
    let end = execution.park().end;
    assert_eq!(end, Some(End::Failed(refusal.failure())));
}

#[test]
fn a_task_that_history_holds_is_unknown_until_the_code_has_asked_for_it() {
    let mut run = Run::of([Activity("a"), Activity("b"), wait_for(0)]);
    run.then([]);
    run.evict();
    run.execution.begin_turn(run.now);
    let refusal = Refusal::UnknownTask(TaskId(1), 0);
    assert_eq!(run.execution.await_task(TaskId(1)), Err(refusal));
}

#[test]
fn the_first_refusal_is_what_the_instance_fails_with() {
    let mut execution = execution();
    assert_eq!(execution.await_any(&[]), Err(Refusal::NothingToAwait));
    assert!(execution.await_task(TaskId(7)).is_err());
    let trap = HostError::Trap.failure("wasm trap: unreachable");
    let end = execution.abort(crate::Failure {
        details: Some("a backtrace".to_owned()),
        ..trap
    });
    let expected = crate::Failure {
        details: Some("a backtrace".to_owned()),
        ..Refusal::NothingToAwait.failure()
    };
    assert_eq!(end.end, Some(End::Failed(expected)));
}

fn timer() -> Action {
    Action::CreateTimer {
        fire_at: fire_at(0),
    }
}

/// Consumes an event. That takes one request.
fn consume(execution: &mut Execution) {
    let name = "go".to_owned();
    let data = json("1");
    assert!(execution.deliver(
        Fact::EventRaised {
            name: name.clone(),
            data
        },
        execution.clock
    ));
    let task = execution.perform(Action::WaitForEvent { name }).unwrap();
    assert!(execution.await_task(task).unwrap().is_some());
}

#[test]
fn requests_are_bounded() {
    let mut execution = execution();
    for number in 1..REQUESTS_MAX {
        if number % 10_000 == 0 {
            consume(&mut execution);
        } else {
            assert!(execution.perform(timer()).is_ok());
        }
    }
    assert_eq!(execution.cancel(TaskId(0)), Ok(()));
    assert_eq!(execution.perform(timer()), Err(Refusal::TooManyRequests));
    assert_eq!(execution.cancel(TaskId(1)), Err(Refusal::TooManyRequests));
    match execution.finish(Ok(json("1"))).end {
        Some(End::Failed(failure)) => assert_eq!(failure.error_type, "LimitExceeded"),
        end => panic!("{end:?}"),
    }
}

#[test]
fn requests_at_once_are_bounded_in_every_run_alike() {
    let mut execution = execution();
    consume(&mut execution);
    for _ in 0..REQUESTS_AT_ONCE_MAX {
        assert!(execution.perform(timer()).is_ok());
    }
    let events = execution.park().events;
    let instance = execution.instance().clone();
    let mut again = Execution::load(instance, History::try_from(events).unwrap(), 0, None);
    again.begin_turn(again.clock);
    let task = again.perform(Action::WaitForEvent { name: "go".into() });
    assert!(again.await_task(task.unwrap()).unwrap().is_some());
    for _ in 0..REQUESTS_AT_ONCE_MAX {
        assert!(again.perform(timer()).is_ok());
    }
    for execution in [&mut execution, &mut again] {
        let refusal = execution.perform(timer()).unwrap_err();
        assert_eq!(refusal, Refusal::TooManyAtOnce);
        assert_eq!(
            refusal.to_string(),
            "more than 20000 requests at once; wait for some of them before you make more"
        );
    }
}

#[test]
fn the_same_answer_again_makes_no_room_and_cancellations_count() {
    let mut execution = execution();
    let task = execution.perform(Action::WaitForEvent { name: "go".into() });
    let (task, open) = (task.unwrap(), execution.perform(timer()).unwrap());
    let raised = Fact::EventRaised {
        name: "go".to_owned(),
        data: json("1"),
    };
    assert!(execution.deliver(raised, execution.clock));
    assert_eq!(execution.is_done(open), Ok(false));
    assert!(execution.await_task(task).unwrap().is_some());
    assert_eq!(execution.is_done(task), Ok(true));
    execution.cancel(open).unwrap();
    for _ in 1..REQUESTS_AT_ONCE_MAX {
        execution.perform(timer()).unwrap();
        assert!(execution.await_task(task).unwrap().is_some());
    }
    assert_eq!(execution.perform(timer()), Err(Refusal::TooManyAtOnce));
}

#[test]
fn what_a_flood_asks_for_never_begins() {
    let call = || Action::ScheduleTask {
        name: "a".to_owned(),
        input: json("1"),
        retry: None,
    };
    let mut execution = execution();
    execution.perform(call()).unwrap();
    assert_eq!(execution.park().dispatch.len(), 1);
    execution.begin_turn(execution.clock);
    while execution.perform(call()).is_ok() {}
    let decision = execution.abort(HostError::Trap.failure("it trapped"));
    assert_eq!(decision.events.len(), REQUESTS_AT_ONCE_MAX);
    assert_eq!(decision.dispatch, []);
    let orphans: Vec<_> = decision.orphans.iter().map(|o| o.scheduled).collect();
    assert_eq!(orphans, [EventId::new(3)], "what began earlier goes on");
}

#[test]
fn what_was_asked_for_before_another_refusal_begins() {
    let mut execution = execution();
    let call = Action::ScheduleTask {
        name: "a".to_owned(),
        input: json("1"),
        retry: None,
    };
    execution.perform(call).unwrap();
    execution.cancel(TaskId(7)).unwrap_err();
    let decision = execution.abort(HostError::Trap.failure("it trapped"));
    assert_eq!(decision.dispatch.len(), 1);
    assert_eq!(decision.orphans.len(), 1);
}

#[test]
fn a_difference_names_the_event_and_both_sides() {
    let mut run = Run::of([Activity("a"), wait_for(0)]);
    run.then([]);
    run.evict();
    run.execution.begin_turn(run.now);
    let differs = run.execution.perform(Action::CreateTimer {
        fire_at: fire_at(0),
    });
    let expected = NonDeterminism::Differs {
        at: EventId::new(3),
        recorded: Box::new(EventKind::TaskScheduled {
            name: "a".to_owned(),
            input: json("0"),
            retry: None,
        }),
        asked: "a timer".to_owned(),
    };
    assert_eq!(differs, Err(expected.into()));
}
