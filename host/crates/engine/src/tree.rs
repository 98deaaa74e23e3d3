//! What reaches an instance and its children. Children have lives of their own, so this is no transaction: whoever is told
//! of an error repeats it, and what was reached is not harmed by that.

use std::collections::HashSet;

use soloist_core::{Fact, InstanceId};

use crate::{Engine, Guests, HubError, Platform, Purged, TaskHub, Told};

/// How many children one read of the hub brings.
const PAGE: usize = 100;

/// Whether what is told to an instance is told to its children too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Reach {
    /// The instance alone.
    Alone,
    /// Its children too, and theirs: all whose current execution was called from the tree.
    Children,
}

impl<H: TaskHub, G: Guests, P: Platform> Engine<H, G, P> {
    pub(crate) async fn tell(
        &self,
        id: &InstanceId,
        fact: Fact,
        reach: Reach,
    ) -> Result<Told, HubError> {
        let told = self.tell_one(id, fact.clone()).await?;
        if reach == Reach::Children {
            let mut below = Below::of(id);
            while let Some(children) = self.next_below(&mut below).await? {
                for child in children {
                    self.tell_one(&child, fact.clone()).await?;
                }
            }
        }
        Ok(told)
    }

    /// Removes all that is stored of an instance that has ended, and, if that is asked for, of its children that have ended.
    /// Returns what became of the instance, and how many are gone.
    pub async fn purge(&self, id: &InstanceId, reach: Reach) -> Result<(Purged, u64), HubError> {
        let purged = self.purge_execution(id, None).await?;
        let mut gone = u64::from(purged == Purged::Purged);
        if reach == Reach::Children && purged == Purged::Purged {
            let mut below = Below::of(id);
            while let Some(children) = self.next_below(&mut below).await? {
                for child in children {
                    gone += u64::from(self.purge_execution(&child, None).await? == Purged::Purged);
                }
            }
        }
        Ok((purged, gone))
    }

    /// The next page of the tree, without the instance at its top; `None` at the end.
    async fn next_below(&self, below: &mut Below) -> Result<Option<Vec<InstanceId>>, HubError> {
        while let Some((parent, after)) = below.to_read.pop() {
            let page = self.hub().children(&parent, after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else {
                continue;
            };
            below.to_read.push((parent, Some(last.clone())));
            let seen = &mut below.seen;
            let fresh: Vec<_> = page
                .into_iter()
                .filter(|child| seen.insert(child.clone()))
                .collect();
            let deeper = fresh.iter().map(|child| (child.clone(), None));
            below.to_read.extend(deeper);
            return Ok(Some(fresh));
        }
        Ok(None)
    }
}

/// A walk down a tree of instances.
struct Below {
    /// Whose children are to be read, after which.
    to_read: Vec<(InstanceId, Option<InstanceId>)>,
    /// An id that is used again can be below itself.
    seen: HashSet<InstanceId>,
}

impl Below {
    fn of(top: &InstanceId) -> Self {
        Self {
            to_read: vec![(top.clone(), None)],
            seen: HashSet::from([top.clone()]),
        }
    }
}
