//! One turn: the guest runs to its next wait, then all that came of it is committed.

use std::sync::Arc;

use soloist_core::{Failure, HostError};

use super::batch::Batch;
use super::commit::{AfterCommit, Stage};
use super::{Desk, Live, Owner, Standing};
use crate::mailbox::Mail;
use crate::shared::Shared;
use crate::{Guests, HubError, Orchestrator, Platform, TaskHub, Turn};

/// How the running of a guest came out.
enum Ran {
    /// It left its turn.
    Left(Turn),
    /// The instance was terminated, or the host stops: what it did is void.
    Abandoned,
    /// Its facts could not be committed: what it did is void.
    Failed(HubError),
}

impl<H: TaskHub, G: Guests, P: Platform> Owner<H, G, P> {
    /// Takes the turn that follows from what was delivered.
    pub(super) async fn take_turn(&mut self, mut batch: Batch) {
        let Standing::Live(mut live) = std::mem::replace(&mut self.standing, Standing::NotLoaded)
        else {
            unreachable!("a turn is due only for a live execution")
        };
        if self.desk.is_limited(&live) {
            return self.commit_start(live, batch).await;
        }
        if let Some(failure) = self.desk.too_long(&live) {
            live.guest = None;
            let decision = live.execution().abort(failure);
            return self.commit(live, decision, batch).await;
        }
        let now = self.desk.shared.platform.now();
        let is_runnable = {
            let mut execution = live.execution();
            let is_runnable = execution.is_runnable() && !live.queued;
            if is_runnable {
                execution.begin_turn(now);
            }
            is_runnable
        };
        if !is_runnable {
            // Whatever runs next, perhaps another execution, runs for the first time.
            self.is_second_run = false;
            let decision = live.execution().take_delivered();
            return self.commit(live, decision, batch).await;
        }
        let turn = match self.desk.run_guest(&mut live, &mut batch).await {
            Ran::Left(turn) => turn,
            Ran::Abandoned => return batch.requeue(&mut self.backlog),
            Ran::Failed(error) => return self.give_up(error, batch).await,
        };
        let decision = match turn {
            Turn::Parked => live.execution().park(),
            Turn::Returned(result) => live.execution().finish(result),
            Turn::Stopped { error, .. } if error.depends_on_machine() && !self.is_second_run => {
                // Perhaps the machine was busy: once more, from a fresh replay.
                self.is_second_run = true;
                batch.requeue(&mut self.backlog);
                return self.backlog.push_front(Mail::Wake { permit: None });
            }
            Turn::Stopped { failure, .. } => live.execution().abort(failure),
        };
        self.is_second_run = false;
        if decision.end.is_some() {
            live.guest = None;
        }
        self.commit(live, decision, batch).await;
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Desk<H, G, P> {
    /// Why the execution cannot go on, if it has grown too long.
    fn too_long(&self, live: &Live<G::Orchestrator>) -> Option<Failure> {
        let max = self.shared.settings.history_events_max;
        let execution = live.execution();
        let is_too_long = execution.next_event().get() > max && !execution.is_ended();
        is_too_long.then(|| {
            HostError::LimitExceeded.failure(format!(
                "more than {max} events in one execution; use continue-as-new to begin a fresh history, or raise history-events"
            ))
        })
    }

    /// Runs the guest. If that takes long, the facts that it was given are committed meanwhile, so that callers who wait for
    /// them, and a crash, do not wait for the guest.
    async fn run_guest(&self, live: &mut Live<G::Orchestrator>, batch: &mut Batch) -> Ran {
        let execution = Arc::clone(&live.execution);
        let stage = Stage {
            is_new: live.is_new,
            has_run: live.has_run,
            inbox: std::mem::take(&mut live.inbox),
        };
        let (is_new, ready) = (&mut live.is_new, &mut live.ready);
        let turn = turn(&self.shared, &mut live.guest, &execution);
        tokio::pin!(turn);
        tokio::select! {
            biased;
            turn = &mut turn => {
                live.inbox = stage.inbox;
                return Ran::Left(turn);
            }
            () = self.shared.platform.sleep(self.shared.settings.turn_grace) => {}
        }
        let facts = super::lock(&execution).take_facts();
        let mut after = AfterCommit::of(&facts, super::lock(&execution).id());
        let has_facts = !facts.events.is_empty() || !stage.inbox.is_empty();
        let operation = self.operation(&super::lock(&execution), facts, stage, true);
        after.and_tell(&operation);
        let mut left = None;
        if has_facts {
            let commit = self.shared.commit(operation);
            tokio::pin!(commit);
            let committed = loop {
                tokio::select! {
                    biased;
                    committed = &mut commit => break committed,
                    turn = &mut turn, if left.is_none() => left = Some(turn),
                }
            };
            if let Err(error) = committed {
                return Ran::Failed(error);
            }
            *is_new = false;
            *ready = true;
            // Attempts at children go with the end of the turn: what asked for them is not done with before.
            let waiting = batch.take_timers(&live.child_attempts);
            self.committed(&after, batch);
            for mail in waiting {
                batch.keep(mail);
            }
        }
        if let Some(turn) = left {
            return Ran::Left(turn);
        }
        loop {
            tokio::select! {
                biased;
                turn = &mut turn => return Ran::Left(turn),
                () = self.shared.stopping.cancelled() => return Ran::Abandoned,
                () = self.mailbox.arrival() => if self.mailbox.has_termination() {
                    return Ran::Abandoned;
                },
            }
        }
    }
}

/// Runs the guest to its next wait, after making one where there is none.
async fn turn<H: TaskHub, G: Guests, P: Platform>(
    shared: &Shared<H, G, P>,
    guest: &mut Option<G::Orchestrator>,
    execution: &crate::SharedExecution,
) -> Turn {
    let module = super::lock(execution).started().module;
    for attempt in 0.. {
        if let Some(guest) = guest {
            return guest.turn().await;
        }
        match shared
            .guests
            .orchestrator(module, Arc::clone(execution))
            .await
        {
            Ok(made) => *guest = Some(made),
            Err(error) => shared.recover_from(error, attempt).await,
        }
    }
    unreachable!("the loop above ends only with a turn")
}
