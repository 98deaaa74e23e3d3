//! The books of parents and children: what asks for a child, what becomes of it, and what its parent is told.

use std::collections::BTreeSet;

use soloist_core::{
    Event, EventId, EventKind, ExecutionId, Fact, History, InstanceId, Parent, Role, TaskResult,
};
use soloist_engine::testing::MemoryHub;
use soloist_engine::{Expects, Loaded, Message, Operation, TaskHub};

use crate::invariants::Invariant;
use crate::ledger::{Key, Note};
use crate::model::{is_same, open_children, retries};
use crate::world::State;
use crate::writer::at_once;

impl State {
    /// What an operation does to the starts of children: that of its own execution, and those that it asks for.
    pub(crate) fn note_children(&mut self, operation: &Operation, old: Option<&History>) {
        let next = operation.begins.as_ref();
        if operation.expects == Expects::NotLive
            && let Some(parent) = next.and_then(|begin| begin.started.parent.as_ref())
            && self.ledger.starts.remove(&key_of(parent)).is_none()
        {
            let what = format!("{} begins, but is not asked for", operation.instance);
            self.broke(Invariant::ChildOnce, what);
        }
        let (execution, events) = match (operation.expects, next) {
            (Expects::At { execution, .. } | Expects::Ended { execution, .. }, _) => {
                (execution, &operation.events)
            }
            (Expects::NotLive, Some(begin)) => (begin.started.execution, &begin.events),
            (Expects::NotLive, None) => return,
        };
        let (mut asked, mut closed) = (BTreeSet::new(), Vec::new());
        for event in events {
            match &event.kind {
                EventKind::ChildScheduled { .. } => drop(asked.insert(event.id)),
                EventKind::TaskCanceled { scheduled } => {
                    asked.remove(scheduled);
                    closed.push((execution, *scheduled));
                }
                EventKind::TaskCompleted { scheduled, .. }
                | EventKind::TaskFailed { scheduled, .. } => {
                    closed.push((execution, *scheduled));
                }
                EventKind::ExecutionTerminated { .. } => asked.clear(),
                _ => {}
            }
        }
        for start in &operation.children {
            let key = start.key();
            let is_first = key.0 == execution && start.parent.attempt == 1;
            let is_retried = || old.is_some_and(|old| retries(old).contains_key(&key.1));
            // What an execution asked for that is never stored is known by nothing else.
            let is_stored = key.0 == execution && operation.voids.is_none();
            if is_stored && !(is_first && asked.remove(&key.1) || !is_first && is_retried()) {
                let what = format!("{} is asked for by nobody", start.instance);
                self.broke(Invariant::ChildStarts, what);
            }
            self.ledger.starts.insert(key, start.clone());
        }
        for key in closed {
            self.ledger.starts.remove(&key);
        }
        let last = events.last().map(|event| &event.kind);
        if let Some(EventKind::ExecutionTerminated { .. }) = last {
            self.ledger.starts.retain(|(of, _), _| *of != execution);
        }
        if !asked.is_empty() {
            let what = format!("{execution} asks for {asked:?}, and nobody is to begin");
            self.broke(Invariant::ChildStarts, what);
        }
    }

    /// True if a child wants to begin that its parent has given up meanwhile: that is refused.
    pub(crate) fn is_unwanted(&self, operation: &Operation) -> bool {
        let begun = operation.begins.as_ref();
        let parent = begun.and_then(|begin| begin.started.parent.as_ref());
        let is_unwanted = |parent| !self.ledger.starts.contains_key(&key_of(parent));
        operation.expects == Expects::NotLive && parent.is_some_and(is_unwanted)
    }

    /// A child will not begin.
    pub(crate) fn child_refused(&mut self, hub: &MemoryHub, key: Key, answer: Option<Message>) {
        let Some(start) = self.ledger.starts.remove(&key) else {
            return;
        };
        match answer {
            Some(answer) => {
                let is_live = self.ledger.standing(&answer.target).live.holds();
                self.sent(&answer, is_live);
            }
            None if self.ledger.has_child(&start.instance, key) => {}
            None => {
                let what = format!("{} does not begin, and nobody is told", start.instance);
                self.broke(Invariant::ChildLost, what);
            }
        }
        self.check_starts(hub);
        self.check_family(hub, &start.parent.instance);
    }

