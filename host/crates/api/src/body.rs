use std::time::Duration;

use axum::body::Body;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, EXPECT};
use axum::http::{HeaderMap, StatusCode};
use http_body_util::{BodyExt, LengthLimitError, Limited};
use soloist_core::{InvalidJson, Payload};

use crate::ApiSettings;

/// How far beyond its limit a body is read all the same, so that its sender hears why it is refused.
const DRAINED_MAX: usize = 64 << 20;

/// How long that is done.
const DRAIN_PATIENCE: Duration = Duration::from_secs(10);

/// Why a body is of no use.
#[derive(Debug, thiserror::Error)]
pub(crate) enum BodyError {
    #[error(
        "the body is larger than the {} bytes that are allowed here: send less, or raise {} where the host is started",
        .0.max, .0.setting
    )]
    TooLarge(BodyLimit),
    #[error("the body did not come within {} s: send it again, faster", .0.as_secs_f64())]
    TooSlow(Duration),
    #[error("the body broke off before its end: send it again, whole")]
    Broken,
    #[error("a body with the Content-Encoding {0:?} is not read here: send it as it is")]
    Encoded(String),
    #[error("the body is not JSON: {0}")]
    NotJson(String),
}

/// How large a body may be, and what an operator raises to let in a larger one.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct BodyLimit {
    pub(crate) max: usize,
    pub(crate) setting: &'static str,
}

impl ApiSettings {
    /// The bound of inputs and of the data of events.
    pub(crate) fn json_limit(&self) -> BodyLimit {
        BodyLimit {
            max: self.body_bytes_max,
            setting: "body-bytes",
        }
    }

    /// The bound of components.
    pub(crate) fn module_limit(&self) -> BodyLimit {
        BodyLimit {
            max: self.module_bytes_max,
            setting: "module-bytes",
        }
    }
}

impl BodyError {
    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::TooSlow(_) => StatusCode::REQUEST_TIMEOUT,
            Self::Encoded(_) => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Broken | Self::NotJson(_) => StatusCode::BAD_REQUEST,
        }
    }
}

/// Reads a whole body, if it is not larger than `limit`.
pub(crate) async fn read(
    headers: &HeaderMap,
    body: Body,
    limit: BodyLimit,
    timeout: Duration,
) -> Result<Vec<u8>, BodyError> {
    if let Some(encoding) = encoding(headers) {
        return Err(BodyError::Encoded(encoding));
    }
    let max = limit.max;
    let announced = headers
        .get(CONTENT_LENGTH)
        .and_then(|length| length.to_str().ok()?.parse::<usize>().ok());
    if let Some(length) = announced.filter(|length| *length > max) {
        // Whoever expects to be told before it sends anything is told now.
        if length - max <= DRAINED_MAX && !headers.contains_key(EXPECT) {
            drain(body, timeout.min(DRAIN_PATIENCE)).await;
        }
        return Err(BodyError::TooLarge(limit));
    }
    let mut body = Limited::new(body, max);
    let mut bytes = Vec::new();
    let collect = async {
        while let Some(frame) = body.frame().await {
            match frame {
                Ok(frame) => {
                    if let Ok(data) = frame.into_data() {
                        if bytes.is_empty() {
                            bytes.reserve_exact(announced.unwrap_or(0).max(data.len()));
                        }
                        bytes.extend_from_slice(&data);
                    }
                }
                Err(error) if error.is::<LengthLimitError>() => {
                    return Err(BodyError::TooLarge(limit));
                }
                Err(_) => return Err(BodyError::Broken),
            }
        }
        Ok(())
    };
    match tokio::time::timeout(timeout, collect).await {
        Ok(done) => done.map(|()| bytes),
        Err(_) => Err(BodyError::TooSlow(timeout)),
    }
}

/// Takes a body in and drops it. Many clients look at the answer only once they have sent all, and see a broken connection
/// instead of the reason where nobody reads that.
async fn drain(mut body: Body, patience: Duration) {
    let drained = async { while let Some(Ok(_)) = body.frame().await {} };
    // What has not come by then is not waited for.
    drop(tokio::time::timeout(patience, drained).await);
}

/// How the body is packed, if it is.
fn encoding(headers: &HeaderMap) -> Option<String> {
    headers
        .get_all(CONTENT_ENCODING)
        .iter()
        .map(|value| String::from_utf8_lossy(value.as_bytes()))
        .find(|value| !value.trim().eq_ignore_ascii_case("identity"))
        .map(std::borrow::Cow::into_owned)
}

/// A body as a payload; an empty one is `null`.
pub(crate) fn payload(body: Vec<u8>) -> Result<Payload, BodyError> {
    if body.is_empty() {
        return Ok(Payload::null());
    }
    let text = String::from_utf8(body)
        .map_err(|error| BodyError::NotJson(error.utf8_error().to_string()))?;
    Payload::parse(&text).map_err(|error| BodyError::NotJson(reason(&error)))
}

fn reason(error: &InvalidJson) -> String {
    std::error::Error::source(error).map_or_else(|| error.to_string(), ToString::to_string)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_body_is_kept_as_it_was_written() {
        let text = |body: &str| payload(body.into()).map(|p| p.as_str().to_owned());
        assert_eq!(text("").unwrap(), "null");
        assert_eq!(
            text(" {\"b\": 1.50, \"a\":2}\n").unwrap(),
            "{\"b\": 1.50, \"a\":2}"
        );
        let deep = "[".repeat(10_000) + &"]".repeat(10_000);
        assert_eq!(text(&deep).unwrap(), deep);
    }

    #[test]
    fn what_is_not_json_is_said_to_be_so() {
        for (body, reason) in [
            (&b"{\"a\":"[..], "the body is not JSON: EOF while parsing"),
            (b"hello", "the body is not JSON: expected value"),
            (b" ", "the body is not JSON: EOF"),
            (b"1 2", "the body is not JSON: trailing characters"),
            (b"\"\xff\"", "the body is not JSON: invalid utf-8"),
        ] {
            let error = payload(body.to_vec()).unwrap_err().to_string();
            assert!(error.starts_with(reason), "{error}");
        }
    }
}
