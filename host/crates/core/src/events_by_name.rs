use std::collections::{BTreeMap, VecDeque};

use crate::{Payload, Position, TaskId};

/// Which wait owns which external event: the k-th wait of a name that is neither consumed nor cancelled owns the k-th
/// event of that name not yet consumed. Nothing is assigned, so nothing has to be given back: ownership is read off the
/// two lists each time.
#[derive(Debug, Default)]
pub(crate) struct EventsByName(BTreeMap<String, Lists>);

#[derive(Debug, Default)]
struct Lists {
    /// Open waits, in the order they were asked for.
    waits: VecDeque<TaskId>,
    /// Events not yet consumed, in the order they stand.
    events: VecDeque<Unconsumed>,
}

#[derive(Debug, Clone)]
pub(crate) struct Unconsumed {
    pub(crate) position: Position,
    pub(crate) name: String,
    pub(crate) data: Payload,
}

impl EventsByName {
    fn lists(&self, name: &str) -> Option<&Lists> {
        self.0.get(&name.to_ascii_lowercase())
    }

    fn lists_mut(&mut self, name: &str) -> &mut Lists {
        self.0.entry(name.to_ascii_lowercase()).or_default()
    }

    /// An event came. Events come in the order they stand.
    pub(crate) fn raise(&mut self, event: Unconsumed) {
        self.lists_mut(&event.name).events.push_back(event);
    }

    /// The code began to wait. Waits come in the order of their ids.
    pub(crate) fn wait(&mut self, name: &str, task: TaskId) {
        self.lists_mut(name).waits.push_back(task);
    }

    /// The event that an open wait owns.
    pub(crate) fn owned_by(&self, name: &str, task: TaskId) -> Option<&Unconsumed> {
        let lists = self.lists(name)?;
        lists.events.get(lists.waits.binary_search(&task).ok()?)
    }

    /// Takes the event that an open wait owns; both leave the lists.
    pub(crate) fn consume(&mut self, name: &str, task: TaskId) -> Option<Unconsumed> {
        let lists = self.lists_mut(name);
        let index = lists.waits.binary_search(&task).ok()?;
        let event = lists.events.remove(index)?;
        lists.waits.remove(index);
        Some(event)
    }

    /// Gives up an open wait; later waits move up.
    pub(crate) fn cancel(&mut self, name: &str, task: TaskId) {
        let lists = self.lists_mut(name);
        let Ok(index) = lists.waits.binary_search(&task) else {
            return;
        };
        #[cfg(any(test, feature = "testing"))]
        if crate::tempting::Tempting::AssignOnArrival.is_in_force() {
            // Later waits keep what they have: what is given back goes to the first wait that has nothing.
            let assigned = lists.waits.len().min(lists.events.len());
            if index < assigned
                && let Some(given_back) = lists.events.remove(index)
            {
                lists.events.insert(assigned - 1, given_back);
            }
        }
        lists.waits.remove(index);
    }

    /// All events that nobody consumed, in the order they stand.
    pub(crate) fn unconsumed(&self) -> Vec<Unconsumed> {
        let mut events: Vec<_> = self
            .0
            .values()
            .flat_map(|lists| lists.events.iter().cloned())
            .collect();
        events.sort_by_key(|event| event.position);
        events
    }
}
