//! What a hub on a disk must do beyond the contract of all hubs, which it keeps too.

mod counting;
mod earlier;
mod faults;
mod finding;
mod killed;
mod litter;
mod opening;

use std::ops::Deref;

use soloist_core::EventId;
use soloist_engine::TaskHub;
use soloist_engine::testing::story::{Story, commit, prepare};
use tempfile::TempDir;

pub(crate) use faults::Faults;

use crate::{SqliteHub, StoreSettings};

soloist_engine::task_hub_contract!(Temporary::new);

/// A hub in a directory that goes with it.
struct Temporary {
    hub: SqliteHub,
    dir: TempDir,
}

impl Temporary {
    fn new() -> Self {
        Self::with(StoreSettings::default())
    }

    /// One whose writer takes what is there: a test can tell what is in a batch.
    fn without_company() -> Self {
        Self::with(StoreSettings {
            company_wait_micros: 0,
            ..StoreSettings::default()
        })
    }

    fn with(settings: StoreSettings) -> Self {
        let dir = tempfile::tempdir().unwrap();
        let hub = SqliteHub::open(dir.path(), settings).unwrap();
        Self { hub, dir }
    }

    /// With an instance that has taken its first turn.
    async fn with_story(instance: &str) -> (Self, Story) {
        let hub = Self::new();
        prepare(&*hub).await;
        let mut story = Story::of(instance);
        commit(&*hub, story.start(10, "1")).await;
        commit(&*hub, story.first_turn(11)).await;
        (hub, story)
    }
}

impl Deref for Temporary {
    type Target = SqliteHub;

    fn deref(&self) -> &SqliteHub {
        &self.hub
    }
}

/// Where an instance stands.
async fn stands_at(hub: &SqliteHub, story: &Story) -> EventId {
    let loaded = hub.load(&story.instance).await.unwrap();
    loaded.unwrap().history.next_event()
}
