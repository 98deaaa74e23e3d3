//! How an execution ends, and what it leaves behind.

use super::run::Outside::{Suspended, Terminated};
use super::run::{Outside, Run, answered, execution, raised};
use super::script::Step::{Activity, Child, ContinueAsNew, Fail, Http, Return, Timer, Wait};
use super::script::{Seen, Step, cancel, got, json, oops, wait_for};
use crate::{Action, Decision, End, EventKind, HostError, Refusal, TaskId, Work};

fn last_event(decision: &Decision) -> Option<&EventKind> {
    decision.events.last().map(|event| &event.kind)
}

fn carried(end: Option<&End>) -> Vec<(&str, &str)> {
    match end {
        Some(End::ContinuedAsNew { carried, .. }) => {
            let carried = carried.iter();
            carried
                .map(|(name, data)| (&name[..], data.as_str()))
                .collect()
        }
        end => panic!("{end:?}"),
    }
}

#[test]
fn what_the_guest_returns_is_the_output() {
    let mut run = Run::of([Return]);
    let decision = run.then([]);
    let output = json("0");
    assert_eq!(decision.end, Some(End::Completed(output.clone())));
    let event = EventKind::ExecutionCompleted { output };
    assert_eq!(last_event(&decision), Some(&event));
    assert!(run.execution.is_ended());
}

#[test]
fn a_failure_is_recorded_whole() {
    let mut run = Run::of([Fail]);
    let decision = run.then([]);
    assert_eq!(decision.end, Some(End::Failed(oops())));
    let event = EventKind::ExecutionFailed { failure: oops() };
    assert_eq!(last_event(&decision), Some(&event));
}

#[test]
fn activities_that_nobody_awaits_outlive_every_end_but_termination() {
    let asks = [
        Activity("done"),
        Activity("open"),
        Activity("cancelled"),
        Child("c"),
        Http,
        Timer(5),
        Wait("go"),
        cancel(2),
        wait_for(0),
        Activity("last"),
    ];
    let keep_events = true;
    for (last, outlive) in [
        (vec![Return], true),
        (vec![Fail], true),
        (vec![ContinueAsNew { keep_events }], true),
        (vec![Step::All(vec![])], true),
        (vec![wait_for(6)], false),
    ] {
        let mut run = Run::of([&asks[..], &last].concat());
        run.then([]);
        let mut decision = run.then([answered(0, "0")]);
        if !outlive {
            decision = run.then([Terminated]);
        }
        assert!(decision.end.is_some());
        let names: Vec<_> = decision
            .orphans
            .iter()
            .map(|orphan| match &orphan.work {
                Work::Activity { name, .. } => &name[..],
                work => panic!("{work:?} outlives its execution"),
            })
            .collect();
        assert_eq!(
            names,
            if outlive {
                vec!["open", "last"]
            } else {
                vec![]
            }
        );
        assert_eq!(
            decision.dispatch.len(),
            usize::from(outlive),
            "the last one begins"
        );
    }
}

#[test]
fn timers_of_the_last_turn_are_never_kept() {
    let decision = Run::of([Timer(5), Return]).then([]);
    assert_eq!(decision.timers, []);
}

#[test]
fn nothing_is_recorded_after_an_end() {
    let script = [Activity("a"), Wait("go"), wait_for(1)];
    let mut run = Run::of(script);
    run.then([]);
    run.then([raised("go", "1")]);
    let before = run.execution.next_event();
    for happening in [answered(0, "0"), raised("go", "2"), Suspended, Terminated] {
        assert!(!run.deliver(&happening), "{happening:?}");
    }
    assert_eq!(run.execution.next_event(), before);
    assert!(!run.execution.is_runnable());
}

#[test]
fn a_termination_ends_it_at_once_also_before_its_first_turn_and_while_it_is_suspended() {
    for before in [&[][..], &[Suspended]] {
        for turns in [0, 1] {
            let mut run = Run::of([Activity("a"), Timer(5), wait_for(0)]);
            if turns == 1 {
                run.then([]);
            }
            for happening in before {
                run.deliver(happening);
            }
            let decision = run.then([answered_if(turns), Terminated]);
            assert_eq!(decision.end, Some(End::Terminated(None)));
            assert_eq!(decision.orphans, []);
            assert_eq!(run.execution.has_begun(), turns == 1);
        }
    }
}

/// Something to happen ahead of a termination.
fn answered_if(turns: usize) -> Outside {
    if turns == 0 {
        raised("go", "0")
    } else {
        answered(0, "0")
    }
}

