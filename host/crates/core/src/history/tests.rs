//! What is not a history, and what is.

use super::*;
use crate::{ExecutionId, Failure, ModuleDigest, Nonce, Payload, Timestamp};

fn started() -> EventKind {
    EventKind::ExecutionStarted(Box::new(Started {
        execution: ExecutionId::new(uuid::Uuid::from_u128(7)),
        function: "script".parse().expect("a name"),
        module: ModuleDigest::new([7; 32]),
        input: Payload::null(),
        nonce: Nonce::new(7),
        parent: None,
        pin: false,
        generation: 0,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
    }))
}

const BEGAN: EventKind = EventKind::ExecutionBegan {};
const SUSPENDED: EventKind = EventKind::ExecutionSuspended { reason: None };
const RESUMED: EventKind = EventKind::ExecutionResumed { reason: None };
const TERMINATED: EventKind = EventKind::ExecutionTerminated { reason: None };

fn activity() -> EventKind {
    EventKind::TaskScheduled {
        name: "a".to_owned(),
        input: Payload::null(),
        retry: None,
    }
}

fn child() -> EventKind {
    EventKind::ChildScheduled {
        name: "c".to_owned(),
        input: Payload::null(),
        instance_id: None,
        retry: None,
    }
}

fn http() -> EventKind {
    EventKind::HttpScheduled {
        request: Payload::null(),
        retry: None,
    }
}

fn timer(millis: i64) -> EventKind {
    EventKind::TimerCreated {
        fire_at: Timestamp::from_millis(millis),
    }
}

fn wait() -> EventKind {
    EventKind::EventAwaited {
        name: "go".to_owned(),
    }
}

fn raised() -> EventKind {
    EventKind::EventRaised {
        name: "go".to_owned(),
        data: Payload::null(),
    }
}

fn completed(scheduled: u64) -> EventKind {
    EventKind::TaskCompleted {
        scheduled: EventId::new(scheduled),
        output: Payload::null(),
    }
}

fn failed(scheduled: u64) -> EventKind {
    EventKind::TaskFailed {
        scheduled: EventId::new(scheduled),
        failure: Failure {
            error_type: "Oops".to_owned(),
            message: String::new(),
            details: None,
            non_retriable: false,
        },
    }
}

fn retried(scheduled: u64) -> EventKind {
    let EventKind::TaskFailed { scheduled, failure } = failed(scheduled) else {
        unreachable!("a failed task")
    };
    EventKind::AttemptFailed {
        scheduled,
        attempt: 1,
        failure,
        retry_at: Timestamp::default(),
    }
}

fn accepted(scheduled: u64) -> EventKind {
    EventKind::HttpAccepted {
        scheduled: EventId::new(scheduled),
        uri: String::new(),
        poll_at: Timestamp::default(),
    }
}

fn fired(timer: u64) -> EventKind {
    EventKind::TimerFired {
        timer: EventId::new(timer),
    }
}

fn canceled(scheduled: u64) -> EventKind {
    EventKind::TaskCanceled {
        scheduled: EventId::new(scheduled),
    }
}

/// Each event a millisecond after the one before; the first at 1.
fn events(kinds: impl IntoIterator<Item = EventKind>) -> Vec<Event> {
    let events = kinds.into_iter().zip(1_u64..).map(|(kind, number)| Event {
        id: EventId::new(number),
        timestamp: Timestamp::from_millis(i64::try_from(number).expect("small")),
        kind,
    });
    events.collect()
}

fn id(number: u64) -> EventId {
    EventId::new(number)
}

#[test]
fn what_executions_write_is_a_history() {
    for kinds in [
        vec![started()],
        vec![started(), raised(), SUSPENDED, RESUMED, TERMINATED],
        vec![started(), raised(), BEGAN, activity(), completed(4)],
        vec![started(), BEGAN, activity(), failed(3), raised()],
        vec![started(), BEGAN, child(), http(), failed(4), completed(3)],
        vec![started(), BEGAN, timer(2), fired(3), wait(), raised()],
        vec![
            started(),
            BEGAN,
            http(),
            accepted(3),
            accepted(3),
            completed(3),
        ],
        // An answer may stand before the cancellation: the guest had not seen it.
        vec![started(), BEGAN, activity(), completed(3), canceled(3)],
        vec![started(), BEGAN, timer(0), fired(3), canceled(3)],
        vec![started(), BEGAN, wait(), canceled(3), TERMINATED],
    ] {
        let history = History::try_from(events(kinds.clone()));
        let history = history.unwrap_or_else(|error| panic!("{kinds:?}: {error}"));
        let ended = kinds.last() == Some(&TERMINATED);
        assert_eq!(history.is_ended(), ended);
        assert_eq!(history.next_event(), id(kinds.len() as u64 + 1));
        assert_eq!(history.events(), events(kinds));
        assert_eq!(history.started().function.as_str(), "script");
    }
}

