//! What runs guests in a simulation, and the clock and the ids of its machine.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use rand::Rng;
use soloist_core::{
    ExecutionId, HostError, InstanceId, ModuleDigest, Nonce, Payload, TaskKey, TaskResult,
    Timestamp,
};
use soloist_engine::{
    ActivityCall, Exports, GuestError, Guests, HttpAnswer, HttpCall, ModuleError, Orchestrator,
    Platform, SharedExecution, Turn,
};

use crate::guest::{Guest, Output};
use crate::invariants::Invariant;
use crate::ledger::Key;
use crate::planted::Planted;
use crate::scripts::hash;
use crate::world::World;

/// What a task comes to: the same however often and wherever it runs.
pub(crate) fn outcome(
    name: &str,
    input: &Payload,
    key: TaskKey,
    attempt: u32,
    is_mended: bool,
) -> TaskResult {
    let needed = hash(&key.to_string()) % 4;
    match name {
        "nobody" => {
            let message = "no activity function 'nobody'; upload one under this name";
            Err(HostError::UnknownFunction.failure(message))
        }
        "fails" => Err(HostError::Trap.failure(format!("{key} always fails"))),
        "broken" if !is_mended => Err(HostError::Trap.failure(format!("{key} is broken"))),
        "flaky" if u64::from(attempt) <= needed => {
            let message = format!("attempt {attempt} of {key} fails");
            Err(HostError::Trap.failure(message))
        }
        _ => Ok(Payload::string(&format!(
            "{name}({}) as {key}",
            input.as_str().replace('"', "")
        ))),
    }
}

/// The digest of a made-up module.
pub(crate) fn digest_of(bytes: &[u8]) -> ModuleDigest {
    let text = String::from_utf8_lossy(bytes);
    let mut digest = [0; 32];
    digest[..8].copy_from_slice(&hash(&text).to_be_bytes());
    ModuleDigest::new(digest)
}

#[derive(Clone)]
pub(crate) struct SimGuests(pub(crate) Arc<World>);

pub(crate) struct Scripted {
    world: Arc<World>,
    instance: InstanceId,
    running: Pin<Box<dyn Future<Output = Output> + Send>>,
    parked: Arc<AtomicBool>,
}

impl Orchestrator for Scripted {
    async fn turn(&mut self) -> Turn {
        if let Some(stopped) = self.stop() {
            return stopped;
        }
        poll_fn(|context| match self.running.as_mut().poll(context) {
            Poll::Ready(output) => Poll::Ready(Turn::Returned(output)),
            Poll::Pending if self.parked.swap(false, Ordering::Relaxed) => {
                Poll::Ready(Turn::Parked)
            }
            Poll::Pending => Poll::Pending,
        })
        .await
    }

    fn weight(&self) -> usize {
        1_000
    }
}

impl Scripted {
    /// The machine may be too busy for a turn, but not again before a turn of the instance is durable.
    fn stop(&self) -> Option<Turn> {
        let error = HostError::TurnTimeout;
        let mut state = self.world.lock();
        let again = state.overrun.contains(&self.instance);
        let crowded = state.temper.crowded;
        if again || !state.goes_wrong(crowded) {
            return None;
        }
        let failure = error.failure("the machine was busy");
        if self.world.is_planted(Planted::TroubleIsFailure) {
            return Some(Turn::Returned(Err(failure)));
        }
        state.overrun.insert(self.instance.clone());
        Some(Turn::Stopped { error, failure })
    }
}

impl Guests for SimGuests {
    type Orchestrator = Scripted;

    async fn prepare(&self, digest: ModuleDigest, _: Arc<[u8]>) -> Result<Exports, ModuleError> {
        self.0.gate(|| "a module is compiled".to_owned()).await;
        self.0.lock().prepared.insert(digest);
        Ok(Exports {
            orchestrator: true,
            activity: true,
        })
    }

    fn digest(&self, bytes: &[u8]) -> ModuleDigest {
        digest_of(bytes)
    }

    fn forget(&self, digest: ModuleDigest) {
        self.0.lock().prepared.remove(&digest);
    }

    async fn orchestrator(
        &self,
        module: ModuleDigest,
        execution: SharedExecution,
    ) -> Result<Scripted, GuestError> {
        self.room_for(module)?;
        self.check_module(module, &execution);
        let parked = Arc::new(AtomicBool::new(false));
        let instance = execution.lock().unwrap().instance().clone();
        let world = Arc::clone(&self.0);
        let mut guest = Guest::new(execution, Arc::clone(&parked), Some(Arc::clone(&world)));
        guest.peeks = world.is_planted(Planted::PeeksInReplay);
        Ok(Scripted {
            world,
            instance,
            running: Box::pin(async move { guest.play().await }),
            parked,
        })
    }

