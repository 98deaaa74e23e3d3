use std::time::{Duration, SystemTime, UNIX_EPOCH};

use soloist_core::{ExecutionId, InstanceId, Nonce, Timestamp};
use soloist_engine::Platform;
use uuid::Uuid;

/// The machine's own time and chance.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Machine;

#[expect(
    clippy::disallowed_methods,
    reason = "here is the one place where the engine's time and ids come from the machine"
)]
impl Platform for Machine {
    fn now(&self) -> Timestamp {
        let now = SystemTime::now();
        let millis = match now.duration_since(UNIX_EPOCH) {
            Ok(since) => i64::try_from(since.as_millis()).unwrap_or(i64::MAX),
            Err(error) => {
                i64::try_from(error.duration().as_millis()).map_or(i64::MIN, |before| -before)
            }
        };
        Timestamp::from_millis(millis)
    }

    async fn sleep(&self, wait: Duration) {
        tokio::time::sleep(wait).await;
    }

    fn new_execution_id(&self) -> ExecutionId {
        ExecutionId::new(Uuid::now_v7())
    }

    fn new_instance_id(&self) -> InstanceId {
        Uuid::new_v4()
            .as_simple()
            .to_string()
            .parse()
            .expect("32 hexadecimal digits are an instance id")
    }

    fn new_nonce(&self) -> Nonce {
        // Each has six bits that are fixed, at the same places; shifted against each other they cover all 128.
        let [a, b] = [Uuid::new_v4(), Uuid::new_v4()].map(|uuid| uuid.as_u128());
        Nonce::new(a ^ b.rotate_left(32))
    }
}

/// What tells the requests of this start of the host from those of all others: 16 hexadecimal digits.
#[expect(
    clippy::disallowed_methods,
    reason = "here is the one place where chance comes from the machine"
)]
pub(crate) fn new_request_prefix() -> String {
    let (high, low) = Uuid::new_v4().as_u64_pair();
    // Each has bits that are fixed, at different places.
    format!("{:016x}", high ^ low)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_are_new_and_executions_come_in_order() {
        let ids: Vec<_> = (0..1000).map(|_| Machine.new_execution_id()).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        let id = Machine.new_instance_id();
        assert_eq!(id.as_str().len(), 32);
        assert_ne!(id, Machine.new_instance_id());
        assert_ne!(Machine.new_nonce(), Machine.new_nonce());
        assert_eq!(new_request_prefix().len(), 16);
        assert_ne!(new_request_prefix(), new_request_prefix());
    }

    #[test]
    fn now_is_after_this_was_written() {
        assert!(Machine.now() > Timestamp::from_millis(1_767_225_600_000));
    }
}
