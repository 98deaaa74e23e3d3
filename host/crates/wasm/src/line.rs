use std::sync::Arc;

use tokio::sync::Semaphore;
use tokio::task::yield_now;

use crate::ticker::Ticks;

/// Where guests that compute for long wait for each other. One at a time is called up, so that however many they are, all
/// else that is ready has its turn before each of them.
#[derive(Debug, Clone)]
pub(crate) struct Line {
    front: Arc<Semaphore>,
    pub(crate) ticks: Ticks,
}

impl Line {
    pub(crate) fn new(ticks: Ticks) -> Self {
        let front = Arc::new(Semaphore::new(1));
        Self { front, ticks }
    }

    /// Waits until it is this guest's turn, in the order of arrival.
    pub(crate) async fn wait(self) {
        let called_up = self.front.acquire().await.expect("nobody closes the line");
        // Not before all that is ready has run and the sockets were looked at.
        yield_now().await;
        drop(called_up);
        // The next one was just woken, and may be bound to run on this thread: it is to be called up before this one computes.
        yield_now().await;
    }
}
