use std::future::Future;
use std::time::Duration;

use soloist_core::{ExecutionId, InstanceId, Nonce, Timestamp};

/// Time and chance: what the engine takes from the machine, and a simulation makes up.
pub trait Platform: Send + Sync + 'static {
    /// The wall clock. It may jump in both directions.
    fn now(&self) -> Timestamp;

    /// Returns after `wait`.
    fn sleep(&self, wait: Duration) -> impl Future<Output = ()> + Send;

    /// An id that was never drawn before. Ids that are drawn later compare as greater where that can be had: it keeps the
    /// index of the history dense.
    fn new_execution_id(&self) -> ExecutionId;

    /// An instance id for a caller who gave none: a GUID as 32 lower-case hexadecimal digits.
    fn new_instance_id(&self) -> InstanceId;

    /// 128 bits that nobody can guess.
    fn new_nonce(&self) -> Nonce;
}
