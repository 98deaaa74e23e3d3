//! The guest's counterpart. This file holds what its owner does with it; `asks.rs` what the guest does, `waits.rs` how it
//! waits, `facts.rs` how what comes from outside is recorded, `decide.rs` how a turn is taken.

mod asks;
mod decide;
mod facts;
#[cfg(test)]
mod tests;
mod waits;

use crate::events_by_name::{EventsByName, Unconsumed};
use crate::log::LogLine;
use crate::task::Task;
use crate::{
    Event, EventId, EventKind, ExecutionId, Fact, History, InstanceId, Payload, Position, Refusal,
    Role, Started, Timer, Timestamp,
};

pub use asks::{REQUESTS_AT_ONCE_MAX, REQUESTS_MAX};
pub use waits::Waiting;

/// The state machine between one guest and its history, live or replaying. It has no input or output of its own.
///
/// The owner delivers facts and takes decisions; the guest, through its host functions, asks and waits. The same object
/// serves a first run, a hot resume and a replay.
///
/// ```
/// # use soloist_core::*;
/// # let started = Started { execution: ExecutionId::new(Default::default()), function: "f".parse()?, module: ModuleDigest::new([0; 32]),
/// #     input: Payload::null(), nonce: Nonce::new(0), parent: None, pin: false, generation: 0,
/// #     start_at: None, tags: Default::default() };
/// let now = Timestamp::from_millis(1_000);
/// let mut execution = Execution::start("night-7".parse()?, started, now);
/// execution.begin_turn(now); // the guest runs:
/// let task = execution.perform(Action::CreateTimer { fire_at: Timestamp::from_millis(2_000) })?;
/// assert_eq!(execution.await_task(task)?, None); // and parks
/// let decision = execution.park();
/// assert_eq!(decision.timers.len(), 1); // the owner commits this
///
/// execution.deliver(Fact::TimerFired { timer: decision.timers[0].scheduled }, Timestamp::from_millis(2_001));
/// assert!(execution.is_runnable());
/// execution.begin_turn(now); // the guest goes on:
/// assert!(execution.await_task(task)?.is_some());
/// assert_eq!(execution.current_time().as_millis(), 2_001);
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug)]
pub struct Execution {
    instance: InstanceId,
    started: Started,
    /// The whole history, also what no decision has taken yet.
    events: Vec<Event>,
    /// How many of `events` decisions have taken.
    taken: usize,
    /// Where this turn's facts end and the guest's requests begin.
    facts_end: usize,
    /// Whether work was open at `facts_end`.
    open_work_at_facts_end: u32,
    /// The latest time that the owner has told.
    clock: Timestamp,
    /// Requests and cancellations that history held when it was loaded, in order; the guest has repeated the first
    /// `replayed` of them.
    recorded: Vec<EventId>,
    replayed: usize,
    /// All tasks of history; the guest knows the first `performed`.
    tasks: Vec<Task>,
    performed: usize,
    /// How many requests and cancellations the guest has made since it last consumed an answer, in this and in every run.
    asked_at_once: usize,
    open_work: u32,
    external: EventsByName,
    /// How far the guest has seen; `None` before its first turn.
    position: Option<Position>,
    suspended: bool,
    /// Answers and events since the suspension: they happen when it ends.
    held: Vec<EventId>,
    ended: bool,
    /// It is a child that took too long, and ended for that.
    expired: bool,
    guids: u64,
    log_lines: u32,
    /// The text of these lines, in bytes, also of those that were stored earlier: so it is the same in every run.
    log_bytes: usize,
    /// How many log lines earlier turns have stored.
    logged: u32,
    fresh_logs: Vec<LogLine>,
    custom_status: Option<Payload>,
    /// The custom status that decisions have taken.
    taken_custom_status: Option<Payload>,
    continue_as_new: Option<(Payload, bool)>,
    waiting: Option<Waiting>,
    refusal: Option<Refusal>,
}

