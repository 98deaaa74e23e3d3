use std::sync::Arc;

use soloist_engine::{Engine, Guests, Platform, TaskHub};
use tokio::sync::Semaphore;
use tokio_util::sync::CancellationToken;

use crate::ApiSettings;
use crate::description::Description;

/// What every handler is given: the engine, the bounds, and word of the end.
pub(crate) struct App<H, G, P> {
    pub(crate) engine: Engine<H, G, P>,
    pub(crate) shared: Arc<Shared>,
}

/// The part of [`App`] that does not depend on the engine.
pub(crate) struct Shared {
    pub(crate) settings: ApiSettings,
    /// Cancelled when the listener stops: nobody may wait for an instance any longer.
    pub(crate) stopping: CancellationToken,
    pub(crate) requests: Arc<Semaphore>,
    pub(crate) uploads: Semaphore,
    pub(crate) description: Description,
}

impl<H: TaskHub, G: Guests, P: Platform> App<H, G, P> {
    pub(crate) fn new(
        engine: Engine<H, G, P>,
        settings: ApiSettings,
        stopping: CancellationToken,
        description: Description,
    ) -> Self {
        Self {
            engine,
            shared: Arc::new(Shared::new(settings, stopping, description)),
        }
    }
}

impl Shared {
    pub(crate) fn new(
        settings: ApiSettings,
        stopping: CancellationToken,
        description: Description,
    ) -> Self {
        Self {
            stopping,
            requests: Arc::new(Semaphore::new(settings.requests_max)),
            uploads: Semaphore::new(settings.uploads_max),
            settings,
            description,
        }
    }
}

impl<H, G, P> Clone for App<H, G, P> {
    fn clone(&self) -> Self {
        Self {
            engine: self.engine.clone(),
            shared: Arc::clone(&self.shared),
        }
    }
}
