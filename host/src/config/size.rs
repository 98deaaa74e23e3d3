use std::fmt;
use std::str::FromStr;

use serde::de::{Deserialize, Deserializer, Error, Visitor};

/// A number of bytes: a whole number, or one with `KiB`, `MiB` or `GiB`.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct ByteSize(pub(crate) usize);

const UNITS: [(&str, usize); 3] = [("KiB", 1 << 10), ("MiB", 1 << 20), ("GiB", 1 << 30)];

/// A text is no number of bytes.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct NoByteSize(String);

impl fmt::Display for NoByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "'{}' is no size: write 1048576, 1024KiB or 1MiB", self.0)
    }
}

impl std::error::Error for NoByteSize {}

impl FromStr for ByteSize {
    type Err = NoByteSize;

    fn from_str(text: &str) -> Result<Self, NoByteSize> {
        let (number, unit) = UNITS
            .iter()
            .find_map(|(name, unit)| Some((text.strip_suffix(name)?.trim_end(), *unit)))
            .unwrap_or((text, 1));
        let size = number.parse::<usize>().ok();
        size.and_then(|size| size.checked_mul(unit))
            .map(Self)
            .ok_or_else(|| NoByteSize(text.to_owned()))
    }
}

impl fmt::Display for ByteSize {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let fitting = UNITS.iter().rev();
        match fitting
            .into_iter()
            .find(|(_, unit)| self.0 >= *unit && self.0.is_multiple_of(*unit))
        {
            Some((name, unit)) => write!(f, "{}{name}", self.0 / unit),
            None => self.0.fmt(f),
        }
    }
}

impl<'de> Deserialize<'de> for ByteSize {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        struct Either;
        impl Visitor<'_> for Either {
            type Value = ByteSize;

            fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("a number of bytes, such as 1048576 or \"1MiB\"")
            }

            fn visit_i64<E: Error>(self, number: i64) -> Result<ByteSize, E> {
                let size = usize::try_from(number).map(ByteSize);
                size.map_err(|_| E::custom(format_args!("{number} is no size")))
            }

            fn visit_str<E: Error>(self, text: &str) -> Result<ByteSize, E> {
                text.parse().map_err(E::custom)
            }
        }
        deserializer.deserialize_any(Either)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn sizes_are_read_with_and_without_units() {
        for (text, size) in [("0", 0), ("7", 7), ("2KiB", 2048), ("3 MiB", 3 << 20)] {
            assert_eq!(text.parse(), Ok(ByteSize(size)), "{text}");
        }
        for text in ["", "-1", "1.5MiB", "1MB", "99999999999GiB", "MiB"] {
            assert!(text.parse::<ByteSize>().is_err(), "{text}");
        }
    }

    #[test]
    fn sizes_are_written_in_the_largest_unit_that_fits() {
        for text in ["0", "1025", "1KiB", "64MiB", "3GiB"] {
            assert_eq!(text.parse::<ByteSize>().unwrap().to_string(), text);
        }
    }
}
