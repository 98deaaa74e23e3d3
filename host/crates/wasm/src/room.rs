use std::sync::{Arc, Mutex, PoisonError};

use crate::settings::Totals;

/// How many more guests fit. Counted before a guest is begun, because a pool that turns out to be full in the middle of a
/// turn would be too late.
#[derive(Debug, Clone)]
pub(crate) struct Room(Arc<Mutex<Totals>>);

/// What one guest takes up.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Needs {
    pub(crate) memories: u32,
    pub(crate) tables: u32,
}

/// No room.
#[derive(Debug, Clone, Copy, thiserror::Error)]
#[error("all {0} slots are in use")]
pub(crate) struct Full(&'static str);

/// The place of one guest, given back when dropped.
#[derive(Debug)]
pub(crate) struct Place {
    room: Room,
    needs: Needs,
}

impl Room {
    pub(crate) fn new(totals: Totals) -> Self {
        Self(Arc::new(Mutex::new(totals)))
    }

    pub(crate) fn take(&self, needs: Needs) -> Result<Place, Full> {
        let mut free = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let guests = free.guests.checked_sub(1).ok_or(Full("guest"))?;
        let memories = free.memories.checked_sub(needs.memories);
        let tables = free.tables.checked_sub(needs.tables);
        *free = Totals {
            guests,
            memories: memories.ok_or(Full("memory"))?,
            tables: tables.ok_or(Full("table"))?,
        };
        Ok(Place {
            room: self.clone(),
            needs,
        })
    }
}

impl Drop for Place {
    fn drop(&mut self) {
        let mut free = self.room.0.lock().unwrap_or_else(PoisonError::into_inner);
        free.guests += 1;
        free.memories += self.needs.memories;
        free.tables += self.needs.tables;
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_that_is_dropped_is_free_again() {
        let room = Room::new(Totals {
            guests: 2,
            memories: 3,
            tables: 9,
        });
        let needs = Needs {
            memories: 2,
            tables: 1,
        };
        let place = room.take(needs).expect("there is room");
        assert!(room.take(needs).is_err(), "one memory is left, of two");
        drop(place);
        assert!(room.take(needs).is_ok());
    }
}