impl Execution {
    /// A new execution: its history begins with its start.
    pub fn start(instance: InstanceId, started: Started, now: Timestamp) -> Self {
        let mut execution = Self::empty(instance, started.clone(), now);
        execution.record(EventKind::ExecutionStarted(Box::new(started)));
        execution
    }

    /// The execution that `history` tells of; the guest is to be run from its beginning. `logged` is the number of its log
    /// lines that are stored, `custom_status` what is stored of that.
    pub fn load(
        instance: InstanceId,
        history: History,
        logged: u32,
        custom_status: Option<Payload>,
    ) -> Self {
        let mut execution = Self::empty(instance, history.started().clone(), Timestamp::default());
        execution.logged = logged;
        execution.custom_status.clone_from(&custom_status);
        execution.taken_custom_status = custom_status;
        for event in history.into_events() {
            execution.clock = event.timestamp;
            execution.absorb(event);
        }
        execution.taken = execution.events.len();
        execution.facts_end = execution.taken;
        execution.open_work_at_facts_end = execution.open_work;
        execution
    }

    fn empty(instance: InstanceId, started: Started, clock: Timestamp) -> Self {
        Self {
            instance,
            started,
            events: Vec::new(),
            taken: 0,
            facts_end: 0,
            open_work_at_facts_end: 0,
            clock,
            recorded: Vec::new(),
            replayed: 0,
            tasks: Vec::new(),
            performed: 0,
            asked_at_once: 0,
            open_work: 0,
            external: EventsByName::default(),
            position: None,
            suspended: false,
            held: Vec::new(),
            ended: false,
            expired: false,
            guids: 0,
            log_lines: 0,
            log_bytes: 0,
            logged: 0,
            fresh_logs: Vec::new(),
            custom_status: None,
            taken_custom_status: None,
            continue_as_new: None,
            waiting: None,
            refusal: None,
        }
    }

    /// A new fact, in the order that its owner gives it. Returns false, and records nothing, if it makes no difference: an
    /// answer to a request that is answered or cancelled, a suspension while suspended, anything after the end.
    ///
    /// The guest may be in its turn. If it is terminated there, it can ask for nothing more, and the turn ends with that.
    pub fn deliver(&mut self, fact: Fact, now: Timestamp) -> bool {
        if self.ended {
            return false;
        }
        self.clock = self.clock.max(now);
        match &fact {
            Fact::Answer { scheduled, .. } => {
                let is_open = Task::is_to_be_answered;
                if !self.task_at(*scheduled).is_some_and(is_open) {
                    return false;
                }
            }
            Fact::HttpUnsuccessful { scheduled, .. } => {
                if !self.task_at(*scheduled).is_some_and(Task::is_open_work) {
                    return false;
                }
            }
            Fact::HttpAccepted { scheduled, .. } => {
                let request = self.event(*scheduled).map(|request| &request.kind);
                let is_open = self.task_at(*scheduled).is_some_and(Task::is_open_work);
                if !is_open || !matches!(request, Some(EventKind::HttpScheduled { .. })) {
                    return false;
                }
            }
            Fact::TimerFired {
                timer: EventId::FIRST,
            } => {
                let Some(deadline) = self.deadline() else {
                    // The delay of the start is over: the first turn is what records that.
                    let start_at = self.started.start_at;
                    self.clock = start_at.map_or(self.clock, |at| self.clock.max(at));
                    return false;
                };
                self.clock = self.clock.max(deadline);
                self.expired = true;
            }
            Fact::TimerFired { timer } => {
                let fire_at = self.event(*timer).and_then(|event| match event.kind {
                    EventKind::TimerCreated { fire_at } => Some(fire_at),
                    _ => None,
                });
                let Some(fire_at) =
                    fire_at.filter(|_| self.task_at(*timer).is_some_and(|task| !task.is_closed()))
                else {
                    return false;
                };
                self.clock = self.clock.max(fire_at);
            }
            Fact::GivenUp {
                execution,
                scheduled,
            } if !self.is_child_of(*execution, *scheduled) => return false,
            Fact::Suspended { .. } if self.suspended => return false,
            Fact::Resumed { .. } if !self.suspended => return false,
            Fact::EventRaised { .. }
            | Fact::Suspended { .. }
            | Fact::Resumed { .. }
            | Fact::Terminated { .. }
            | Fact::GivenUp { .. } => {}
        }
        let event = self.event_of(fact);
        self.record(event);
        true
    }

