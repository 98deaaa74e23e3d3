//! Which instances have an owner in memory. The map makes no singleton, only the committed row does; it only sees to it
//! that one owner at a time speaks for an instance.

use std::collections::HashMap;
use std::hash::{BuildHasher, RandomState};
use std::sync::{Arc, Mutex, MutexGuard};

use soloist_core::InstanceId;

use crate::mailbox::{Mail, Mailbox, Undelivered};

const SHARDS: usize = 16;

type Shard = HashMap<InstanceId, Arc<Mailbox>>;

/// The map of owners.
#[derive(Debug, Default)]
pub(crate) struct Owners {
    shards: [Mutex<Shard>; SHARDS],
    hasher: RandomState,
}

impl Owners {
    fn shard(&self, id: &InstanceId) -> MutexGuard<'_, Shard> {
        let index = usize::try_from(self.hasher.hash_one(id) % SHARDS as u64).unwrap_or(0);
        self.shards[index]
            .lock()
            .expect("no code panics while it holds a shard")
    }

    /// Puts mail into the mailbox of the instance's owner. `spawn` begins an owner where there is none.
    pub(crate) fn send(
        &self,
        id: &InstanceId,
        mail: Mail,
        max: usize,
        spawn: impl FnOnce(Arc<Mailbox>),
    ) -> Result<(), Undelivered> {
        let mut shard = self.shard(id);
        let mail = match shard.get(id) {
            None => mail,
            Some(mailbox) => match mailbox.put(mail, max) {
                Err(Undelivered::Closed(mail)) => mail,
                result => return result,
            },
        };
        let mailbox = Arc::new(Mailbox::default());
        mailbox.put(mail, max)?;
        shard.insert(id.clone(), Arc::clone(&mailbox));
        drop(shard);
        spawn(mailbox);
        Ok(())
    }

    /// True if a committed execution of the instance is live, as far as its owner in memory knows.
    pub(crate) fn is_live(&self, id: &InstanceId) -> bool {
        self.shard(id)
            .get(id)
            .is_some_and(|mailbox| mailbox.is_live())
    }

    /// Mail for an owner that is in memory; nothing is lost where it is not.
    pub(crate) fn send_if_present(&self, id: &InstanceId, mail: Mail) {
        if let Some(mailbox) = self.shard(id).get(id) {
            // A closed mailbox has no owner left, and a full one has work enough.
            drop(mailbox.put(mail, usize::MAX));
        }
    }

    /// Takes the owner of `mailbox` off the map, if no mail has arrived.
    pub(crate) fn retire(&self, id: &InstanceId, mailbox: &Arc<Mailbox>) -> bool {
        let mut shard = self.shard(id);
        if !mailbox.close_if_empty() {
            return false;
        }
        if shard
            .get(id)
            .is_some_and(|present| Arc::ptr_eq(present, mailbox))
        {
            shard.remove(id);
        }
        true
    }
}
