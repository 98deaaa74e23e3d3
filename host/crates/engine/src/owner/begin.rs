//! How an execution begins: by a start, in place of another, or after one that continued as new.

use soloist_core::{
    Decision, EventId, Execution, Fact, ModuleDigest, Payload, Started as StartedEvent, Timer,
    Timestamp,
};

use super::{Desk, Live};
use crate::mailbox::AdmittedStart;
use crate::{Begin, FunctionKind, Guests, Platform, TaskHub};

/// An execution that takes the place of another.
pub(super) struct Next {
    pub(super) execution: Execution,
    pub(super) begin: Begin,
    /// The delay of its start, or its deadline.
    pub(super) timers: Vec<Timer>,
}

impl<H: TaskHub, G: Guests, P: Platform> Desk<H, G, P> {
    /// How the execution of a start is started.
    pub(super) fn started(&self, start: &AdmittedStart) -> StartedEvent {
        StartedEvent {
            execution: self.shared.platform.new_execution_id(),
            function: start.function.clone(),
            module: start.module,
            input: start.input.clone(),
            nonce: self.shared.platform.new_nonce(),
            parent: start.parent.clone(),
            pin: start.pin,
            generation: 0,
            start_at: start.start_at,
            tags: start.tags.clone(),
        }
    }

    /// A new execution, not durable yet.
    pub(super) fn begin(&self, start: &AdmittedStart) -> Live<G::Orchestrator> {
        let started = self.started(start);
        let now = self.shared.platform.now();
        let mut live = Live::new(Execution::start(self.id.clone(), started, now));
        live.is_new = true;
        live
    }

    /// The timer of a delayed start may have fired for nothing, while the instance was suspended or queued.
    pub(super) fn keep_delay(&self, live: &Live<G::Orchestrator>) {
        let execution = live.execution();
        let until = execution.delayed_until().filter(|_| !live.queued);
        if let Some(fire_at) = until {
            let scheduled = EventId::FIRST;
            self.keep_timer(execution.id(), Timer { scheduled, fire_at });
        }
    }

    /// How the next execution of a chain is started, but for its input.
    pub(super) fn successor(&self, live: &Live<G::Orchestrator>) -> StartedEvent {
        let execution = live.execution();
        let before = execution.started();
        StartedEvent {
            execution: self.shared.platform.new_execution_id(),
            nonce: self.shared.platform.new_nonce(),
            module: self.newest_module(before),
            generation: before.generation + 1,
            start_at: None,
            ..before.clone()
        }
    }

    /// The module that the function has now; its own of an execution that is pinned, or whose function is gone.
    pub(super) fn newest_module(&self, before: &StartedEvent) -> ModuleDigest {
        let newest = self.shared.functions.get(&before.function);
        newest
            .filter(|function| !before.pin && function.kind == FunctionKind::Orchestrator)
            .map_or(before.module, |function| function.digest)
    }

    pub(super) fn begin_next(
        &self,
        started: StartedEvent,
        carried: &[(String, Payload)],
        now: Timestamp,
    ) -> Next {
        let mut next = Execution::start(self.id.clone(), started.clone(), now);
        for (name, data) in carried {
            next.deliver(
                Fact::EventRaised {
                    name: name.clone(),
                    data: data.clone(),
                },
                now,
            );
        }
        let Decision { events, timers, .. } = next.take_delivered();
        Next {
            execution: next,
            begin: Begin { started, events },
            timers,
        }
    }
}
