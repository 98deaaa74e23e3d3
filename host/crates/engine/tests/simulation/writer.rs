//! The writing side of the simulated hub: writes queue up, the scheduler commits a batch of them, and tells their callers
//! later. A host may fall at any point between.

use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll, Waker};

use futures_util::FutureExt;
use rand::Rng;
use soloist_core::{EventId, ExecutionId, FunctionName, InstanceId, ModuleDigest};
use soloist_engine::{
    Bound, Committed, FunctionRecord, HubError, InstanceLimits, Message, NewModule, Operation,
    Purged, RemovedModule, TaskHub,
};

use crate::invariants::Invariant;
use crate::ledger::Silences;
use crate::planted::Planted;
use crate::spoil::spoil;
use crate::world::{State, World};

#[derive(Debug, Clone)]
pub(crate) enum Write {
    Commit(Box<Operation>),
    Limit(InstanceLimits),
    Purge(InstanceId, Option<ExecutionId>),
    RefuseChild(ExecutionId, EventId, Option<Message>),
    FinishOrphan(ExecutionId, EventId),
    Bind(FunctionRecord, NewModule),
    Unbind(FunctionName),
    RemoveModule(ModuleDigest),
}

#[derive(Debug, Clone)]
pub(crate) enum Answer {
    Done,
    Committed(Committed),
    Purged(Purged),
    Bound(Bound),
    Unbound(bool),
    Removed(RemovedModule),
}

pub(crate) struct Queued {
    number: u64,
    write: Write,
    waker: Waker,
}

pub(crate) struct Answered {
    answer: Result<Answer, HubError>,
    /// The caller may hear of it.
    pub(crate) told: bool,
    silences: Silences,
    waker: Waker,
}

/// The failure that a hub answers with.
pub(crate) fn unavailable() -> HubError {
    HubError::Unavailable {
        doing: "simulating",
        cause: "the seed asked for it".into(),
    }
}

/// What a hub in memory answers: at once.
pub(crate) fn at_once<T>(answer: impl Future<Output = T>) -> T {
    answer
        .now_or_never()
        .expect("a hub in memory answers at once")
}

impl World {
    /// Queues a write; resolves when its caller is told.
    pub(crate) fn write(self: &Arc<Self>, write: Write) -> Writing {
        Writing {
            world: Arc::clone(self),
            write: Some(write),
            number: 0,
        }
    }

    /// Commits the oldest writes, so many of them: all, or none if the hub fails.
    pub(crate) fn commit_batch(&self, count: usize) {
        let mut state = self.lock();
        let fails = state.temper.fails;
        let fails = state.goes_wrong(fails);
        for _ in 0..count {
            let Some(queued) = state.writes.pop_front() else {
                break;
            };
            let silences = match &queued.write {
                Write::Commit(operation) => Silences::of(operation),
                _ => Silences::default(),
            };
            let answer = if fails {
                state.note(format!("write {} fails", queued.number));
                let refused = self.is_planted(Planted::CommitsTheRefused) && state.happens(300);
                if refused {
                    drop(self.take_effect(&mut state, queued.write));
                }
                Err(unavailable())
            } else {
                self.decide(&mut state, queued.number, queued.write)
            };
            let answered = Answered {
                answer,
                told: false,
                silences,
                waker: queued.waker,
            };
            state.answers.insert(queued.number, answered);
        }
    }

    fn decide(&self, state: &mut State, number: u64, write: Write) -> Result<Answer, HubError> {
        let conflicts = state.temper.conflicts;
        if let Write::Commit(operation) = &write
            && state.goes_wrong(conflicts)
        {
            let instance = operation.instance.clone();
            state.note(format!("write {number} is refused"));
            return Err(HubError::Conflict(instance));
        }
        let answer = self.take_effect(state, write);
        state.note(format!("write {number} takes effect: {answer:?}"));
        // While the hub is being closed, what is durable may be said to have failed.
        if answer.is_ok() && state.closing && state.happens(300) {
            return Err(unavailable());
        }
        answer
    }

    fn take_effect(&self, state: &mut State, write: Write) -> Result<Answer, HubError> {
        match write {
            Write::Commit(operation) => self.commit(state, &operation).map(Answer::Committed),
            Write::Limit(limits) => {
                at_once(self.hub.limit(&limits))?;
                Ok(Answer::Done)
            }
            Write::RefuseChild(execution, scheduled, answer) => {
                let stored = answer.clone();
                at_once(self.hub.refuse_child(execution, scheduled, stored))?;
                state.child_refused(&self.hub, (execution, scheduled), answer);
                Ok(Answer::Done)
            }
            Write::Purge(instance, execution) => {
                let purged = at_once(self.hub.purge(&instance, execution))?;
                if purged == Purged::Purged {
                    state.ledger.purged(&instance);
                }
                Ok(Answer::Purged(purged))
            }
            Write::FinishOrphan(execution, scheduled) => {
                at_once(self.hub.finish_orphan(execution, scheduled))?;
                state.ledger.orphan_finished(execution, scheduled);
                Ok(Answer::Done)
            }
            Write::Bind(record, module) => {
                state.ledger.hidden_modules.remove(&module.digest);
                at_once(self.hub.bind(record, module)).map(Answer::Bound)
            }
            Write::Unbind(name) => at_once(self.hub.unbind(&name)).map(Answer::Unbound),
            Write::RemoveModule(digest) => {
                let mut removed = at_once(self.hub.remove_module(digest))?;
                if let RemovedModule::Needed(record) = &removed
                    && record.functions.is_empty()
                    && self.is_planted(Planted::RemovesNeededModules)
                {
                    state.ledger.hidden_modules.insert(digest);
                    removed = RemovedModule::Removed;
                }
                Ok(Answer::Removed(removed))
            }
        }
    }

