//! What has ended is kept for a while, then purged: in small batches, through the owners, beside all other work.

use std::time::Duration;

use soloist_core::Timestamp;

use crate::{Engine, Guests, HubError, Platform, TaskHub};

/// How many instances go at once.
const BATCH: usize = 100;
/// How long other work has the writer to itself after a batch.
const BREATH: Duration = Duration::from_millis(10);
/// The shortest time between two sweeps: what is due then goes together.
const PAUSE_MIN: Duration = Duration::from_secs(1);
/// The time between two sweeps where something could not be purged.
const PAUSE_HINDERED: Duration = Duration::from_mins(1);
/// The longest time between two sweeps: the wall clock may jump.
const PAUSE_MAX: Duration = Duration::from_hours(1);

impl<H: TaskHub, G: Guests, P: Platform> Engine<H, G, P> {
    /// Purges what has ended longer than `keep` ago, until the host stops.
    pub(crate) async fn run_retention(self, keep: Duration) {
        let sweeps = async {
            loop {
                let pause = match self.sweep(keep).await {
                    Ok(pause) => pause,
                    Err(error) => {
                        tracing::warn!(
                            error = &error as &dyn std::error::Error,
                            "some instances that have ended cannot be purged; they are tried again"
                        );
                        PAUSE_HINDERED
                    }
                };
                self.shared.platform.sleep(pause).await;
            }
        };
        tokio::select! {
            () = self.shared.stopping.cancelled() => {}
            () = sweeps => {}
        }
    }

    /// Purges what is due. Returns how long until something else is.
    async fn sweep(&self, keep: Duration) -> Result<Duration, HubError> {
        let (mut after, mut hindered) = (None, None);
        loop {
            let until = before(self.shared.platform.now(), keep);
            let page = self.shared.hub.ended(after, until, BATCH).await?;
            let Some(last) = page.last() else {
                break;
            };
            after = Some(last.place);
            let page = page.into_iter();
            let page = page.map(|ended| (ended.instance, ended.execution));
            let (purged, error) = self.purge_all(page.collect()).await;
            tracing::debug!(purged, "instances were purged that had ended long ago");
            hindered = error.or(hindered);
            self.shared.platform.sleep(BREATH).await;
        }
        if let Some(error) = hindered {
            return Err(error);
        }
        let ever = Timestamp::from_millis(i64::MAX);
        let next = self.shared.hub.ended(after, ever, 1).await?;
        let wait = next.first().map_or(keep, |next| {
            let due = next.place.ended.plus(keep);
            due.since(self.shared.platform.now())
        });
        Ok(wait.clamp(PAUSE_MIN, PAUSE_MAX))
    }
}

/// The moment so long before another.
fn before(moment: Timestamp, wait: Duration) -> Timestamp {
    let wait = i64::try_from(wait.as_millis()).unwrap_or(i64::MAX);
    Timestamp::from_millis(moment.as_millis().saturating_sub(wait))
}
