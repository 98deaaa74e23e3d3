//! What must hold after each commit.

use std::collections::{BTreeMap, BTreeSet};

use rand::Rng;
use soloist_core::{
    Event, EventId, EventKind, ExecutionId, History, InstanceId, ModuleDigest, Payload, Role,
    Started, Timestamp,
};
use soloist_engine::testing::MemoryHub;
use soloist_engine::{Loaded, Operation, TaskHub};

use crate::family::is_deadline;
use crate::invariants::Invariant;
use crate::ledger::{Awaited, Begun};
use crate::model::{awaited, open_children, retries, waiting, wrong_answers, wrong_status};
use crate::replay::Compared;
use crate::world::State;
use crate::writer::at_once;

/// Later than any timer.
const FOREVER: i64 = 253_402_300_799_999;

impl State {
    /// An operation took effect: it goes into the books, and the books are held against the hub.
    pub(crate) fn committed(
        &mut self,
        hub: &MemoryHub,
        before: Option<Loaded>,
        operation: &Operation,
    ) {
        if operation.voids.is_some() {
            return self.rewound(hub, before, operation);
        }
        let id = &operation.instance;
        let tick = self.ledger.tick();
        if !operation.ready {
            self.overrun.remove(id);
        }
        let old = before.filter(|loaded| loaded.status.is_live());
        if !operation.events.is_empty() || operation.begins.is_none() {
            let Some(old) = &old else {
                return self.broke(
                    Invariant::OneOwner,
                    format!("{id} was written to, not live"),
                );
            };
            let execution = old.history.started().execution;
            self.note_events(id, execution, tick, &operation.events);
            self.check_told_end(operation, execution, &operation.events);
            if is_ended(&operation.events) && operation.begins.is_none() {
                self.ledger.inboxes.remove(id);
            }
        }
        let history = old.as_ref().map(|old| &old.history);
        self.note_children(operation, history);
        self.note_messages(operation, history);
        self.note_orphans(operation);
        if let Some(begin) = &operation.begins {
            if self.ledger.standing(id).live.failed_since(tick) || is_ended(&operation.events) {
                self.note_begin(id, tick, operation, &begin.started, &begin.events);
                self.check_told_end(operation, begin.started.execution, &begin.events);
            } else {
                let what = format!("{id} began anew while it was live");
                self.broke(Invariant::OneLive, what);
            }
        }
        let mut events = old.map_or_else(Vec::new, |old| old.history.into_events());
        events.extend(operation.events.iter().cloned());
        let begun = operation.begins.is_some();
        let loaded = at_once(hub.load(id)).ok().flatten().filter(|_| begun);
        let begun = loaded.map_or_else(Vec::new, |loaded| loaded.history.into_events());
        if let (Some(last), Some(first)) = (operation.events.last(), begun.first())
            && first.timestamp < last.timestamp
        {
            let (from, to) = (last.timestamp, first.timestamp);
            let what = format!("{id} ended at {from:?} and began at {to:?}");
            self.broke(Invariant::TimeOfChain, what);
        }
        if is_ended(&operation.events) {
            self.check_end(id, events, &begun);
        }
        if is_ended(&begun) {
            self.check_end(id, begun, &[]);
        }
        self.check_stored(hub, id);
        self.check_starts(hub);
        self.check_family(hub, id);
        if let Some(parent) = self.ledger.parent_of(id).cloned() {
            self.check_family(hub, &parent.instance);
        }
    }

    fn check_told_end(&mut self, operation: &Operation, execution: ExecutionId, events: &[Event]) {
        let begun = self.ledger.executions.get(&execution);
        let parent = begun.and_then(|begun| begun.parent.clone());
        if let (Some(parent), Some(last)) = (parent, events.last())
            && last.kind.role() == Role::End
        {
            self.check_told(operation, &parent, &last.kind);
        }
    }

