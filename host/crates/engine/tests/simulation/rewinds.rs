//! The books of rewinds: what is undone, and that what stays is a history that goes on.

use soloist_core::{Event, EventKind, History, InstanceId, Role};
use soloist_engine::testing::MemoryHub;
use soloist_engine::{Loaded, Operation, RuntimeStatus};

use crate::family::key_of;
use crate::invariants::Invariant;
use crate::replay::Compared;
use crate::world::State;

/// What the engine says where it rewinds a child itself.
const WITH_ITS_PARENT: &str = "the orchestrator that called it was rewound";

impl State {
    /// A failed execution goes on.
    pub(crate) fn rewound(
        &mut self,
        hub: &MemoryHub,
        before: Option<Loaded>,
        operation: &Operation,
    ) {
        let id = &operation.instance;
        let tick = self.ledger.tick();
        let Some(before) = before.filter(|before| before.status == RuntimeStatus::Failed) else {
            return self.broke(Invariant::Rewound, format!("{id} had not failed"));
        };
        let execution = before.history.started().execution;
        self.check_reason(id, operation);
        let voids = operation.voids.as_ref();
        let mut events = before.history.into_events();
        for event in &mut events {
            if voids.is_some_and(|voids| voids.events.contains(&event.id)) {
                self.undone(id, event);
                event.kind = EventKind::Voided {};
            }
        }
        events.extend(operation.events.iter().cloned());
        let suspended = last_suspension(&events);
        let standing = self.ledger.standing(id);
        standing.live.set(true, tick);
        standing.failed.set(false, tick);
        standing.suspended.set(suspended, tick);
        standing.last_rewound = tick;
        self.ledger.orphans.retain(|_, instance| instance != id);
        self.ledger.mended.insert(execution);
        self.ledger.silenced.retain(|(of, _)| *of != execution);
        if let (Some(begun), Some(voids)) = (self.ledger.executions.get_mut(&execution), voids) {
            begun.module = voids.module;
        }
        self.note_children(operation, None);
        match History::try_from(events) {
            Ok(history) => {
                for (invariant, what) in Compared::of(id, &history).check_rewound() {
                    self.broke(invariant, format!("{id}: {what}"));
                }
            }
            Err(error) => self.broke(Invariant::Rewound, format!("{id}: {error}")),
        }
        self.check_stored(hub, id);
        // The books do not say what the clock said before the end: a timer whose time had come then may fire at once.
        let latest = self.ledger.wall_max;
        for ((of, _), awaited) in &mut self.ledger.timers {
            if *of == execution {
                awaited.latest = latest;
            }
        }
        self.check_starts(hub);
        self.check_family(hub, id);
    }

    /// A child is rewound with its parent only while its parent asks for it, or ended while it was being rewound.
    fn check_reason(&mut self, id: &InstanceId, operation: &Operation) {
        let with_its_parent = operation.events.iter().any(|event| {
            matches!(&event.kind, EventKind::ExecutionRewound { reason: Some(reason), .. } if reason == WITH_ITS_PARENT)
        });
        let parent = self.ledger.parent_of(id);
        let is_asked = parent.is_some_and(|parent| {
            let standing = self.ledger.instances.get(&parent.instance);
            let lives = standing.is_some_and(|standing| {
                standing.live.holds() && standing.execution == Some(parent.execution)
            });
            !lives || self.ledger.starts.contains_key(&key_of(parent))
        });
        if with_its_parent && !is_asked {
            self.broke(Invariant::Rewound, format!("{id}: its parent was not"));
        }
    }

    fn undone(&mut self, id: &InstanceId, event: &Event) {
        match (event.kind.role(), &event.kind) {
            // It may be sent once more.
            (Role::Told, EventKind::EventSent { data, .. }) => {
                let again = self.ledger.again.entry(data.as_str().to_owned());
                *again.or_default() += 1;
            }
            (
                Role::Request
                | Role::Cancel(_)
                | Role::Answer { .. }
                | Role::Attempt { .. }
                | Role::Accepted { .. }
                | Role::End,
                _,
            ) => {}
            (_, kind) => self.broke(Invariant::Rewound, format!("{id}: {kind:?} is undone")),
        }
    }
}

fn last_suspension(events: &[Event]) -> bool {
    let last = events
        .iter()
        .rev()
        .find_map(|event| match event.kind.role() {
            Role::Suspended => Some(true),
            Role::Resumed => Some(false),
            _ => None,
        });
    last.unwrap_or(false)
}
