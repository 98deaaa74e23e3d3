use std::collections::BTreeMap;

use soloist_core::{ExecutionId, FunctionName, InstanceId, Timestamp};

use crate::{InstanceStatus, RuntimeStatus};

/// Which instances are meant: those of which all that is said here is true.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct InstanceFilter {
    /// Created then or later.
    pub created_from: Option<Timestamp>,
    /// Created then or earlier.
    pub created_to: Option<Timestamp>,
    /// In one of these states.
    pub statuses: Option<Vec<RuntimeStatus>>,
    /// With an id that begins so.
    pub prefix: Option<String>,
    /// Of this function.
    pub function: Option<FunctionName>,
    /// With all these tags.
    pub tags: BTreeMap<String, String>,
}

impl InstanceFilter {
    /// True if it lets an instance through.
    pub fn matches(&self, instance: &InstanceStatus) -> bool {
        let Self {
            created_from,
            created_to,
            statuses,
            prefix,
            function,
            tags,
        } = self;
        created_from.is_none_or(|from| instance.created >= from)
            && created_to.is_none_or(|to| instance.created <= to)
            && statuses
                .as_ref()
                .is_none_or(|statuses| statuses.contains(&instance.status))
            && prefix
                .as_ref()
                .is_none_or(|prefix| instance.instance.as_str().starts_with(prefix))
            && function
                .as_ref()
                .is_none_or(|function| instance.function == *function)
            && tags
                .iter()
                .all(|(name, value)| instance.tags.get(name) == Some(value))
    }

    /// In which order the instances that it lets through are found.
    pub fn order(&self) -> InstanceOrder {
        if self.prefix.is_some() && self.tags.is_empty() {
            InstanceOrder::Id
        } else {
            InstanceOrder::Creation
        }
    }
}

/// The orders in which instances are found: each so that a hub need not look at what does not match.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum InstanceOrder {
    /// By id, byte by byte: where a prefix is given, and no tag.
    Id,
    /// By time of creation, and within a millisecond by a number that the hub gave.
    Creation,
}

/// A place among the instances that a filter lets through.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum InstancePlace {
    /// In the order of ids.
    Id(InstanceId),
    /// In the order of creation.
    Creation {
        /// When it was created.
        created: Timestamp,
        /// The hub's number of the instance.
        number: i64,
    },
}

impl InstancePlace {
    /// In which order it is a place.
    pub fn order(&self) -> InstanceOrder {
        match self {
            Self::Id(_) => InstanceOrder::Id,
            Self::Creation { .. } => InstanceOrder::Creation,
        }
    }
}

/// What is asked of a hub at once.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct InstanceQuery {
    /// Which instances.
    pub filter: InstanceFilter,
    /// After this place; one of another order than the filter's is as good as none.
    pub after: Option<InstancePlace>,
    /// What is to be told of each.
    pub shown: Shown,
    /// The most instances that are told of.
    pub limit: usize,
    /// The most instances that are looked at, whether they match or not.
    pub looks_max: usize,
    /// From so many bytes of payloads on the page is full.
    pub bytes_max: usize,
}

/// How much is told of each instance that is found.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shown {
    /// All.
    Whole,
    /// All but its input, which is `null` instead.
    WithoutInput,
    /// No payload and no end: those are `null` and `None`.
    WithoutPayloads,
}

/// A page of instances.
#[derive(Debug, Clone, PartialEq)]
pub struct InstancePage {
    /// They match; there may be fewer than were asked for, even none.
    pub instances: Vec<InstanceStatus>,
    /// Where to go on; `None` if there is nothing behind.
    pub next: Option<InstancePlace>,
}

/// A place among the instances that have ended.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct EndPlace {
    /// When it ended.
    pub ended: Timestamp,
    /// The hub's number of the instance.
    pub number: i64,
}

/// An instance that has ended.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct EndedInstance {
    /// Its id.
    pub instance: InstanceId,
    /// Its execution.
    pub execution: ExecutionId,
    /// When, and its place in the list.
    pub place: EndPlace,
}
