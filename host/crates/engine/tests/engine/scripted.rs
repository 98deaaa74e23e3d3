//! Guests that are Rust functions: the engine cannot tell.

use std::collections::HashMap;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicI64, AtomicU32, Ordering};
use std::sync::{Arc, Mutex};
use std::task::Poll;
use std::time::Duration;

use soloist_core::{
    Action, Execution, ExecutionId, Failure, HostError, InstanceId, ModuleDigest, Nonce, Payload,
    RetryAfter, RetryPolicy, TaskId, TaskKey, TaskResult, Timestamp,
};
use soloist_engine::{
    ActivityCall, Exports, GuestError, Guests, HttpAnswer, HttpCall, ModuleError, Orchestrator,
    Platform, SharedExecution, Turn,
};

pub(crate) type Output = Result<Payload, Failure>;
type Running = Pin<Box<dyn Future<Output = Output> + Send>>;
pub(crate) type Script = fn(Guest) -> Running;

/// What a script holds on to.
#[derive(Clone)]
pub(crate) struct Guest {
    execution: SharedExecution,
    parked: Arc<AtomicBool>,
    /// How many runs of this script began, over all instances.
    pub(crate) runs: Arc<AtomicU32>,
}

impl Guest {
    pub(crate) fn with<T>(&self, f: impl FnOnce(&mut Execution) -> T) -> T {
        f(&mut self.execution.lock().unwrap())
    }

    pub(crate) fn perform(&self, action: Action) -> Result<TaskId, Failure> {
        self.with(|execution| execution.perform(action))
            .map_err(|refusal| refusal.failure())
    }

    pub(crate) fn activity(&self, name: &str, input: &str) -> Result<TaskId, Failure> {
        let input = Payload::parse(input).unwrap();
        self.perform(Action::ScheduleTask {
            name: name.to_owned(),
            input,
            retry: None,
        })
    }

    /// An activity that is tried up to so often, a second apart at first, then twice as long each time.
    pub(crate) fn tried(&self, name: &str, input: &str, attempts: u32) -> Result<TaskId, Failure> {
        self.perform(Action::ScheduleTask {
            name: name.to_owned(),
            input: Payload::parse(input).unwrap(),
            retry: Some(policy(attempts)),
        })
    }

    /// An HTTP call that comes to what `answers` says, a word each time: a status, or a number of seconds to wait and ask
    /// again; it is tried up to so often, a second apart at first.
    pub(crate) fn http(&self, answers: &str, attempts: u32) -> Result<TaskId, Failure> {
        self.perform(Action::CallHttp {
            request: Payload::string(answers),
            retry: Some(policy(attempts)),
        })
    }

    pub(crate) fn timer(&self, after: Duration) -> Result<TaskId, Failure> {
        let fire_at = self.with(|execution| execution.current_time()).plus(after);
        self.perform(Action::CreateTimer { fire_at })
    }

    pub(crate) fn send(&self, instance: &str, name: &str, data: &str) -> Result<(), Failure> {
        let data = Payload::parse(data).unwrap();
        self.with(|execution| execution.send_event(instance.to_owned(), name.to_owned(), data))
            .map_err(|refusal| refusal.failure())
    }

    pub(crate) fn event(&self, name: &str) -> Result<TaskId, Failure> {
        self.perform(Action::WaitForEvent {
            name: name.to_owned(),
        })
    }

    pub(crate) async fn wait(&self, task: TaskId) -> TaskResult {
        poll_fn(
            |_| match self.with(|execution| execution.await_task(task)) {
                Ok(Some(result)) => Poll::Ready(result),
                Ok(None) => {
                    self.parked.store(true, Ordering::Relaxed);
                    Poll::Pending
                }
                Err(refusal) => Poll::Ready(Err(refusal.failure())),
            },
        )
        .await
    }
}

fn policy(attempts: u32) -> RetryPolicy {
    RetryPolicy {
        max_attempts: attempts.try_into().unwrap(),
        first_retry_interval: 1_000,
        backoff_coefficient: 2.0,
        max_retry_interval: None,
        retry_timeout: None,
        attempt_timeout: None,
    }
}

/// A failure that stands for a stop by the host.
pub(crate) fn stopped(error: HostError) -> Failure {
    Failure {
        details: Some("stopped by the host".to_owned()),
        ..error.failure("as the script asked")
    }
}

pub(crate) struct Scripted {
    future: Running,
    parked: Arc<AtomicBool>,
}

