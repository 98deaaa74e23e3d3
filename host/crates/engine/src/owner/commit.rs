//! What came of a turn is made durable; then, and only then, something leaves the host.

use soloist_core::{
    Decision, Dispatch, End, Event, EventId, Execution, ExecutionId, Fact, InstanceId, SentEvent,
    Started as StartedEvent, Timer, Timestamp, Work,
};

use super::batch::Batch;
use super::{Desk, Live, Owner, Standing};
use crate::child::{self, take_children};
use crate::hot::Keep;
use crate::mailbox::Mail;
use crate::{
    Begin, ChildStart, Committed, DueTimer, Expects, Guests, HubError, LONG_HISTORY, Message,
    Operation, Orchestrator, Orphan, Platform, RuntimeStatus, TaskHub, TimerCursor, Told,
};

/// How often a decision is made anew because the hub stood elsewhere, before callers are turned away.
const CONFLICTS_MAX: u32 = 3;

/// What the execution was before an operation.
pub(super) struct Stage {
    pub(super) is_new: bool,
    pub(super) has_run: bool,
    pub(super) inbox: Vec<i64>,
}

/// What is to be done once an operation is durable.
pub(super) struct AfterCommit {
    execution: ExecutionId,
    /// What whoever started the instance is told: the execution that is stored.
    begun: ExecutionId,
    /// The timer of its start or its deadline, where it takes the place of another.
    delays: Vec<Timer>,
    dispatch: Vec<Dispatch>,
    interrupt: Vec<EventId>,
    timers: Vec<Timer>,
    timers_done: Vec<EventId>,
    children: Vec<ChildStart>,
    /// Whom the instance told something.
    told: Vec<InstanceId>,
}

impl AfterCommit {
    pub(super) fn of(decision: &Decision, execution: ExecutionId) -> Self {
        let for_host = |dispatch: &&Dispatch| !matches!(dispatch.work, Work::Child { .. });
        Self {
            execution,
            begun: execution,
            delays: Vec::new(),
            dispatch: decision.dispatch.iter().filter(for_host).cloned().collect(),
            interrupt: decision.interrupt.clone(),
            timers: decision.timers.clone(),
            timers_done: decision.timers_done.clone(),
            children: Vec::new(),
            told: Vec::new(),
        }
    }

    /// What goes to other instances.
    pub(super) fn and_tell(&mut self, operation: &Operation) {
        self.children.clone_from(&operation.children);
        let targets = operation.messages.iter();
        self.told = targets.map(|message| message.target.clone()).collect();
    }
}

