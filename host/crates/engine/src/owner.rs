//! The owner of one active instance: the one place that assigns its sequence numbers. This file takes mail in; `turn.rs`
//! runs the guest, `commit.rs` makes durable what came of it.

mod batch;
mod begin;
mod children;
mod commit;
mod limited;
mod orphans;
mod rewind;
mod standing;
mod turn;

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard};

use soloist_core::{
    Dispatch, EventId, Execution, ExecutionId, Fact, InstanceId, TaskResult, Timestamp, Work,
};

use self::batch::Batch;
use self::children::Wished;
use crate::mailbox::{AdmittedStart, Mail, Mailbox, Reply};
use crate::shared::Shared;
use crate::{
    Guests, HttpAnswer, HubError, InboxMessage, OnExisting, Platform, Purged, SharedExecution,
    Started, TaskHub, Told,
};

/// How much mail one turn takes in at most.
const BATCH_MAX: usize = 1_000;

pub(crate) struct Owner<H, G: Guests, P> {
    desk: Desk<H, G, P>,
    standing: Standing<G::Orchestrator>,
    /// Mail taken from the mailbox and not dealt with.
    backlog: VecDeque<Mail>,
    /// How often in a row the hub has failed.
    failures: u32,
    /// The last run was stopped for a reason that the machine may have caused; if this one is too, it is recorded.
    is_second_run: bool,
}

/// What an owner has at hand whatever it knows of its instance.
struct Desk<H, G, P> {
    shared: Arc<Shared<H, G, P>>,
    id: InstanceId,
    mailbox: Arc<Mailbox>,
}

/// What the owner knows of its instance.
enum Standing<O> {
    /// Nothing: the hub is to be asked.
    NotLoaded,
    /// There is no live execution.
    NotLive(Told),
    /// There is one, in memory.
    Live(Live<O>),
}

/// A live execution in memory.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each is a fact of its own, and they come in most combinations"
)]
struct Live<O> {
    execution: SharedExecution,
    /// The guest, parked; none before its first turn and after a load.
    guest: Option<O>,
    /// The start is not durable yet.
    is_new: bool,
    /// A turn has been committed.
    has_run: bool,
    /// The hub holds something that no turn has seen, or says so.
    ready: bool,
    /// It waits for a slot of its function: no guest runs.
    queued: bool,
    /// Messages of the inbox that were delivered and are to go with the next commit.
    inbox: Vec<i64>,
    /// Further attempts at children whose time has come: they are asked for with the next commit.
    child_attempts: Vec<Dispatch>,
    /// The start that takes its place once its end is recorded.
    replaced_by: Option<Box<AdmittedStart>>,
}

impl<O> Live<O> {
    fn new(execution: Execution) -> Self {
        Self {
            execution: Arc::new(Mutex::new(execution)),
            guest: None,
            is_new: false,
            has_run: false,
            ready: false,
            queued: false,
            inbox: Vec::new(),
            child_attempts: Vec::new(),
            replaced_by: None,
        }
    }

    fn execution(&self) -> MutexGuard<'_, Execution> {
        lock(&self.execution)
    }

    /// Delivers messages; those that were delivered before are left out. One for another execution is dropped.
    fn take_in(&mut self, inbox: Vec<InboxMessage>, now: Timestamp) {
        for message in inbox {
            if self.inbox.contains(&message.id) {
                continue;
            }
            let mut execution = self.execution();
            let id = execution.id();
            if message.execution.is_none_or(|execution| execution == id) {
                execution.deliver(message.fact, now);
            }
            drop(execution);
            self.inbox.push(message.id);
        }
    }

    fn is_turn_due(&self) -> bool {
        let execution = self.execution();
        !self.inbox.is_empty()
            || !self.child_attempts.is_empty()
            || self.ready
            || execution.is_first_turn_due()
            || self.is_new
            || execution.next_event() != execution.next_untaken()
    }
}

fn lock(execution: &SharedExecution) -> MutexGuard<'_, Execution> {
    execution
        .lock()
        .expect("no code panics while it holds an execution")
}

impl<H: TaskHub, G: Guests, P: Platform> Owner<H, G, P> {
    pub(crate) fn new(shared: Arc<Shared<H, G, P>>, id: InstanceId, mailbox: Arc<Mailbox>) -> Self {
        Self {
            desk: Desk {
                shared,
                id,
                mailbox,
            },
            standing: Standing::NotLoaded,
            backlog: VecDeque::new(),
            failures: 0,
            is_second_run: false,
        }
    }

