use std::collections::{BTreeMap, VecDeque};

use soloist_core::{
    Event, EventId, EventKind, ExecutionId, FunctionName, InstanceId, LogLine, ModuleDigest,
    Payload, Timestamp,
};

use super::children;
use super::earlier::Kept;
use super::functions::StoredModule;
use crate::{
    Begin, ChildStart, Committed, Expects, FunctionRecord, InboxMessage, InstanceLimits, KeyName,
    KeyRecord, Message, Operation, Orphan, Purged, RuntimeStatus, TimerCursor,
};

/// All that a hub keeps.
#[derive(Default)]
pub(super) struct State {
    pub(super) instances: BTreeMap<InstanceId, Instance>,
    pub(super) orphans: BTreeMap<(ExecutionId, EventId), Orphan>,
    pub(super) timers: BTreeMap<TimerCursor, InstanceId>,
    pub(super) children: BTreeMap<(ExecutionId, EventId), ChildStart>,
    pub(super) functions: BTreeMap<FunctionName, FunctionRecord>,
    pub(super) modules: BTreeMap<ModuleDigest, StoredModule>,
    pub(super) keys: BTreeMap<KeyName, KeyRecord>,
    pub(super) limits: InstanceLimits,
    /// How many earlier executions of each instance are kept.
    pub(super) kept: usize,
    /// How many messages there ever were.
    messages: i64,
    /// How many instances there ever were.
    numbers: i64,
}

pub(super) struct Instance {
    /// It waits for a slot of its function.
    pub(super) queue_place: Option<u64>,
    /// It has waited, and has not begun.
    pub(super) promoted: bool,
    /// Kept as long as the instance is: its place among those that were created at once.
    pub(super) number: i64,
    pub(super) module: ModuleDigest,
    pub(super) execution: ExecutionId,
    pub(super) events: Vec<Event>,
    pub(super) status: RuntimeStatus,
    pub(super) custom_status: Option<Payload>,
    pub(super) created: Timestamp,
    pub(super) last_updated: Timestamp,
    pub(super) ready: bool,
    pub(super) open_work: u32,
    pub(super) logs: BTreeMap<u32, LogLine>,
    pub(super) inbox: Vec<InboxMessage>,
    /// Earlier executions, oldest first.
    pub(super) earlier: VecDeque<Kept>,
}

impl Instance {
    fn next(&self) -> EventId {
        self.events
            .last()
            .map_or(EventId::FIRST, |event| event.id.next())
    }
}

pub(super) enum Refused {
    Conflict,
    NoModule(ModuleDigest),
    Full(FunctionName, InstanceId),
}

impl State {
    /// First all that can refuse, then all that changes.
    pub(super) fn commit(&mut self, operation: Operation) -> Result<Committed, Refused> {
        self.check(&operation)?;
        let place = self.place(&operation)?;
        let instance = operation.instance.clone();
        if let Some(start) = children::taken(&operation) {
            self.children.remove(&start);
        }
        if let Expects::At { execution, .. } = operation.expects {
            for scheduled in &operation.children_closed {
                self.children.remove(&(execution, *scheduled));
            }
        }
        let asked = operation.children.iter();
        self.children
            .extend(asked.map(|start| (start.key(), start.clone())));
        let before = self.instances.get(&instance);
        let before = before.map(|before| (before.function().clone(), before.promoted));
        let is_queued_anew = operation.begins.is_some() && place.is_some();
        if let Some(begin) = operation.begins {
            let last = (&operation.events[..], operation.last_logs);
            self.begin(&instance, last, begin, operation.now);
        } else {
            let advanced = self.instance(&instance);
            advanced.events.extend(operation.events);
            if !operation.status.is_live() {
                let execution = advanced.execution;
                self.timers
                    .retain(|cursor, _| cursor.execution != execution);
            }
        }
        if let Some(voids) = &operation.voids {
            let rewound = self.instance(&instance);
            rewound.module = voids.module;
            for event in &mut rewound.events {
                if voids.events.contains(&event.id) {
                    event.kind = EventKind::Voided {};
                }
            }
            let from = voids.logs_from;
            let stays = |line: &LogLine| from.is_none_or(|from| line.timestamp < from);
            rewound.logs.retain(|_, line| stays(line));
        }
        let changed = self.instance(&instance);
        if !operation.status.is_live() {
            changed.inbox.clear();
        }
        changed
            .inbox
            .retain(|message| !operation.inbox_taken.contains(&message.id));
        changed.status = operation.status;
        changed.queue_place = place;
        let waits = operation.status == RuntimeStatus::Pending
            || operation.status == RuntimeStatus::Suspended;
        changed.promoted = waits && before.as_ref().is_some_and(|(_, promoted)| *promoted);
        changed.ready =
            (operation.ready && !is_queued_anew) || !changed.inbox.is_empty() || changed.promoted;
        changed.open_work = operation.open_work;
        changed.last_updated = operation.now;
        if let Some(custom_status) = operation.custom_status {
            changed.custom_status = Some(custom_status);
        }
        for line in operation.logs {
            changed.logs.entry(line.ordinal).or_insert(line);
        }
        let execution = changed.execution;
        self.timers.retain(|cursor, _| {
            cursor.execution != execution || !operation.timers_done.contains(&cursor.scheduled)
        });
        if operation.status.is_live() {
            let timers = operation.timers.into_iter().map(|timer| TimerCursor {
                fire_at: timer.fire_at,
                execution,
                scheduled: timer.scheduled,
            });
            self.timers
                .extend(timers.map(|cursor| (cursor, instance.clone())));
        }
        if let (true, Expects::At { execution, .. }) = (operation.drop_orphans, operation.expects) {
            self.children.retain(|(asked, _), _| *asked != execution);
        }
        if operation.drop_orphans {
            self.orphans.retain(|_, orphan| orphan.instance != instance);
        }
        let orphans = operation.orphans.into_iter();
        self.orphans
            .extend(orphans.map(|orphan| ((orphan.execution, orphan.scheduled), orphan)));
        for message in operation.messages {
            self.send(message);
        }
        Ok(Committed {
            queued: place.is_some(),
            promoted: before.map_or_else(Vec::new, |(function, _)| self.promote(&function)),
        })
    }

