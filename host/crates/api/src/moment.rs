use jiff::SignedDuration;
use jiff::civil::{DateTime, date};
use jiff::tz::Offset;
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

/// What becomes of less than a millisecond.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Rounding {
    Up,
    Down,
}

/// A moment as ISO 8601 writes it, with or without a time and an offset; without one it is UTC. A `+` may have become a space
/// on its way through a form.
pub(crate) fn read(text: &str, rounding: Rounding) -> Option<Timestamp> {
    let text = text.trim();
    let plus = || {
        let (time, offset) = text.rsplit_once(' ')?;
        format!("{time}+{offset}").parse().ok()
    };
    let moment = text.parse::<jiff::Timestamp>().ok().or_else(plus);
    let utc = || {
        Offset::UTC
            .to_timestamp(text.parse::<DateTime>().ok()?)
            .ok()
    };
    let nanos = moment.or_else(utc)?.as_nanosecond();
    let millis = match rounding {
        Rounding::Up => -(-nanos).div_euclid(1_000_000),
        Rounding::Down => nanos.div_euclid(1_000_000),
    };
    i64::try_from(millis).ok().map(Timestamp::from_millis)
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
    fn moments_are_read_as_clients_write_them() {
        let read = |text| read(text, Rounding::Down).map(Timestamp::as_millis);
        for (text, millis) in [
            ("2026-01-02T03:04:05.678901Z", 1_767_323_045_678),
            ("2026-01-02T03:04:05.678Z", 1_767_323_045_678),
            ("2026-01-02T03:04:05Z", 1_767_323_045_000),
            ("2026-01-02T03:04:05", 1_767_323_045_000),
            ("2026-01-02T04:04:05+01:00", 1_767_323_045_000),
            ("2026-01-02T04:04:05 01:00", 1_767_323_045_000),
            ("2026-01-02", 1_767_312_000_000),
            ("1969-12-31T23:59:59.9999999Z", -1),
        ] {
            assert_eq!(read(text), Some(millis), "{text}");
        }
        for text in ["", "now", "2026-13-01", "12:00"] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_first_and_the_last_moment_can_be_written() {
        for millis in [i64::MIN, i64::MAX] {
            assert!(seven_digits(Timestamp::from_millis(millis)).ends_with('Z'));
        }
    }
}
