use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use soloist_core::Timestamp;

/// The moment on the calendar of UTC. (jiff's own timestamp ends a day before the year 9999 does.)
fn utc(moment: Timestamp) -> DateTime {
    date(1970, 1, 1)
        .at(0, 0, 0, 0)
        .checked_add(SignedDuration::from_millis(moment.as_millis()))
        .expect("a timestamp lies within the years of the calendar")
}

/// UTC, whole seconds: `2026-01-02T03:04:05Z`. What is less than a second is cut off.
pub(crate) fn whole_seconds(moment: Timestamp) -> String {
    let floor = Timestamp::from_millis(moment.as_millis().div_euclid(1000) * 1000);
    format!("{:.0}Z", utc(floor))
}

/// UTC with the seven digits that .NET writes: `2026-01-02T03:04:05.6780000Z`.
pub(crate) fn seven_digits(moment: Timestamp) -> String {
    format!("{:.7}Z", utc(moment))
}

/// UTC with the milliseconds that are stored: `2026-01-02T03:04:05.678Z`.
pub(crate) fn milliseconds(moment: Timestamp) -> String {
    format!("{:.3}Z", utc(moment))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn moments_are_written_as_durable_functions_writes_them() {
        let moment = Timestamp::from_millis(1_767_323_045_678);
        assert_eq!(whole_seconds(moment), "2026-01-02T03:04:05Z");
        assert_eq!(seven_digits(moment), "2026-01-02T03:04:05.6780000Z");
        assert_eq!(milliseconds(moment), "2026-01-02T03:04:05.678Z");
    }

    #[test]
    fn a_second_is_cut_towards_the_past_also_before_the_epoch() {
        assert_eq!(
            whole_seconds(Timestamp::from_millis(-1)),
            "1969-12-31T23:59:59Z"
        );
    }

    #[test]
    fn the_first_and_the_last_moment_can_be_written() {
        for millis in [i64::MIN, i64::MAX] {
            assert!(seven_digits(Timestamp::from_millis(millis)).ends_with('Z'));
        }
    }
}