    /// A message is on its way.
    pub(crate) fn sent(&mut self, message: &Message, is_live: bool) {
        if !is_live {
            return;
        }
        if let (Fact::Answer { scheduled, result }, Some(execution)) =
            (&message.fact, message.execution)
        {
            let answers = &mut self.ledger.child_answers;
            let answers = answers.entry((execution, *scheduled)).or_default();
            answers.push(result.clone());
        }
        let inbox = self.ledger.inboxes.entry(message.target.clone());
        inbox
            .or_default()
            .push((message.execution, message.fact.clone()));
    }

    /// What left an inbox is in the history, or makes no difference there.
    pub(crate) fn check_taken(
        &mut self,
        operation: &Operation,
        old: Option<&History>,
        (to, fact): &Note,
    ) {
        let Expects::At { execution, .. } = operation.expects else {
            return;
        };
        let mut events = old.iter().flat_map(|old| old.events());
        let is_new = |role: Role<'_>, of: EventId| match role {
            Role::Answer { to, .. } | Role::Cancel(to) | Role::Attempt { of: to, .. } => to == of,
            _ => false,
        };
        let is_kept = match fact {
            Fact::EventRaised { data, .. } => operation
                .events
                .iter()
                .any(|event| matches!(&event.kind, EventKind::EventRaised { data: raised, .. } if raised == data)),
            Fact::Answer { scheduled, .. } => {
                *to != Some(execution)
                    || operation.events.iter().any(|event| is_new(event.kind.role(), *scheduled))
                    || events.any(|event| match event.kind.role() {
                        Role::Answer { to, .. } | Role::Cancel(to) => to == *scheduled,
                        Role::Void => event.id == *scheduled,
                        _ => false,
                    })
            }
            Fact::GivenUp { execution: of, scheduled } => {
                let begun = self.ledger.executions.get(&execution);
                let parent = begun.and_then(|begun| begun.parent.as_ref());
                parent.is_none_or(|parent| key_of(parent) != (*of, *scheduled))
            }
            _ => true,
        };
        if !is_kept {
            let what = format!("{fact:?} left the inbox of {}", operation.instance);
            self.broke(Invariant::InboxKept, what);
        }
    }

    /// An execution ends: its parent is told, once, how.
    pub(crate) fn check_told(&mut self, operation: &Operation, parent: &Parent, end: &EventKind) {
        let told: Vec<_> = operation
            .messages
            .iter()
            .filter_map(|message| match &message.fact {
                Fact::Answer { scheduled, result } => {
                    let key = (message.execution?, *scheduled);
                    (key == key_of(parent) && message.target == parent.instance).then_some(result)
                }
                _ => None,
            })
            .collect();
        let is_told = match (end, told.as_slice()) {
            (EventKind::ExecutionCompleted { output }, [Ok(told)]) => output == told,
            (EventKind::ExecutionFailed { failure }, [Err(told)]) => failure == told,
            (EventKind::ExecutionTerminated { reason }, [Err(told)]) => {
                let expected = if is_deadline(reason.as_deref()) {
                    "ChildTimeout"
                } else {
                    "Terminated"
                };
                told.error_type == expected
            }
            (EventKind::ContinuedAsNew { .. }, told) => told.is_empty(),
            _ => false,
        };
        if !is_told {
            let what = format!(
                "{} ends with {end:?}, its parent is told {told:?}",
                operation.instance
            );
            self.broke(Invariant::ChildAnswers, what);
        }
    }

    /// The starts that are stored are those in the books.
    pub(crate) fn check_starts(&mut self, hub: &MemoryHub) {
        let stored = at_once(hub.child_starts(None, usize::MAX)).unwrap_or_default();
        let stored: BTreeSet<_> = stored.iter().map(soloist_engine::ChildStart::key).collect();
        let expected: BTreeSet<_> = self.ledger.starts.keys().copied().collect();
        if stored != expected {
            let what = format!("stored are {stored:?}, not {expected:?}");
            self.broke(Invariant::ChildStarts, what);
        }
    }

    /// Whatever child a parent waits for is to begin, lives, is to be tried again, or has answered.
    pub(crate) fn check_family(&mut self, hub: &MemoryHub, parent: &InstanceId) {
        let Ok(Some(loaded)) = at_once(hub.load(parent)) else {
            return;
        };
        if !loaded.status.is_live() {
            return;
        }
        let execution = loaded.history.started().execution;
        for (scheduled, child) in open_children(&loaded.history) {
            let key = (execution, scheduled);
            let is_answered = loaded.inbox.iter().any(|message| {
                message.execution == Some(execution)
                    && matches!(message.fact, Fact::Answer { scheduled: of, .. } if of == scheduled)
            });
            let is_tried_again = || timer_of(hub, key);
            if !self.ledger.starts.contains_key(&key)
                && !self.ledger.has_child(&child, key)
                && !is_answered
                && !is_tried_again()
            {
                let what = format!("{parent} waits for {child}, of which nothing is left");
                self.broke(Invariant::ChildLost, what);
            }
        }
        self.check_child_answers(parent, &loaded);
    }

    /// What a history holds of its children is what they answered, in order.
    fn check_child_answers(&mut self, parent: &InstanceId, loaded: &Loaded) {
        let execution = loaded.history.started().execution;
        let events = loaded.history.events();
        let children = events
            .iter()
            .filter(|event| matches!(event.kind, EventKind::ChildScheduled { .. }));
        for child in children {
            let key = (execution, child.id);
            let told = self.ledger.child_answers.get(&key);
            let mut told = told.into_iter().flatten();
            let answers = events.iter().filter_map(|event| answer_to(event, child.id));
            let wrong = answers
                .into_iter()
                .find(|answer| !told.any(|told| is_same(told, answer)));
            if let Some(wrong) = wrong {
                let what = format!("{parent} has {wrong:?} of the child at event {}", child.id);
                self.broke(Invariant::OwnAnswer, what);
            }
        }
    }

    /// At rest no child lives that was given up.
    pub(crate) fn check_given_up(&mut self, hub: &MemoryHub) {
        let live = self.ledger.instances.iter();
        let live = live.filter(|(_, standing)| {
            // What a caller rewound after that goes on for its caller.
            let execution = standing.execution.as_ref();
            let is_rewound = execution.is_some_and(|id| self.ledger.mended.contains(id));
            standing.live.holds() && !is_rewound
        });
        let ids: Vec<_> = live.map(|(id, _)| id.clone()).collect();
        for id in ids {
            let Some(parent) = self.ledger.parent_of(&id).cloned() else {
                continue;
            };
            let loaded = at_once(hub.load(&parent.instance)).ok().flatten();
            let history =
                loaded.filter(|loaded| loaded.history.started().execution == parent.execution);
            let gave_up = history.is_some_and(|loaded| {
                let canceled = EventKind::TaskCanceled {
                    scheduled: parent.scheduled,
                };
                loaded
                    .history
                    .events()
                    .iter()
                    .any(|event| event.kind == canceled)
            });
            if gave_up {
                self.broke(
                    Invariant::GivenUpEnds,
                    format!("{id} was given up, and lives"),
                );
            }
        }
    }
}

fn timer_of(hub: &MemoryHub, (execution, scheduled): Key) -> bool {
    let forever = soloist_core::Timestamp::from_millis(i64::MAX);
    let timers = at_once(hub.timers(None, forever, usize::MAX)).unwrap_or_default();
    let is_it = |cursor: soloist_engine::TimerCursor| {
        (cursor.execution, cursor.scheduled) == (execution, scheduled)
    };
    timers.iter().any(|timer| is_it(timer.cursor))
}

pub(crate) fn key_of(parent: &Parent) -> (ExecutionId, EventId) {
    (parent.execution, parent.scheduled)
}

fn answer_to(event: &Event, child: EventId) -> Option<TaskResult> {
    match &event.kind {
        EventKind::TaskCompleted { scheduled, output } if *scheduled == child => {
            Some(Ok(output.clone()))
        }
        EventKind::TaskFailed { scheduled, failure }
        | EventKind::AttemptFailed {
            scheduled, failure, ..
        } if *scheduled == child => Some(Err(failure.clone())),
        _ => None,
    }
}

/// True of the reason for which the engine ends a child whose attempt took too long.
pub(crate) fn is_deadline(reason: Option<&str>) -> bool {
    reason == Some("it took longer than the attempt-timeout of its call")
}
