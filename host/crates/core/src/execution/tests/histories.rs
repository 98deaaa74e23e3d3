//! Histories that earlier versions wrote (`tests/histories`) are read, and the code that made them replays them.
//!
//! A new scenario writes its file at its first run. A file that is there is never written again: that a change of the
//! core makes its replay differ is what this is to show.

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use serde::{Deserialize, Serialize};

use super::run::Outside::{Accepted, Answered, Fired, Resumed, Suspended, Terminated};
use super::run::{Outside, Run, answered, raised};
use super::script::Step::{
    Activity, Child, ContinueAsNew, Fail, Guid, Http, Log, Now, SkipIfOdd, Status, Timer, Wait,
};
use super::script::{Step, all, any, cancel, oops, wait_for};
use crate::{Event, EventId, EventKind, History, Role, Timestamp};

#[derive(Serialize, Deserialize)]
struct Row {
    id: EventId,
    timestamp: Timestamp,
    kind: EventKind,
}

struct Scenario {
    name: &'static str,
    script: Vec<Step>,
    /// What happens before the first turn, and ahead of each further one.
    turns: Vec<Vec<Outside>>,
}

fn scenarios() -> Vec<Scenario> {
    vec![
        Scenario {
            name: "all-requests",
            script: vec![
                Activity("say-hello"),
                Child("night-report"),
                Http,
                Timer(500),
                Wait("Approval"),
                Guid,
                Log,
                Status,
                any([0, 1, 2, 3, 4]),
                Now,
                wait_for(2),
                SkipIfOdd(1),
                Activity("perhaps"),
                all([0, 1, 3, 4]),
                Now,
            ],
            turns: vec![
                vec![raised("early", "1")],
                vec![answered(0, r#""Hello, \u00c5rhus!""#)],
                vec![
                    Answered(2, Err(oops())),
                    raised("APPROVAL", r#"{"by": "me",  "at": 1.50}"#),
                ],
                vec![answered(1, "[1, 2, 3]"), Fired(3)],
            ],
        },
        Scenario {
            name: "cancelled-waits",
            script: vec![
                Wait("go"),
                Wait("go"),
                Wait("go"),
                Activity("a"),
                Timer(5),
                cancel(0),
                wait_for(1),
                cancel(3),
                cancel(4),
                any([0, 3, 4]),
                any([3, 2, 4]),
                Now,
                wait_for(2),
                Now,
                ContinueAsNew { keep_events: false },
            ],
            turns: vec![
                vec![],
                vec![
                    raised("go", "1"),
                    answered(3, "1"),
                    raised("go", "2"),
                    raised("stop", "3"),
                    Fired(4),
                ],
            ],
        },
        Scenario {
            name: "suspensions",
            script: vec![
                Activity("a"),
                Activity("b"),
                Wait("go"),
                any([0, 1, 2]),
                Now,
                all([0, 1, 2]),
                Now,
            ],
            turns: vec![
                vec![Suspended, raised("go", "1"), Resumed],
                vec![Suspended],
                vec![answered(1, "1"), answered(0, "0")],
                vec![Resumed],
            ],
        },
        Scenario {
            name: "failed",
            script: vec![Activity("a"), wait_for(0), Fail],
            turns: vec![vec![], vec![Answered(0, Err(oops()))]],
        },
        Scenario {
            name: "polled-http",
            script: vec![Http, Timer(5), any([0, 1]), wait_for(0), Now],
            turns: vec![
                vec![],
                vec![Accepted(0, 5)],
                vec![Fired(1)],
                vec![Accepted(0, 2)],
                vec![answered(0, r#"{"statusCode": 200}"#)],
            ],
        },
        Scenario {
            name: "terminated",
            script: vec![Activity("a"), Timer(5), all([0, 1])],
            turns: vec![vec![], vec![Fired(1)], vec![Terminated]],
        },
    ]
}

impl Scenario {
    fn path(&self) -> PathBuf {
        let folder = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/histories");
        folder.join(self.name).with_extension("json")
    }

    fn write(&self) {
        let mut run = Run::of(&self.script[..]);
        for turn in &self.turns {
            for happening in turn {
                run.now = Timestamp::from_millis(run.now.as_millis() + 10);
                assert!(run.deliver(happening), "{happening:?}");
            }
            run.settle();
        }
        let rows = run.stored.events.into_iter().map(|event| {
            let Event {
                id,
                timestamp,
                kind,
            } = event;
            serde_json::to_string(&Row {
                id,
                timestamp,
                kind,
            })
            .expect("events are written")
        });
        let rows = rows.collect::<Vec<_>>().join(",\n");
        fs::write(self.path(), format!("[\n{rows}\n]\n")).expect("the folder is there");
    }

    fn read(&self) -> Vec<Event> {
        if !self.path().exists() {
            self.write();
            panic!(
                "{} is written: look at it and commit it",
                self.path().display()
            );
        }
        let text = fs::read_to_string(self.path()).expect("the file is there");
        let rows: Vec<Row> = serde_json::from_str(&text).expect("events are read");
        let events = rows.into_iter().map(|row| {
            let Row {
                id,
                timestamp,
                kind,
            } = row;
            Event {
                id,
                timestamp,
                kind,
            }
        });
        events.collect()
    }
}

#[test]
fn histories_of_earlier_versions_are_read_and_replayed() {
    for scenario in scenarios() {
        let events = scenario.read();
        let history = History::try_from(events.clone());
        assert!(history.is_ok(), "{}: {history:?}", scenario.name);
        let (end, before) = events.split_last().expect("a history is never empty");
        assert_eq!(end.kind.role(), Role::End, "{}", scenario.name);

        let mut run = Run::of(&scenario.script[..]);
        run.adopt(before);
        if let EventKind::ExecutionTerminated { .. } = end.kind {
            run.settle();
            assert_eq!(run.stored.events, before, "{}", scenario.name);
        } else {
            // What the guest returns tells all that it has seen.
            run.settle();
            let found = run.stored.events.last().map(|event| &event.kind);
            assert_eq!(found, Some(&end.kind), "{}", scenario.name);
            assert_eq!(run.stored.events.len(), events.len());
        }
    }
}

#[test]
fn every_kind_of_event_is_in_one_of_them() {
    let events = scenarios().into_iter().flat_map(|scenario| scenario.read());
    let kinds = events.map(|event| {
        let json = serde_json::to_value(&event.kind).expect("events are written");
        let kinds = json
            .as_object()
            .and_then(|kinds| kinds.keys().next().cloned());
        kinds.expect("an event is tagged by its kind")
    });
    let kinds: BTreeSet<_> = kinds.collect();
    let expected = [
        "child_scheduled",
        "continued_as_new",
        "event_awaited",
        "event_raised",
        "execution_began",
        "execution_completed",
        "execution_failed",
        "execution_resumed",
        "execution_started",
        "execution_suspended",
        "execution_terminated",
        "http_accepted",
        "http_scheduled",
        "task_canceled",
        "task_completed",
        "task_failed",
        "task_scheduled",
        "timer_created",
        "timer_fired",
    ];
    assert_eq!(kinds, expected.map(str::to_owned).into());
}
