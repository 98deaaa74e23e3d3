//! How a turn is taken.

use super::Execution;
use crate::task::{Task, TaskKind};
use crate::{
    Decision, Dispatch, End, Event, EventId, EventKind, Failure, FunctionName, GivenUp, History,
    NonDeterminism, Parent, Payload, Refusal, Role, SentEvent, Started, Timer, Timestamp, Work,
};

impl Execution {
    /// Marks the point at which the guest runs: what is delivered so far are the facts of this turn. The first turn of an
    /// execution is recorded here, and not before its `start_at`.
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
        decision
    }

    /// The guest has parked: what this turn adds.
    pub fn park(&mut self) -> Decision {
        match self.refusal.take().or_else(|| self.missing("now waits")) {
            Some(refusal) => self.fail_refused(&refusal, None),
            None => self.take_turn(None),
        }
    }

    /// The guest has returned: what this turn adds, with the end of the execution. A guest that was refused something fails
    /// with that, and so does one that ends before it made all the requests in its history.
    pub fn finish(&mut self, result: Result<Payload, Failure>) -> Decision {
        if let Some(refusal) = self.refusal.take().or_else(|| self.missing("now ends")) {
            return self.fail_refused(&refusal, None);
        }
        match (result, self.continue_as_new.take()) {
            // In a run that fails, the failure wins over continue-as-new.
            (Err(failure), _) => self.fail(failure),
            (Ok(output), None) => self.take_turn(Some(End::Completed(output))),
            (Ok(_), Some((input, keep_events))) => {
                let carried = self.carried(keep_events);
                self.take_turn(Some(End::ContinuedAsNew { input, carried }))
            }
        }
    }

    /// The guest has trapped or overrun: what this turn adds, with the failure. A refusal of the host explains a trap
    /// better than the trap itself: it keeps the trap's details.
    pub fn abort(&mut self, failure: Failure) -> Decision {
        match self.refusal.take() {
            Some(refusal) => self.fail_refused(&refusal, failure.details),
            None => self.fail(failure),
        }
    }

    /// What a flood asked for stands in its history, but never begins.
    fn fail_refused(&mut self, refusal: &Refusal, details: Option<String>) -> Decision {
        let asked = EventId::at(self.facts_end);
        let mut decision = self.fail(Failure {
            details,
            ..refusal.failure()
        });
        if refusal.is_of_a_flood() {
            decision.dispatch.clear();
            decision.orphans.retain(|orphan| orphan.scheduled < asked);
        }
        decision
    }

    fn fail(&mut self, failure: Failure) -> Decision {
        self.take_turn(Some(End::Failed(failure)))
    }

    /// The events for the next execution, in order. Those that a suspension holds have not happened.
    fn carried(&self, keep_events: bool) -> Vec<(String, Payload)> {
        let happened = self.external.unconsumed().into_iter();
        let happened = happened
            .filter(|event| keep_events || Some(event.position) > self.position)
            .map(|event| (event.name, event.data));
        let held = self
            .held
            .iter()
            .filter_map(|id| match self.event(*id)?.kind.role() {
                Role::Raised { name, data } => Some((name.to_owned(), data.clone())),
                _ => None,
            });
        happened.chain(held).collect()
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
        // If an operator was faster, the execution has ended already.
        let end = end.filter(|_| !self.ended);
        if let Some(end) = &end {
            self.record(end.to_event());
        }
        let mut decision = self.take_delivered();
        // A replay sets again what is stored.
        if self.custom_status != self.taken_custom_status {
            decision.custom_status.clone_from(&self.custom_status);
            self.taken_custom_status.clone_from(&self.custom_status);
        }
        decision.logs = std::mem::take(&mut self.fresh_logs);
        self.logged = self.logged.max(self.log_lines);
        if let Some(end) = end {
            decision.timers.clear();
            decision.orphans = self.open_activities().collect();
            // Nobody is left to wait for the time of a further attempt. HTTP calls are no orphans: nobody reads their answers.
            let waits = |orphan: &&Dispatch| orphan.attempt > 1;
            let waiting = decision.orphans.iter().filter(waits).cloned();
            decision.dispatch.extend(waiting);
            decision.end = Some(end);
        }
        decision
    }

    fn take_events(&mut self, end: usize) -> Decision {
        let mut decision = Decision {
            events: self.events[self.taken..end].to_vec(),
            ..Decision::default()
        };
        let (first, next) = (self.next_untaken(), EventId::at(end));
        for event in &self.events[self.taken..end] {
            match event.kind.role() {
                Role::Request => self.begin(event, &mut decision),
                Role::Answer { to, .. } => {
                    if let EventKind::TimerFired { .. } = event.kind {
                        decision.timers_done.push(to);
                    }
                    if self
                        .task_at(to)
                        .is_some_and(|task| task.kind == TaskKind::Child)
                    {
                        decision.children_answered.push(to);
                    }
                    self.forget_attempt(to, first, &mut decision);
                }
                Role::Attempt { of, retry_at: at } | Role::Accepted { of, poll_at: at } => {
                    self.forget_attempt(of, first, &mut decision);
                    let is_last = self.task_at(of).is_some_and(|task| {
                        let taken = |id: &&EventId| **id < next;
                        task.closed_at.is_none_or(|closed| closed >= next)
                            && task.pauses.iter().rfind(taken) == Some(&event.id)
                    });
                    if is_last {
                        decision.timers.push(Timer {
                            scheduled: of,
                            fire_at: at,
                        });
                    }
                }
                Role::Told => decision.messages.extend(sent(&event.kind)),
                Role::Cancel(to) => self.give_up(to, first, &mut decision),
                Role::End => {
                    if let EventKind::ExecutionTerminated { reason } = &event.kind {
                        decision.end = Some(End::Terminated(reason.clone()));
                    }
                }
                Role::Start(Started {
                    start_at: Some(at), ..
                }) if *at > event.timestamp => decision.timers.push(Timer {
                    scheduled: event.id,
                    fire_at: *at,
                }),
                Role::Start(Started {
                    parent:
                        Some(Parent {
                            deadline: Some(at), ..
                        }),
                    ..
                }) => decision.timers.push(Timer {
                    scheduled: event.id,
                    fire_at: *at,
                }),
                Role::Began if self.started.start_at.is_some() && first > EventId::FIRST => {
                    decision.timers_done.push(EventId::FIRST);
                }
                Role::Start(_)
                | Role::Began
                | Role::Raised { .. }
                | Role::Suspended
                | Role::Resumed
                | Role::Void
                | Role::Rewound(_) => {}
            }
        }
        self.taken = end;
        if decision.end.is_some() {
            decision.dispatch.clear();
            decision.timers.clear();
        }
        decision
    }

    /// What was asked for begins, unless it was given up in the same turn.
    fn begin(&self, event: &Event, decision: &mut Decision) {
        let scheduled = event.id;
        if self.task_at(scheduled).is_none_or(Task::is_closed) {
            return;
        }
        if let EventKind::TimerCreated { fire_at } = event.kind {
            decision.timers.push(Timer { scheduled, fire_at });
        } else if let Some(work) = self.work_of(event) {
            decision.dispatch.push(Dispatch {
                scheduled,
                attempt: 1,
                work,
            });
        }
    }

    /// A timer that an earlier decision kept for the next attempt or poll is over.
    fn forget_attempt(&self, scheduled: EventId, first: EventId, decision: &mut Decision) {
        let was_kept = self.task_at(scheduled).is_some_and(|task| {
            let pause = task.pauses.first();
            pause.is_some_and(|pause| *pause < first)
        });
        if was_kept && !decision.timers_done.contains(&scheduled) {
            decision.timers_done.push(scheduled);
        }
    }

    /// The attempt or poll whose time has come: the request at `scheduled` is open, and the last attempt at it that failed, or
    /// was accepted, asked for another at `at`. A timer of an earlier attempt may fire again, late: it begins nothing.
    pub fn next_attempt(&self, scheduled: EventId, at: Timestamp) -> Option<Dispatch> {
        let task = self.task_at(scheduled)?;
        let pause = self.event(*task.pauses.last()?)?;
        let next = match pause.kind {
            EventKind::AttemptFailed { retry_at, .. } => retry_at,
            EventKind::HttpAccepted { poll_at, .. } => poll_at,
            _ => return None,
        };
        let is_due = task.is_to_be_answered() && next == at;
        is_due.then(|| self.dispatch_of(task)).flatten()
    }

    /// True if the request at `scheduled` is neither answered nor given up, also by what no decision has taken yet.
    pub fn waits_for(&self, scheduled: EventId) -> bool {
        self.task_at(scheduled).is_some_and(Task::is_to_be_answered)
    }

    /// Children that are to be answered, and whose next attempt waits for no timer.
    pub(crate) fn open_children(&self) -> Vec<Dispatch> {
        let tasks = self.tasks.iter();
        tasks
            .filter(|task| task.kind == TaskKind::Child && !task.is_closed())
            .filter(|task| task.pauses.is_empty())
            .filter_map(|task| self.dispatch_of(task))
            .collect()
    }

    fn dispatch_of(&self, task: &Task) -> Option<Dispatch> {
        let event = self.event(task.request)?;
        let mut work = self.work_of(event)?;
        if let Work::Http { poll, .. } = &mut work {
            *poll = self.accepted(task).map(|(uri, _)| uri.to_owned());
        }
        Some(Dispatch {
            scheduled: event.id,
            attempt: task.attempt(),
            work,
        })
    }

    /// What was given up stops, unless it was asked for after `first` and so never began, or is answered.
    fn give_up(&self, scheduled: EventId, first: EventId, decision: &mut Decision) {
        let Some(task) = self.task_at(scheduled) else {
            return;
        };
        if task.request >= first || task.answered {
            return;
        }
        match task.kind {
            TaskKind::Timer => decision.timers_done.push(scheduled),
            TaskKind::Work => {
                decision.interrupt.push(scheduled);
                self.forget_attempt(scheduled, first, decision);
            }
            TaskKind::Child => {
                if let Some(EventKind::ChildScheduled { instance_id, .. }) =
                    self.event(scheduled).map(|event| &event.kind)
                {
                    let instance = self.id().child_id(scheduled, instance_id.as_ref());
                    decision.given_up.push(GivenUp {
                        scheduled,
                        instance,
                    });
                }
                self.forget_attempt(scheduled, first, decision);
            }
            TaskKind::EventWait => {}
        }
    }

    fn work_of(&self, event: &Event) -> Option<Work> {
        match &event.kind {
            EventKind::ChildScheduled {
                name,
                input,
                instance_id,
                retry,
            } => Some(Work::Child {
                name: name.clone(),
                input: input.clone(),
                instance: self.id().child_id(event.id, instance_id.as_ref()),
                timeout: retry.as_ref().and_then(|policy| policy.attempt_timeout),
            }),
            kind => work_of(kind, &self.started.function),
        }
    }

    /// Work that the host runs, was asked for, is not answered and not cancelled: no children.
    pub fn open_work(&self) -> impl Iterator<Item = Dispatch> + '_ {
        self.tasks
            .iter()
            .filter(|task| task.is_open_work())
            .filter_map(|task| self.dispatch_of(task))
    }

    fn open_activities(&self) -> impl Iterator<Item = Dispatch> + '_ {
        self.open_work()
            .filter(|dispatch| matches!(dispatch.work, Work::Activity { .. }))
    }
}

