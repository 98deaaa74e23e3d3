use std::any::type_name;
use std::error::Error;
use std::fmt;

use serde::{Deserialize, Serialize};

use crate::bindings::orchestrator::soloist::orchestration::types;

/// Why a step, or a whole orchestration, failed. Part of history.
///
/// `?` turns any [`std::error::Error`] into one: its type names the `error_type`, its text is the message, and
/// its causes are the details. For that reason `Failure` is not an [`Error`] itself.
///
/// ```
/// use soloist::Failure;
///
/// fn parse(text: &str) -> Result<u32, Failure> {
///     Ok(text.parse()?)
/// }
///
/// let failure = parse("ten").unwrap_err();
/// assert_eq!(failure.error_type, "ParseIntError");
/// assert_eq!(failure.message, "invalid digit found in string");
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct Failure {
    /// Stable and machine-readable, such as `PaymentDeclined`. The host's own are, among others, `Canceled`,
    /// `Trap` and `Unsupported`; this crate's are [`Failure::INVALID_INPUT`] and its neighbours.
    pub error_type: String,
    /// One sentence for a person.
    pub message: String,
    /// Stack trace, inner errors: anything that helps, or nothing.
    #[serde(default)]
    pub details: Option<String>,
    /// True if a retry policy must not try again.
    #[serde(default)]
    pub non_retriable: bool,
}

impl Failure {
    /// The input is not what the function takes.
    pub const INVALID_INPUT: &str = "InvalidInput";
    /// What the function returned cannot be written as JSON.
    pub const INVALID_OUTPUT: &str = "InvalidOutput";
    /// A task was answered with something else than its caller expects.
    pub const INVALID_ANSWER: &str = "InvalidAnswer";
    /// The component was deployed under a name that it does not serve.
    pub const UNKNOWN_FUNCTION: &str = "UnknownFunction";

    /// A failure that a retry policy may try again.
    pub fn new(error_type: impl Into<String>, message: impl Into<String>) -> Self {
        Self {
            error_type: error_type.into(),
            message: message.into(),
            details: None,
            non_retriable: false,
        }
    }

    /// Adds what may help a person to find the reason.
    #[must_use]
    pub fn with_details(mut self, details: impl Into<String>) -> Self {
        self.details = Some(details.into());
        self
    }

    /// Forbids any retry.
    #[must_use]
    pub fn non_retriable(mut self) -> Self {
        self.non_retriable = true;
        self
    }
}

impl fmt::Display for Failure {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.error_type, self.message)
    }
}

impl<E: Error> From<E> for Failure {
    fn from(error: E) -> Self {
        let mut causes = Vec::new();
        let mut source = error.source();
        while let Some(cause) = source {
            causes.push(format!("caused by: {cause}"));
            source = cause.source();
        }
        Self {
            error_type: error_type(type_name::<E>()),
            message: error.to_string(),
            details: (!causes.is_empty()).then(|| causes.join("\n")),
            non_retriable: false,
        }
    }
}

/// The last segment of a type's path; with its crate in front where that is only `Error`.
fn error_type(path: &str) -> String {
    let plain = path.split('<').next().unwrap_or(path);
    let first = plain.split("::").next().unwrap_or(plain);
    match plain.rsplit("::").next().unwrap_or(plain) {
        "Error" if first != "Error" => format!("{first}::Error"),
        last => last.to_owned(),
    }
}

impl Failure {
    /// What the host answered. Not a `From`: the generated type is an [`Error`], which has one already.
    pub(crate) fn from_host(failure: types::Failure) -> Self {
        Self {
            error_type: failure.error_type,
            message: failure.message,
            details: failure.details,
            non_retriable: failure.non_retriable,
        }
    }

    pub(crate) fn into_host(self) -> types::Failure {
        types::Failure {
            error_type: self.error_type,
            message: self.message,
            details: self.details,
            non_retriable: self.non_retriable,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_error_type_is_the_last_name_of_the_path() {
        for (path, expected) in [
            ("core::num::error::ParseIntError", "ParseIntError"),
            ("serde_json::error::Error", "serde_json::Error"),
            ("shop::Declined<alloc::string::String>", "Declined"),
            ("Error", "Error"),
        ] {
            assert_eq!(error_type(path), expected);
        }
    }

    #[test]
    fn causes_become_details() {
        #[derive(Debug)]
        struct Outer(std::num::ParseIntError);
        impl fmt::Display for Outer {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str("the amount is unreadable")
            }
        }
        impl Error for Outer {
            fn source(&self) -> Option<&(dyn Error + 'static)> {
                Some(&self.0)
            }
        }

        let failure = Failure::from(Outer("x".parse::<u8>().unwrap_err()));
        assert_eq!(failure.to_string(), "Outer: the amount is unreadable");
        assert_eq!(
            failure.details.as_deref(),
            Some("caused by: invalid digit found in string")
        );
    }

    #[test]
    fn json_needs_only_type_and_message() {
        let failure: Failure =
            serde_json::from_str(r#"{"errorType":"Declined","message":"no funds"}"#).unwrap();
        assert_eq!(failure, Failure::new("Declined", "no funds"));
    }
}
