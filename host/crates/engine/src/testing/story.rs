//! Made-up instances, told turn by turn: what the tests of a hub write into it.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};

use soloist_core::{
    Event, EventId, EventKind, ExecutionId, Fact, Failure, FunctionName, InstanceId, ModuleDigest,
    Nonce, Payload, Started, Timestamp,
};
use uuid::Uuid;

use crate::{
    Begin, Bound, Committed, Expects, FunctionKind, FunctionRecord, HubError, Message, NewModule,
    Operation, Orphan, RuntimeStatus, TaskHub,
};

/// The function that stories run.
pub const FUNCTION: &str = "story";
/// The number of its module.
pub const MODULE: u8 = 1;

/// A made-up owner of one instance: it knows where the instance stands, and says what happens to it next.
#[derive(Debug, Clone)]
pub struct Story {
    /// The instance.
    pub instance: InstanceId,
    /// Its execution.
    pub execution: ExecutionId,
    /// The place of the next event.
    pub next: EventId,
    /// The module that the next execution is pinned to.
    pub module: ModuleDigest,
    /// What the next execution is tagged with.
    pub tags: BTreeMap<String, String>,
}

impl Story {
    /// A story of a new execution.
    pub fn of(instance: &str) -> Self {
        Self {
            instance: id(instance),
            execution: new_execution(),
            next: EventId::FIRST,
            module: digest(MODULE),
            tags: BTreeMap::new(),
        }
    }

    /// The same story, of an execution that is tagged.
    #[must_use]
    pub fn tagged<const N: usize>(mut self, tags: [(&str, &str); N]) -> Self {
        self.tags = tags
            .map(|(name, value)| (name.to_owned(), value.to_owned()))
            .into();
        self
    }

    /// What is true as long as nobody else writes.
    pub fn expects(&self) -> Expects {
        Expects::At {
            execution: self.execution,
            next: self.next,
        }
    }

    /// A start of this execution.
    pub fn start(&mut self, now: i64, input: &str) -> Operation {
        Operation {
            begins: Some(self.begin(now, input, 0)),
            status: RuntimeStatus::Pending,
            ready: true,
            ..self.operation(Expects::NotLive, now)
        }
    }

    /// A start of another execution of the same instance.
    pub fn start_again(&mut self, now: i64, input: &str) -> Operation {
        self.execution = new_execution();
        self.start(now, input)
    }

    /// One turn that records these events.
    pub fn turn(&mut self, now: i64, kinds: impl IntoIterator<Item = EventKind>) -> Operation {
        let operation = self.operation(self.expects(), now);
        Operation {
            events: self.events(now, kinds),
            ..operation
        }
    }

    /// The first turn, which asks for one activity.
    pub fn first_turn(&mut self, now: i64) -> Operation {
        Operation {
            open_work: 1,
            ..self.turn(now, [began(), scheduled("act", "1")])
        }
    }

    /// The last turn.
    pub fn end(&mut self, now: i64, kind: EventKind) -> Operation {
        let status = match kind {
            EventKind::ExecutionCompleted { .. } => RuntimeStatus::Completed,
            EventKind::ExecutionFailed { .. } => RuntimeStatus::Failed,
            EventKind::ExecutionTerminated { .. } => RuntimeStatus::Terminated,
            other => panic!("{other:?} ends nothing"),
        };
        Operation {
            status,
            ..self.turn(now, [kind])
        }
    }

    /// The last turn: the orchestrator returns `null`.
    pub fn complete(&mut self, now: i64) -> Operation {
        self.end(now, completed_with("null"))
    }

    /// The next execution in the place of this one, which ends with `last`.
    pub fn replace(&mut self, now: i64, last: EventKind, input: &str) -> Operation {
        let generation = u64::from(matches!(last, EventKind::ContinuedAsNew { .. }));
        let operation = self.turn(now, [last]);
        self.execution = new_execution();
        Operation {
            begins: Some(self.begin(now, input, generation)),
            status: RuntimeStatus::Pending,
            ready: true,
            ..operation
        }
    }

    /// The next execution after this one.
    pub fn continue_as_new(&mut self, now: i64, input: &str) -> Operation {
        let last = EventKind::ContinuedAsNew { input: json(input) };
        self.replace(now, last, input)
    }

    /// An activity of this execution that outlives it.
    pub fn orphan(&self, scheduled: u64, input: &str) -> Orphan {
        Orphan {
            instance: self.instance.clone(),
            execution: self.execution,
            scheduled: EventId::new(scheduled),
            attempt: 2,
            name: "act".to_owned(),
            input: json(input),
        }
    }

    /// An operation that changes nothing but the time of the last update.
    pub fn operation(&self, expects: Expects, now: i64) -> Operation {
        Operation {
            instance: self.instance.clone(),
            expects,
            events: Vec::new(),
            begins: None,
            status: RuntimeStatus::Running,
            custom_status: None,
            ready: false,
            open_work: 0,
            timers: Vec::new(),
            timers_done: Vec::new(),
            orphans: Vec::new(),
            drop_orphans: false,
            logs: Vec::new(),
            last_logs: Vec::new(),
            messages: Vec::new(),
            voids: None,
            children: Vec::new(),
            children_closed: Vec::new(),
            inbox_taken: Vec::new(),
            now: at(now),
        }
    }

