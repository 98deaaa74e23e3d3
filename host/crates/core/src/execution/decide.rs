//! How a turn is taken.

use super::Execution;
use crate::task::{Task, TaskKind};
use crate::{
    Decision, Dispatch, End, Event, EventKind, Failure, History, NonDeterminism, Payload, Refusal,
    Timer, Timestamp, Work,
};

impl Execution {
    /// Marks the point at which the guest runs: what is delivered so far are the facts of this turn. The first turn of an
    /// execution is recorded here.
    pub fn begin_turn(&mut self, now: Timestamp) {
        self.clock = self.clock.max(now);
        if self.position.is_none() {
            self.record(EventKind::ExecutionBegan {});
        }
        self.facts_end = self.events.len();
        self.open_work_at_facts_end = self.open_work;
    }

    /// What came in before the guest ran, without what the guest has done since: for a turn that takes long, whose facts
    /// are to be durable before it ends.
    pub fn take_facts(&mut self) -> Decision {
        let mut decision = self.take_events(self.facts_end);
        decision.open_work = self.open_work_at_facts_end;
        decision
    }

    /// What is new, without a turn: facts that do not let the guest go on.
    pub fn take_delivered(&mut self) -> Decision {
        let mut decision = self.take_events(self.events.len());
        decision.open_work = self.open_work;
        if let Some(Event {
            kind: EventKind::ExecutionTerminated { reason },
            ..
        }) = decision.events.last()
        {
            decision.end = Some(End::Terminated(reason.clone()));
        }
        decision
    }

    /// The guest has parked: what this turn adds.
    pub fn park(&mut self) -> Decision {
        if let Some(refusal) = self.missing("now waits") {
            return self.fail(refusal.failure());
        }
        self.take_turn(None)
    }

    /// The guest has returned: what this turn adds, with the end of the execution. A guest that was refused something fails
    /// with that, and so does one that ends before it made all the requests in its history.
    pub fn finish(&mut self, result: Result<Payload, Failure>) -> Decision {
        let refusal = self.refusal.take().or_else(|| self.missing("now ends"));
        if let Some(refusal) = refusal {
            return self.fail(refusal.failure());
        }
        match (result, self.continue_as_new.take()) {
            // In a run that fails, the failure wins over continue-as-new.
            (Err(failure), _) => self.fail(failure),
            (Ok(output), None) => {
                self.record(EventKind::ExecutionCompleted {
                    output: output.clone(),
                });
                self.take_turn(Some(End::Completed(output)))
            }
            (Ok(_), Some((input, keep_events))) => {
                let seen = self.position;
                let carried = self.external.unconsumed().into_iter();
                let carried = carried.filter(|event| keep_events || Some(event.position) > seen);
                let carried = carried.map(|event| (event.name, event.data)).collect();
                self.record(EventKind::ContinuedAsNew {
                    input: input.clone(),
                });
                self.take_turn(Some(End::ContinuedAsNew { input, carried }))
            }
        }
    }

    /// The guest has trapped or overrun: what this turn adds, with the failure. A refusal of the host explains a trap
    /// better than the trap itself: it keeps the trap's details.
    pub fn abort(&mut self, mut failure: Failure) -> Decision {
        if let Some(refusal) = self.refusal.take() {
            failure = Failure {
                details: failure.details,
                ..refusal.failure()
            };
        }
        self.fail(failure)
    }

    fn fail(&mut self, failure: Failure) -> Decision {
        self.record(EventKind::ExecutionFailed {
            failure: failure.clone(),
        });
        self.take_turn(Some(End::Failed(failure)))
    }

    /// The request in history that the guest should have made before it stopped.
    fn missing(&self, instead: &'static str) -> Option<Refusal> {
        let at = self.next_recorded()?;
        let recorded = Box::new(self.event(at)?.kind.clone());
        Some(
            NonDeterminism::Missing {
                at,
                recorded,
                instead,
            }
            .into(),
        )
    }

