//! Durable HTTP: one request of an orchestration, and what its answer means.

mod answer;
mod location;
mod request;
#[cfg(test)]
mod tests;

use std::time::Duration;

use bytes::Bytes;
use http::{StatusCode, Uri, header, response};
use http_body::Body;
use http_body_util::{BodyExt, Full};
use soloist_core::{Failure, HostError};
use soloist_engine::{HttpAnswer, HttpCall};

use crate::WasmSettings;
use crate::outgoing::{Caller, Client, Place, SendError, Waits, Way};
use answer::Answer;
use request::CallRequest;

/// The time limit of the whole call stands above these.
const WAITS: Waits = Waits {
    connect: Duration::MAX,
    first_byte: Duration::MAX,
    between_bytes: Duration::MAX,
};

/// Sends the request, or asks after it, and reads the answer. Dropping the future interrupts it.
pub(crate) async fn run(call: HttpCall, settings: &WasmSettings, client: &Client) -> HttpAnswer {
    let grant = settings.grants.of(&call.function);
    let exchange = Exchange {
        caller: client.caller(grant.allow_hosts.clone()),
        call,
        settings,
    };
    exchange.run().await.unwrap_or_else(HttpAnswer::Failed)
}

struct Exchange<'s> {
    caller: Caller,
    call: HttpCall,
    settings: &'s WasmSettings,
}

/// What came back: all of it, or that it is to be asked after.
enum Came {
    Answer(Answer),
    Accepted(response::Parts),
}

impl Exchange<'_> {
    async fn run(&self) -> Result<HttpAnswer, Failure> {
        let request = CallRequest::parse(&self.call.request)?;
        let follows = request.async_pattern;
        let message = match &self.call.poll {
            None => request.into_message(),
            Some(uri) => request.into_poll(uri)?,
        };
        let uri = message.uri().clone();
        let way = self.caller.way(&uri);
        let way = way.map_err(|error| self.failure(&error))?;
        // However many connections are open already: that is no fault of the call, and takes none of its time.
        let place = way.place().await;
        let limit = self.limit();
        let exchange = self.exchange(way, place, message, follows);
        let came = tokio::time::timeout(limit, exchange).await;
        match came.map_err(|_| self.late(&uri, limit))?? {
            Came::Answer(answer) => answer.into_http_answer(&uri, self.settings.payload_bytes_max),
            Came::Accepted(head) => self.accepted(&uri, &head),
        }
    }

    fn limit(&self) -> Duration {
        let limit = self.settings.http_timeout;
        self.call
            .timeout
            .map_or(limit, |timeout| timeout.min(limit))
    }

    async fn exchange(
        &self,
        way: Way,
        place: Place,
        message: http::Request<Full<Bytes>>,
        follows: bool,
    ) -> Result<Came, Failure> {
        let target = way.target();
        let sent = way.send_from(place, message, WAITS).await;
        let (head, mut body) = sent.map_err(|error| self.failure(&error))?.into_parts();
        if follows && self.is_accepted(&head) {
            return Ok(Came::Accepted(head));
        }
        let bytes_max = self.settings.payload_bytes_max;
        let too_large = || {
            limit_exceeded(format!(
                "the body of the answer of {target} is larger than {bytes_max} bytes: to allow more, raise body-bytes in the \
                 host's settings"
            ))
        };
        if body.size_hint().lower() > bytes_max as u64 {
            return Err(too_large());
        }
        let mut content = Vec::new();
        while let Some(frame) = body.frame().await {
            let frame = frame.map_err(|error| self.failure(&error))?;
            if let Ok(data) = frame.into_data() {
                if data.len() > bytes_max - content.len() {
                    return Err(too_large());
                }
                content.extend_from_slice(&data);
            }
        }
        Ok(Came::Answer(Answer { head, content }))
    }

    /// A first 202 says where to ask; a later one may leave that out.
    fn is_accepted(&self, head: &response::Parts) -> bool {
        let says_where = head.headers.contains_key(header::LOCATION);
        head.status == StatusCode::ACCEPTED && (says_where || self.call.poll.is_some())
    }

    fn accepted(&self, uri: &Uri, head: &response::Parts) -> Result<HttpAnswer, Failure> {
        let next = match head.headers.get(header::LOCATION) {
            None => uri.clone(),
            Some(location) => {
                let location = location.as_bytes();
                let unusable = |why: &str| {
                    let shown = String::from_utf8_lossy(location);
                    let shown: String = shown.chars().take(200).collect();
                    non_retriable(HostError::HttpCallFailed.failure(format!(
                        "{uri} has accepted the request, but its Location '{shown}' cannot be asked: {why}"
                    )))
                };
                let next = location::resolve(uri, location).map_err(unusable)?;
                // Rather now than when its time has come.
                match self.caller.way(&next) {
                    Ok(_) => next,
                    Err(error @ SendError::Refused(_)) => return Err(self.failure(&error)),
                    Err(error) => return Err(unusable(&error.to_string())),
                }
            }
        };
        Ok(HttpAnswer::Accepted {
            uri: next.to_string(),
            retry_after: answer::retry_after(&head.headers),
        })
    }

    fn late(&self, uri: &Uri, limit: Duration) -> Failure {
        let way_out = if limit < self.settings.http_timeout {
            "set a longer attempt-timeout in its retry policy"
        } else {
            "raise http-timeout in the host's settings"
        };
        HostError::HttpTimeout.failure(format!(
            "{uri} gave no whole answer within {limit:?}: to wait longer, {way_out}"
        ))
    }

    fn failure(&self, error: &SendError) -> Failure {
        match error {
            SendError::Refused(refused) => {
                let (what, entry) = refused.said();
                let function = &self.call.function;
                let refusal = format!(
                    "the orchestration '{function}' may not {what}: to allow it, list \"{entry}\" in allow_hosts of \
                     [function.{function}] in the host's settings"
                );
                tracing::warn!(
                    %function,
                    instance.id = %self.call.instance,
                    refusal,
                    "an orchestration was refused an HTTP call"
                );
                non_retriable(HostError::NotAllowed.failure(refusal))
            }
            SendError::Target { .. } | SendError::Method(_) | SendError::HeadTooLarge { .. } => {
                invalid(error.to_string())
            }
            SendError::RequestTooLarge { .. } | SendError::AnswerTooLarge { .. } => limit_exceeded(
                format!("{error}: to allow more, raise http-body-bytes in the host's settings"),
            ),
            SendError::TimedOut { .. } => HostError::HttpTimeout.failure(error.to_string()),
            SendError::NoPlace { .. }
            | SendError::Lookup { .. }
            | SendError::Connect { .. }
            | SendError::Tls { .. }
            | SendError::RequestBody { .. }
            | SendError::Exchange { .. } => HostError::HttpCallFailed.failure(error.chain()),
        }
    }
}

/// The request cannot be sent, however often it is tried.
fn invalid(why: impl std::fmt::Display) -> Failure {
    let message = format!("call-http cannot send this request: {why}");
    non_retriable(HostError::InvalidRequest.failure(message))
}

fn limit_exceeded(message: String) -> Failure {
    non_retriable(HostError::LimitExceeded.failure(message))
}

fn non_retriable(failure: Failure) -> Failure {
    Failure {
        non_retriable: true,
        ..failure
    }
}
