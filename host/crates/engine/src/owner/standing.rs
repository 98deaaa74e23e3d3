//! How the owner learns where its instance stands.

use soloist_core::Execution;

use super::{Live, Owner, Standing};
use crate::mailbox::Mail;
use crate::{Guests, HubError, Loaded, OnExisting, Platform, TaskHub, Told};

impl<H: TaskHub, G: Guests, P: Platform> Owner<H, G, P> {
    /// Loads what this mail needs to know.
    pub(super) async fn stand_for(&mut self, mail: &Mail) -> Result<(), HubError> {
        if !matches!(self.standing, Standing::NotLoaded) {
            return Ok(());
        }
        match mail {
            Mail::Evict | Mail::Orphan { .. } | Mail::Rewind { .. } => {}
            Mail::Start { start, .. } if start.on_existing == OnExisting::Replace => {
                self.load().await?;
            }
            // The row tells; a start does not need the history of the one that it is refused for.
            Mail::Start { .. } | Mail::Purge { .. } => {
                match self.desk.shared.hub.status(&self.desk.id).await? {
                    None => self.standing = Standing::NotLive(Told::Unknown),
                    Some(status) if !status.status.is_live() => {
                        self.standing = Standing::NotLive(Told::Ended);
                    }
                    Some(_) => {}
                }
            }
            Mail::Tell { .. }
            | Mail::Answer { .. }
            | Mail::HttpAnswer { .. }
            | Mail::TimerFired { .. }
            | Mail::Wake { .. }
            | Mail::StartChild { .. }
            | Mail::Promoted { .. }
            | Mail::Inbox => self.load().await?,
        }
        Ok(())
    }

    async fn load(&mut self) -> Result<(), HubError> {
        let Some(loaded) = self.desk.shared.hub.load(&self.desk.id).await? else {
            self.standing = Standing::NotLive(Told::Unknown);
            return Ok(());
        };
        let Loaded {
            history,
            status,
            ready,
            custom_status,
            logged,
            inbox,
            queued,
        } = loaded;
        if !status.is_live() {
            self.standing = Standing::NotLive(Told::Ended);
            return Ok(());
        }
        let work = history.open_work();
        let execution = Execution::load(self.desk.id.clone(), history, logged, custom_status);
        let id = execution.id();
        let mut live = Live::new(execution);
        // One that was suspended before it began has not run.
        live.has_run = status != crate::RuntimeStatus::Pending && live.execution().has_begun();
        live.ready = ready;
        live.queued = queued;
        live.take_in(inbox, self.desk.shared.platform.now());
        self.standing = Standing::Live(live);
        self.desk.mailbox.set_live(true);
        self.desk.shared.dispatch(&self.desk.id, id, work);
        Ok(())
    }

    /// Delivers the messages that came since the last look.
    pub(super) async fn take_inbox(&mut self) -> Result<(), HubError> {
        if let Standing::Live(live) = &mut self.standing {
            let inbox = self.desk.shared.hub.inbox(&self.desk.id).await?;
            live.take_in(inbox, self.desk.shared.platform.now());
        }
        Ok(())
    }
}
