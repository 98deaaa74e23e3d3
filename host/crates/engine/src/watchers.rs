//! Callers that wait for an instance to end.

use std::collections::HashMap;
use std::sync::{Mutex, MutexGuard};

use soloist_core::InstanceId;
use tokio::sync::oneshot;

type Waiting = HashMap<InstanceId, Vec<oneshot::Sender<()>>>;

/// Who waits for which instance.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<Waiting>);

/// One who waits. Dropping it gives it up, and leaves nothing behind.
#[derive(Debug)]
pub(crate) struct Watch<'w> {
    watchers: &'w Watchers,
    id: &'w InstanceId,
    ended: oneshot::Receiver<()>,
}

impl Watchers {
    /// Something to await: the end of an instance from now on.
    pub(crate) fn watch<'w>(&'w self, id: &'w InstanceId) -> Watch<'w> {
        let (sender, ended) = oneshot::channel();
        self.waiting().entry(id.clone()).or_default().push(sender);
        Watch {
            watchers: self,
            id,
            ended,
        }
    }

    /// The instance has ended.
    pub(crate) fn ended(&self, id: &InstanceId) {
        let senders = self.waiting().remove(id);
        for sender in senders.into_iter().flatten() {
            // Whoever hung up does not want to know.
            let _hung_up = sender.send(());
        }
    }

    fn waiting(&self) -> MutexGuard<'_, Waiting> {
        self.0
            .lock()
            .expect("no code panics while it holds the watchers")
    }
}

impl Watch<'_> {
    /// Returns when the instance has ended.
    pub(crate) async fn ended(&mut self) {
        // The sender is only dropped by the one who sends, or by our own drop.
        let _always_sent = (&mut self.ended).await;
    }
}

impl Drop for Watch<'_> {
    fn drop(&mut self) {
        self.ended.close();
        let mut waiting = self.watchers.waiting();
        if let Some(senders) = waiting.get_mut(self.id) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                waiting.remove(self.id);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn waiting(watchers: &Watchers) -> usize {
        watchers.waiting().values().map(Vec::len).sum()
    }

    #[tokio::test]
    async fn who_hangs_up_leaves_nothing_behind() {
        let (watchers, id) = (Watchers::default(), "a".parse().unwrap());
        let (first, second) = (watchers.watch(&id), watchers.watch(&id));
        drop(first);
        assert_eq!(waiting(&watchers), 1);
        drop(second);
        assert!(watchers.waiting().is_empty());
    }

    #[tokio::test]
    async fn who_waits_is_told_of_the_end_and_forgotten() {
        let (watchers, id) = (Watchers::default(), "a".parse().unwrap());
        let other_id = "b".parse().unwrap();
        let (mut told, other) = (watchers.watch(&id), watchers.watch(&other_id));
        watchers.ended(&id);
        told.ended().await;
        assert_eq!(waiting(&watchers), 1);
        drop(other);
        assert_eq!(waiting(&watchers), 0);
    }
}
