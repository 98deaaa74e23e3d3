//! Hot equals replay: a stored history, played to a fresh execution, against what was stored of the first run.

use std::pin::pin;
use std::sync::atomic::AtomicBool;
use std::sync::{Arc, Mutex};
use std::task::{Context, Poll, Waker};

use soloist_core::{Decision, End, Event, EventKind, Execution, History, InstanceId, LogLine};
use soloist_engine::{Loaded, RuntimeStatus};

use crate::guest::{Guest, Seen};
use crate::invariants::Invariant;

type Found = Vec<(Invariant, String)>;

/// What a replay of a history comes to.
pub(crate) struct Compared {
    /// What the guest would add; none if it has not begun.
    decision: Option<Decision>,
    seen: Seen,
}

impl Compared {
    /// Plays `history`, without its end, to a fresh execution.
    pub(crate) fn of(id: &InstanceId, history: &History) -> Self {
        let mut events = history.events().to_vec();
        if history.is_ended() {
            events.pop();
        }
        let began = |event: &Event| matches!(event.kind, EventKind::ExecutionBegan {});
        let seen = Seen::default();
        let (Some(last), true) = (events.last(), events.iter().any(began)) else {
            let decision = None;
            return Self { decision, seen };
        };
        let now = last.timestamp;
        let history = History::try_from(events).expect("a history without its end is one");
        let execution = Execution::load(id.clone(), history, 0, None);
        let execution = Arc::new(Mutex::new(execution));
        execution.lock().unwrap().begin_turn(now);
        let parked = Arc::new(AtomicBool::new(false));
        let mut guest = Guest::new(Arc::clone(&execution), parked, None);
        let output = {
            let played = pin!(guest.play());
            played.poll(&mut Context::from_waker(Waker::noop()))
        };
        let mut execution = execution.lock().unwrap();
        let decision = Some(match output {
            Poll::Ready(output) => execution.finish(output),
            Poll::Pending => execution.park(),
        });
        let seen = guest.seen;
        Self { decision, seen }
    }

    /// Against what the hub holds.
    pub(crate) fn check_stored(&self, loaded: &Loaded, lines: &[LogLine]) -> Found {
        let mut found = Vec::new();
        let mut broke = |invariant, what| found.push((invariant, what));
        let Some(decision) = &self.decision else {
            let started = loaded.history.started();
            let first = loaded.history.events().first().map(|event| event.timestamp);
            let is_delayed = started.start_at > first;
            let waits = loaded.queued || is_delayed || loaded.status == RuntimeStatus::Suspended;
            if loaded.status.is_live() && !waits && !loaded.ready {
                broke(
                    Invariant::Ready,
                    "has not begun and is not ready".to_owned(),
                );
            }
            return found;
        };
        let status = decision.custom_status.as_ref();
        let terminated = loaded
            .history
            .events()
            .last()
            .is_some_and(|event| matches!(event.kind, EventKind::ExecutionTerminated { .. }));
        if let Some(what) = not_repeated(decision) {
            broke(Invariant::HotEqualsReplay, what);
        }
        let suspended = loaded.status == RuntimeStatus::Suspended;
        if let Some(data) = self.seen_too_early(&loaded.history).filter(|_| suspended) {
            broke(Invariant::Held, format!("{data} was seen while suspended"));
        }
        if terminated || suspended || loaded.ready {
            // The replay may get further than the first run has.
            if !decision.logs.starts_with(lines) {
                broke(
                    Invariant::Logs,
                    format!("{lines:?}, not {:?}", decision.logs),
                );
            }
            return found;
        }
        if decision.logs != lines {
            broke(
                Invariant::Logs,
                format!("{lines:?}, not {:?}", decision.logs),
            );
        }
        let is_rewound = |event: &Event| matches!(event.kind, EventKind::ExecutionRewound { .. });
        let is_left = status.is_none() && loaded.history.events().iter().any(is_rewound);
        if status != loaded.custom_status.as_ref() && !is_left {
            let what = format!("{:?}, not {status:?}", loaded.custom_status);
            broke(Invariant::CustomStatus, what);
        }
        if loaded.status.is_live() && (!decision.events.is_empty() || decision.end.is_some()) {
            let what = format!("not ready, but there is to add {:?}", decision.events);
            broke(Invariant::Ready, what);
        }
        found
    }

