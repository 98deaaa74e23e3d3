use std::fmt;
use std::str::FromStr;
use std::time::Duration;

use jiff::SignedDuration;
use serde::Deserialize;

/// A length of time, written as `500ms`, `30s`, `5m` or `30d`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(try_from = "String")]
pub(crate) struct Wait(pub(crate) Duration);

/// A text is no length of time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoWait(String);

impl fmt::Display for NoWait {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "'{}' is no length of time: write 500ms, 30s, 5m or 30d",
            self.0
        )
    }
}

impl std::error::Error for NoWait {}

impl FromStr for Wait {
    type Err = NoWait;

    fn from_str(text: &str) -> Result<Self, NoWait> {
        let (days, rest) = days(text);
        let rest = match rest {
            "" if days.is_some() => Some(Duration::ZERO),
            rest => rest
                .parse::<SignedDuration>()
                .ok()
                .and_then(|wait| Duration::try_from(wait).ok()),
        };
        rest.and_then(|rest| rest.checked_add(days.unwrap_or_default()))
            .map(Self)
            .ok_or_else(|| NoWait(text.to_owned()))
    }
}

/// The days at the beginning of a text, each of 24 hours, and the rest of it.
fn days(text: &str) -> (Option<Duration>, &str) {
    let split = text.split_once('d');
    let days = split.and_then(|(days, rest)| Some((days.trim().parse::<u32>().ok()?, rest)));
    match days {
        Some((days, rest)) => (Some(Duration::from_hours(24) * days), rest.trim()),
        None => (None, text),
    }
}

impl TryFrom<String> for Wait {
    type Error = NoWait;

    fn try_from(text: String) -> Result<Self, NoWait> {
        text.parse()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lengths_of_time_are_read_as_people_write_them() {
        for (text, millis) in [
            ("500ms", 500),
            ("30s", 30_000),
            ("5m", 300_000),
            ("1h 1s", 3_601_000),
            ("30d", 2_592_000_000),
            ("1d 1s", 86_401_000),
        ] {
            assert_eq!(
                text.parse(),
                Ok(Wait(Duration::from_millis(millis))),
                "{text}"
            );
        }
        for text in ["", "30", "-1s", "soon", "d", "-1d", "1d-2h", "1d2d"] {
            assert!(text.parse::<Wait>().is_err(), "{text}");
        }
    }
}