    /// Appends an event at the present time.
    fn record(&mut self, kind: EventKind) -> EventId {
        let id = EventId::at(self.events.len());
        self.absorb(Event {
            id,
            timestamp: self.clock,
            kind,
        });
        id
    }

    /// Takes an event into the state. A stored history and a live one go through here alike.
    fn absorb(&mut self, event: Event) {
        let id = event.id;
        match event.kind.role() {
            Role::Start(_) | Role::Void => {}
            Role::Began => self.position = Some(Position::of(id)),
            Role::Request => {
                let task = Task::new(id, &event.kind);
                self.open_work += u32::from(task.is_open_work());
                self.tasks.push(task);
                self.recorded.push(id);
            }
            Role::Told => self.recorded.push(id),
            Role::Cancel(to) => {
                self.close(to, id, |task| task.canceled = true);
                self.recorded.push(id);
            }
            Role::Answer { to, .. } => {
                self.close(to, id, |task| task.answered = true);
                self.come(&event);
            }
            Role::Raised { .. } => self.come(&event),
            Role::Attempt { of, .. } => {
                if let Some(task) = self.task_at_mut(of) {
                    task.failed_attempts += 1;
                    task.pauses.push(id);
                }
            }
            Role::Accepted { of, .. } => {
                if let Some(task) = self.task_at_mut(of) {
                    task.accepted += 1;
                    task.failed_attempts = 0;
                    task.pauses.push(id);
                }
            }
            Role::Suspended => self.suspended = true,
            Role::Resumed => {
                self.suspended = false;
                for held in std::mem::take(&mut self.held) {
                    let position = Position {
                        stands_at: id,
                        recorded_at: held,
                        canceled_at: None,
                    };
                    let held = self.event(held).expect("what is held was recorded");
                    self.happen(position, &held.kind.clone());
                }
            }
            Role::End => self.ended = true,
            Role::Rewound(module) => {
                self.started.module = module;
                if let Some(parent) = &mut self.started.parent {
                    parent.deadline = None;
                }
            }
        }
        self.events.push(event);
    }

    /// An answer or an external event came: it happens here, or when the suspension ends.
    fn come(&mut self, event: &Event) {
        if self.holds_back() {
            self.held.push(event.id);
        } else {
            self.happen(Position::of(event.id), &event.kind);
        }
    }

    fn holds_back(&self) -> bool {
        #[cfg(any(test, feature = "testing"))]
        if crate::tempting::Tempting::NothingIsHeld.is_in_force() {
            return false;
        }
        self.suspended
    }

    fn happen(&mut self, position: Position, kind: &EventKind) {
        match kind.role() {
            Role::Answer { to, result } => {
                // The code may have given up a task whose answer was held.
                if let Some(task) = self.task_at_mut(to).filter(|task| !task.canceled) {
                    task.answer = Some((position, result));
                }
            }
            Role::Raised { name, data } => self.external.raise(Unconsumed {
                position,
                name: name.to_owned(),
                data: data.clone(),
            }),
            _ => unreachable!("only answers and external events happen"),
        }
    }

    /// No further answer to this request will be recorded.
    fn close(&mut self, request: EventId, by: EventId, how: impl FnOnce(&mut Task)) {
        if let Some(task) = self.task_at_mut(request) {
            let was_open = task.is_open_work();
            task.closed_at.get_or_insert(by);
            how(task);
            self.open_work -= u32::from(was_open);
        }
    }

