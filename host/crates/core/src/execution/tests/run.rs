//! The one place that drives an execution: an owner in small, with a guest that is a script and a task hub that is a list.

use std::rc::Rc;

use super::script::{Guest, Left, Seen, Step, json, oops};
use super::stored::Stored;
use crate::{
    Decision, Event, EventKind, Execution, ExecutionId, Fact, HostError, ModuleDigest, Nonce,
    Payload, RetryAfter, Started, TaskResult, Timestamp,
};

/// When every run starts.
pub(super) const START: i64 = 1_000;

/// Something that happens outside. Tasks are named by their ordinals, for event ids depend on how facts are batched.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Outside {
    Answered(u32, TaskResult),
    /// An HTTP call was accepted, and its server wants to be asked again after so many seconds.
    Accepted(u32, u8),
    /// An HTTP call was answered by a status that is worth another attempt.
    Unsuccessful(u32),
    Fired(u32),
    Raised(&'static str, Payload),
    Suspended,
    Resumed,
    Terminated,
}

pub(super) fn answered(task: u32, output: &str) -> Outside {
    Outside::Answered(task, Ok(json(output)))
}

pub(super) fn raised(name: &'static str, data: &str) -> Outside {
    Outside::Raised(name, json(data))
}

pub(super) fn started() -> Started {
    Started {
        execution: ExecutionId::new(uuid::Uuid::from_u128(7)),
        function: "script".parse().expect("a name"),
        module: ModuleDigest::new([7; 32]),
        input: Payload::null(),
        nonce: Nonce::new(7),
        parent: None,
        pin: false,
        generation: 0,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
    }
}

/// An execution whose first turn has begun, for tests that play the guest themselves.
pub(super) fn execution() -> Execution {
    let now = Timestamp::from_millis(START);
    let instance = "night-7".parse().expect("an instance id");
    let mut execution = Execution::start(instance, started(), now);
    execution.begin_turn(now);
    execution
}

/// So many milliseconds after the start.
pub(super) fn fire_at(millis: i64) -> Timestamp {
    Timestamp::from_millis(START + millis)
}

/// One execution with its guest and its owner.
pub(super) struct Run {
    script: Rc<[Step]>,
    pub(super) execution: Execution,
    guest: Guest,
    pub(super) now: Timestamp,
    pub(super) stored: Stored,
    /// How many steps the guest had taken when it last left a turn.
    pub(super) steps_at_park: usize,
}

impl Run {
    pub(super) fn of(script: impl Into<Rc<[Step]>>) -> Self {
        let (script, now) = (script.into(), Timestamp::from_millis(START));
        let instance = "night-7".parse().expect("an instance id");
        Self {
            execution: Execution::start(instance, started(), now),
            guest: Guest::new(Rc::clone(&script)),
            script,
            now,
            stored: Stored::default(),
            steps_at_park: 0,
        }
    }

    /// What happened ten milliseconds apart, and then the turn that it lets the guest take, if it does.
    pub(super) fn then<const N: usize>(&mut self, happenings: [Outside; N]) -> Decision {
        for happening in happenings {
            self.now = Timestamp::from_millis(self.now.as_millis() + 10);
            self.deliver(&happening);
        }
        let before = self.stored.decisions.len();
        self.settle();
        let decided = self.stored.decisions.get(before);
        decided.cloned().unwrap_or_default()
    }

    /// All that the guest saw. Whoever asks has replayed the history from each of its commits.
    pub(super) fn seen(&self) -> &[Seen] {
        for count in 1..=self.stored.decisions.len() {
            let before = self.stored.after(count);
            let whole = count == self.stored.decisions.len();
            if before.end.is_none() {
                let seen = self.replay(&before);
                let expected = self.guest.seen.get(..seen.len());
                assert_eq!(expected, Some(&seen[..]), "after commit {count}");
                assert!(!whole || seen.len() == self.guest.seen.len());
            }
        }
        &self.guest.seen
    }

    pub(super) fn seen_so_far(&self) -> &[Seen] {
        &self.guest.seen
    }

    /// What a new guest sees if it is run over `stored`, even over a history that is suspended.
    pub(super) fn replay(&self, stored: &Stored) -> Vec<Seen> {
        let mut execution = self.load(stored);
        let mut guest = Guest::new(Rc::clone(&self.script));
        execution.begin_turn(self.now);
        guest.run(&mut execution, |_, _| {});
        guest.seen
    }

    pub(super) fn deliver(&mut self, happening: &Outside) -> bool {
        deliver(&mut self.execution, happening, self.now)
    }