    fn note_events(
        &mut self,
        id: &InstanceId,
        execution: ExecutionId,
        tick: u64,
        events: &[Event],
    ) {
        for event in events {
            let key = (execution, event.id);
            match &event.kind {
                EventKind::TaskScheduled { .. }
                | EventKind::ChildScheduled { .. }
                | EventKind::HttpScheduled { .. } => drop(self.ledger.tasks.insert(key)),
                EventKind::EventRaised { data, .. } => self.note_raised(id, execution, data),
                EventKind::TimerFired { timer } => {
                    let awaited = self.ledger.timers.get(&(execution, *timer));
                    if let Some(Awaited { fire_at, latest }) = awaited
                        && latest < fire_at
                    {
                        let what = format!("{id}: {fire_at:?} fired at {latest:?}");
                        self.broke(Invariant::TimerNotEarly, what);
                    }
                }
                EventKind::ExecutionBegan {} => self.check_delay(id, execution, event),
                EventKind::ExecutionTerminated { reason } if is_deadline(reason.as_deref()) => {
                    self.check_deadline(id, execution);
                }
                EventKind::ExecutionSuspended { .. } => {
                    self.ledger.standing(id).suspended.set(true, tick);
                }
                EventKind::ExecutionResumed { .. } => {
                    self.ledger.standing(id).suspended.set(false, tick);
                }
                EventKind::ExecutionTerminated { .. } => {
                    self.ledger.standing(id).last_terminated = tick;
                }
                _ => {}
            }
            if event.kind.role() == Role::End {
                let standing = self.ledger.standing(id);
                standing.suspended.set(false, tick);
                let has_failed = matches!(event.kind, EventKind::ExecutionFailed { .. });
                standing.failed.set(has_failed, tick);
                // continue-as-new goes on, and keeps what waits.
                if !matches!(event.kind, EventKind::ContinuedAsNew { .. }) {
                    standing.live.set(false, tick);
                }
            }
        }
    }

    /// No child is given up before its attempt has taken too long.
    fn check_deadline(&mut self, id: &InstanceId, execution: ExecutionId) {
        let awaited = self.ledger.timers.get(&(execution, EventId::FIRST));
        if awaited.is_none_or(|awaited| awaited.latest < awaited.fire_at) {
            self.broke(
                Invariant::TimerNotEarly,
                format!("{id} is given up: {awaited:?}"),
            );
        }
    }

    /// A first turn does not begin before its time.
    fn check_delay(&mut self, id: &InstanceId, execution: ExecutionId, first: &Event) {
        let begun = self.ledger.executions.get(&execution);
        let start_at = begun.and_then(|begun| begun.start_at);
        let awaited = self.ledger.timers.get(&(execution, EventId::FIRST));
        let is_early =
            start_at.is_some() && awaited.is_some_and(|awaited| awaited.latest < awaited.fire_at);
        if start_at > Some(first.timestamp) || is_early {
            let what = format!("{id} begins at {:?}, before {start_at:?}", first.timestamp);
            self.broke(Invariant::TimerNotEarly, what);
        }
    }

    fn note_raised(&mut self, id: &InstanceId, execution: ExecutionId, data: &Payload) {
        let data = data.as_str().to_owned();
        if self.ledger.refused.contains(&data) {
            let what = format!("{data} was refused, but came to {id}");
            self.broke(Invariant::RefusedIsVoid, what);
        }
        let again = self.ledger.again.get_mut(&data).filter(|again| **again > 0);
        if let Some(earlier) = self.ledger.placed.insert(data.clone(), execution) {
            if let Some(again) = again {
                *again -= 1;
                return;
            }
            let what = format!("{data} came to {execution} of {id}, and to {earlier} before");
            self.broke(Invariant::EventOnce, what);
        }
    }

    fn note_messages(&mut self, operation: &Operation, old: Option<&History>) {
        let taken = operation.inbox_taken.len();
        let inbox = self.ledger.inboxes.get_mut(&operation.instance);
        let taken = inbox.map_or_else(Vec::new, |inbox| {
            inbox.drain(..taken.min(inbox.len())).collect()
        });
        // Whatever stays behind an end is nobody's.
        for note in taken.iter().filter(|_| operation.status.is_live()) {
            if operation.begins.is_none() {
                self.check_taken(operation, old, note);
            }
        }
        for message in &operation.messages {
            // An end drops the inbox before messages are sent, and one to itself is then sent to nobody.
            let is_live = if message.target == operation.instance {
                operation.status.is_live()
            } else {
                self.ledger.standing(&message.target).live.holds()
            };
            self.sent(message, is_live);
        }
    }

    fn note_orphans(&mut self, operation: &Operation) {
        let last = operation.events.last().map(|event| &event.kind);
        if let Some(EventKind::ExecutionTerminated { .. }) = last {
            let orphans = &mut self.ledger.orphans;
            orphans.retain(|_, instance| *instance != operation.instance);
        }
        let begins = operation.begins.as_ref();
        if operation.events.is_empty() && begins.is_some_and(|begin| begin.started.generation > 0) {
            // An execution that continues as new in its first turn is never stored; what it asked for is.
            for orphan in &operation.orphans {
                let key = (orphan.execution, orphan.scheduled);
                self.ledger.orphans.insert(key, orphan.instance.clone());
                self.ledger.tasks.insert(key);
            }
        }
    }

