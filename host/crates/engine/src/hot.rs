//! Which guests stay parked in memory. Those that wait only for timers go first, then those that are cheap to replay, and
//! among equals the one that was idle longest.

use std::collections::{BTreeMap, HashMap};
use std::sync::Mutex;

use soloist_core::InstanceId;

/// From how many events on a replay counts as costly.
const LONG_HISTORY: u64 = 1_000;

/// How willingly a guest is evicted: smaller goes first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Keep {
    /// It waits for timers and nothing else.
    Asleep,
    /// Its history is short.
    Cheap,
    /// Its history is long.
    Costly,
}

impl Keep {
    pub(crate) fn of(waits_for_timers_only: bool, events: u64) -> Self {
        match (waits_for_timers_only, events) {
            (_, LONG_HISTORY..) => Self::Costly,
            (true, _) => Self::Asleep,
            (false, _) => Self::Cheap,
        }
    }
}

/// The parked guests and their weights.
#[derive(Debug)]
pub(crate) struct HotSet {
    bytes_max: usize,
    guests_max: usize,
    set: Mutex<Set>,
}

#[derive(Debug, Default)]
struct Set {
    places: HashMap<InstanceId, Place>,
    order: BTreeMap<(Keep, u64), InstanceId>,
    bytes: usize,
    ticks: u64,
}

#[derive(Debug, Clone, Copy)]
struct Place {
    keep: Keep,
    tick: u64,
    bytes: usize,
}

impl HotSet {
    pub(crate) fn new(bytes_max: usize, guests_max: usize) -> Self {
        Self {
            bytes_max,
            guests_max,
            set: Mutex::default(),
        }
    }

    /// A guest has parked. Returns who must go, perhaps itself.
    pub(crate) fn park(&self, id: &InstanceId, bytes: usize, keep: Keep) -> Vec<InstanceId> {
        let mut set = self
            .set
            .lock()
            .expect("no code panics while it holds the hot set");
        set.remove(id);
        let tick = set.ticks;
        set.ticks += 1;
        set.bytes += bytes;
        set.places.insert(id.clone(), Place { keep, tick, bytes });
        set.order.insert((keep, tick), id.clone());
        let mut victims = Vec::new();
        while set.bytes > self.bytes_max || set.places.len() > self.guests_max {
            let Some((_, victim)) = set.order.pop_first() else {
                break;
            };
            if let Some(place) = set.places.remove(&victim) {
                set.bytes -= place.bytes;
            }
            victims.push(victim);
        }
        victims
    }

    /// A guest has left memory, or runs.
    pub(crate) fn remove(&self, id: &InstanceId) {
        self.set
            .lock()
            .expect("no code panics while it holds the hot set")
            .remove(id);
    }

    /// Room is needed: who should go, at most `count`.
    pub(crate) fn make_room(&self, count: usize) -> Vec<InstanceId> {
        let mut set = self
            .set
            .lock()
            .expect("no code panics while it holds the hot set");
        let victims: Vec<_> = set.order.values().take(count).cloned().collect();
        for victim in &victims {
            set.remove(victim);
        }
        victims
    }
}

impl Set {
    fn remove(&mut self, id: &InstanceId) {
        if let Some(place) = self.places.remove(id) {
            self.order.remove(&(place.keep, place.tick));
            self.bytes -= place.bytes;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn id(name: &str) -> InstanceId {
        name.parse().expect("a good id")
    }

    #[test]
    fn sleepers_go_first_then_the_longest_idle() {
        let hot = HotSet::new(100, 10);
        assert!(hot.park(&id("a"), 40, Keep::Cheap).is_empty());
        assert!(hot.park(&id("b"), 40, Keep::Asleep).is_empty());
        assert_eq!(hot.park(&id("c"), 40, Keep::Cheap), [id("b")]);
        assert_eq!(hot.park(&id("d"), 40, Keep::Costly), [id("a")]);
        hot.remove(&id("c"));
        assert!(hot.park(&id("e"), 60, Keep::Cheap).is_empty());
    }

    #[test]
    fn at_zero_bytes_every_guest_goes_at_once() {
        let hot = HotSet::new(0, 10);
        assert_eq!(hot.park(&id("a"), 1, Keep::Cheap), [id("a")]);
    }
}