    /// What came since the suspension, and was consumed all the same.
    fn seen_too_early(&self, history: &History) -> Option<String> {
        let is_suspension =
            |event: &Event| matches!(event.kind, EventKind::ExecutionSuspended { .. });
        let since = history.events().iter().rposition(is_suspension)?;
        let (before, held) = history.events().split_at(since);
        let said = |event: &Event| match &event.kind {
            EventKind::EventRaised { data, .. } => Some(format!("={} at", data.as_str())),
            EventKind::TaskCompleted { output, .. } => Some(format!("={} at", output.as_str())),
            _ => None,
        };
        // What code that was rewound sends twice may have come before, too.
        let mut held = held.iter().filter_map(|event| {
            let same = |other: &Event| said(other) == said(event);
            said(event).filter(|_| !before.iter().any(same))
        });
        let seen = |held: &String| self.seen.lines.iter().any(|line| line.contains(held));
        held.find(seen)
    }

    /// What a rewind has left replays.
    pub(crate) fn check_rewound(&self) -> Found {
        let wrong = self.decision.as_ref().and_then(not_repeated);
        wrong
            .map(|what| (Invariant::Rewound, what))
            .into_iter()
            .collect()
    }

    /// Against the end of a history, and against what the next execution begins with.
    pub(crate) fn check_end(&self, history: &History, begins: &[Event]) -> Found {
        let mut found = Vec::new();
        let end = history.events().last().map(|event| &event.kind);
        let Some(decision) = &self.decision else {
            if !matches!(end, Some(EventKind::ExecutionTerminated { .. })) {
                let what = format!("never began, but ended with {end:?}");
                found.push((Invariant::HotEqualsReplay, what));
            }
            return found;
        };
        if let Some(what) = not_repeated(decision) {
            found.push((Invariant::HotEqualsReplay, what));
        }
        if matches!(end, Some(EventKind::ExecutionTerminated { .. })) {
            return found;
        }
        let again: Vec<_> = decision.events.iter().map(|event| &event.kind).collect();
        if again != end.into_iter().collect::<Vec<_>>() {
            let what = format!("ended with {end:?}, a replay with {again:?}");
            found.push((Invariant::HotEqualsReplay, what));
        }
        if let Some(EventKind::ContinuedAsNew { .. }) = end {
            found.extend(self.check_carried(history, begins));
        }
        found
    }

    fn check_carried(&self, history: &History, begins: &[Event]) -> Found {
        let carried = raised(begins);
        let consumed = &self.seen.consumed;
        let mut left = raised(history.events());
        for (_, data) in consumed {
            // What was sent again by code that was rewound may be there twice.
            if let Some(first) = left.iter().position(|left| left == data) {
                left.remove(first);
            }
        }
        let mut found = Vec::new();
        let wrong = match self.seen.keeps_events {
            Some(true) => carried != left,
            // What had happened is dropped: the earliest.
            Some(false) | None => !left.ends_with(&carried),
        };
        let decided = match self
            .decision
            .as_ref()
            .and_then(|decision| decision.end.as_ref())
        {
            Some(End::ContinuedAsNew { carried, .. }) => {
                let carried = carried.iter().map(|(_, data)| data.as_str().to_owned());
                carried.collect::<Vec<_>>()
            }
            _ => Vec::new(),
        };
        if wrong || decided != carried {
            let what = format!("{carried:?} were carried over, left were {left:?}, {decided:?}");
            found.push((Invariant::CarriedOver, what));
        }
        found
    }
}

fn raised(events: &[Event]) -> Vec<String> {
    let raised = events.iter().filter_map(|event| match &event.kind {
        EventKind::EventRaised { data, .. } => Some(data.as_str().to_owned()),
        _ => None,
    });
    raised.collect()
}

/// What a replay did not repeat of what its history holds.
fn not_repeated(decision: &Decision) -> Option<String> {
    match &decision.end {
        Some(End::Failed(failure)) if failure.error_type == "NonDeterminism" => {
            Some(failure.message.clone())
        }
        _ => None,
    }
}
