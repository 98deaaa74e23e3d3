use std::sync::Arc;
use std::time::Duration;

use soloist_core::{
    Action, ExecutionId, Failure, InstanceId, LogLevel, ModuleDigest, Nonce, Payload, TaskId,
    TaskResult, Timestamp,
};
use soloist_engine::{
    ActivityCall, Exports, GuestError, Guests, HttpAnswer, HttpCall, ModuleError, Orchestrator,
    Platform, SharedExecution, Turn,
};
use tokio::sync::Semaphore;
use uuid::Uuid;

/// Guests whose component is a line: what it exports, and what its orchestrator does.
///
/// - `core`: nothing that can be used.
/// - `both`, `activity`: exports.
/// - `slow ...`: compiled only once `release` has a permit.
/// - `return JSON`, `fail MESSAGE`, `await EVENT` (and return its data): orchestrators.
#[derive(Clone)]
pub(crate) struct Scripted {
    pub(crate) release: Arc<Semaphore>,
    modules: Arc<std::sync::Mutex<Vec<(ModuleDigest, String)>>>,
}

impl Scripted {
    pub(crate) fn new() -> Self {
        Self {
            release: Arc::new(Semaphore::new(0)),
            modules: Arc::default(),
        }
    }
}

impl Guests for Scripted {
    type Orchestrator = Script;

    async fn prepare(
        &self,
        digest: ModuleDigest,
        bytes: Arc<[u8]>,
    ) -> Result<Exports, ModuleError> {
        let text = String::from_utf8_lossy(&bytes).into_owned();
        let mut script = text.as_str();
        if let Some(rest) = script.strip_prefix("slow ") {
            script = rest;
            self.release.acquire().await.unwrap().forget();
        }
        if script == "core" {
            return Err(ModuleError(
                "this is a core module: make a component of it".to_owned(),
            ));
        }
        self.modules
            .lock()
            .unwrap()
            .push((digest, script.to_owned()));
        Ok(Exports {
            orchestrator: script != "activity",
            activity: matches!(script, "activity" | "both"),
        })
    }

    fn digest(&self, bytes: &[u8]) -> ModuleDigest {
        let mut digest = [0; 32];
        for (place, byte) in bytes.iter().enumerate() {
            digest[place % 32] ^= byte;
        }
        ModuleDigest::new(digest)
    }

    fn forget(&self, _: ModuleDigest) {}

    async fn orchestrator(
        &self,
        module: ModuleDigest,
        execution: SharedExecution,
    ) -> Result<Script, GuestError> {
        let modules = self.modules.lock().unwrap();
        let script = modules.iter().find(|(digest, _)| *digest == module);
        Ok(Script {
            text: script.unwrap().1.clone(),
            execution,
            task: None,
        })
    }

    async fn activity(&self, _: ModuleDigest, _: ActivityCall) -> Result<TaskResult, GuestError> {
        Ok(Ok(Payload::null()))
    }

    async fn http(&self, _: HttpCall) -> HttpAnswer {
        HttpAnswer::Answered(Payload::null())
    }
}

pub(crate) struct Script {
    text: String,
    execution: SharedExecution,
    task: Option<TaskId>,
}

impl Orchestrator for Script {
    async fn turn(&mut self) -> Turn {
        let (verb, rest) = self.text.split_once(' ').unwrap();
        match verb {
            "return" => Turn::Returned(Ok(Payload::parse(rest).unwrap())),
            "fail" => Turn::Returned(Err(Failure {
                error_type: "Scripted".to_owned(),
                message: rest.to_owned(),
                details: None,
                non_retriable: false,
            })),
            "await" => {
                let mut execution = self.execution.lock().unwrap();
                let wait = Action::WaitForEvent {
                    name: rest.to_owned(),
                };
                let task = *self
                    .task
                    .get_or_insert_with(|| execution.perform(wait).unwrap());
                match execution.await_task(task).unwrap() {
                    Some(result) => Turn::Returned(result),
                    None => Turn::Parked,
                }
            }
            "log" => {
                let mut execution = self.execution.lock().unwrap();
                for word in rest.split(' ') {
                    execution.log(LogLevel::Info, word.to_owned());
                }
                Turn::Returned(Ok(Payload::null()))
            }
            other => unreachable!("no script says {other}"),
        }
    }

    fn weight(&self) -> usize {
        100
    }
}

/// A clock that stands still, sleep that tokio's paused time ends, and random ids.
pub(crate) struct StillClock;

#[expect(
    clippy::disallowed_methods,
    reason = "ids need not repeat in these tests"
)]
impl Platform for StillClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millis(1_767_323_045_678)
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    fn new_execution_id(&self) -> ExecutionId {
        ExecutionId::new(Uuid::now_v7())
    }

    fn new_instance_id(&self) -> InstanceId {
        Uuid::new_v4().as_simple().to_string().parse().unwrap()
    }

    fn new_nonce(&self) -> Nonce {
        Nonce::new(Uuid::new_v4().as_u128())
    }
}
