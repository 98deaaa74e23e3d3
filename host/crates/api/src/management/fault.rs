use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use soloist_core::{FunctionName, InstanceId};
use soloist_engine::HubError;
use utoipa::ToSchema;

use crate::access::Denied;
use crate::body::BodyError;
use crate::problem::quoted;
use crate::reply::{json, retry_after};
use crate::start::{Refused, exists, full};
use crate::trouble::{RETRY_AFTER_SECONDS, Trouble};

/// An error reply of the management API, in the shape and with the words of Durable Functions. All three keys are always
/// there: a client reads `ExceptionMessage` from every 400.
#[derive(Debug)]
pub(crate) enum Fault {
    /// An argument is not what it should be.
    Argument(String),
    /// The content type of an event is not JSON.
    NotJsonType,
    /// The body is of no use.
    Body(BodyError),
    /// There is nothing to restart.
    UnknownInstance(&'static str),
    /// An execution of this id is live.
    Exists(InstanceId),
    /// As many instances of the function are live as may be, among them this one.
    Full {
        function: FunctionName,
        holder: InstanceId,
    },
    /// An execution of this id is live, and has to be ended first.
    Live(InstanceId),
    /// Something that Durable Functions has and this host does not have yet.
    NotSupported(&'static str),
    /// Its key is none, or not for this.
    Denied(Denied),
    /// The host's own.
    Trouble(Trouble),
}

/// An error as Durable Functions tells of it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "PascalCase")]
#[schema(as = Fault)]
pub(crate) struct FaultBody<'f> {
    message: &'f str,
    /// What is wrong, and what to do about it.
    exception_message: &'f str,
    exception_type: &'static str,
}

const ARGUMENT: &str = "System.ArgumentException";
const OPERATION: &str = "System.InvalidOperationException";

impl IntoResponse for Fault {
    fn into_response(self) -> Response {
        match self {
            Self::Argument(text) => {
                let message = "One or more of the arguments submitted is incorrect";
                fault(StatusCode::BAD_REQUEST, message, &text, ARGUMENT)
            }
            Self::UnknownInstance(text) => fault(StatusCode::BAD_REQUEST, text, text, ARGUMENT),
            Self::NotJsonType => {
                let text = "Only application/json request content is supported";
                fault(StatusCode::BAD_REQUEST, text, text, ARGUMENT)
            }
            Self::Body(error @ BodyError::NotJson(_)) => {
                let message = "Invalid JSON content";
                fault(error.status(), message, &error.to_string(), ARGUMENT)
            }
            Self::Body(error) => {
                let text = error.to_string();
                fault(error.status(), &text, &text, OPERATION)
            }
            Self::Exists(id) => {
                let text = exists(&id);
                let kind = "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException";
                fault(StatusCode::CONFLICT, &text, &text, kind)
            }
            Self::Full { function, holder } => {
                let text = full(&function, &holder);
                fault(StatusCode::CONFLICT, &text, &text, OPERATION)
            }
            Self::Live(id) => {
                let text = format!(
                    "The instance '{id}' has not ended, so it cannot be purged: terminate it first."
                );
                fault(StatusCode::CONFLICT, &text, &text, OPERATION)
            }
            Self::NotSupported(what) => {
                let text = format!("This host does not support {what} yet.");
                let kind = "System.NotImplementedException";
                fault(StatusCode::NOT_IMPLEMENTED, &text, &text, kind)
            }
            Self::Denied(denied) => {
                let text = denied.sentence();
                let kind = "System.UnauthorizedAccessException";
                fault(denied.status(), text, text, kind)
            }
            Self::Trouble(trouble @ Trouble::Unavailable) => {
                let text = trouble.sentence();
                let reply = fault(StatusCode::SERVICE_UNAVAILABLE, text, text, OPERATION);
                retry_after(reply, RETRY_AFTER_SECONDS)
            }
            Self::Trouble(trouble @ Trouble::Internal) => {
                let message = "Something went wrong while processing your request";
                let status = StatusCode::INTERNAL_SERVER_ERROR;
                fault(status, message, trouble.sentence(), OPERATION)
            }
        }
    }
}

fn fault(
    status: StatusCode,
    message: &str,
    exception_message: &str,
    exception_type: &'static str,
) -> Response {
    let body = FaultBody {
        message,
        exception_message,
        exception_type,
    };
    json(status, &body)
}

/// The sentence by which Durable Functions refuses to start what it does not know.
fn unknown_function(name: &str, known: &[FunctionName]) -> Fault {
    let known = match known {
        [] => "No orchestrator functions are currently registered!".to_owned(),
        known => format!(
            "The following are the known orchestrator functions: {}.",
            quoted(known)
        ),
    };
    Fault::Argument(format!(
        "The function '{name}' doesn't exist, is disabled, or is not an orchestrator function. \
         Additional info: {known}"
    ))
}

impl From<Refused> for Fault {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Id(error) => Self::Argument(error.to_string()),
            Refused::Tags(error) => Self::Argument(error.to_string()),
            Refused::Option(text) => Self::Argument(text),
            Refused::UnknownFunction {
                name,
                is_activity: _,
                known,
            } => unknown_function(&name, &known),
            Refused::Body(error) => error.into(),
            Refused::Hub(error) => error.into(),
        }
    }
}

impl From<HubError> for Fault {
    fn from(error: HubError) -> Self {
        Self::Trouble(error.into())
    }
}

impl From<BodyError> for Fault {
    fn from(error: BodyError) -> Self {
        Self::Body(error)
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt;

    use super::*;

    #[tokio::test]
    async fn what_the_host_cannot_do_is_a_500_in_the_words_of_the_original() {
        let reply = Fault::Trouble(Trouble::Internal).into_response();
        assert_eq!(reply.status(), StatusCode::INTERNAL_SERVER_ERROR);
        let body = reply.into_body().collect().await.unwrap().to_bytes();
        assert_eq!(
            String::from_utf8_lossy(&body),
            "{\"Message\":\"Something went wrong while processing your request\",\
             \"ExceptionMessage\":\"the host could not do this; its log says why, under the x-request-id of this answer\",\
             \"ExceptionType\":\"System.InvalidOperationException\"}"
        );
    }
}
