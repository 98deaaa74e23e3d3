use std::fmt;
use std::sync::Arc;

use serde::{Deserialize, Deserializer, Serialize, Serializer};
use serde_json::value::RawValue;

/// A JSON document as text, checked once where it enters. Cheap to clone.
///
/// It is stored and returned as it came: numbers keep their digits and keys their order.
#[derive(Clone)]
pub struct Payload(Arc<RawValue>);

/// A text is not one JSON document.
#[derive(Debug, thiserror::Error)]
#[error("not valid JSON")]
pub struct InvalidJson(#[source] serde_json::Error);

impl Payload {
    /// Checks that `text` is one JSON document.
    ///
    /// # Errors
    /// If it is not; the source says where.
    pub fn parse(text: &str) -> Result<Self, InvalidJson> {
        serde_json::from_str::<Box<RawValue>>(text)
            .map(|raw| Self(raw.into()))
            .map_err(InvalidJson)
    }

    /// The JSON `null`.
    pub fn null() -> Self {
        Self(RawValue::NULL.to_owned().into())
    }

    /// A JSON string that holds `text`.
    pub fn string(text: &str) -> Self {
        Self(
            serde_json::value::to_raw_value(text)
                .expect("a string is always JSON")
                .into(),
        )
    }

    /// The text, without white space around it.
    pub fn as_str(&self) -> &str {
        self.0.get()
    }
}

impl fmt::Debug for Payload {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl PartialEq for Payload {
    fn eq(&self, other: &Self) -> bool {
        self.as_str() == other.as_str()
    }
}

impl Eq for Payload {}

impl Serialize for Payload {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        self.0.serialize(serializer)
    }
}

impl<'de> Deserialize<'de> for Payload {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Box::<RawValue>::deserialize(deserializer).map(|raw| Self(raw.into()))
    }
}