impl<O> Live<O> {
    /// The attempts at children whose time has come go with the decision, but for those that it gives up.
    fn ask_again(&mut self, decision: &mut Decision) {
        let is_terminated = matches!(decision.end, Some(End::Terminated(_)));
        for attempt in std::mem::take(&mut self.child_attempts) {
            decision.timers_done.push(attempt.scheduled);
            if !is_terminated && self.execution().waits_for(attempt.scheduled) {
                decision.dispatch.push(attempt);
            }
        }
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Owner<H, G, P> {
    /// Makes a turn durable, and does what follows from it.
    pub(super) async fn commit(
        &mut self,
        mut live: Live<G::Orchestrator>,
        mut decision: Decision,
        mut batch: Batch,
    ) {
        live.ask_again(&mut decision);
        let mut after = AfterCommit::of(&decision, live.execution().id());
        let end = decision.end.take();
        let stage = Stage {
            is_new: live.is_new,
            has_run: live.has_run,
            inbox: std::mem::take(&mut live.inbox),
        };
        let mut operation = self
            .desk
            .operation(&live.execution(), decision, stage, false);
        let next = self.desk.close(&mut operation, end.as_ref(), &live);
        after.and_tell(&operation);
        let nothing_new = operation.events.is_empty()
            && operation.begins.is_none()
            && operation.inbox_taken.is_empty()
            && operation.children.is_empty()
            && operation.logs.is_empty()
            && operation.custom_status.is_none()
            && !live.ready;
        let goes_on = end.is_none() || next.is_some();
        if let Some(next) = &next {
            after.begun = next.id();
            after.delays.clone_from(&operation.timers);
        }
        if !goes_on {
            self.desk.mailbox.set_live(false);
        }
        let grows_long = grows_long(&operation);
        let mut committed = Committed::default();
        if !nothing_new {
            committed = match self.desk.shared.commit(operation).await {
                Ok(committed) => committed,
                Err(error) => return self.give_up(error, batch).await,
            };
        }
        self.failures = 0;
        self.desk.shared.set_writable(true);
        if grows_long {
            tracing::warn!(
                instance.id = %self.desk.id,
                "the history has {LONG_HISTORY} events: each replay reads them all; the code can use continue-as-new"
            );
        }
        if goes_on {
            self.desk.mailbox.set_live(true);
        }
        self.desk.committed(&after, &mut batch);
        match (end, next) {
            (None, _) => {
                live.is_new = false;
                let has_begun = live.execution().has_begun();
                live.has_run |= has_begun;
                live.ready = false;
                self.desk.keep_delay(&live);
                self.park(live);
            }
            (Some(end), Some(next)) => {
                self.desk.shared.timers.remove_all(after.execution);
                let is_continued = matches!(end, End::ContinuedAsNew { .. });
                if !is_continued {
                    self.desk.shared.dispatcher.interrupt_all(&self.desk.id);
                    self.desk.shared.watchers.ended(&self.desk.id);
                }
                let mut live = Live::new(next);
                live.has_run = is_continued;
                live.ready = !committed.queued;
                live.queued = committed.queued;
                self.standing = Standing::Live(live);
            }
            (Some(end), None) => {
                self.desk.shared.timers.remove_all(after.execution);
                if matches!(end, End::Terminated(_)) {
                    self.desk.shared.dispatcher.interrupt_all(&self.desk.id);
                }
                self.desk.shared.hot.remove(&self.desk.id);
                self.standing = Standing::NotLive(Told::Ended);
                self.desk.shared.watchers.ended(&self.desk.id);
            }
        }
    }

    /// Nothing was to be done: callers are told that what they said holds.
    pub(super) fn settle(&self, mut batch: Batch) {
        for key in batch.acknowledge(&self.desk.id, None) {
            self.desk.shared.dispatcher.done(&self.desk.id, key);
        }
    }

    /// Keeps the guest parked in memory, as far as there is room.
    fn park(&mut self, live: Live<G::Orchestrator>) {
        let Some(guest) = &live.guest else {
            // Not runnable and not in memory: it is suspended. Its facts are durable; it costs its rows.
            self.standing = Standing::NotLoaded;
            return;
        };
        let shared = &self.desk.shared;
        let (bytes, keep, is_nap) = {
            let execution = live.execution();
            let events = execution.next_event().get();
            let until = execution.sleeps_until();
            let now = shared.platform.now();
            (
                guest.weight(),
                Keep::of(until.is_some(), events),
                until.is_none_or(|until| until.since(now) <= shared.settings.nap_max),
            )
        };
        if keep == Keep::Asleep && !is_nap {
            shared.hot.remove(&self.desk.id);
            self.standing = Standing::NotLoaded;
            return;
        }
        self.standing = Standing::Live(live);
        for victim in self.desk.shared.hot.park(&self.desk.id, bytes.max(1), keep) {
            if victim == self.desk.id {
                self.standing = Standing::NotLoaded;
            } else {
                self.desk
                    .shared
                    .owners
                    .send_if_present(&victim, Mail::Evict);
            }
        }
    }

    /// The hub did not take it. What is in memory is void; it is read again and decided anew.
    pub(super) async fn give_up(&mut self, error: HubError, batch: Batch) {
        self.standing = Standing::NotLoaded;
        self.desk.shared.hot.remove(&self.desk.id);
        match &error {
            HubError::Conflict(_) if self.failures < CONFLICTS_MAX => {
                tracing::warn!(instance.id = %self.desk.id, "the history has moved on; the turn is taken anew");
                batch.requeue(&mut self.backlog);
                self.backlog.push_back(Mail::Wake { permit: None });
                self.failures += 1;
            }
            HubError::Full { function, holder } => {
                batch.turn_away(function, holder, &mut self.backlog);
            }
            HubError::Corrupt { .. } => {
                tracing::error!(
                    instance.id = %self.desk.id,
                    error = &error as &dyn std::error::Error,
                    "the instance is set aside until it is purged or the host starts again"
                );
                let mut nothing_to_retry = std::collections::VecDeque::new();
                batch.refuse(
                    "reading the history",
                    &error.to_string(),
                    &mut nothing_to_retry,
                );
            }
            HubError::Unavailable { .. } | HubError::Conflict(_) => {
                tracing::warn!(
                    instance.id = %self.desk.id,
                    error = &error as &dyn std::error::Error,
                    "the task hub failed; the turn is taken anew"
                );
                self.desk.shared.set_writable(false);
                batch.refuse(
                    "writing to the task hub",
                    &error.to_string(),
                    &mut self.backlog,
                );
                self.backlog.push_back(Mail::Wake { permit: None });
                let failures = self.failures;
                self.failures += 1;
                tokio::select! {
                    biased;
                    () = self.desk.shared.stopping.cancelled() => {}
                    () = self.desk.shared.back_off(failures) => {}
                }
            }
        }
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Desk<H, G, P> {
    /// An operation that stores `decision`, before its end is looked at.
    pub(super) fn operation(
        &self,
        execution: &Execution,
        mut decision: Decision,
        stage: Stage,
        ready: bool,
    ) -> Operation {
        let Stage {
            is_new,
            has_run,
            inbox,
        } = stage;
        let first = decision
            .events
            .first()
            .map_or(execution.next_untaken(), |event| event.id);
        let (expects, events, begins) = if is_new {
            let begin = Begin {
                started: execution.started().clone(),
                events: decision.events,
            };
            (Expects::NotLive, Vec::new(), Some(begin))
        } else {
            (
                Expects::At {
                    execution: execution.id(),
                    next: first,
                },
                decision.events,
                None,
            )
        };
        let status = match (
            execution.is_suspended(),
            has_run || !ready && execution.has_begun(),
        ) {
            (true, _) => RuntimeStatus::Suspended,
            (false, true) => RuntimeStatus::Running,
            (false, false) => RuntimeStatus::Pending,
        };
        let now = self.shared.platform.now();
        let children = take_children(&self.id, execution.started(), &mut decision.dispatch, now);
        let given_up = decision.given_up.iter();
        let given_up = given_up.map(|child| Message {
            target: child.instance.clone(),
            execution: None,
            fact: Fact::GivenUp {
                execution: execution.id(),
                scheduled: child.scheduled,
            },
        });
        let children_closed = decision.given_up.iter().map(|child| child.scheduled);
        let children_closed = children_closed.chain(decision.children_answered).collect();
        Operation {
            instance: self.id.clone(),
            expects,
            events,
            begins,
            status,
            custom_status: decision.custom_status,
            ready,
            open_work: decision.open_work,
            timers: decision.timers,
            timers_done: decision.timers_done,
            orphans: orphans(&self.id, execution.id(), decision.orphans),
            drop_orphans: false,
            logs: decision.logs,
            last_logs: Vec::new(),
            messages: messages(&decision.messages).chain(given_up).collect(),
            children,
            children_closed,
            voids: None,
            inbox_taken: inbox,
            now,
        }
    }

    /// Writes the end of the execution into the operation. Returns the next execution, where there is one.
    fn close(
        &self,
        operation: &mut Operation,
        end: Option<&End>,
        live: &Live<G::Orchestrator>,
    ) -> Option<Execution> {
        operation.status = match end? {
            End::Completed(_) => RuntimeStatus::Completed,
            End::Failed(_) => RuntimeStatus::Failed,
            End::Terminated(_) => {
                operation.drop_orphans = true;
                RuntimeStatus::Terminated
            }
            End::ContinuedAsNew { input, carried } => {
                let started = StartedEvent {
                    input: input.clone(),
                    ..self.successor(live)
                };
                let next = self.begin_next(started, carried, now_after(operation));
                // A first execution that continues as new in its first turn is never stored: its successor is the start.
                operation.begins = Some(next.begin);
                operation.status = RuntimeStatus::Running;
                operation.ready = true;
                operation.open_work = 0;
                operation.custom_status = None;
                operation.timers = next.timers;
                operation.last_logs = std::mem::take(&mut operation.logs);
                return Some(next.execution);
            }
        };
        operation.open_work = 0;
        operation.timers.clear();
        let (parent, has_expired) = {
            let execution = live.execution();
            (execution.started().parent.clone(), execution.has_expired())
        };
        let result = end.and_then(|end| child::result_of(end, has_expired));
        if let (Some(parent), Some(result)) = (parent, result) {
            operation.messages.push(child::answer(&parent, result));
        }
        let start = live.replaced_by.as_ref()?;
        let next = self.begin_next(self.started(start), &[], now_after(operation));
        operation.begins = Some(next.begin);
        operation.timers = next.timers;
        operation.status = RuntimeStatus::Pending;
        operation.ready = true;
        operation.custom_status = None;
        operation.last_logs = std::mem::take(&mut operation.logs);
        Some(next.execution)
    }

    /// A timer is durable.
    pub(super) fn keep_timer(&self, execution: ExecutionId, timer: Timer) {
        let cursor = TimerCursor {
            fire_at: timer.fire_at,
            execution,
            scheduled: timer.scheduled,
        };
        self.shared.timers.add(DueTimer {
            instance: self.id.clone(),
            cursor,
        });
    }

    /// The facts of `batch` are durable, and so is what was decided with them.
    pub(super) fn committed(&self, after: &AfterCommit, batch: &mut Batch) {
        for key in batch.acknowledge(&self.id, Some(after.begun)) {
            self.shared.dispatcher.done(&self.id, key);
        }
        for scheduled in &after.interrupt {
            self.shared
                .dispatcher
                .interrupt(&self.id, (after.execution, *scheduled));
        }
        for scheduled in &after.timers_done {
            self.shared.timers.remove(after.execution, *scheduled);
        }
        for timer in after.timers.iter().copied() {
            self.keep_timer(after.execution, timer);
        }
        for timer in after.delays.iter().copied() {
            self.keep_timer(after.begun, timer);
        }
        for target in &after.told {
            self.shared.send(target, Mail::Inbox);
        }
        self.shared.start_children(after.children.clone());
        self.shared
            .dispatch(&self.id, after.execution, after.dispatch.clone());
    }
}

/// True of the one operation with which a history becomes long.
fn grows_long(operation: &Operation) -> bool {
    let long = |event: Option<&Event>| event.is_some_and(|event| event.id.get() >= LONG_HISTORY);
    !long(operation.events.first()) && long(operation.events.last())
}

/// When the next execution of the instance begins. The wall clock may have been set back; time within an instance never goes
/// back.
fn now_after(operation: &Operation) -> Timestamp {
    let begun = operation.begins.iter().flat_map(|begin| &begin.events);
    let last = operation.events.iter().chain(begun).last();
    last.map_or(operation.now, |last| last.timestamp.max(operation.now))
}

/// The messages that carry what the code told. What is no instance id is nobody's: it was told to nobody.
fn messages(sent: &[SentEvent]) -> impl Iterator<Item = Message> + '_ {
    sent.iter().filter_map(|sent| {
        Some(Message {
            target: sent.instance_id.parse().ok()?,
            execution: None,
            fact: Fact::EventRaised {
                name: sent.name.clone(),
                data: sent.data.clone(),
            },
        })
    })
}

fn orphans(instance: &InstanceId, execution: ExecutionId, work: Vec<Dispatch>) -> Vec<Orphan> {
    let orphans = work.into_iter().filter_map(
        |Dispatch {
             scheduled,
             attempt,
             work,
         }| match work {
            Work::Activity { name, input, .. } => Some(Orphan {
                instance: instance.clone(),
                execution,
                scheduled,
                attempt,
                name,
                input,
            }),
            Work::Child { .. } | Work::Http { .. } => None,
        },
    );
    orphans.collect()
}