    /// Works until there is nothing to do and nothing in memory, or the host stops.
    pub(crate) async fn run(mut self) {
        while !self.desk.shared.stopping.is_cancelled() {
            self.backlog.extend(self.desk.mailbox.take());
            if !self.backlog.is_empty() || self.is_turn_due() {
                self.step().await;
            } else if matches!(self.standing, Standing::Live(_)) {
                tokio::select! {
                    biased;
                    () = self.desk.mailbox.arrival() => {}
                    () = self.desk.shared.stopping.cancelled() => {}
                }
            } else if self
                .desk
                .shared
                .owners
                .retire(&self.desk.id, &self.desk.mailbox)
            {
                return;
            }
        }
        self.desk.mailbox.close();
    }

    fn is_turn_due(&self) -> bool {
        matches!(&self.standing, Standing::Live(live) if live.is_turn_due())
    }

    /// Takes in what waits, and takes the turn that follows from it.
    async fn step(&mut self) {
        let mut batch = Batch::default();
        match self.gather(&mut batch).await {
            Ok(()) if self.is_turn_due() => self.take_turn(batch).await,
            Ok(()) => self.settle(batch),
            Err(error) => self.give_up(error, batch).await,
        }
    }

    /// Takes in mail that one turn can answer: up to a start or an end.
    async fn gather(&mut self, batch: &mut Batch) -> Result<(), HubError> {
        while batch.len() < BATCH_MAX
            && let Some(mail) = self.backlog.pop_front()
        {
            if let Err(error) = self.stand_for(&mail).await {
                batch.keep(mail);
                return Err(error);
            }
            if matches!(&self.standing, Standing::Live(live) if live.execution().is_ended()) {
                // A message has ended it: what comes now finds it so once that is durable.
                self.backlog.push_front(mail);
                break;
            }
            let is_last = match mail {
                Mail::Start { start, reply } => self.take_start(start, reply, batch),
                Mail::Tell { fact, reply } => self.take_telling(fact, reply, batch),
                Mail::Answer {
                    execution,
                    scheduled,
                    result,
                } => {
                    self.take_answer(execution, scheduled, result, batch)
                        .await?;
                    false
                }
                Mail::HttpAnswer {
                    execution,
                    scheduled,
                    answer,
                } => {
                    self.take_http_answer(execution, scheduled, answer, batch);
                    false
                }
                Mail::TimerFired {
                    execution,
                    timer,
                    fire_at,
                    permit,
                } => {
                    self.deliver(Some(execution), Fact::TimerFired { timer });
                    self.try_again(execution, timer, fire_at);
                    batch.keep(Mail::TimerFired {
                        execution,
                        timer,
                        fire_at,
                        permit,
                    });
                    false
                }
                Mail::Wake { permit } => {
                    batch.keep(Mail::Wake { permit });
                    false
                }
                Mail::StartChild {
                    start,
                    is_new,
                    refused,
                    permit,
                } => {
                    let wish = Wished {
                        start,
                        is_new,
                        refused,
                        permit,
                    };
                    self.take_child(wish, batch).await?
                }
                Mail::Promoted { execution } => {
                    self.promote(execution);
                    batch.keep(Mail::Promoted { execution });
                    false
                }
                Mail::Orphan { orphan, permit } => {
                    self.take_orphan(orphan, permit, batch).await?;
                    false
                }
                Mail::Inbox => {
                    batch.keep(Mail::Inbox);
                    self.take_inbox().await?;
                    false
                }
                Mail::Purge { execution, reply } => {
                    let purged = self.purge(execution).await;
                    drop(reply.send(purged));
                    false
                }
                Mail::Rewind { reason, reply } => self.take_rewind(reason, reply).await,
                Mail::Evict => {
                    if !self.is_turn_due() && matches!(self.standing, Standing::Live(_)) {
                        self.standing = Standing::NotLoaded;
                    }
                    false
                }
            };
            if is_last {
                break;
            }
        }
        Ok(())
    }

    /// Returns true if a turn must be taken before more mail is looked at: here, and below.
    fn take_start(
        &mut self,
        start: Box<AdmittedStart>,
        reply: Reply<Started>,
        batch: &mut Batch,
    ) -> bool {
        match &mut self.standing {
            Standing::Live(live) if start.on_existing == OnExisting::Replace => {
                let reason = Some("replaced by a new start".to_owned());
                let now = self.desk.shared.platform.now();
                live.execution().deliver(Fact::Terminated { reason }, now);
                live.replaced_by = Some(start.clone());
                batch.keep(Mail::Start { start, reply });
                true
            }
            // Not loaded after `stand_for` means: the hub has a live one.
            Standing::Live(_) | Standing::NotLoaded => {
                let instance = self.desk.id.clone();
                // Whoever hung up does not want to know: here, and below.
                drop(reply.send(Ok(Started::Exists { instance })));
                false
            }
            Standing::NotLive(_) => {
                self.standing = Standing::Live(self.desk.begin(&start));
                batch.keep(Mail::Start { start, reply });
                true
            }
        }
    }

