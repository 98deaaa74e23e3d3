//! What the engine does with a guest, without the engine.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use soloist_core::{
    Decision, Event, EventKind, Execution, ExecutionId, Fact, Failure, History, HostError, LogLine,
    ModuleDigest, Nonce, Payload, Started, TaskResult, Timestamp,
};
use soloist_engine::{ActivityCall, Guests, Orchestrator, SharedExecution, Turn};
use soloist_wasm::{WasmGuests, WasmOrchestrator, WasmSettings};
use tempfile::TempDir;
use uuid::Uuid;

/// Guests with a cache directory of their own.
pub(crate) struct Host {
    pub(crate) guests: WasmGuests,
    pub(crate) dir: TempDir,
}

/// Few slots, so that a test is quick, and short limits, where a test waits for them.
pub(crate) fn settings(dir: &TempDir) -> WasmSettings {
    let path = dir.path().to_str().expect("the path is text");
    WasmSettings {
        hot_guests_max: 16,
        activities_max: 4,
        turn_timeout: Duration::from_millis(50),
        activity_timeout: Duration::from_secs(30),
        activity_computing_max: Duration::from_millis(50),
        ..WasmSettings::new(path)
    }
}

impl Host {
    pub(crate) fn new() -> Self {
        Self::with(|_| {})
    }

    pub(crate) fn with(change: impl FnOnce(&mut WasmSettings)) -> Self {
        let dir = tempfile::tempdir().expect("there is a directory");
        let mut settings = settings(&dir);
        change(&mut settings);
        Self {
            guests: WasmGuests::new(settings).expect("guests can run here"),
            dir,
        }
    }

    /// Compiles a component that is good.
    pub(crate) async fn prepare(&self, bytes: &Arc<[u8]>) -> ModuleDigest {
        let digest = self.guests.digest(bytes);
        self.guests
            .prepare(digest, Arc::clone(bytes))
            .await
            .expect("the component is good");
        digest
    }

    /// Why a component is refused.
    pub(crate) async fn refused(&self, bytes: &[u8]) -> String {
        self.guests
            .prepare(self.guests.digest(bytes), bytes.into())
            .await
            .expect_err("the component is refused")
            .0
    }

    /// Prepares and starts an orchestrator.
    pub(crate) async fn start(&self, bytes: &Arc<[u8]>, input: &str) -> Owner<'_> {
        let module = self.prepare(bytes).await;
        let started = Started {
            execution: ExecutionId::new(Uuid::from_u128(7)),
            function: "f".parse().expect("it is a name"),
            module,
            input: json(input),
            nonce: Nonce::new(0),
            parent: None,
            pin: false,
            generation: 0,
            start_at: None,
            tags: std::collections::BTreeMap::new(),
        };
        let execution = Execution::start(
            "night-7".parse().expect("it is an ID"),
            started,
            Timestamp::from_millis(1_000),
        );
        Owner::of(self, module, execution, Default::default(), 1_000).await
    }

    /// Prepares an activity and calls it once.
    pub(crate) async fn call(&self, bytes: &Arc<[u8]>, input: &str) -> TaskResult {
        let module = self.prepare(bytes).await;
        self.guests
            .activity(module, call(input))
            .await
            .expect("there is room")
    }
}

pub(crate) fn call(input: &str) -> ActivityCall {
    let execution = ExecutionId::new(Uuid::from_u128(7));
    ActivityCall {
        function: "work".parse().expect("it is a name"),
        instance: "night-7".parse().expect("it is an ID"),
        key: execution.task_key(soloist_core::EventId::new(3)),
        attempt: 2,
        timeout: None,
        input: json(input),
    }
}

pub(crate) fn json(text: &str) -> Payload {
    Payload::parse(text).expect("it is JSON")
}

/// The owner of one instance.
pub(crate) struct Owner<'h> {
    host: &'h Host,
    module: ModuleDigest,
    execution: SharedExecution,
    guest: WasmOrchestrator,
    /// All that was decided.
    pub(crate) events: Vec<Event>,
    /// All lines that were logged.
    pub(crate) logs: Vec<LogLine>,
    now: i64,
}

/// What a turn came to.
#[derive(Debug)]
pub(crate) enum Outcome {
    Parked,
    Returned(Result<Payload, Failure>),
    Stopped(HostError, Failure),
}

impl<'h> Owner<'h> {
    async fn of(
        host: &'h Host,
        module: ModuleDigest,
        execution: Execution,
        (events, logs): (Vec<Event>, Vec<LogLine>),
        now: i64,
    ) -> Self {
        let execution = Arc::new(Mutex::new(execution));
        let guest = host
            .guests
            .orchestrator(module, Arc::clone(&execution))
            .await
            .expect("there is room");
        Self {
            host,
            module,
            execution,
            guest,
            events,
            logs,
            now,
        }
    }

    /// Moves the owner's clock on.
    pub(crate) fn set_now(&mut self, millis: i64) {
        self.now = millis;
    }

    /// One turn, at a time one second after the last; what it decided is kept.
    pub(crate) async fn turn(&mut self) -> Outcome {
        self.now += 1_000;
        let now = Timestamp::from_millis(self.now);
        self.execution.lock().unwrap().begin_turn(now);
        let turn = self.guest.turn().await;
        let mut execution = self.execution.lock().unwrap();
        let (decision, outcome): (Decision, Outcome) = match turn {
            Turn::Parked => (execution.park(), Outcome::Parked),
            Turn::Returned(result) => (execution.finish(result.clone()), Outcome::Returned(result)),
            Turn::Stopped { error, failure } => (
                execution.abort(failure.clone()),
                Outcome::Stopped(error, failure),
            ),
        };
        self.events.extend(decision.events);
        self.logs.extend(decision.logs);
        outcome
    }

    /// Delivers the answer of the task that was asked for at event `scheduled`.
    pub(crate) fn answer(&mut self, scheduled: u64, output: &str) {
        self.deliver(Fact::Answer {
            scheduled: soloist_core::EventId::new(scheduled),
            result: Ok(json(output)),
        });
    }

    pub(crate) fn deliver(&mut self, fact: Fact) {
        self.now += 1;
        let now = Timestamp::from_millis(self.now);
        let delivered = self.execution.lock().unwrap().deliver(fact, now);
        assert!(delivered, "the fact makes a difference");
    }

    /// Throws the guest away and begins another from the history, with what was delivered since.
    pub(crate) async fn evict(self) -> Self {
        let Self {
            host,
            module,
            execution,
            guest,
            mut events,
            logs,
            now,
        } = self;
        drop(guest);
        let decision = execution.lock().unwrap().take_delivered();
        events.extend(decision.events);
        let history = History::try_from(events.clone()).expect("what was decided is a history");
        let instance = execution.lock().unwrap().instance().clone();
        let execution =
            Execution::load(instance, history, u32::try_from(logs.len()).unwrap(), None);
        Self::of(host, module, execution, (events, logs), now).await
    }

    pub(crate) fn shared(&self) -> SharedExecution {
        Arc::clone(&self.execution)
    }

    pub(crate) fn weight(&self) -> usize {
        self.guest.weight()
    }

    /// The kinds of all events, in order.
    pub(crate) fn kinds(&self) -> Vec<&EventKind> {
        self.events.iter().map(|event| &event.kind).collect()
    }

    /// The failure that ended the execution.
    pub(crate) fn failure(&self) -> &Failure {
        match self.kinds().last() {
            Some(EventKind::ExecutionFailed { failure }) => failure,
            other => panic!("the execution has not failed but {other:?}"),
        }
    }
}
