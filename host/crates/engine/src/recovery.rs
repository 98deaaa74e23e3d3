//! Recovery is reading: whatever has something to do is woken, page by page, so many at once.

use std::sync::Arc;

use crate::mailbox::Mail;
use crate::shared::Shared;
use crate::{Guests, HubError, Platform, TaskHub};

/// How many instances one read brings.
const PAGE: usize = 500;

/// How much recovered work may wait for its turn in memory; the rest stays in the hub meanwhile.
const WAITING_MAX: usize = 10_000;

impl<H: TaskHub, G: Guests, P: Platform> Shared<H, G, P> {
    /// Wakes all that the last host left unfinished, then returns.
    pub(crate) async fn recover(self: Arc<Self>) {
        let recovered = async {
            let mut failures = 0;
            let (mut orphans_read, mut children_read, mut instances_read) = (None, None, None);
            loop {
                let result = match self.recover_orphans(&mut orphans_read).await {
                    Ok(()) => self.recover_children(&mut children_read).await,
                    Err(error) => Err(error),
                };
                let result = match result {
                    Ok(()) => self.recover_instances(&mut instances_read).await,
                    Err(error) => Err(error),
                };
                let Err(error) = result else { return };
                tracing::warn!(
                    error = &error as &dyn std::error::Error,
                    "unfinished work cannot be read"
                );
                self.back_off(failures).await;
                failures += 1;
            }
        };
        tokio::select! {
            biased;
            () = self.stopping.cancelled() => {}
            () = recovered => {}
        }
    }

    async fn recover_orphans(
        self: &Arc<Self>,
        after: &mut Option<(soloist_core::ExecutionId, soloist_core::EventId)>,
    ) -> Result<(), HubError> {
        loop {
            let page = self.hub.orphans(*after, PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            *after = Some((last.execution, last.scheduled));
            for orphan in page {
                let permit = Arc::clone(&self.wakes).acquire_owned().await.ok();
                let (instance, orphan) = (orphan.instance.clone(), Box::new(orphan));
                self.send(&instance, Mail::Orphan { orphan, permit });
            }
        }
    }

    async fn recover_instances(
        self: &Arc<Self>,
        after: &mut Option<soloist_core::InstanceId>,
    ) -> Result<(), HubError> {
        loop {
            while self.dispatcher.len() > WAITING_MAX {
                self.back_off(0).await;
            }
            let page = self.hub.unfinished(after.as_ref(), PAGE).await?;
            let Some(last) = page.last() else {
                return Ok(());
            };
            *after = Some(last.instance.clone());
            for unfinished in page {
                let permit = Arc::clone(&self.wakes).acquire_owned().await.ok();
                self.send(&unfinished.instance, Mail::Wake { permit });
            }
        }
    }
}