    async fn activity(
        &self,
        module: ModuleDigest,
        call: ActivityCall,
    ) -> Result<TaskResult, GuestError> {
        self.room_for(module)?;
        let running = Running::begin(&self.0, &call);
        if self.0.is_planted(Planted::RunsTwice) {
            Running::begin(&self.0, &call).end();
        }
        let name = call.function.as_str();
        let label = || format!("{name} {} runs", call.key);
        if name == "slow" {
            self.0.closed_gate(label()).await;
        } else {
            self.0.gate(label).await;
        }
        running.end();
        let mut key = call.key;
        let mut attempt = call.attempt;
        match self.0.planted {
            Some(Planted::AnswersOfEarlierLives) => key = self.first_of(&call),
            Some(Planted::AnswersAttemptsAgain) => attempt = 1,
            _ => {}
        }
        // What is broken is mended once somebody has rewound the execution.
        let is_mended = self.0.lock().ledger.mended.contains(&key.execution);
        Ok(outcome(name, &call.input, key, attempt, is_mended))
    }

    async fn http(&self, call: HttpCall) -> HttpAnswer {
        HttpAnswer::Answered(call.request)
    }
}

impl SimGuests {
    fn room_for(&self, module: ModuleDigest) -> Result<(), GuestError> {
        let mut state = self.0.lock();
        let crowded = state.temper.crowded;
        if state.goes_wrong(crowded) {
            return Err(GuestError::Busy("the seed asked for it".into()));
        }
        if state.prepared.contains(&module) {
            Ok(())
        } else {
            Err(GuestError::NotPrepared(module))
        }
    }

    fn check_module(&self, module: ModuleDigest, execution: &SharedExecution) {
        let execution = execution.lock().unwrap().id();
        let mut state = self.0.lock();
        let begun = state.ledger.executions.get(&execution);
        if let Some(pinned) = begun
            .map(|begun| begun.module)
            .filter(|pinned| *pinned != module)
        {
            let what = format!("{execution} runs in {module}, not in {pinned}");
            state.broke(Invariant::OwnModule, what);
        }
    }

    /// The same task of the first execution of the instance.
    fn first_of(&self, call: &ActivityCall) -> TaskKey {
        let state = self.0.lock();
        let mut all = state.ledger.executions.iter();
        let first = all.find(|(_, begun)| begun.instance == call.instance);
        let execution = first.map_or(call.key.execution, |(execution, _)| *execution);
        execution.task_key(call.key.scheduled)
    }
}

/// An activity that runs; dropped when it has ended, or was interrupted.
struct Running {
    world: Arc<World>,
    key: Key,
}

impl Running {
    fn begin(world: &Arc<World>, call: &ActivityCall) -> Self {
        let mut state = world.lock();
        let key = (call.key.execution, call.key.scheduled);
        state.note(format!("{} begins, attempt {}", call.key, call.attempt));
        if !state.ledger.tasks.contains(&key) {
            let what = format!("{} runs, but was not asked for durably", call.key);
            state.broke(Invariant::ActivityAfterCommit, what);
        }
        if !state.ledger.running.insert(key) {
            let what = format!("{} runs twice at once", call.key);
            state.broke(Invariant::Attempts, what);
        }
        // One that was about to begin when its execution had ended does so too if that goes on since.
        let is_mended = state.ledger.mended.contains(&key.0);
        if call.attempt > 1
            && !is_mended
            && let Some(awaited) = state.ledger.timers.get(&key)
            && awaited.latest < awaited.fire_at
        {
            let what = format!("attempt {} of {} comes early", call.attempt, call.key);
            state.broke(Invariant::TimerNotEarly, what);
        }
        drop(state);
        let world = Arc::clone(world);
        Self { world, key }
    }
}

impl Running {
    fn end(self) {
        self.world.lock().ledger.running.remove(&self.key);
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.world.is_planted(Planted::IgnoresInterrupts) {
            self.world.lock().ledger.running.remove(&self.key);
        }
    }
}

#[derive(Clone)]
pub(crate) struct SimPlatform(pub(crate) Arc<World>);

impl SimPlatform {
    fn draw(&self) -> u128 {
        let mut state = self.0.lock();
        if self.0.is_planted(Planted::IdsRepeat) && state.drawn > 4 && state.happens(100) {
            return state.drawn - 3;
        }
        state.drawn += 1;
        state.drawn
    }
}

impl Platform for SimPlatform {
    fn now(&self) -> Timestamp {
        let state = self.0.lock();
        if self.0.is_planted(Planted::ClockIsDeaf) {
            return Timestamp::from_millis(1_000_000_000)
                .plus(Duration::from_millis(state.elapsed));
        }
        state.now()
    }

    async fn sleep(&self, wait: Duration) {
        let millis = wait.as_nanos().div_ceil(1_000_000);
        let millis = u64::try_from(millis).unwrap_or(u64::MAX / 2);
        if self.0.is_planted(Planted::SleepsForEver) && millis > 5_000 {
            return std::future::pending().await;
        }
        self.0.sleep(millis.min(u64::MAX / 2)).await;
    }

    fn new_execution_id(&self) -> ExecutionId {
        ExecutionId::new(uuid::Uuid::from_u128(self.draw()))
    }

    fn new_instance_id(&self) -> InstanceId {
        format!("{:032x}", self.draw()).parse().unwrap()
    }

    fn new_nonce(&self) -> Nonce {
        Nonce::new(self.0.lock().rng.random())
    }
}
