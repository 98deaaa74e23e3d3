//! Starts of functions of which only so many instances may be live: whether there is room is decided by the commit.

use super::commit::{AfterCommit, Stage};
use super::{Batch, Desk, Live, Owner, Standing};
use crate::mailbox::Mail;
use crate::shared::Shared;
use crate::{Committed, Guests, HubError, Operation, Platform, Promoted, TaskHub};

impl<H: TaskHub, G: Guests, P: Platform> Owner<H, G, P> {
    /// Makes a start durable before any guest runs: it may be refused, or have to wait.
    pub(super) async fn commit_start(&mut self, mut live: Live<G::Orchestrator>, mut batch: Batch) {
        let decision = live.execution().take_delivered();
        let after = AfterCommit::of(&decision, live.execution().id());
        let stage = Stage {
            is_new: true,
            has_run: false,
            inbox: std::mem::take(&mut live.inbox),
        };
        let ready = live.execution().is_runnable();
        let operation = self
            .desk
            .operation(&live.execution(), decision, stage, ready);
        let committed = match self.desk.shared.commit(operation).await {
            Ok(committed) => committed,
            Err(error) => return self.give_up(error, batch).await,
        };
        self.failures = 0;
        self.desk.shared.set_writable(true);
        self.desk.mailbox.set_live(true);
        self.desk.committed(&after, &mut batch);
        if committed.queued || !ready {
            self.standing = Standing::NotLoaded;
            return;
        }
        live.is_new = false;
        live.ready = true;
        self.standing = Standing::Live(live);
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Desk<H, G, P> {
    /// True if the hub may have no room for this execution.
    pub(super) fn is_limited(&self, live: &Live<G::Orchestrator>) -> bool {
        let limits = &self.shared.settings.limits;
        live.is_new && limits.contains_key(&live.execution().started().function)
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Shared<H, G, P> {
    /// Commits, and wakes those who got a slot by it.
    pub(crate) async fn commit(
        self: &std::sync::Arc<Self>,
        operation: Operation,
    ) -> Result<Committed, HubError> {
        let committed = self.hub.commit(operation).await?;
        for Promoted {
            instance,
            execution,
        } in &committed.promoted
        {
            let execution = *execution;
            self.send(instance, Mail::Promoted { execution });
        }
        Ok(committed)
    }
}