    fn take_turn(&mut self, end: Option<End>) -> Decision {
        let mut decision = self.take_events(self.events.len());
        decision.open_work = self.open_work;
        decision.custom_status = self
            .custom_status
            .clone()
            .filter(|_| std::mem::take(&mut self.custom_status_is_fresh));
        decision.logs = std::mem::take(&mut self.fresh_logs);
        self.logged = self.logged.max(self.log_lines);
        if end.is_some() {
            decision.orphans = self.open_activities().collect();
        }
        decision.end = end;
        decision
    }

    fn take_events(&mut self, end: usize) -> Decision {
        let mut decision = Decision {
            events: self.events[self.taken..end].to_vec(),
            ..Decision::default()
        };
        let first = self.taken;
        self.taken = end;
        for event in &self.events[first..end] {
            match &event.kind {
                EventKind::TimerCreated { fire_at } => {
                    decision.timers.push(Timer {
                        scheduled: event.id,
                        fire_at: *fire_at,
                    });
                }
                EventKind::TimerFired { timer } => decision.timers_done.push(*timer),
                EventKind::TaskCanceled { scheduled } => {
                    match self.task_at(*scheduled).map(|task| task.kind) {
                        Some(TaskKind::Timer) => decision.timers_done.push(*scheduled),
                        Some(TaskKind::Work) => decision.interrupt.push(*scheduled),
                        Some(TaskKind::EventWait) | None => {}
                    }
                }
                kind => {
                    // What was cancelled in the turn that asked for it never begins.
                    if self.task_at(event.id).is_some_and(Task::is_open_work)
                        && let Some(work) = work_of(kind)
                    {
                        decision.dispatch.push(Dispatch {
                            scheduled: event.id,
                            work,
                        });
                    }
                }
            }
        }
        // A timer that was made and cancelled in one turn was never kept.
        let done = &mut decision.timers_done;
        decision.timers.retain(|timer| {
            match done.iter().position(|done| *done == timer.scheduled) {
                Some(index) => {
                    done.swap_remove(index);
                    false
                }
                None => true,
            }
        });
        decision
    }

    /// Work that was asked for, is not answered and not cancelled.
    pub fn open_work(&self) -> impl Iterator<Item = Dispatch> + '_ {
        self.tasks
            .iter()
            .filter(|task| task.is_open_work())
            .filter_map(|task| {
                let event = self.event(task.request)?;
                Some(Dispatch {
                    scheduled: event.id,
                    work: work_of(&event.kind)?,
                })
            })
    }

    fn open_activities(&self) -> impl Iterator<Item = Dispatch> + '_ {
        self.open_work()
            .filter(|dispatch| matches!(dispatch.work, Work::Activity { .. }))
    }
}

impl History {
    /// Work that was asked for, is not answered and not cancelled.
    pub fn open_work(&self) -> Vec<Dispatch> {
        let mut open: Vec<Option<Dispatch>> = Vec::new();
        for event in self.events() {
            open.push(work_of(&event.kind).map(|work| Dispatch {
                scheduled: event.id,
                work,
            }));
            let closed = match &event.kind {
                EventKind::TaskCompleted { scheduled, .. }
                | EventKind::TaskFailed { scheduled, .. }
                | EventKind::TaskCanceled { scheduled } => *scheduled,
                _ => continue,
            };
            open[usize::try_from(closed.get() - 1).expect("a history fits into memory")] = None;
        }
        open.into_iter().flatten().collect()
    }
}

fn work_of(kind: &EventKind) -> Option<Work> {
    match kind {
        EventKind::TaskScheduled { name, input, retry } => Some(Work::Activity {
            name: name.clone(),
            input: input.clone(),
            retry: retry.clone(),
        }),
        EventKind::ChildScheduled { name, .. } => Some(Work::Child { name: name.clone() }),
        EventKind::HttpScheduled { .. } => Some(Work::Http),
        _ => None,
    }
}
