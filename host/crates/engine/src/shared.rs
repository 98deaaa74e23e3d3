//! What all parts of one engine share.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use soloist_core::{EventId, InstanceId, ModuleDigest};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

use crate::dispatcher::Dispatcher;
use crate::functions::Functions;
use crate::hot::HotSet;
use crate::keys::Keys;
use crate::mailbox::{Mail, Undelivered};
use crate::owner::Owner;
use crate::owners::Owners;
use crate::timers::Timers;
use crate::watchers::Watchers;
use crate::{BoxError, EngineSettings, GuestError, Guests, HubError, Platform, TaskHub};

/// How long whoever asks whether the hub can be written waits for that.
const WRITING_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug)]
pub(crate) struct Shared<H, G, P> {
    pub(crate) hub: H,
    pub(crate) guests: G,
    pub(crate) platform: P,
    pub(crate) settings: EngineSettings,
    pub(crate) owners: Owners,
    pub(crate) watchers: Watchers,
    pub(crate) hot: HotSet,
    pub(crate) dispatcher: Dispatcher,
    pub(crate) timers: Timers,
    pub(crate) functions: Functions,
    pub(crate) keys: Keys,
    /// Bounds how many cold instances timers and recovery wake at once.
    pub(crate) wakes: Arc<Semaphore>,
    /// Cancelled when the host stops.
    pub(crate) stopping: CancellationToken,
    pub(crate) tasks: TaskTracker,
    /// The last commit that could be tried succeeded.
    pub(crate) writable: AtomicBool,
}

impl<H: TaskHub, G: Guests, P: Platform> Shared<H, G, P> {
    pub(crate) fn new(hub: H, guests: G, platform: P, settings: EngineSettings) -> Self {
        Self {
            owners: Owners::default(),
            watchers: Watchers::default(),
            hot: HotSet::new(settings.hot_bytes_max, settings.hot_guests_max),
            dispatcher: Dispatcher::new(settings.activities_max, settings.activities_starting_max),
            timers: Timers::default(),
            functions: Functions::new(settings.compiles_max),
            keys: Keys::default(),
            wakes: Arc::new(Semaphore::new(settings.wakes_max)),
            stopping: CancellationToken::new(),
            tasks: TaskTracker::new(),
            writable: AtomicBool::new(true),
            hub,
            guests,
            platform,
            settings,
        }
    }

    /// Mail from inside the engine: there is always room for it, since what causes it is bounded.
    pub(crate) fn send(self: &Arc<Self>, id: &InstanceId, mail: Mail) {
        // With no bound and a fresh mailbox in place of a closed one, mail always arrives.
        drop(self.put(id, mail, usize::MAX));
    }

    /// Mail from a caller.
    pub(crate) fn send_bounded(
        self: &Arc<Self>,
        id: &InstanceId,
        mail: Mail,
    ) -> Result<(), HubError> {
        if self.stopping.is_cancelled() {
            return Err(unavailable("taking a request", "the host is stopping"));
        }
        self.put(id, mail, self.settings.mailbox_max).map_err(|_| {
            unavailable(
                "taking a request",
                "too many messages wait for this instance",
            )
        })
    }

    fn put(self: &Arc<Self>, id: &InstanceId, mail: Mail, max: usize) -> Result<(), Undelivered> {
        self.owners.send(id, mail, max, |mailbox| {
            let owner = Owner::new(Arc::clone(self), id.clone(), mailbox);
            self.tasks.spawn(owner.run());
        })
    }

    /// Sees to it that the compiled form of a stored module is at hand.
    pub(crate) async fn prepare(&self, digest: ModuleDigest) -> Result<(), BoxError> {
        let bytes = self.hub.module_bytes(digest).await?;
        let bytes = bytes.ok_or_else(|| format!("module {digest} is not stored"))?;
        if self.guests.digest(&bytes) != digest {
            return Err(format!("module {digest} is damaged: deploy it again").into());
        }
        self.guests.prepare(digest, bytes).await?;
        Ok(())
    }

    /// What to do about a guest that could not be begun; returns when it may be tried again, the `attempt`th time.
    pub(crate) async fn recover_from(&self, error: GuestError, attempt: u32) {
        match error {
            GuestError::NotPrepared(digest) => {
                let prepared = self.prepare(digest).await;
                if let Err(error) = &prepared {
                    tracing::error!(module.digest = %digest, error = &**error, "a stored module cannot be prepared");
                }
                if prepared.is_err() || attempt > 2 {
                    self.back_off(attempt).await;
                }
            }
            GuestError::Busy(_) => {
                for victim in self.hot.make_room(16) {
                    self.owners.send_if_present(&victim, Mail::Evict);
                }
                self.back_off(attempt).await;
            }
            GuestError::Failed { .. } => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "a guest could not be begun"
                );
                self.back_off(attempt).await;
            }
        }
    }

    /// Waits before the `attempt`th retry, counting from 0; longer each time, up to a hundred times the first.
    pub(crate) async fn back_off(&self, attempt: u32) {
        let factor = 1_u32.checked_shl(attempt.min(7)).unwrap_or(100).min(100);
        self.platform
            .sleep(self.settings.retry_delay * factor)
            .await;
    }

    /// Commits something that changes nothing, and tells whether that could be done.
    pub(crate) async fn try_writing(&self) -> bool {
        let nobody = self.platform.new_execution_id();
        let written = tokio::select! {
            biased;
            written = self.hub.finish_orphan(nobody, EventId::FIRST) => written.is_ok(),
            () = self.platform.sleep(WRITING_PATIENCE) => false,
        };
        if written {
            self.set_writable(true);
        }
        written
    }

    pub(crate) fn set_writable(&self, writable: bool) {
        self.writable.store(writable, Ordering::Relaxed);
    }
}

/// A request that cannot be served now.
pub(crate) fn unavailable(doing: &'static str, cause: &str) -> HubError {
    HubError::Unavailable {
        doing,
        cause: cause.to_owned().into(),
    }
}