#[test]
fn a_guest_that_is_terminated_in_its_turn_can_ask_for_nothing_more() {
    let mut run = Run::of([Activity("a"), Timer(5), Activity("b")]);
    run.execution.begin_turn(run.now);
    let now = run.now;
    run.go_on(|execution, steps| {
        if steps == 2 {
            assert!(super::run::deliver(execution, &Terminated, now));
        }
    });
    let decision = &run.stored.decisions[0];
    assert_eq!(decision.end, Some(End::Terminated(None)));
    assert_eq!(run.requests().len(), 2);
    // `Stored::commit` has seen that neither of them begins.
    assert_eq!(
        run.execution
            .perform(Action::WaitForEvent { name: "go".into() }),
        Err(Refusal::Ended)
    );
    assert_eq!(run.execution.cancel(TaskId(0)), Err(Refusal::Ended));
}

#[test]
fn an_operator_who_is_faster_than_the_guests_return_decides_the_end() {
    let end = |finish: fn(&mut crate::Execution) -> Decision| {
        let mut execution = execution();
        let reason = Some("enough".to_owned());
        let fact = crate::Fact::Terminated { reason };
        assert!(execution.deliver(fact, execution.clock));
        let decision = finish(&mut execution);
        let kind = decision.events.last().map(|event| event.kind.clone());
        let reason = Some("enough".to_owned());
        assert_eq!(kind, Some(EventKind::ExecutionTerminated { reason }));
        decision.end
    };
    let expected = Some(End::Terminated(Some("enough".to_owned())));
    assert_eq!(end(|execution| execution.finish(Ok(json("1")))), expected);
    assert_eq!(end(|execution| execution.finish(Err(oops()))), expected);
    assert_eq!(end(|execution| execution.abort(oops())), expected);
    assert_eq!(end(crate::Execution::park), expected);
}

#[test]
fn a_trap_is_recorded_with_its_details() {
    let mut execution = execution();
    let failure = crate::Failure {
        details: Some("a backtrace".to_owned()),
        ..HostError::Trap.failure("wasm trap: unreachable")
    };
    let decision = execution.abort(failure.clone());
    assert_eq!(decision.end, Some(End::Failed(failure)));
}

#[test]
fn the_next_execution_gets_the_input_and_the_events_that_nobody_consumed() {
    let mut run = Run::of([
        Wait("go"),
        Wait("stop"),
        wait_for(0),
        ContinueAsNew { keep_events: true },
    ]);
    run.then([]);
    let decision = run.then([
        raised("other", "1"),
        raised("stop", "2"),
        raised("Go", "3"),
        raised("GO", "4"),
        raised("other", "5"),
    ]);
    let expected = [("other", "1"), ("stop", "2"), ("GO", "4"), ("other", "5")];
    assert_eq!(carried(decision.end.as_ref()), expected);
    match (last_event(&decision), &decision.end) {
        (
            Some(EventKind::ContinuedAsNew { input: recorded }),
            Some(End::ContinuedAsNew { input, .. }),
        ) => {
            assert_eq!(recorded, input);
        }
        other => panic!("{other:?}"),
    }
}

#[test]
fn events_that_had_happened_are_dropped_if_the_code_says_so_and_later_ones_never() {
    let mut run = Run::of([
        Wait("go"),
        wait_for(0),
        Wait("stop"),
        ContinueAsNew { keep_events: false },
    ]);
    run.deliver(&raised("early", "0"));
    run.then([]);
    let decision = run.then([
        raised("stop", "1"),
        raised("go", "2"),
        raised("go", "3"),
        raised("stop", "4"),
    ]);
    let expected = [("go", "3"), ("stop", "4")];
    assert_eq!(carried(decision.end.as_ref()), expected);
}

#[test]
fn the_last_continue_as_new_counts_and_only_if_the_guest_returns_well() {
    let keep = |keep_events| ContinueAsNew { keep_events };
    let mut run = Run::of([keep(false), keep(true), keep(false), keep(true)]);
    run.deliver(&raised("go", "0"));
    run.then([]);
    assert_eq!(carried(run.stored.end.as_ref()), [("go", "0")]);

    let mut run = Run::of([keep(true), Fail]);
    run.then([]);
    assert_eq!(run.stored.end, Some(End::Failed(oops())));
}

#[test]
fn carried_events_come_first_in_the_next_execution() {
    let mut next = Run::of([Wait("go"), wait_for(0), Wait("go"), wait_for(1)]);
    for data in ["1", "2"] {
        next.deliver(&raised("go", data));
    }
    next.keep();
    next.evict();
    next.then([raised("go", "3")]);
    assert_eq!(
        next.seen(),
        [Seen::Asked(0), got(0, "1"), Seen::Asked(1), got(1, "2")]
    );
}