    fn note_begin(
        &mut self,
        id: &InstanceId,
        tick: u64,
        operation: &Operation,
        started: &Started,
        events: &[Event],
    ) {
        if self.ledger.refused.contains(started.input.as_str()) {
            let what = format!(
                "{} was refused, but {id} begins with it",
                started.input.as_str()
            );
            self.broke(Invariant::RefusedIsVoid, what);
        }
        let begun = Begun {
            module: started.module,
            start_at: started.start_at,
            instance: id.clone(),
            parent: started.parent.clone(),
            input: started.input.as_str().to_owned(),
            generation: started.generation,
            is_told: false,
        };
        if self
            .ledger
            .executions
            .insert(started.execution, begun)
            .is_some()
        {
            let what = format!("{} began again", started.execution);
            self.broke(Invariant::NewIds, what);
        }
        let standing = self.ledger.standing(id);
        standing.execution = Some(started.execution);
        standing.exists.set(true, tick);
        standing.live.set(true, tick);
        standing.suspended.set(false, tick);
        standing.failed.set(false, tick);
        if !operation.events.is_empty() {
            // What is inherited leaves the execution before.
            for event in events {
                if let EventKind::EventRaised { data, .. } = &event.kind
                    && self.ledger.placed.remove(data.as_str()).is_none()
                {
                    // It came there twice, from code that was rewound. Whether both are inherited is seen with the end.
                    let again = self.ledger.again.entry(data.as_str().to_owned());
                    *again.or_default() += 1;
                }
            }
        }
        self.note_events(id, started.execution, tick, events);
    }

    /// An execution ends: its whole history is known for the last time.
    fn check_end(&mut self, id: &InstanceId, events: Vec<Event>, begins: &[Event]) {
        let last = events.last().map(|event| event.kind.clone());
        let Ok(history) = History::try_from(events) else {
            return self.broke(Invariant::WellFormed, format!("{id} ends with {last:?}"));
        };
        let execution = history.started().execution;
        let end = history.events().last().map(|event| event.kind.clone());
        if let Some(EventKind::ExecutionFailed { failure }) = &end
            && failure.error_type == "TurnTimeout"
        {
            let what = format!("{id} failed because the machine was busy");
            self.broke(Invariant::TroubleIsVoid, what);
        }
        if !matches!(end, Some(EventKind::ExecutionTerminated { .. })) {
            for work in history.open_work().iter().chain(&waiting(&history)) {
                let key = (execution, work.scheduled);
                if matches!(work.work, soloist_core::Work::Activity { .. }) {
                    self.ledger.orphans.insert(key, id.clone());
                }
            }
        }
        self.ledger.timers.retain(|(of, _), _| *of != execution);
        let compared = Compared::of(id, &history);
        for (invariant, what) in compared.check_end(&history, begins) {
            self.broke(invariant, format!("{id}: {what}"));
        }
    }

    /// What the hub holds of an instance.
    pub(crate) fn check_stored(&mut self, hub: &MemoryHub, id: &InstanceId) {
        let loaded = match at_once(hub.load(id)) {
            Ok(Some(loaded)) => loaded,
            Ok(None) => return,
            Err(error) => {
                let cause = std::error::Error::source(&error).map(ToString::to_string);
                return self.broke(Invariant::WellFormed, format!("{id}: {cause:?}"));
            }
        };
        let history = &loaded.history;
        if let Some(what) = wrong_status(history, &loaded) {
            self.broke(Invariant::Status, format!("{id}: {what}"));
        }
        for what in wrong_answers(history) {
            self.broke(Invariant::OwnAnswer, format!("{id}: {what}"));
        }
        self.check_timers(hub, history, loaded.status.is_live());
        self.check_open_work(hub, id, &loaded);
        self.check_orphans(hub);
        let expected = self.ledger.inboxes.get(id).cloned().unwrap_or_default();
        let inbox = loaded.inbox.iter();
        let inbox: Vec<_> = inbox
            .map(|message| (message.execution, message.fact.clone()))
            .collect();
        if inbox != expected {
            let what = format!("{id} has {inbox:?} in its inbox, not {expected:?}");
            self.broke(Invariant::InboxKept, what);
        }
        let module = pinned_module(history);
        let is_stored = matches!(at_once(hub.module_bytes(module)), Ok(Some(_)));
        let is_hidden = self.ledger.hidden_modules.contains(&module);
        if loaded.status.is_live() && (!is_stored || is_hidden) {
            let what = format!("{id} needs a module that is gone");
            self.broke(Invariant::ModuleKept, what);
        }
        if !loaded.status.is_live() || self.rng.random_range(0..3) == 0 {
            let logs = at_once(hub.logs(id, None, None, usize::MAX)).ok().flatten();
            let lines = logs.map(|logs| logs.lines).unwrap_or_default();
            let compared = Compared::of(id, history);
            for (invariant, what) in compared.check_stored(&loaded, &lines) {
                self.broke(invariant, format!("{id}: {what}"));
            }
        }
    }

