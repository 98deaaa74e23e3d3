//! What a hub with a planted fault makes of an operation.

use soloist_core::{Event, EventKind, Fact, Payload, Timestamp};
use soloist_engine::{Expects, Loaded, Message, Operation, RuntimeStatus, TaskHub};

use crate::planted::Planted;
use crate::world::{State, World};
use crate::writer::at_once;

/// The operation as the hub takes it.
pub(crate) fn spoil(world: &World, state: &mut State, mut operation: Operation) -> Operation {
    let Some(planted) = world.planted else {
        return operation;
    };
    match planted {
        Planted::DropsCarriedEvents => {
            let continues = operation.events.last().map(|event| &event.kind);
            if matches!(continues, Some(EventKind::ContinuedAsNew { .. }))
                && let Some(begin) = &mut operation.begins
            {
                begin.events.truncate(1);
            }
        }
        Planted::BeginsEarlier => {
            let begin = operation.begins.iter_mut();
            if let Some(first) = begin.flat_map(|begin| &mut begin.events).next() {
                first.timestamp = Timestamp::default();
            }
        }
        Planted::ForgetsReady => operation.ready = false,
        Planted::ForgetsOpenWork => operation.open_work = 0,
        Planted::ForgetsOrphans => operation.orphans.clear(),
        Planted::ForgetsTimers => operation.timers.clear(),
        Planted::KeepsTimersDone => operation.timers_done.clear(),
        Planted::LosesLogs => drop(operation.logs.pop()),
        Planted::ForgetsCustomStatus => operation.custom_status = None,
        Planted::DeliversAgain => operation.inbox_taken.clear(),
        Planted::ForgetsSuspensions if operation.status == RuntimeStatus::Suspended => {
            operation.status = RuntimeStatus::Running;
        }
        Planted::RecordsAnswersTwice => {
            let is_answer = |event: &&Event| matches!(event.kind, EventKind::TaskCompleted { .. });
            let answer = operation.events.iter().find(is_answer).cloned();
            if let (Some(answer), Some(last)) = (answer, operation.events.last()) {
                operation.events.push(Event {
                    id: last.id.next(),
                    timestamp: last.timestamp,
                    ..answer
                });
            }
        }
        Planted::LosesChildStarts
        | Planted::KeepsChildStarts
        | Planted::LosesChildAnswers
        | Planted::DoublesChildAnswers
        | Planted::KeepsGivenUp
        | Planted::HidesGivenUp
        | Planted::KeepsChildrenOfTheTerminated => spoil_family(planted, state, &mut operation),
        Planted::LeavesTheEnd => {
            if let Some(voids) = &mut operation.voids {
                voids.events.pop();
            }
        }
        Planted::LosesMessages => operation.messages.clear(),
        Planted::ForgetsTheLiving if operation.expects == Expects::NotLive => {
            append(world, &operation, || EventKind::ExecutionTerminated {
                reason: None,
            });
        }
        Planted::RaisesBehindTheOwner if state.happens(50) => {
            append(world, &operation, || EventKind::EventRaised {
                name: "a".to_owned(),
                data: Payload::null(),
            });
        }
        Planted::ForgetsTheLiving
        | Planted::ForgetsSuspensions
        | Planted::DoublesMessages
        | Planted::NeverAnswers
        | Planted::LiesAboutChildStarts
        | Planted::IgnoresInterrupts
        | Planted::WakesNobody
        | Planted::EndsDelaysEarly
        | Planted::RunsTwice
        | Planted::SleepsForEver
        | Planted::RaisesBehindTheOwner
        | Planted::AnswersBeforeCommit
        | Planted::HidesReady
        | Planted::RemovesNeededModules
        | Planted::CommitsTheRefused
        | Planted::AnswersOfEarlierLives
        | Planted::AnswersAttemptsAgain
        | Planted::ClockIsDeaf
        | Planted::IdsRepeat
        | Planted::PeeksInReplay
        | Planted::TroubleIsFailure
        | Planted::NothingIsHeld
        | Planted::AnyAnswerIsDone
        | Planted::AssignOnArrival => {}
    }
    operation
}

/// What it makes of parents and children.
fn spoil_family(planted: Planted, state: &State, operation: &mut Operation) {
    match planted {
        Planted::LosesChildStarts => operation.children.clear(),
        Planted::KeepsChildStarts => {
            let begun = operation.begins.as_ref();
            let parent = begun.and_then(|begin| begin.started.parent.as_ref());
            let key = parent.map(|parent| (parent.execution, parent.scheduled));
            let start = key.and_then(|key| state.ledger.starts.get(&key));
            operation.children.extend(start.cloned());
        }
        Planted::LosesChildAnswers => {
            let is_answer = |message: &Message| matches!(message.fact, Fact::Answer { .. });
            operation.messages.retain(|message| !is_answer(message));
        }
        Planted::DoublesChildAnswers => {
            let is_answer = |message: &&Message| matches!(message.fact, Fact::Answer { .. });
            let answer = operation.messages.iter().find(is_answer).cloned();
            operation.messages.extend(answer);
        }
        Planted::KeepsGivenUp => operation.children_closed.clear(),
        Planted::HidesGivenUp => {
            let gives_up = |message: &Message| matches!(message.fact, Fact::GivenUp { .. });
            operation.messages.retain(|message| !gives_up(message));
        }
        Planted::KeepsChildrenOfTheTerminated => {
            let instance = &operation.instance;
            let has_orphans = state.ledger.orphans.values().any(|of| of == instance);
            operation.drop_orphans &= has_orphans;
        }
        _ => {}
    }
}

/// Writes an event into the history of a live instance, past its owner.
fn append(world: &World, asked: &Operation, kind: impl FnOnce() -> EventKind) {
    let Ok(Some(loaded)) = at_once(world.hub.load(&asked.instance)) else {
        return;
    };
    let Loaded {
        history, status, ..
    } = loaded;
    if !status.is_live() {
        return;
    }
    let (next, last) = (history.next_event(), history.events().last());
    let event = Event {
        id: next,
        timestamp: last.map_or(asked.now, |event| event.timestamp),
        kind: kind(),
    };
    let ends = matches!(event.kind, EventKind::ExecutionTerminated { .. });
    let operation = Operation {
        instance: asked.instance.clone(),
        expects: Expects::At {
            execution: history.started().execution,
            next,
        },
        events: vec![event],
        begins: None,
        status: if ends {
            RuntimeStatus::Terminated
        } else {
            status
        },
        custom_status: None,
        ready: !ends,
        open_work: u32::try_from(history.open_work().len()).unwrap_or_default(),
        timers: Vec::new(),
        timers_done: Vec::new(),
        orphans: Vec::new(),
        drop_orphans: false,
        logs: Vec::new(),
        last_logs: Vec::new(),
        messages: Vec::new(),
        children: Vec::new(),
        children_closed: Vec::new(),
        voids: None,
        inbox_taken: Vec::new(),
        now: asked.now,
    };
    // Where it stands elsewhere, there is no harm to be done.
    drop(at_once(world.hub.commit(operation)));
}