impl Orchestrator for Scripted {
    async fn turn(&mut self) -> Turn {
        poll_fn(|context| match self.future.as_mut().poll(context) {
            Poll::Ready(Err(failure))
                if failure.details.as_deref() == Some("stopped by the host") =>
            {
                Poll::Ready(Turn::Stopped {
                    error: HostError::TurnTimeout,
                    failure,
                })
            }
            Poll::Ready(result) => Poll::Ready(Turn::Returned(result)),
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

/// Scripts by name. A module's bytes are the name of a script.
#[derive(Clone)]
pub(crate) struct ScriptedGuests {
    scripts: Arc<HashMap<ModuleDigest, Script>>,
    runs: Arc<AtomicU32>,
    /// How often each activity ran.
    pub(crate) activities: Arc<Mutex<HashMap<TaskKey, u32>>>,
    /// Where each HTTP request went, in order: to `/`, or to where it was accepted.
    pub(crate) asked: Arc<Mutex<Vec<String>>>,
    /// Activities named `gate` wait for it.
    pub(crate) gate: Arc<tokio::sync::Semaphore>,
    /// Activities named `broken` fail until it is.
    mended: Arc<AtomicBool>,
}

fn digest_of(name: &[u8]) -> ModuleDigest {
    let mut bytes = [0; 32];
    bytes[..name.len()].copy_from_slice(name);
    ModuleDigest::new(bytes)
}

impl ScriptedGuests {
    pub(crate) fn new(scripts: &[(&str, Script)]) -> Self {
        let scripts = scripts
            .iter()
            .map(|(name, script)| (digest_of(name.as_bytes()), *script))
            .collect();
        Self {
            scripts: Arc::new(scripts),
            runs: Arc::default(),
            activities: Arc::default(),
            asked: Arc::default(),
            gate: Arc::new(tokio::sync::Semaphore::new(0)),
            mended: Arc::default(),
        }
    }

    pub(crate) fn times_run(&self) -> Vec<u32> {
        let mut times: Vec<_> = self.activities.lock().unwrap().values().copied().collect();
        times.sort_unstable();
        times
    }

    pub(crate) fn mend(&self) {
        self.mended.store(true, Ordering::Relaxed);
    }
}

impl Guests for ScriptedGuests {
    type Orchestrator = Scripted;

    async fn prepare(&self, _: ModuleDigest, _: Arc<[u8]>) -> Result<Exports, ModuleError> {
        Ok(Exports {
            orchestrator: true,
            activity: true,
        })
    }

    fn digest(&self, bytes: &[u8]) -> ModuleDigest {
        digest_of(bytes)
    }

    fn forget(&self, _: ModuleDigest) {}

    async fn orchestrator(
        &self,
        module: ModuleDigest,
        execution: SharedExecution,
    ) -> Result<Scripted, GuestError> {
        let parked = Arc::new(AtomicBool::new(false));
        let guest = Guest {
            execution,
            parked: Arc::clone(&parked),
            runs: Arc::clone(&self.runs),
        };
        let script = self
            .scripts
            .get(&module)
            .ok_or(GuestError::NotPrepared(module))?;
        self.runs.fetch_add(1, Ordering::Relaxed);
        Ok(Scripted {
            future: script(guest),
            parked,
        })
    }

    async fn activity(
        &self,
        _: ModuleDigest,
        call: ActivityCall,
    ) -> Result<TaskResult, GuestError> {
        *self.activities.lock().unwrap().entry(call.key).or_default() += 1;
        if call.function.as_str() == "gate" {
            self.gate.acquire().await.unwrap().forget();
        }
        if call.function.as_str() == "broken" && !self.mended.load(Ordering::Relaxed) {
            return Ok(Err(HostError::Trap.failure("the gate is shut")));
        }
        let needed: u32 = call.input.as_str().parse().unwrap_or_default();
        if call.function.as_str() == "flaky" && call.attempt < needed {
            let message = format!("attempt {} is too early", call.attempt);
            return Ok(Err(HostError::Trap.failure(message)));
        }
        Ok(Ok(call.input))
    }

    async fn http(&self, call: HttpCall) -> HttpAnswer {
        let at = {
            let mut asked = self.asked.lock().unwrap();
            asked.push(call.poll.unwrap_or_else(|| "/".to_owned()));
            asked.len()
        };
        let answers = call.request.as_str().trim_matches('"');
        let output = |word: &str| Payload::parse(word).unwrap();
        match answers.split(' ').nth(at - 1).unwrap() {
            "never" => std::future::pending().await,
            "lost" => HttpAnswer::Failed(HostError::HttpCallFailed.failure("it is lost")),
            "503" => HttpAnswer::Unsuccessful {
                output: output("503"),
                failure: HostError::HttpCallFailed.failure("status 503"),
            },
            word if word.len() == 3 => HttpAnswer::Answered(output(word)),
            word => HttpAnswer::Accepted {
                uri: format!("/{at}"),
                retry_after: Some(RetryAfter::Seconds(word.parse().unwrap())),
            },
        }
    }
}

/// Time that stands still unless everything waits for it, and ids that count.
#[derive(Clone, Default)]
pub(crate) struct TestPlatform {
    ids: Arc<AtomicU32>,
    begun: Arc<std::sync::OnceLock<tokio::time::Instant>>,
    /// By how many milliseconds the wall clock was set.
    pub(crate) set_by: Arc<AtomicI64>,
}

impl TestPlatform {
    fn next(&self) -> u128 {
        u128::from(self.ids.fetch_add(1, Ordering::Relaxed)) + 1
    }
}

impl Platform for TestPlatform {
    fn now(&self) -> Timestamp {
        let begun = self.begun.get_or_init(tokio::time::Instant::now);
        let set_by = self.set_by.load(Ordering::Relaxed);
        Timestamp::from_millis(1_000_000_000 + set_by).plus(begun.elapsed())
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    fn new_execution_id(&self) -> ExecutionId {
        ExecutionId::new(uuid::Uuid::from_u128(self.next()))
    }

    fn new_instance_id(&self) -> InstanceId {
        format!("{:032x}", self.next()).parse().unwrap()
    }

    fn new_nonce(&self) -> Nonce {
        Nonce::new(self.next())
    }
}
