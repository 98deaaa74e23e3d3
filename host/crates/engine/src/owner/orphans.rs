//! Activities that outlived their executions, and a host.

use soloist_core::{Dispatch, EventId, Work};
use tokio::sync::OwnedSemaphorePermit;

use super::Owner;
use super::batch::Batch;
use crate::mailbox::Mail;
use crate::{Guests, HubError, Orphan, Platform, TaskHub};

impl<H: TaskHub, G: Guests, P: Platform> Owner<H, G, P> {
    /// Runs an activity that a reading of the hub found, if it is there still: whatever ends it, a termination, a purge or a
    /// rewind, comes through here too.
    pub(super) async fn take_orphan(
        &mut self,
        orphan: Box<Orphan>,
        permit: Option<OwnedSemaphorePermit>,
        batch: &mut Batch,
    ) -> Result<(), HubError> {
        let shared = &self.desk.shared;
        let before = EventId::new(orphan.scheduled.get() - 1);
        match shared
            .hub
            .orphans(Some((orphan.execution, before)), 1)
            .await
        {
            Ok(found) if found.first() == Some(&*orphan) => {
                let Orphan {
                    execution,
                    scheduled,
                    attempt,
                    name,
                    input,
                    ..
                } = *orphan;
                let work = Work::Activity {
                    name,
                    input,
                    retry: None,
                };
                let dispatch = Dispatch {
                    scheduled,
                    attempt,
                    work,
                };
                shared.dispatch(&self.desk.id, execution, vec![dispatch]);
                Ok(())
            }
            Ok(_) => Ok(()),
            Err(error) => {
                batch.keep(Mail::Orphan { orphan, permit });
                Err(error)
            }
        }
    }
}