    fn commit(&self, state: &mut State, operation: &Operation) -> Result<Committed, HubError> {
        let instance = operation.instance.clone();
        let before = at_once(self.hub.load(&instance))?;
        let stored = spoil(self, state, operation.clone());
        match at_once(self.hub.commit(stored)) {
            Ok(committed) => {
                state.committed(&self.hub, before, operation);
                Ok(committed)
            }
            Err(error @ HubError::Conflict(_)) => {
                if !state.is_unwanted(operation) {
                    let what = format!("{instance} stands elsewhere than its owner thinks");
                    state.broke(Invariant::OneOwner, what);
                }
                Err(error)
            }
            Err(error) => Err(error),
        }
    }

    /// The host has fallen: some of what it asked for last may have become durable.
    pub(crate) fn fall(&self) {
        let mut state = self.lock();
        let count = state.writes.len();
        let durable = state.rng.random_range(0..=count);
        for _ in 0..durable {
            if let Some(queued) = state.writes.pop_front() {
                let answer = self.take_effect(&mut state, queued.write);
                state.note(format!("write {} was the last: {answer:?}", queued.number));
            }
        }
        state.writes.clear();
        state.answers.clear();
        state.prepared.clear();
        state.overrun.clear();
        state.closing = false;
        state.asking = 0;
        state.waiting.clear();
        state.ledger.host_fell();
    }
}

/// A write on its way. Dropped after it was queued, it may still take effect.
pub(crate) struct Writing {
    world: Arc<World>,
    write: Option<Write>,
    number: u64,
}

impl Future for Writing {
    type Output = Result<Answer, HubError>;

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Self::Output> {
        let world = Arc::clone(&self.world);
        let mut state = world.lock();
        let waker = context.waker().clone();
        if let Some(write) = self.write.take() {
            self.number = state.number();
            state.note(format!("write {}: {}", self.number, brief(&write)));
            let is_commit = matches!(write, Write::Commit(_));
            let number = self.number;
            state.writes.push_back(Queued {
                number,
                write,
                waker,
            });
            if is_commit && world.is_planted(Planted::AnswersBeforeCommit) && state.happens(200) {
                return Poll::Ready(Ok(Answer::Committed(Committed::default())));
            }
            return Poll::Pending;
        }
        if let Some(answered) = state.answers.get_mut(&self.number) {
            if answered.told {
                let answered = state.answers.remove(&self.number);
                let answered = answered.expect("it was just seen");
                if answered.answer.is_ok() {
                    state.ledger.silence(&answered.silences);
                }
                return Poll::Ready(answered.answer);
            }
            answered.waker = waker;
        } else if let Some(queued) = state
            .writes
            .iter_mut()
            .find(|queued| queued.number == self.number)
        {
            queued.waker = waker;
        }
        Poll::Pending
    }
}

impl State {
    pub(crate) fn untold(&self) -> Vec<u64> {
        let untold = self.answers.iter().filter(|(_, answered)| !answered.told);
        untold.map(|(number, _)| *number).collect()
    }

    /// The caller of a write hears of it.
    pub(crate) fn tell(&mut self, number: u64) {
        if let Some(answered) = self.answers.get_mut(&number) {
            answered.told = true;
            answered.waker.wake_by_ref();
        }
    }
}

/// A write in a line of the trace.
fn brief(write: &Write) -> String {
    match write {
        Write::Commit(operation) => {
            let kinds = |events: &[soloist_core::Event]| {
                let kinds = events.iter().map(|event| format!("{:?}", event.kind));
                kinds.collect::<Vec<_>>().join("; ")
            };
            let begins = operation.begins.as_ref();
            format!(
                "{} {:?} {:?} ready={} at {:?} [{}] begins [{}] timers {:?} done {:?} inbox {:?} children {:?}",
                operation.instance,
                operation.status,
                operation.expects,
                operation.ready,
                operation.now,
                kinds(&operation.events),
                begins.map_or_else(String::new, |begin| kinds(&begin.events)),
                operation.timers,
                operation.timers_done,
                operation.inbox_taken,
                operation
                    .children
                    .iter()
                    .map(|start| start.instance.as_str())
                    .collect::<Vec<_>>(),
            )
        }
        other => format!("{other:?}"),
    }
}
