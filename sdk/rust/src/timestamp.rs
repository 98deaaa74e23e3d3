use std::fmt;
use std::ops::{Add, Sub};
use std::time::{Duration, SystemTime};

use serde::{Deserialize, Serialize};

/// A moment of orchestration time, in whole milliseconds since the Unix epoch. JSON holds it as that number.
///
/// ```
/// use soloist::Timestamp;
/// use std::time::Duration;
///
/// let noon = Timestamp::from_millis(1_795_521_600_000);
/// let later = noon + Duration::from_secs(90);
/// assert_eq!(later.duration_since(noon), Duration::from_secs(90));
/// assert_eq!(later.to_string(), "2026-11-24T12:01:30.000Z");
/// ```
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Timestamp(u64);

impl Timestamp {
    /// The moment so many milliseconds after the Unix epoch.
    pub const fn from_millis(milliseconds: u64) -> Self {
        Self(milliseconds)
    }

    /// Milliseconds since the Unix epoch.
    pub const fn as_millis(self) -> u64 {
        self.0
    }

    /// The time from `earlier` to this moment; zero if `earlier` is later.
    pub const fn duration_since(self, earlier: Self) -> Duration {
        Duration::from_millis(self.0.saturating_sub(earlier.0))
    }

    #[expect(
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a cast of a float saturates; the host gives whole milliseconds since the epoch"
    )]
    pub(crate) fn from_host(milliseconds: f64) -> Self {
        Self(milliseconds.ceil() as u64)
    }

    #[expect(
        clippy::cast_precision_loss,
        reason = "exact for the next 285,000 years"
    )]
    pub(crate) fn to_host(self) -> f64 {
        self.0 as f64
    }
}

/// The length in milliseconds, with a broken one rounded up: nothing waits less than was asked for.
#[expect(clippy::cast_precision_loss, reason = "exact up to 285,000 years")]
pub(crate) fn whole_milliseconds(length: Duration) -> f64 {
    length.as_nanos().div_ceil(1_000_000) as f64
}

impl Add<Duration> for Timestamp {
    type Output = Self;

    fn add(self, length: Duration) -> Self {
        let milliseconds = length.as_nanos().div_ceil(1_000_000);
        Self(
            self.0
                .saturating_add(u64::try_from(milliseconds).unwrap_or(u64::MAX)),
        )
    }
}

impl Sub<Duration> for Timestamp {
    type Output = Self;

    fn sub(self, length: Duration) -> Self {
        Self(
            self.0
                .saturating_sub(u64::try_from(length.as_millis()).unwrap_or(u64::MAX)),
        )
    }
}

impl From<Timestamp> for SystemTime {
    fn from(moment: Timestamp) -> Self {
        SystemTime::UNIX_EPOCH + Duration::from_millis(moment.0)
    }
}

impl fmt::Display for Timestamp {
    /// RFC 3339, in UTC.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (days, rest) = (self.0 / 86_400_000, self.0 % 86_400_000);
        let (year, month, day) = civil(days);
        let (hour, minute) = (rest / 3_600_000, rest / 60_000 % 60);
        let (second, millisecond) = (rest / 1000 % 60, rest % 1000);
        write!(
            f,
            "{year:04}-{month:02}-{day:02}T{hour:02}:{minute:02}:{second:02}.{millisecond:03}Z"
        )
    }
}

/// Year, month and day of a day counted from 1970-01-01. Years are taken from March, so that the leap day ends them.
fn civil(days: u64) -> (u64, u64, u64) {
    let days = days + 719_468;
    let (era, day_of_era) = (days / 146_097, days % 146_097);
    let year_of_era =
        (day_of_era - day_of_era / 1460 + day_of_era / 36_524 - day_of_era / 146_096) / 365;
    let day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    let months_from_march = (5 * day_of_year + 2) / 153;
    let day = day_of_year - (153 * months_from_march + 2) / 5 + 1;
    let month = if months_from_march < 10 {
        months_from_march + 3
    } else {
        months_from_march - 9
    };
    (era * 400 + year_of_era + u64::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_are_those_of_the_calendar() {
        for (milliseconds, expected) in [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_782_400_000, "2000-02-29T00:00:00.000Z"),
            (1_709_251_199_999, "2024-02-29T23:59:59.999Z"),
            (4_107_542_400_000, "2100-03-01T00:00:00.000Z"),
        ] {
            assert_eq!(Timestamp::from_millis(milliseconds).to_string(), expected);
        }
    }

    #[test]
    fn a_broken_millisecond_counts_as_a_whole_one() {
        assert_eq!(Timestamp::from_host(1.25), Timestamp::from_millis(2));
        let moment = Timestamp::from_millis(10) + Duration::from_micros(1);
        assert_eq!(moment, Timestamp::from_millis(11));
    }

    #[test]
    fn arithmetic_saturates() {
        let moment = Timestamp::from_millis(5);
        assert_eq!(moment - Duration::from_secs(1), Timestamp::from_millis(0));
        assert_eq!((moment + Duration::MAX).as_millis(), u64::MAX);
    }
}
