use std::borrow::Cow;

use serde::ser::SerializeMap;
use serde::{Serialize, Serializer};
use soloist_core::{Failure, Payload};

/// A JSON object whose keys depend on what it tells of, in the order in which they were put in.
#[derive(Debug, Default)]
pub(crate) struct Row<'e>(Vec<(&'e str, Field<'e>)>);

/// A value in a [`Row`].
#[derive(Debug)]
pub(crate) enum Field<'e> {
    Null,
    Bool(bool),
    Number(u64),
    Float(f64),
    Text(Cow<'e, str>),
    /// JSON as it is stored.
    Json(&'e Payload),
    /// An object of the caller's.
    Row(Row<'e>),
}

impl<'e> Row<'e> {
    #[must_use]
    pub(crate) fn with(mut self, key: &'e str, value: impl Into<Field<'e>>) -> Self {
        self.0.push((key, value.into()));
        self
    }

    /// With the key only if `wanted`.
    #[must_use]
    pub(crate) fn with_if(self, wanted: bool, key: &'e str, value: impl Into<Field<'e>>) -> Self {
        if wanted { self.with(key, value) } else { self }
    }

    /// With all that another row holds.
    #[must_use]
    pub(crate) fn and(mut self, other: Self) -> Self {
        self.0.extend(other.0);
        self
    }
}

impl Serialize for Row<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        let mut map = serializer.serialize_map(Some(self.0.len()))?;
        for (key, value) in &self.0 {
            map.serialize_entry(key, value)?;
        }
        map.end()
    }
}

impl Serialize for Field<'_> {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        match self {
            Self::Null => serializer.serialize_unit(),
            Self::Bool(value) => value.serialize(serializer),
            Self::Number(value) => value.serialize(serializer),
            Self::Float(value) => value.serialize(serializer),
            Self::Text(value) => value.serialize(serializer),
            Self::Json(value) => value.serialize(serializer),
            Self::Row(value) => value.serialize(serializer),
        }
    }
}

impl From<bool> for Field<'_> {
    fn from(value: bool) -> Self {
        Self::Bool(value)
    }
}

impl From<u64> for Field<'_> {
    fn from(value: u64) -> Self {
        Self::Number(value)
    }
}

impl From<f64> for Field<'_> {
    fn from(value: f64) -> Self {
        Self::Float(value)
    }
}

impl<'e> From<&'e str> for Field<'e> {
    fn from(value: &'e str) -> Self {
        Self::Text(Cow::Borrowed(value))
    }
}

impl From<String> for Field<'_> {
    fn from(value: String) -> Self {
        Self::Text(Cow::Owned(value))
    }
}

impl<'e> From<&'e Payload> for Field<'e> {
    fn from(value: &'e Payload) -> Self {
        Self::Json(value)
    }
}

impl<'e> From<Row<'e>> for Field<'e> {
    fn from(value: Row<'e>) -> Self {
        Self::Row(value)
    }
}

impl<'e, T: Into<Field<'e>>> From<Option<T>> for Field<'e> {
    fn from(value: Option<T>) -> Self {
        value.map_or(Self::Null, Into::into)
    }
}

/// A failure in the host's own words, as `/admin` shows it.
pub(crate) fn failure(failure: &Failure) -> Row<'_> {
    Row::default()
        .with("errorType", failure.error_type.as_str())
        .with("message", failure.message.as_str())
        .with("details", failure.details.as_deref())
        .with("nonRetriable", failure.non_retriable)
}
