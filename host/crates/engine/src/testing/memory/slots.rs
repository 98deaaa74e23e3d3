use soloist_core::{FunctionName, InstanceId, Role};

use super::state::{Instance, Refused, State};
use crate::{InstanceLimits, Operation, Promoted, RuntimeStatus, WhenFull};

impl Instance {
    pub(super) fn function(&self) -> &FunctionName {
        match self.events.first().map(|event| event.kind.role()) {
            Some(Role::Start(started)) => &started.function,
            _ => panic!("an instance begins with its start"),
        }
    }

    fn holds_a_slot(&self) -> bool {
        self.status.is_live() && self.queue_place.is_none()
    }
}

impl State {
    pub(super) fn limit(&mut self, limits: &InstanceLimits) {
        self.limits.clone_from(limits);
        let queued = self.instances.values();
        let queued = queued.filter(|instance| instance.queue_place.is_some());
        let functions: Vec<_> = queued.map(|instance| instance.function().clone()).collect();
        for function in functions {
            self.promote(&function);
        }
    }

    /// The place in the queue that an operation's instance has after it, if it has one.
    pub(super) fn place(&self, operation: &Operation) -> Result<Option<u64>, Refused> {
        let stored = self.instances.get(&operation.instance);
        let live = stored.filter(|stored| stored.status.is_live());
        let place = live.and_then(|live| live.queue_place);
        let has_begun = operation.status == RuntimeStatus::Running;
        let rewound = stored.filter(|_| operation.voids.is_some());
        let function = match (&operation.begins, rewound) {
            (Some(begin), _) => &begin.started.function,
            (None, Some(rewound)) => rewound.function(),
            (None, None) => {
                if place.is_some() && has_begun {
                    return Err(Refused::Conflict);
                }
                return Ok(place.filter(|_| operation.status.is_live()));
            }
        };
        if live.is_some_and(|live| live.function() == function) {
            return match place {
                Some(_) if operation.status != RuntimeStatus::Pending => Err(Refused::Conflict),
                place => Ok(place),
            };
        }
        let Some(limit) = self.limits.get(function) else {
            return Ok(None);
        };
        let holders: Vec<_> = self.holders(function).collect();
        let max = usize::try_from(limit.max.get()).expect("it is small");
        match holders.first() {
            Some(holder) if holders.len() >= max => {
                let waits = operation.status == RuntimeStatus::Pending;
                if limit.when_full == WhenFull::Queue && waits {
                    let places = self.instances.values();
                    let last = places.filter_map(|instance| instance.queue_place).max();
                    return Ok(Some(last.unwrap_or(0) + 1));
                }
                Err(Refused::Full(function.clone(), (*holder).clone()))
            }
            _ => Ok(None),
        }
    }

    fn holders(&self, function: &FunctionName) -> impl Iterator<Item = &InstanceId> {
        let all = self.instances.iter();
        all.filter(move |(_, instance)| instance.holds_a_slot() && instance.function() == function)
            .map(|(id, _)| id)
    }

    /// Gives the slots that are free to those who wait longest.
    pub(super) fn promote(&mut self, function: &FunctionName) -> Vec<Promoted> {
        let mut promoted = Vec::new();
        loop {
            let held = self.holders(function).count();
            let limit = self.limits.get(function);
            let is_full = limit.is_some_and(|limit| held >= limit.max.get() as usize);
            let waiting = self.instances.iter_mut().filter(|(_, instance)| {
                instance.queue_place.is_some() && instance.function() == function
            });
            let first = waiting.min_by_key(|(_, instance)| instance.queue_place);
            let Some((id, first)) = first.filter(|_| !is_full) else {
                return promoted;
            };
            first.queue_place = None;
            first.promoted = true;
            first.ready = true;
            promoted.push(Promoted {
                instance: id.clone(),
                execution: first.execution,
            });
        }
    }
}
