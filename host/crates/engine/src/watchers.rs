//! Callers that wait for an instance to end.

use std::collections::HashMap;
use std::sync::Mutex;

use soloist_core::InstanceId;
use tokio::sync::oneshot;

/// Who waits for which instance.
#[derive(Debug, Default)]
pub(crate) struct Watchers(Mutex<HashMap<InstanceId, Vec<oneshot::Sender<()>>>>);

impl Watchers {
    /// Something to await; it resolves when the instance ends. Dropping it gives it up.
    pub(crate) fn watch(&self, id: &InstanceId) -> oneshot::Receiver<()> {
        let (sender, receiver) = oneshot::channel();
        let mut map = self
            .0
            .lock()
            .expect("no code panics while it holds the watchers");
        let senders = map.entry(id.clone()).or_default();
        // A caller that hung up costs nothing from the next call on.
        senders.retain(|sender| !sender.is_closed());
        senders.push(sender);
        receiver
    }

    /// Forgets callers that hung up.
    pub(crate) fn tidy(&self, id: &InstanceId) {
        let mut map = self
            .0
            .lock()
            .expect("no code panics while it holds the watchers");
        if let Some(senders) = map.get_mut(id) {
            senders.retain(|sender| !sender.is_closed());
            if senders.is_empty() {
                map.remove(id);
            }
        }
    }

    /// The instance has ended.
    pub(crate) fn ended(&self, id: &InstanceId) {
        let senders = self
            .0
            .lock()
            .expect("no code panics while it holds the watchers")
            .remove(id);
        for sender in senders.into_iter().flatten() {
            // Whoever hung up does not want to know.
            let _hung_up = sender.send(());
        }
    }
}