    /// Commits what was delivered: with a turn if the guest can go on, else as it is.
    pub(super) fn settle(&mut self) {
        if self.execution.is_runnable() {
            self.execution.begin_turn(self.now);
            self.go_on(|_, _| {});
        } else {
            self.keep();
        }
    }

    /// Commits what was delivered, without a turn.
    pub(super) fn keep(&mut self) {
        let delivered = self.execution.take_delivered();
        self.stored.commit(delivered);
    }

    /// Commits the facts of the turn that has begun, ahead of what the guest does in it.
    pub(super) fn keep_facts(&mut self) {
        let facts = self.execution.take_facts();
        self.stored.commit(facts);
    }

    /// The guest runs, in a turn that has begun, and its turn is committed. `between` is called before each step.
    pub(super) fn go_on(&mut self, between: impl FnMut(&mut Execution, usize)) {
        self.go_on_slowly(None, between);
    }

    /// The same; the facts of the turn are committed when the guest has taken so many steps, or at the latest when it has
    /// left its turn.
    pub(super) fn go_on_slowly(
        &mut self,
        mut facts_at: Option<usize>,
        mut between: impl FnMut(&mut Execution, usize),
    ) {
        let stored = &mut self.stored;
        let left = self.guest.run(&mut self.execution, |execution, steps| {
            if facts_at.take_if(|at| steps >= *at).is_some() {
                stored.commit(execution.take_facts());
            }
            between(execution, steps);
        });
        if facts_at.is_some() {
            self.keep_facts();
        }
        let decision = match left {
            Left::Parked => self.execution.park(),
            Left::Returned(result) => self.execution.finish(result),
            Left::Stopped => self
                .execution
                .abort(HostError::Trap.failure("the guest trapped")),
        };
        self.steps_at_park = self.guest.steps;
        self.stored.commit(decision);
    }

    /// Throws the guest out of memory, and reads what is stored.
    pub(super) fn evict(&mut self) {
        assert_eq!(self.execution.taken, self.stored.events.len());
        self.execution = self.load(&self.stored);
        self.guest = Guest::new(Rc::clone(&self.script));
    }

    /// What is stored is `events`, from another time, and the guest is to be run over it.
    pub(super) fn adopt(&mut self, events: &[Event]) {
        self.stored = Stored::of(events);
        self.execution = self.load(&self.stored);
    }

    /// The same, and the code is another when it is run again.
    pub(super) fn evict_for(&mut self, script: impl Into<Rc<[Step]>>) {
        self.script = script.into();
        self.evict();
    }

    fn load(&self, stored: &Stored) -> Execution {
        Execution::load(
            self.execution.instance().clone(),
            stored.history(),
            u32::try_from(stored.logs.len()).expect("a few lines"),
            stored.custom_status.clone(),
        )
    }

    /// What the code asked for and gave up, in order; tasks by their ordinals.
    pub(super) fn requests(&self) -> Vec<String> {
        let mut ordinals = Vec::new();
        let mut requests = Vec::new();
        for event in &self.stored.events {
            match &event.kind {
                EventKind::TaskCanceled { scheduled } => {
                    let task = ordinals.iter().position(|id| id == scheduled);
                    requests.push(format!("cancel {}", task.expect("a task")));
                }
                kind @ EventKind::EventSent { .. } => requests.push(format!("{kind:?}")),
                kind if kind.role() == crate::Role::Request => {
                    ordinals.push(event.id);
                    requests.push(format!("{kind:?}"));
                }
                _ => {}
            }
        }
        requests
    }
}

pub(super) fn deliver(execution: &mut Execution, happening: &Outside, now: Timestamp) -> bool {
    let request = |task: &u32| execution.tasks[*task as usize].request;
    let fact = match happening {
        Outside::Answered(task, result) => Fact::Answer {
            scheduled: request(task),
            result: result.clone(),
        },
        Outside::Accepted(task, seconds) => Fact::HttpAccepted {
            scheduled: request(task),
            uri: format!("http://a.test/{seconds}"),
            retry_after: Some(RetryAfter::Seconds(u64::from(*seconds))),
        },
        Outside::Unsuccessful(task) => Fact::HttpUnsuccessful {
            scheduled: request(task),
            output: json("503"),
            failure: oops(),
        },
        Outside::Fired(task) => Fact::TimerFired {
            timer: request(task),
        },
        Outside::Raised(name, data) => Fact::EventRaised {
            name: (*name).to_owned(),
            data: data.clone(),
        },
        Outside::Suspended => Fact::Suspended { reason: None },
        Outside::Resumed => Fact::Resumed { reason: None },
        Outside::Terminated => Fact::Terminated { reason: None },
    };
    execution.deliver(fact, now)
}
