//! Instance ids and execution ids that nobody has used: ids in no order, as callers choose them, and executions in order,
//! as the host draws them.

use std::sync::atomic::{AtomicU64, Ordering};

use soloist_core::{ExecutionId, Timestamp};
use uuid::Builder;

/// Counts over the whole process, so that no two loads draw the same.
static DRAWN: AtomicU64 = AtomicU64::new(0);

pub(crate) fn instance() -> String {
    format!("{:016x}", scrambled(DRAWN.fetch_add(1, Ordering::Relaxed)))
}

pub(crate) fn execution(at: Timestamp) -> ExecutionId {
    let number = DRAWN.fetch_add(1, Ordering::Relaxed);
    let mut bytes = [0; 10];
    bytes[2..].copy_from_slice(&number.to_be_bytes());
    let millis = u64::try_from(at.as_millis()).unwrap_or_default();
    ExecutionId::new(Builder::from_unix_timestamp_millis(millis, &bytes).into_uuid())
}

/// A number for each number, without order: odd factors and shifted sums can be undone, so no two meet.
fn scrambled(number: u64) -> u64 {
    let number = number.wrapping_add(1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    let number = (number ^ (number >> 32)).wrapping_mul(0xd6e8_feb8_6659_fd93);
    number ^ (number >> 32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn instances_differ_and_are_in_no_order() {
        let names: Vec<_> = (0..10_000).map(|_| instance()).collect();
        let mut sorted = names.clone();
        sorted.sort();
        sorted.dedup();
        assert_eq!(sorted.len(), names.len());
        assert!(!names.is_sorted());
    }

    #[test]
    fn executions_come_in_order_and_differ_whatever_their_number() {
        let at = Timestamp::from_millis(1_767_225_600_000);
        let ids: Vec<_> = (0..10_000).map(|_| execution(at)).collect();
        assert!(ids.is_sorted_by(|a, b| a < b));
        assert!(ids.iter().all(|id| id.as_uuid().get_version_num() == 7));
    }
}
