use std::time::{Duration, Instant, SystemTime, UNIX_EPOCH};

use soloist_core::Timestamp;

#[expect(
    clippy::disallowed_methods,
    reason = "a measurement needs the machine's clock; no engine here"
)]
pub(crate) fn now() -> Instant {
    Instant::now()
}

/// The time of day, for rows that are written without a host.
#[expect(
    clippy::disallowed_methods,
    reason = "rows of the past need the machine's time; no engine here"
)]
pub(crate) fn time_of_day() -> Timestamp {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    let millis = since.unwrap_or(Duration::ZERO).as_millis();
    Timestamp::from_millis(i64::try_from(millis).unwrap_or(i64::MAX))
}