    fn begin(&mut self, now: i64, input: &str, generation: u64) -> Begin {
        let started = Started {
            execution: self.execution,
            function: function(FUNCTION),
            module: self.module,
            input: json(input),
            nonce: Nonce::new(u128::from(generation)),
            parent: None,
            pin: false,
            generation,
            start_at: None,
            tags: self.tags.clone(),
        };
        self.next = EventId::FIRST;
        Begin {
            events: self.events(
                now,
                [EventKind::ExecutionStarted(Box::new(started.clone()))],
            ),
            started,
        }
    }

    fn events(&mut self, now: i64, kinds: impl IntoIterator<Item = EventKind>) -> Vec<Event> {
        let numbered = kinds.into_iter().map(|kind| {
            let id = self.next;
            self.next = id.next();
            Event {
                id,
                timestamp: at(now),
                kind,
            }
        });
        numbered.collect()
    }
}

/// The same beginning, of another function.
pub fn as_function(mut operation: Operation, name: &FunctionName) -> Operation {
    let begin = operation.begins.as_mut().expect("it begins an execution");
    begin.started.function = name.clone();
    if let EventKind::ExecutionStarted(started) = &mut begin.events[0].kind {
        started.function = name.clone();
    }
    operation
}

/// A hub in which stories can be told: their function is bound.
pub async fn prepare<H: TaskHub>(hub: &H) {
    let bound = bind(hub, FUNCTION, MODULE, b"story").await;
    assert_eq!(bound, Bound::New);
}

/// Binds a name to a made-up module.
pub async fn bind<H: TaskHub>(hub: &H, name: &str, module: u8, bytes: &[u8]) -> Bound {
    let record = FunctionRecord {
        name: function(name),
        kind: FunctionKind::Orchestrator,
        digest: digest(module),
        size: bytes.len() as u64,
        created: at(i64::from(module)),
    };
    let module = NewModule {
        digest: digest(module),
        bytes: bytes.into(),
    };
    hub.bind(record, module).await.expect("it can be bound")
}

/// Commits what must be accepted.
pub async fn commit<H: TaskHub>(hub: &H, operation: Operation) {
    hub.commit(operation).await.expect("it is as expected");
}

/// Commits what must be refused.
pub async fn conflict<H: TaskHub>(hub: &H, operation: Operation) {
    let instance = operation.instance.clone();
    assert_conflict(hub.commit(operation).await, &instance);
}

/// The answer to a commit that must be refused.
pub fn assert_conflict(answer: Result<Committed, HubError>, instance: &InstanceId) {
    match answer {
        Err(HubError::Conflict(named)) => assert_eq!(named, *instance),
        other => panic!("a conflict of {instance} was due, not {other:?}"),
    }
}

/// A message to another story.
pub fn message(target: &Story, to_execution: bool, fact: Fact) -> Message {
    Message {
        target: target.instance.clone(),
        execution: to_execution.then_some(target.execution),
        fact,
    }
}

/// An external event that came.
pub fn raised(name: &str, data: &str) -> Fact {
    Fact::EventRaised {
        name: name.to_owned(),
        data: json(data),
    }
}

/// The first turn began.
pub fn began() -> EventKind {
    EventKind::ExecutionBegan {}
}

/// The code asked for an activity.
pub fn scheduled(name: &str, input: &str) -> EventKind {
    EventKind::TaskScheduled {
        name: name.to_owned(),
        input: json(input),
        retry: None,
    }
}

/// An activity answered.
pub fn answered(scheduled: u64, output: &str) -> EventKind {
    EventKind::TaskCompleted {
        scheduled: EventId::new(scheduled),
        output: json(output),
    }
}

/// An external event, as history has it.
pub fn raised_event(name: &str, data: &str) -> EventKind {
    EventKind::EventRaised {
        name: name.to_owned(),
        data: json(data),
    }
}

/// The orchestrator returned.
pub fn completed_with(output: &str) -> EventKind {
    EventKind::ExecutionCompleted {
        output: json(output),
    }
}

/// The orchestrator failed.
pub fn failed() -> EventKind {
    EventKind::ExecutionFailed {
        failure: Failure {
            error_type: "PaymentDeclined".to_owned(),
            message: "no \"money\"\n".to_owned(),
            details: Some("at line 1".to_owned()),
            non_retriable: true,
        },
    }
}

/// An operator ended it.
pub fn terminated() -> EventKind {
    EventKind::ExecutionTerminated {
        reason: Some("enough".to_owned()),
    }
}

/// The digest of a made-up module.
pub fn digest(number: u8) -> ModuleDigest {
    ModuleDigest::new([number; 32])
}

/// An instance id.
pub fn id(text: &str) -> InstanceId {
    text.parse().expect("tests name instances well")
}

/// A function name.
pub fn function(text: &str) -> FunctionName {
    text.parse().expect("tests name functions well")
}

/// A moment.
pub fn at(millis: i64) -> Timestamp {
    Timestamp::from_millis(millis)
}

/// A payload.
pub fn json(text: &str) -> Payload {
    Payload::parse(text).expect("tests write JSON")
}

/// Executions are drawn in order, as a platform should.
pub fn new_execution() -> ExecutionId {
    static DRAWN: AtomicU64 = AtomicU64::new(1);
    let number = DRAWN.fetch_add(1, Ordering::Relaxed);
    ExecutionId::new(Uuid::from_u128(u128::from(number)))
}