#[test]
fn what_they_cannot_have_written_is_corrupt() {
    use CorruptHistory::{AfterEnd, MisplacedBegin, MisplacedStart, NotOpen, Suspension};
    let not_open = |at, to| NotOpen(id(at), id(to));
    for (kinds, expected) in [
        (vec![], CorruptHistory::Empty),
        (vec![BEGAN], MisplacedStart(id(1))),
        (vec![started(), started()], MisplacedStart(id(2))),
        (vec![started(), activity()], MisplacedBegin(id(2))),
        (vec![started(), BEGAN, BEGAN], MisplacedBegin(id(3))),
        (vec![started(), completed(1)], not_open(2, 1)),
        (vec![started(), BEGAN, completed(0)], not_open(3, 0)),
        (vec![started(), BEGAN, completed(3)], not_open(3, 3)),
        (
            vec![started(), BEGAN, completed(4), activity()],
            not_open(3, 4),
        ),
        (
            vec![started(), BEGAN, completed(u64::MAX)],
            not_open(3, u64::MAX),
        ),
        (
            vec![started(), BEGAN, activity(), completed(3), failed(3)],
            not_open(5, 3),
        ),
        (
            vec![started(), BEGAN, activity(), canceled(3), completed(3)],
            not_open(5, 3),
        ),
        (
            vec![started(), BEGAN, activity(), canceled(3), canceled(3)],
            not_open(5, 3),
        ),
        (
            vec![started(), BEGAN, raised(), canceled(3)],
            not_open(4, 3),
        ),
        (vec![started(), BEGAN, activity(), fired(3)], not_open(4, 3)),
        (vec![started(), BEGAN, timer(5), retried(3)], not_open(4, 3)),
        (
            vec![started(), BEGAN, activity(), accepted(3)],
            not_open(4, 3),
        ),
        (
            vec![started(), BEGAN, http(), completed(3), accepted(3)],
            not_open(5, 3),
        ),
        (
            vec![started(), BEGAN, timer(0), completed(3)],
            not_open(4, 3),
        ),
        (vec![started(), BEGAN, wait(), completed(3)], not_open(4, 3)),
        (vec![started(), BEGAN, wait(), fired(3)], not_open(4, 3)),
        (
            vec![started(), BEGAN, timer(5), fired(3)],
            CorruptHistory::FiredEarly(id(4)),
        ),
        (vec![started(), RESUMED], Suspension(id(2))),
        (vec![started(), SUSPENDED, SUSPENDED], Suspension(id(3))),
        (
            vec![started(), SUSPENDED, RESUMED, RESUMED],
            Suspension(id(4)),
        ),
        (vec![started(), TERMINATED, raised()], AfterEnd(id(3))),
        (
            vec![
                started(),
                BEGAN,
                EventKind::ExecutionCompleted {
                    output: Payload::null(),
                },
                TERMINATED,
            ],
            AfterEnd(id(4)),
        ),
        (
            vec![
                started(),
                BEGAN,
                EventKind::ContinuedAsNew {
                    input: Payload::null(),
                },
                raised(),
            ],
            AfterEnd(id(4)),
        ),
    ] {
        let found = History::try_from(events(kinds.clone()));
        assert_eq!(found, Err(expected), "{kinds:?}");
    }
}

#[test]
fn ids_have_no_gaps_and_times_do_not_go_back() {
    let mut gap = events([started(), raised(), raised()]);
    gap.remove(1);
    let expected = CorruptHistory::Gap {
        expected: id(2),
        found: id(3),
    };
    assert_eq!(History::try_from(gap), Err(expected));
    assert_eq!(expected.to_string(), "event 3 stands where event 2 should");

    let mut doubled = events([started(), raised()]);
    doubled[1].id = id(1);
    let expected = CorruptHistory::Gap {
        expected: id(2),
        found: id(1),
    };
    assert_eq!(History::try_from(doubled), Err(expected));

    let mut back = events([started(), raised()]);
    back[1].timestamp = Timestamp::from_millis(0);
    let expected = CorruptHistory::TimeWentBack(id(2));
    assert_eq!(History::try_from(back), Err(expected));
    let mut same = events([started(), raised()]);
    same[1].timestamp = same[0].timestamp;
    assert!(History::try_from(same).is_ok());
}