    fn task_at(&self, request: EventId) -> Option<&Task> {
        self.tasks
            .binary_search_by_key(&request, |task| task.request)
            .ok()
            .map(|index| &self.tasks[index])
    }

    fn task_at_mut(&mut self, request: EventId) -> Option<&mut Task> {
        self.tasks
            .binary_search_by_key(&request, |task| task.request)
            .ok()
            .map(|index| &mut self.tasks[index])
    }

    fn event(&self, id: EventId) -> Option<&Event> {
        self.events
            .get(usize::try_from(id.get()).ok()?.checked_sub(1)?)
    }

    /// The instance that this is an execution of.
    pub fn instance(&self) -> &InstanceId {
        &self.instance
    }

    /// How it was started.
    pub fn started(&self) -> &Started {
        &self.started
    }

    /// Its id.
    pub fn id(&self) -> ExecutionId {
        self.started.execution
    }

    /// True if the request at the event `scheduled` of the execution `execution` made it.
    pub fn is_child_of(&self, execution: ExecutionId, scheduled: EventId) -> bool {
        let parent = self.started.parent.as_ref();
        parent.is_some_and(|parent| (parent.execution, parent.scheduled) == (execution, scheduled))
    }

    /// The timers that would be kept for it, if none were: those that have not fired, and of attempts that are to come.
    pub(crate) fn open_timers(&self) -> Vec<Timer> {
        let open = self.tasks.iter().filter(|task| !task.is_closed());
        let timers = open.filter_map(|task| {
            let attempt = task.pauses.last();
            let from = attempt.copied().unwrap_or(task.request);
            let fire_at = match self.event(from)?.kind {
                EventKind::TimerCreated { fire_at } => fire_at,
                EventKind::AttemptFailed { retry_at, .. } => retry_at,
                EventKind::HttpAccepted { poll_at, .. } => poll_at,
                _ => return None,
            };
            Some(Timer {
                scheduled: task.request,
                fire_at,
            })
        });
        timers.collect()
    }

    /// The place that the next event will take.
    pub fn next_event(&self) -> EventId {
        EventId::at(self.events.len())
    }

    /// The place of the first event that no decision has taken: what the store must stand at for the next commit.
    pub fn next_untaken(&self) -> EventId {
        EventId::at(self.taken)
    }

    /// True between a suspension and its resumption.
    pub fn is_suspended(&self) -> bool {
        self.suspended
    }

    /// True once an end is recorded.
    pub fn is_ended(&self) -> bool {
        self.ended
    }

    /// True once the first turn has begun.
    pub fn has_begun(&self) -> bool {
        self.position.is_some()
    }

    /// The custom status that the code set last.
    pub fn custom_status(&self) -> Option<&Payload> {
        self.custom_status.as_ref()
    }

    /// When it has taken too long: a child whose attempts are limited.
    fn deadline(&self) -> Option<Timestamp> {
        self.started.parent.as_ref()?.deadline
    }

    /// True if it ended because its deadline came.
    pub fn has_expired(&self) -> bool {
        self.expired
    }

    /// True before the time at which its first turn may begin.
    fn is_delayed(&self) -> bool {
        !self.has_begun() && self.started.start_at.is_some_and(|at| at > self.clock)
    }

    /// When its first turn may begin, as long as that has not come; none while it is suspended.
    pub fn delayed_until(&self) -> Option<Timestamp> {
        let start_at = self.started.start_at;
        start_at.filter(|_| self.is_delayed() && !self.suspended && !self.ended)
    }

    /// True if its first turn has not begun and may.
    pub fn is_first_turn_due(&self) -> bool {
        !self.has_begun() && !self.suspended && !self.ended && !self.is_delayed()
    }

    /// How far the guest has seen; `None` before its first turn. Whoever limits computing time re-arms when it moves.
    pub fn position(&self) -> Option<Position> {
        self.position
    }
}
