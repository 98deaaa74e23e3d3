use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Whole milliseconds since the Unix epoch.
#[derive(
    Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize,
)]
#[serde(transparent)]
pub struct Timestamp(i64);

/// The last millisecond of the year 9999: the latest moment that ISO 8601 with four digits of year can say.
const LATEST: i64 = 253_402_300_799_999;

impl Timestamp {
    /// The moment `millis` milliseconds after the epoch, cut to the years up to 9999.
    pub fn from_millis(millis: i64) -> Self {
        Self(millis.clamp(-LATEST, LATEST))
    }

    /// A guest's number, rounded up to a whole millisecond; `None` if it is not finite.
    pub fn from_guest(millis: f64) -> Option<Self> {
        #[expect(
            clippy::cast_possible_truncation,
            reason = "`as` saturates, and from_millis cuts further"
        )]
        millis
            .is_finite()
            .then(|| Self::from_millis(millis.ceil() as i64))
    }

    /// Milliseconds since the epoch.
    pub fn as_millis(self) -> i64 {
        self.0
    }

    /// What a guest sees: milliseconds as a float, exact up to the year 9999.
    #[expect(
        clippy::cast_precision_loss,
        reason = "the range of a timestamp is well below 2^53"
    )]
    pub fn to_guest(self) -> f64 {
        self.0 as f64
    }

    /// This moment and `wait` later.
    #[must_use]
    pub fn plus(self, wait: Duration) -> Self {
        Self::from_millis(
            self.0
                .saturating_add(i64::try_from(wait.as_millis()).unwrap_or(LATEST)),
        )
    }

    /// How long from `earlier` to this moment; nothing if `earlier` is later.
    pub fn since(self, earlier: Self) -> Duration {
        Duration::from_millis(u64::try_from(self.0.saturating_sub(earlier.0)).unwrap_or(0))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_guest_sees_milliseconds() {
        let shown = Timestamp::from_millis(1_700_000_000_123).to_guest();
        assert_eq!(
            Timestamp::from_guest(shown),
            Some(Timestamp::from_millis(1_700_000_000_123))
        );
    }

    #[test]
    fn a_guests_time_is_rounded_up_and_must_be_finite() {
        assert_eq!(Timestamp::from_guest(1.2), Some(Timestamp::from_millis(2)));
        assert_eq!(Timestamp::from_guest(f64::NAN), None);
        assert_eq!(Timestamp::from_guest(f64::INFINITY), None);
        assert_eq!(
            Timestamp::from_guest(1e300),
            Some(Timestamp::from_millis(i64::MAX))
        );
    }
}
