//! Instances are found and counted, and those that have ended are cleaned up.

use std::collections::BTreeMap;

use futures_util::StreamExt;
use futures_util::stream::iter;
use soloist_core::{ExecutionId, FunctionName, InstanceId};

use crate::{
    CountQuery, Engine, Guests, HubError, InstanceCounts, InstanceFilter, InstancePage,
    InstancePlace, InstanceQuery, Platform, Purged, RuntimeStatus, Shown, TaskHub,
};

/// How many instances one page looks at, whether they match or not.
const LOOKS_MAX: usize = 3_000;
/// How many instances one count looks at: those of a tag, for others are not looked at.
pub const COUNTED_MAX: usize = 100_000;
/// From so many bytes of payloads on a page is full: one instance may hold as much as a body.
const BYTES_MAX: usize = 8 * 1024 * 1024;
/// How many instances one step of a clean-up takes at most.
const CLEANED_MAX: usize = 500;
/// How many instances are purged at once: they share commits.
const PURGES_MAX: usize = 64;

/// A list of instances that a caller asks for.
#[derive(Debug, Clone)]
pub struct InstanceList {
    /// Which.
    pub filter: InstanceFilter,
    /// After this place.
    pub after: Option<InstancePlace>,
    /// What is told of each.
    pub shown: Shown,
    /// The most that are listed.
    pub limit: usize,
}

/// What one step of a clean-up did.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Cleaned {
    /// How many instances went.
    pub purged: usize,
    /// Where to go on; `None` if all has been seen.
    pub next: Option<InstancePlace>,
}

impl<H: TaskHub, G: Guests, P: Platform> Engine<H, G, P> {
    /// A page of instances. It may hold fewer than were asked for, even none, and still say where to go on: what one page
    /// looks at is bounded.
    pub async fn instances(&self, list: InstanceList) -> Result<InstancePage, HubError> {
        let InstanceList {
            filter,
            after,
            shown,
            limit,
        } = list;
        let query = InstanceQuery {
            filter,
            after,
            shown,
            limit,
            looks_max: LOOKS_MAX,
            bytes_max: BYTES_MAX,
        };
        self.shared.hub.query(query).await
    }

    /// How many instances there are in each state: of a function, and with tags, where those are named. `None` if more than
    /// [`COUNTED_MAX`] have the rarest of the tags.
    pub async fn count(
        &self,
        function: Option<FunctionName>,
        tags: BTreeMap<String, String>,
    ) -> Result<Option<InstanceCounts>, HubError> {
        let query = CountQuery {
            function,
            tags,
            looks_max: COUNTED_MAX,
        };
        self.shared.hub.count(query).await
    }

    /// Purges the next instances that a filter lets through and that have ended; the live ones stay, whatever it says. Each
    /// goes through its owner, and only as the execution that was found.
    pub async fn clean_up(
        &self,
        filter: &InstanceFilter,
        after: Option<InstancePlace>,
    ) -> Result<Cleaned, HubError> {
        let list = InstanceList {
            filter: InstanceFilter {
                statuses: Some(ends_of(filter.statuses.as_deref())),
                ..filter.clone()
            },
            after,
            shown: Shown::WithoutPayloads,
            limit: CLEANED_MAX,
        };
        let page = self.instances(list).await?;
        let found = page.instances.into_iter();
        let found = found.map(|instance| (instance.instance, instance.execution));
        match self.purge_all(found.collect()).await {
            (0, Some(error)) => Err(error),
            (purged, _) => Ok(Cleaned {
                purged,
                next: page.next,
            }),
        }
    }

    /// Purges these executions, unless others have taken their places. Returns how many went, and what hindered one that did
    /// not.
    pub(crate) async fn purge_all(
        &self,
        found: Vec<(InstanceId, ExecutionId)>,
    ) -> (usize, Option<HubError>) {
        let outcomes = found.into_iter().map(|(instance, execution)| async move {
            self.purge_execution(&instance, Some(execution)).await
        });
        let mut outcomes = iter(outcomes).buffer_unordered(PURGES_MAX);
        let (mut gone, mut hindered) = (0, None);
        while let Some(outcome) = outcomes.next().await {
            match outcome {
                Ok(outcome) => gone += usize::from(outcome == Purged::Purged),
                Err(error) => hindered = Some(error),
            }
        }
        (gone, hindered)
    }
}

/// Those of these states that are ends; without any, all ends.
fn ends_of(statuses: Option<&[RuntimeStatus]>) -> Vec<RuntimeStatus> {
    let ends = [
        RuntimeStatus::Completed,
        RuntimeStatus::Failed,
        RuntimeStatus::Terminated,
    ];
    let wanted = |end: &RuntimeStatus| statuses.is_none_or(|statuses| statuses.contains(end));
    ends.into_iter().filter(wanted).collect()
}
