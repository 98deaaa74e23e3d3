//! The books of a simulation: what became durable, and what callers were told of it. Kept apart from the hub, so that each
//! can be held against the other.

use std::collections::{BTreeMap, BTreeSet};

use soloist_core::{
    EventId, EventKind, ExecutionId, Fact, InstanceId, ModuleDigest, Parent, TaskResult, Timestamp,
};
use soloist_engine::{ChildStart, Expects, Operation};

pub(crate) type Key = (ExecutionId, EventId);

/// A message in an inbox.
pub(crate) type Note = (Option<ExecutionId>, Fact);

#[derive(Default)]
pub(crate) struct Ledger {
    /// Counts what is written and what is asked.
    tick: u64,
    pub(crate) instances: BTreeMap<InstanceId, Standing>,
    /// Every execution that ever began, with what it was given and whether a caller was told that it had started it.
    pub(crate) executions: BTreeMap<ExecutionId, Begun>,
    /// Every piece of work that was ever asked for durably.
    pub(crate) tasks: BTreeSet<Key>,
    /// By what an event carries: the execution that it came to.
    pub(crate) placed: BTreeMap<String, ExecutionId>,
    /// What events carried that may come once more: code that was rewound sends them again.
    pub(crate) again: BTreeMap<String, u32>,
    /// What events carried, and starts were given, whose callers were refused.
    pub(crate) refused: BTreeSet<String>,
    /// Executions that were rewound.
    pub(crate) mended: BTreeSet<ExecutionId>,
    /// What waits in inboxes, and for which execution.
    pub(crate) inboxes: BTreeMap<InstanceId, Vec<Note>>,
    /// Children that were asked for, and have neither begun nor been refused.
    pub(crate) starts: BTreeMap<Key, ChildStart>,
    /// By request: with what parents were answered, in order.
    pub(crate) child_answers: BTreeMap<Key, Vec<TaskResult>>,
    pub(crate) orphans: BTreeMap<Key, InstanceId>,
    /// When timers fire, and the latest that the wall clock has said since they were stored.
    pub(crate) timers: BTreeMap<Key, Awaited>,
    /// What was given up, as its owner knows.
    pub(crate) silenced: BTreeSet<Key>,
    /// Executions whose owners know that their instances were terminated.
    pub(crate) over: BTreeSet<ExecutionId>,
    /// The latest that the wall clock has ever said.
    pub(crate) wall_max: Timestamp,
    /// Attempts that run.
    pub(crate) running: BTreeSet<Key>,
    /// Modules that a faulty hub removed.
    pub(crate) hidden_modules: BTreeSet<ModuleDigest>,
}

/// What goes on no longer once an operation is durable.
#[derive(Default)]
pub(crate) struct Silences {
    tasks: Vec<Key>,
    instance: Option<InstanceId>,
}

impl Silences {
    pub(crate) fn of(operation: &Operation) -> Self {
        let Expects::At { execution, .. } = operation.expects else {
            return Self::default();
        };
        let mut silences = Self::default();
        for event in &operation.events {
            match event.kind {
                EventKind::TaskCanceled { scheduled } => {
                    silences.tasks.push((execution, scheduled));
                }
                EventKind::ExecutionTerminated { .. } => {
                    silences.instance = Some(operation.instance.clone());
                }
                _ => {}
            }
        }
        silences
    }
}

pub(crate) struct Begun {
    pub(crate) instance: InstanceId,
    pub(crate) parent: Option<Parent>,
    pub(crate) input: String,
    pub(crate) generation: u64,
    pub(crate) is_told: bool,
    /// What it is pinned to.
    pub(crate) module: ModuleDigest,
    pub(crate) start_at: Option<Timestamp>,
}

#[derive(Debug, Clone, Copy)]
pub(crate) struct Awaited {
    pub(crate) fire_at: Timestamp,
    pub(crate) latest: Timestamp,
}

/// What holds of an instance now, and when it last did and did not.
#[derive(Default)]
pub(crate) struct Standing {
    pub(crate) exists: Flag,
    pub(crate) live: Flag,
    pub(crate) suspended: Flag,
    pub(crate) failed: Flag,
    pub(crate) last_terminated: u64,
    pub(crate) last_rewound: u64,
    /// Its current execution, or the last.
    pub(crate) execution: Option<ExecutionId>,
}

#[derive(Default)]
pub(crate) struct Flag {
    holds: bool,
    /// The tick of the last change.
    last_true: u64,
    last_false: u64,
}

impl Flag {
    pub(crate) fn set(&mut self, holds: bool, tick: u64) {
        if self.holds {
            self.last_true = tick;
        } else {
            self.last_false = tick;
        }
        self.holds = holds;
    }

    pub(crate) fn holds(&self) -> bool {
        self.holds
    }

    pub(crate) fn held_since(&self, asked: u64) -> bool {
        self.holds || self.last_true > asked
    }

    pub(crate) fn failed_since(&self, asked: u64) -> bool {
        !self.holds || self.last_false > asked
    }
}

impl Ledger {
    pub(crate) fn tick(&mut self) -> u64 {
        self.tick += 1;
        self.tick
    }

    pub(crate) fn standing(&mut self, id: &InstanceId) -> &mut Standing {
        self.instances.entry(id.clone()).or_default()
    }

    /// The request that the current execution of an instance answers, if it is a child.
    pub(crate) fn parent_of(&self, id: &InstanceId) -> Option<&Parent> {
        let execution = self.instances.get(id)?.execution?;
        self.executions.get(&execution)?.parent.as_ref()
    }

    /// True if a child lives that answers this request.
    pub(crate) fn has_child(&self, id: &InstanceId, key: Key) -> bool {
        let lives = self
            .instances
            .get(id)
            .is_some_and(|standing| standing.live.holds());
        let parent = self.parent_of(id);
        lives && parent.is_some_and(|parent| (parent.execution, parent.scheduled) == key)
    }

    pub(crate) fn wall_is(&mut self, now: Timestamp) {
        self.wall_max = self.wall_max.max(now);
        for awaited in self.timers.values_mut() {
            awaited.latest = awaited.latest.max(now);
        }
    }

    pub(crate) fn purged(&mut self, id: &InstanceId) {
        let tick = self.tick();
        let standing = self.standing(id);
        standing.exists.set(false, tick);
        standing.suspended.set(false, tick);
        standing.failed.set(false, tick);
        self.orphans.retain(|_, instance| instance != id);
    }

    pub(crate) fn orphan_finished(&mut self, execution: ExecutionId, scheduled: EventId) {
        self.orphans.remove(&(execution, scheduled));
    }

    /// An owner knows that what it gave up with an operation is durable.
    pub(crate) fn silence(&mut self, silences: &Silences) {
        self.silenced.extend(silences.tasks.iter().copied());
        if let Some(instance) = &silences.instance {
            let standing = self.instances.get(instance);
            let live = standing.filter(|standing| standing.live.holds());
            let live = live.and_then(|standing| standing.execution);
            let all = self.executions.iter();
            let over = all.filter(|(id, begun)| begun.instance == *instance && Some(**id) != live);
            self.over.extend(over.map(|(id, _)| *id));
        }
    }

    /// Attempts that run, though their owner knows that they are given up.
    pub(crate) fn unheard(&self) -> Vec<Key> {
        let running = self.running.iter().copied();
        running
            .filter(|key| self.silenced.contains(key) || self.over.contains(&key.0))
            .collect()
    }

    pub(crate) fn host_fell(&mut self) {
        self.running.clear();
    }
}