    fn take_telling(&mut self, fact: Fact, reply: Reply<Told>, batch: &mut Batch) -> bool {
        match &self.standing {
            Standing::NotLive(told) => {
                drop(reply.send(Ok(*told)));
                false
            }
            Standing::NotLoaded | Standing::Live(_) => {
                let ends = matches!(fact, Fact::Terminated { .. });
                self.deliver(None, fact.clone());
                batch.keep(Mail::Tell { fact, reply });
                ends
            }
        }
    }

    async fn take_answer(
        &mut self,
        execution: ExecutionId,
        scheduled: EventId,
        result: TaskResult,
        batch: &mut Batch,
    ) -> Result<(), HubError> {
        let is_live = self.is_live(execution);
        if is_live {
            let result = result.clone();
            self.deliver(Some(execution), Fact::Answer { scheduled, result });
        }
        let finished = if is_live {
            Ok(())
        } else {
            self.desk
                .shared
                .hub
                .finish_orphan(execution, scheduled)
                .await
        };
        if is_live || finished.is_err() {
            batch.keep(Mail::Answer {
                execution,
                scheduled,
                result,
            });
        } else {
            self.desk
                .shared
                .dispatcher
                .done(&self.desk.id, (execution, scheduled));
        }
        finished
    }

    /// No execution but the one that made an HTTP call has a use for what it came to.
    fn take_http_answer(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
        answer: Box<HttpAnswer>,
        batch: &mut Batch,
    ) {
        if self.is_live(execution) {
            let fact = HttpAnswer::clone(&answer).into_fact(scheduled);
            self.deliver(Some(execution), fact);
            batch.keep(Mail::HttpAnswer {
                execution,
                scheduled,
                answer,
            });
        } else {
            let dispatcher = &self.desk.shared.dispatcher;
            dispatcher.done(&self.desk.id, (execution, scheduled));
        }
    }

    fn promote(&mut self, execution: ExecutionId) {
        if let Standing::Live(live) = &mut self.standing
            && live.execution().id() == execution
        {
            live.queued = false;
            live.ready = true;
        }
    }

    fn is_live(&self, execution: ExecutionId) -> bool {
        matches!(&self.standing, Standing::Live(live) if live.execution().id() == execution)
    }

    /// Delivers a fact to the live execution, if it is the one meant.
    fn deliver(&self, execution: Option<ExecutionId>, fact: Fact) {
        if let Standing::Live(live) = &self.standing {
            let mut live = live.execution();
            if execution.is_none_or(|execution| execution == live.id()) {
                live.deliver(fact, self.desk.shared.platform.now());
            }
        }
    }

    /// Begins the attempt whose time has come, if it is one that was waited for.
    fn try_again(&mut self, execution: ExecutionId, scheduled: EventId, fire_at: Timestamp) {
        let Standing::Live(live) = &mut self.standing else {
            return;
        };
        let next = {
            let execution_here = live.execution();
            execution_here
                .next_attempt(scheduled, fire_at)
                .filter(|_| execution_here.id() == execution)
        };
        match next {
            // The timer may fire twice before the commit.
            Some(attempt) if live.child_attempts.contains(&attempt) => {}
            Some(attempt) if matches!(attempt.work, Work::Child { .. }) => {
                live.child_attempts.push(attempt);
            }
            Some(attempt) => {
                let shared = &self.desk.shared;
                shared.dispatch(&self.desk.id, execution, vec![attempt]);
            }
            None => {}
        }
    }

    async fn purge(&mut self, execution: Option<ExecutionId>) -> Result<Purged, HubError> {
        if !matches!(self.standing, Standing::NotLive(_)) {
            return Ok(Purged::Live);
        }
        let purged = self.desk.shared.hub.purge(&self.desk.id, execution).await;
        // A hub that fails may have purged it all the same.
        let purged = purged.inspect_err(|_| self.standing = Standing::NotLoaded)?;
        match purged {
            Purged::Live => self.standing = Standing::NotLoaded,
            Purged::Unknown if execution.is_some() => {}
            Purged::Purged | Purged::Unknown => {
                self.standing = Standing::NotLive(Told::Unknown);
                self.desk.shared.dispatcher.interrupt_all(&self.desk.id);
            }
        }
        Ok(purged)
    }
}
