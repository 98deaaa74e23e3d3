//! A failed execution goes on from before its last failure.

use super::run::{Outside, Run, answered, fire_at, raised};
use super::script::Step::{Activity, Child, Fail, Log, Timer, Wait};
use super::script::{all, oops, wait_for};
use crate::{EventKind, Execution, History, ModuleDigest, NotFailed, Rewind};

const NEW: [u8; 32] = [9; 32];

fn rewind(run: &Run) -> (Rewind, History) {
    let history = run.stored.history();
    let instance = run.execution.instance().clone();
    let rewind = history
        .rewind(instance, None, ModuleDigest::new(NEW), run.now)
        .expect("it has failed");
    let mut events = history.into_events();
    for id in &rewind.voided {
        let at = usize::try_from(id.get() - 1).expect("a short history");
        events[at].kind = EventKind::Voided {};
    }
    events.push(rewind.event.clone());
    let rewound = History::try_from(events).expect("a rewound history is a history");
    (rewind, rewound)
}

fn failed(task: u32) -> Outside {
    Outside::Answered(task, Err(oops()))
}

fn ids(rewind: &Rewind) -> Vec<u64> {
    rewind.voided.iter().map(|id| id.get()).collect()
}

/// The kinds of the tasks that something outside is to answer after it.
fn open(history: &History) -> Vec<u64> {
    let open = history.open_work().into_iter();
    open.map(|work| work.scheduled.get()).collect()
}

#[test]
fn the_activity_that_failed_is_open_again() {
    // 1 started, 2 began, 3 a, 4 its answer, 5 b, 6 its failure, 7 the end.
    let mut run = Run::of([Activity("a"), wait_for(0), Activity("b"), wait_for(1), Fail]);
    run.then([]);
    run.then([answered(0, "1")]);
    run.then([failed(1)]);
    let (rewind, history) = rewind(&run);
    assert_eq!(ids(&rewind), [6, 7]);
    assert_eq!(open(&history), [5]);
    assert_eq!(rewind.open_work, 1);
    let instance = run.execution.instance().clone();
    let execution = Execution::load(instance, history, 0, None);
    assert_eq!(execution.started().module, ModuleDigest::new(NEW));
    assert!(!execution.is_ended());
}

#[test]
fn what_failed_together_is_open_again_and_what_came_stays() {
    // 3 a, 4 b, 5 c, 6 go; 7 a failed, 8 go came, 9 b failed, 10 c done, 11 the end.
    let mut run = Run::of([
        Activity("a"),
        Activity("b"),
        Activity("c"),
        Wait("go"),
        all([0, 1, 2]),
        Fail,
    ]);
    run.then([]);
    run.then([failed(0), raised("go", "1"), failed(1), answered(2, "1")]);
    let (rewind, history) = rewind(&run);
    assert_eq!(ids(&rewind), [7, 9, 11]);
    assert_eq!(open(&history), [3, 4]);
}

#[test]
fn what_was_asked_for_after_the_failure_is_undone() {
    // 3 a, 4 timer, 5 a failed, 6 b, 7 child, 8 b done, 9 the end, which is a's failure.
    let mut run = Run::of([
        Activity("a"),
        Timer(500),
        wait_for(0),
        Activity("b"),
        Child("c"),
        wait_for(2),
        Fail,
    ]);
    run.then([]);
    run.then([failed(0)]);
    run.then([answered(2, "1")]);
    let (rewind, history) = rewind(&run);
    assert_eq!(ids(&rewind), [5, 6, 7, 8, 9]);
    assert_eq!(open(&history), [3]);
    assert_eq!(rewind.timers.len(), 1);
    assert_eq!(rewind.timers[0].fire_at, fire_at(500));
    assert_eq!(rewind.logs_from, Some(fire_at(10)));
}

#[test]
fn a_failure_that_the_code_got_over_stays() {
    // 3 a, 4 a failed, 5 b, 6 b done, 7 the end, for another reason.
    let mut run = Run::of([
        Activity("a"),
        wait_for(0),
        Activity("b"),
        wait_for(1),
        Log,
        Fail,
    ]);
    run.then([]);
    let other = crate::HostError::Trap.failure("something else");
    run.then([Outside::Answered(0, Err(other))]);
    run.then([answered(1, "1")]);
    let (rewind, history) = rewind(&run);
    assert_eq!(ids(&rewind), [7]);
    assert!(open(&history).is_empty());
    assert_eq!(rewind.logs_from, None);
}

#[test]
fn what_fired_or_was_called_after_the_failure_is_undone_with_it() {
    // 3 a, 4 c, 5 a failed, 6 timer, 7 it fired, 8 the end, which is a's failure.
    let mut run = Run::of([
        Activity("a"),
        Child("c"),
        wait_for(0),
        Timer(5),
        wait_for(2),
        Fail,
    ]);
    run.then([]);
    run.then([failed(0)]);
    run.then([Outside::Fired(2)]);
    let (rewind, history) = rewind(&run);
    assert_eq!(ids(&rewind), [5, 6, 7, 8]);
    assert_eq!(open(&history), [3]);
    let children: Vec<_> = rewind
        .children
        .iter()
        .map(|child| child.scheduled.get())
        .collect();
    assert_eq!(children, [4], "it is waited for again");
}

#[test]
fn what_waits_for_its_next_attempt_or_poll_has_its_timer_again() {
    use super::script::Step::{Http, Tried};
    let mut run = Run::of([Tried("t", 100), Http, Activity("a"), wait_for(2), Fail]);
    run.then([]);
    run.then([failed(0), Outside::Accepted(1, 5)]);
    run.then([failed(2)]);
    let (rewind, _) = rewind(&run);
    let timers = rewind.timers.iter();
    let timers: Vec<_> = timers
        .map(|timer| (timer.scheduled.get(), timer.fire_at))
        .collect();
    let pauses = run.stored.history().into_events();
    let due: Vec<_> = pauses
        .iter()
        .filter_map(|event| match event.kind {
            EventKind::AttemptFailed { retry_at, .. } => Some((3, retry_at)),
            EventKind::HttpAccepted { poll_at, .. } => Some((4, poll_at)),
            _ => None,
        })
        .collect();
    assert_eq!(due.len(), 2);
    assert_eq!(timers, due);
}

#[test]
fn only_a_failed_execution_is_rewound() {
    let mut run = Run::of([Activity("a"), wait_for(0)]);
    run.then([]);
    let refused = |run: &Run| {
        let instance = run.execution.instance().clone();
        run.stored
            .history()
            .rewind(instance, None, ModuleDigest::new(NEW), run.now)
    };
    assert_eq!(refused(&run), Err(NotFailed));
    run.then([answered(0, "1")]);
    assert_eq!(refused(&run), Err(NotFailed));
}