    fn check(&self, operation: &Operation) -> Result<(), Refused> {
        let stored = self.instances.get(&operation.instance);
        let stands = match (operation.expects, stored) {
            (Expects::NotLive, stored) => {
                stored.is_none_or(|stored| !stored.status.is_live())
                    && operation.begins.is_some()
                    && operation.events.is_empty()
            }
            (Expects::At { execution, next }, Some(stored)) => {
                stored.status.is_live()
                    && (stored.execution, stored.next()) == (execution, next)
                    && numbered(&operation.events, next)
            }
            (Expects::Ended { execution, next }, Some(stored)) => {
                !stored.status.is_live()
                    && (stored.execution, stored.next()) == (execution, next)
                    && numbered(&operation.events, next)
            }
            (Expects::At { .. } | Expects::Ended { .. }, None) => false,
        };
        let is_rewind = matches!(operation.expects, Expects::Ended { .. });
        if !stands || is_rewind != operation.voids.is_some() {
            return Err(Refused::Conflict);
        }
        if let Some(voids) = &operation.voids
            && !self.modules.contains_key(&voids.module)
        {
            return Err(Refused::NoModule(voids.module));
        }
        let Some(Begin { started, events }) = &operation.begins else {
            return Ok(());
        };
        let start = children::taken(operation);
        if start.is_some_and(|start| !self.children.contains_key(&start)) {
            return Err(Refused::Conflict);
        }
        if !self.modules.contains_key(&started.module) {
            return Err(Refused::NoModule(started.module));
        }
        let again = stored.is_some_and(|stored| stored.execution == started.execution);
        if again || events.is_empty() || !numbered(events, EventId::FIRST) {
            return Err(Refused::Conflict);
        }
        Ok(())
    }

    /// A new execution in the place of the one before, if there is one, with nothing but the inbox kept, and the one before
    /// itself among the earlier ones.
    fn begin(
        &mut self,
        id: &InstanceId,
        (last, last_logs): (&[Event], Vec<LogLine>),
        begin: Begin,
        now: Timestamp,
    ) {
        let old = self.instances.remove(id);
        let continued = matches!(
            last.last().map(|event| &event.kind),
            Some(EventKind::ContinuedAsNew { .. })
        );
        let mut created = begin.events[0].timestamp;
        let mut inbox = Vec::new();
        let mut earlier = VecDeque::new();
        let number = old.as_ref().map_or(self.numbers + 1, |old| old.number);
        self.numbers = self.numbers.max(number);
        if let Some(mut old) = old {
            self.timers
                .retain(|cursor, _| cursor.execution != old.execution);
            inbox = std::mem::take(&mut old.inbox);
            if continued {
                created = old.created;
            }
            earlier = old.left(last, last_logs, self.kept);
        }
        let instance = Instance {
            queue_place: None,
            promoted: false,
            number,
            module: begin.started.module,
            execution: begin.started.execution,
            events: begin.events,
            status: RuntimeStatus::Pending,
            custom_status: None,
            created,
            last_updated: now,
            ready: false,
            open_work: 0,
            logs: BTreeMap::new(),
            inbox,
            earlier,
        };
        self.instances.insert(id.clone(), instance);
    }

    /// A message to an instance that is not live is dropped.
    pub(super) fn send(&mut self, message: Message) {
        let target = self.instances.get_mut(&message.target);
        if let Some(target) = target.filter(|target| target.status.is_live()) {
            self.messages += 1;
            target.ready = true;
            target.inbox.push(InboxMessage {
                id: self.messages,
                execution: message.execution,
                fact: message.fact,
            });
        }
    }

    pub(super) fn purge(&mut self, id: &InstanceId, execution: Option<ExecutionId>) -> Purged {
        let named = |stored: &&Instance| execution.is_none_or(|named| named == stored.execution);
        match self.instances.get(id).filter(named) {
            None => Purged::Unknown,
            Some(instance) if instance.status.is_live() => Purged::Live,
            Some(_) => {
                self.instances.remove(id);
                self.orphans.retain(|_, orphan| orphan.instance != *id);
                Purged::Purged
            }
        }
    }

    fn instance(&mut self, id: &InstanceId) -> &mut Instance {
        self.instances
            .get_mut(id)
            .expect("the operation has been checked")
    }
}

fn numbered(events: &[Event], first: EventId) -> bool {
    let places = std::iter::successors(Some(first), |place| Some(place.next()));
    events
        .iter()
        .zip(places)
        .all(|(event, place)| event.id == place)
}
