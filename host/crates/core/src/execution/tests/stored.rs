//! What a task hub holds of one execution, and what must be true of each decision that it commits.

use std::collections::BTreeSet;

use crate::{Decision, End, Event, EventId, EventKind, History, LogLine, Payload};

#[derive(Debug, Default)]
pub(super) struct Stored {
    pub(super) decisions: Vec<Decision>,
    pub(super) events: Vec<Event>,
    pub(super) logs: Vec<LogLine>,
    pub(super) custom_status: Option<Payload>,
    pub(super) end: Option<End>,
    /// Work that was dispatched and has not come to its end.
    running: BTreeSet<EventId>,
    /// Timers that are kept.
    timers: BTreeSet<EventId>,
}

impl Stored {
    /// What would be held after a decision that made all of `events`.
    pub(super) fn of(events: &[Event]) -> Self {
        let stored = Self {
            events: events.to_vec(),
            timers: open_timers(events),
            ..Self::default()
        };
        Self {
            running: open_requests(events),
            ..stored
        }
    }

    /// What was held after the first `count` decisions.
    pub(super) fn after(&self, count: usize) -> Self {
        let mut before = Self::default();
        for decision in &self.decisions[..count] {
            before.commit(decision.clone());
        }
        before
    }

    pub(super) fn history(&self) -> History {
        History::try_from(self.events.clone()).expect("what is committed is a history")
    }

    pub(super) fn commit(&mut self, decision: Decision) {
        if self.end.is_some() {
            assert_eq!(decision, idle(&decision), "nothing follows an end");
            return;
        }
        let first = EventId::at(self.events.len());
        self.events.extend_from_slice(&decision.events);
        let history = self.history();
        let open = open_requests(&self.events);
        let is_child = |id: &&EventId| {
            let index = usize::try_from(id.get() - 1).expect("a short history");
            matches!(self.events[index].kind, EventKind::ChildScheduled { .. })
        };
        let children = open.iter().filter(is_child).count();
        assert_eq!(
            decision.open_work as usize,
            open.len() - children,
            "{decision:?}"
        );

        self.begin_and_end(&decision, first);
        let terminated = matches!(decision.end, Some(End::Terminated(_)));
        if terminated {
            assert_eq!(decision.dispatch, [], "nothing begins once terminated");
            assert_eq!(decision.orphans, [], "nothing outlives a termination");
        } else {
            assert_eq!(self.running, open, "open work runs: {decision:?}");
        }
        match &decision.end {
            None => {
                assert_eq!(decision.orphans, []);
                assert_eq!(self.timers, open_timers(&self.events), "{decision:?}");
            }
            Some(end) => {
                assert_eq!(decision.timers, [], "timers end with their execution");
                let is_activity = |id: &EventId| {
                    let index = usize::try_from(id.get() - 1).expect("a short history");
                    matches!(self.events[index].kind, EventKind::TaskScheduled { .. })
                };
                let outlive: Vec<_> = open.into_iter().filter(is_activity).collect();
                if !terminated {
                    let orphans = decision.orphans.iter().map(|orphan| orphan.scheduled);
                    assert_eq!(orphans.collect::<Vec<_>>(), outlive);
                }
                self.end = Some(end.clone());
            }
        }
        assert_eq!(history.is_ended(), self.end.is_some());

        for line in &decision.logs {
            assert_eq!(line.ordinal as usize, self.logs.len(), "stored once");
            self.logs.push(line.clone());
        }
        if decision.custom_status.is_some() {
            assert_ne!(decision.custom_status, self.custom_status, "it is new");
            self.custom_status.clone_from(&decision.custom_status);
        }
        if decision != idle(&decision) {
            self.decisions.push(decision);
        }
    }

    /// What the decision begins and ends, outside and among the timers.
    fn begin_and_end(&mut self, decision: &Decision, first: EventId) {
        for event in &decision.events {
            if let EventKind::TaskCompleted { scheduled, .. }
            | EventKind::TaskFailed { scheduled, .. } = &event.kind
            {
                assert!(self.running.remove(scheduled), "what answers has run");
            }
        }
        let given_up = decision.given_up.iter().map(|child| &child.scheduled);
        for id in decision.interrupt.iter().chain(given_up) {
            assert!(self.running.remove(id), "what is interrupted runs");
        }
        for dispatch in &decision.dispatch {
            if dispatch.attempt == 1 {
                assert!(dispatch.scheduled >= first, "it was asked for now");
                assert!(self.running.insert(dispatch.scheduled), "it begins once");
            } else {
                // An attempt that waited begins at once when nobody is left to wait.
                assert!(decision.end.is_some() && self.running.contains(&dispatch.scheduled));
            }
        }
        for id in &decision.timers_done {
            assert!(self.timers.remove(id), "what is done was kept");
        }
        for timer in &decision.timers {
            let is_attempt = self.running.contains(&timer.scheduled);
            assert!(
                is_attempt || timer.scheduled >= first,
                "it was asked for now"
            );
            assert!(self.timers.insert(timer.scheduled), "it is kept once");
        }
    }
}

/// A decision that changes nothing.
pub(super) fn idle(like: &Decision) -> Decision {
    Decision {
        open_work: like.open_work,
        ..Decision::default()
    }
}

fn open_timers(events: &[Event]) -> BTreeSet<EventId> {
    let mut open = BTreeSet::new();
    for event in events {
        match &event.kind {
            EventKind::TimerCreated { .. } => {
                open.insert(event.id);
            }
            EventKind::AttemptFailed { scheduled, .. }
            | EventKind::HttpAccepted { scheduled, .. } => {
                open.insert(*scheduled);
            }
            EventKind::TimerFired { timer: done }
            | EventKind::TaskCompleted {
                scheduled: done, ..
            }
            | EventKind::TaskFailed {
                scheduled: done, ..
            }
            | EventKind::TaskCanceled { scheduled: done } => {
                open.remove(done);
            }
            _ => {}
        }
    }
    open
}

/// Requests of work that is not over. An attempt that waits for its time counts as one that runs.
fn open_requests(events: &[Event]) -> BTreeSet<EventId> {
    let mut open = BTreeSet::new();
    for event in events {
        match &event.kind {
            EventKind::TaskScheduled { .. }
            | EventKind::ChildScheduled { .. }
            | EventKind::HttpScheduled { .. } => {
                open.insert(event.id);
            }
            EventKind::TaskCompleted { scheduled, .. }
            | EventKind::TaskFailed { scheduled, .. }
            | EventKind::TaskCanceled { scheduled } => {
                open.remove(scheduled);
            }
            _ => {}
        }
    }
    open
}
