//! What the owner of a child does with the wish of a parent to start it.

use soloist_core::HostError;
use tokio::sync::OwnedSemaphorePermit;

use super::batch::Batch;
use super::{Owner, Standing};
use crate::mailbox::Mail;
use crate::{ChildStart, Guests, HubError, Platform, TaskHub};

impl<H: TaskHub, G: Guests, P: Platform> Owner<H, G, P> {
    /// Starts a child, or answers its parent that it cannot be. Returns true if a turn must be taken before more mail is
    /// looked at.
    pub(super) async fn take_child(
        &mut self,
        start: Box<ChildStart>,
        is_new: bool,
        permit: Option<OwnedSemaphorePermit>,
        batch: &mut Batch,
    ) -> Result<bool, HubError> {
        let (execution, scheduled) = start.key();
        let hub = &self.desk.shared.hub;
        let mut answer = None;
        let mut is_refused = true;
        match &self.standing {
            // An operator has rewound the child of an earlier attempt: its end is the answer to this one too.
            Standing::Live(live) if live.execution().is_child_of(execution, scheduled) => {}
            Standing::Live(_) | Standing::NotLoaded => {
                let message = format!("an instance with ID '{}' already exists", start.instance);
                answer = Some(start.refusal(HostError::InstanceExists.failure(message)));
            }
            Standing::NotLive(_) => match self.desk.shared.admit_child(&start) {
                Err(failure) => answer = Some(start.refusal(failure)),
                Ok(admitted) => {
                    // After a crash, or a commit that was refused, it may be done already.
                    let is_wanted = is_new && self.failures == 0
                        || hub.has_child_start(execution, scheduled).await?;
                    if is_wanted {
                        self.standing = Standing::Live(self.begin(&admitted));
                        is_refused = false;
                    }
                }
            },
        }
        let refused = if is_refused {
            let refused = hub.refuse_child(execution, scheduled, answer).await;
            if refused.is_ok() {
                self.desk.shared.send(&start.parent.instance, Mail::Inbox);
                return Ok(false);
            }
            refused
        } else {
            Ok(())
        };
        batch.keep(Mail::StartChild {
            start,
            is_new,
            permit,
        });
        refused.map(|()| true)
    }
}