impl History {
    /// Work that the host runs, was asked for, is not answered and not cancelled, and whose next attempt or poll waits for no
    /// timer. Children are not among it: what asks for them is stored until they are started.
    pub fn open_work(&self) -> Vec<Dispatch> {
        let function = &self.started().function;
        let mut open: Vec<Option<Dispatch>> = Vec::new();
        for event in self.events() {
            open.push(work_of(&event.kind, function).map(|work| Dispatch {
                scheduled: event.id,
                attempt: 1,
                work,
            }));
            let closed = match &event.kind {
                EventKind::TaskCompleted { scheduled, .. }
                | EventKind::TaskFailed { scheduled, .. }
                | EventKind::AttemptFailed { scheduled, .. }
                | EventKind::HttpAccepted { scheduled, .. }
                | EventKind::TaskCanceled { scheduled } => *scheduled,
                _ => continue,
            };
            open[usize::try_from(closed.get() - 1).expect("a history fits into memory")] = None;
        }
        open.into_iter().flatten().collect()
    }
}

fn sent(kind: &EventKind) -> Option<SentEvent> {
    match kind {
        EventKind::EventSent {
            instance_id,
            name,
            data,
        } => Some(SentEvent {
            instance_id: instance_id.clone(),
            name: name.clone(),
            data: data.clone(),
        }),
        _ => None,
    }
}

/// What the host is to run itself.
fn work_of(kind: &EventKind, function: &FunctionName) -> Option<Work> {
    match kind {
        EventKind::TaskScheduled { name, input, retry } => Some(Work::Activity {
            name: name.clone(),
            input: input.clone(),
            retry: retry.clone(),
        }),
        EventKind::HttpScheduled { request, retry } => Some(Work::Http {
            function: function.clone(),
            request: request.clone(),
            poll: None,
            retry: retry.clone(),
        }),
        _ => None,
    }
}
