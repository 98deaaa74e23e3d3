use std::future::Future;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use soloist_core::{
    Execution, Failure, FunctionName, HostError, InstanceId, ModuleDigest, Payload, TaskKey,
    TaskResult,
};

use crate::{BoxError, HttpAnswer, HttpCall};

/// An execution that its owner and its guest share. They never contend: the guest touches it only while its owner polls it.
pub type SharedExecution = Arc<Mutex<Execution>>;

/// What runs guests.
pub trait Guests: Send + Sync + 'static {
    /// A live orchestrator.
    type Orchestrator: Orchestrator;

    /// Checks and compiles a component, and keeps the compiled form so that `orchestrator` and `activity` find it. Cheap
    /// if that was done before. Runs off the path of running work.
    ///
    /// # Errors
    /// If the bytes are no usable component.
    fn prepare(
        &self,
        digest: ModuleDigest,
        bytes: Arc<[u8]>,
    ) -> impl Future<Output = Result<Exports, ModuleError>> + Send;

    /// The SHA-256 of a component.
    fn digest(&self, bytes: &[u8]) -> ModuleDigest;

    /// Forgets the compiled form of a module that is removed.
    fn forget(&self, digest: ModuleDigest);

    /// A fresh orchestrator of this module, before its first instruction. Its first turn replays whatever `execution`
    /// holds.
    ///
    /// # Errors
    /// [`GuestError::NotPrepared`] if `prepare` is to be called first; [`GuestError::Busy`] if there is no room now.
    fn orchestrator(
        &self,
        module: ModuleDigest,
        execution: SharedExecution,
    ) -> impl Future<Output = Result<Self::Orchestrator, GuestError>> + Send;

    /// Runs an activity to its end. Dropping the future interrupts it. A trap, an overrun or too much memory is a failure
    /// of the call, not an error.
    ///
    /// # Errors
    /// As for [`orchestrator`](Self::orchestrator).
    fn activity(
        &self,
        module: ModuleDigest,
        call: ActivityCall,
    ) -> impl Future<Output = Result<TaskResult, GuestError>> + Send;

    /// Sends one HTTP request of an orchestration, and reads the answer. Dropping the future interrupts it. That it is
    /// refused, cannot be sent or is not answered is part of the answer.
    fn http(&self, call: HttpCall) -> impl Future<Output = HttpAnswer> + Send;
}

/// An orchestrator in memory, parked or running. Dropping it evicts it: all that is lost is time.
pub trait Orchestrator: Send + 'static {
    /// Runs to the next wait. May be called again only after it returned [`Turn::Parked`].
    fn turn(&mut self) -> impl Future<Output = Turn> + Send;

    /// The memory that it holds, in bytes, roughly.
    fn weight(&self) -> usize;
}

/// How a guest left its turn.
#[derive(Debug)]
pub enum Turn {
    /// It waits for something that has not happened.
    Parked,
    /// Its `run` returned.
    Returned(Result<Payload, Failure>),
    /// The host stopped it, or it trapped.
    Stopped {
        /// Which kind of stop.
        error: HostError,
        /// What to record, with the guest's backtrace in its details.
        failure: Failure,
    },
}

/// One call of an activity.
#[derive(Debug, Clone)]
pub struct ActivityCall {
    /// The name that it is called by.
    pub function: FunctionName,
    /// The instance that calls.
    pub instance: InstanceId,
    /// The idempotency key.
    pub key: TaskKey,
    /// 1 on the first attempt.
    pub attempt: u32,
    /// The longest that this attempt may take, if that is less than any may.
    pub timeout: Option<Duration>,
    /// What it is given.
    pub input: Payload,
}

/// What a component can be bound to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Exports {
    /// It exports the orchestrator interface.
    pub orchestrator: bool,
    /// It exports the activity interface.
    pub activity: bool,
}

/// Why bytes are no usable component. Each says what to do.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
pub struct ModuleError(pub String);

/// Why a guest could not be begun. Never recorded: it says nothing about the guest.
#[derive(Debug, thiserror::Error)]
pub enum GuestError {
    /// The compiled form is not at hand.
    #[error("module {0} is not prepared")]
    NotPrepared(ModuleDigest),
    /// No room for another guest now.
    #[error("no room for another guest")]
    Busy(#[source] BoxError),
    /// The runtime failed.
    #[error("the guest of module {module} could not be begun")]
    Failed {
        /// Which module.
        module: ModuleDigest,
        /// What the runtime said.
        #[source]
        cause: BoxError,
    },
}