    fn check_timers(&mut self, hub: &MemoryHub, history: &History, is_live: bool) {
        let execution = history.started().execution;
        let expected = if is_live {
            awaited(history)
        } else {
            BTreeMap::new()
        };
        let forever = Timestamp::from_millis(FOREVER);
        let stored = at_once(hub.timers(None, forever, usize::MAX)).unwrap_or_default();
        let stored: BTreeMap<EventId, Timestamp> = stored
            .iter()
            .filter(|timer| timer.cursor.execution == execution)
            .map(|timer| (timer.cursor.scheduled, timer.cursor.fire_at))
            .collect();
        // The attempts at children have begun, or not: their parents' books say.
        let children = open_children(history);
        let attempts: BTreeMap<_, _> = retries(history)
            .into_iter()
            .filter(|(scheduled, _)| children.contains_key(scheduled) && is_live)
            .collect();
        let of_children =
            |(scheduled, _): &(&EventId, &Timestamp)| attempts.contains_key(scheduled);
        let (of_children, stored): (BTreeMap<_, _>, BTreeMap<_, _>) =
            stored.iter().partition(of_children);
        let is_attempt =
            |(scheduled, at): (&EventId, &Timestamp)| attempts.get(scheduled) == Some(at);
        if stored != expected || !of_children.iter().all(is_attempt) {
            let what = format!("{execution} waits for {expected:?}, stored are {stored:?}");
            self.broke(Invariant::TimerRows, what);
        }
        let now = self.now();
        let timers = &mut self.ledger.timers;
        let expected = expected
            .into_iter()
            .chain(of_children)
            .collect::<BTreeMap<_, _>>();
        timers.retain(|(of, timer), _| *of != execution || expected.contains_key(timer));
        for (timer, fire_at) in expected {
            let new = Awaited {
                fire_at,
                latest: now,
            };
            let awaited = timers.entry((execution, timer)).or_insert(new);
            if awaited.fire_at != fire_at {
                *awaited = new;
            }
        }
    }

    fn check_open_work(&mut self, hub: &MemoryHub, id: &InstanceId, loaded: &Loaded) {
        let open = loaded.history.open_work().len() + waiting(&loaded.history).len();
        let open = if loaded.status.is_live() { open } else { 0 };
        let unfinished = at_once(hub.unfinished(None, usize::MAX)).unwrap_or_default();
        let stored = unfinished.iter().find(|row| row.instance == *id);
        let stored = stored.map_or(0, |row| row.open_work as usize);
        if stored != open {
            let what = format!("{id} has {open} pieces of work, stored are {stored}");
            self.broke(Invariant::OpenWork, what);
        }
    }

    pub(crate) fn check_orphans(&mut self, hub: &MemoryHub) {
        let stored = at_once(hub.orphans(None, usize::MAX)).unwrap_or_default();
        let stored: BTreeSet<_> = stored
            .iter()
            .map(|orphan| (orphan.execution, orphan.scheduled))
            .collect();
        let expected: BTreeSet<_> = self.ledger.orphans.keys().copied().collect();
        if stored != expected {
            let what = format!("stored are {stored:?}, not {expected:?}");
            self.broke(Invariant::Orphans, what);
        }
    }
}

/// A rewind pins an execution anew.
fn pinned_module(history: &History) -> ModuleDigest {
    let rewound = history
        .events()
        .iter()
        .rev()
        .find_map(|event| match event.kind {
            EventKind::ExecutionRewound { module, .. } => Some(module),
            _ => None,
        });
    rewound.unwrap_or(history.started().module)
}

fn is_ended(events: &[Event]) -> bool {
    let last = events.last().map(|event| event.kind.role());
    last == Some(Role::End)
}
