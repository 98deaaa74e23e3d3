use std::borrow::Cow;

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use soloist_core::FunctionName;
use soloist_engine::{DeployError, HubError};
use utoipa::ToSchema;

use crate::body::BodyError;
use crate::reply;
use crate::start::Refused;
use crate::trouble::{RETRY_AFTER_SECONDS, Trouble};

/// An error reply of `/api` and `/admin`, as RFC 9457 has it. `code` is stable; `detail` is for people.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, ToSchema)]
pub(crate) struct Problem {
    /// Always `about:blank`: `code` tells problems apart.
    #[serde(rename = "type")]
    kind: &'static str,
    title: &'static str,
    status: u16,
    /// What is wrong, and what to do about it.
    #[schema(value_type = String)]
    detail: Cow<'static, str>,
    /// Such as `unknown-function`.
    code: &'static str,
    #[serde(skip)]
    retry: Option<u64>,
}

impl Problem {
    pub(crate) fn new(
        status: StatusCode,
        code: &'static str,
        detail: impl Into<Cow<'static, str>>,
    ) -> Self {
        Self {
            kind: "about:blank",
            title: status.canonical_reason().unwrap_or("Error"),
            status: status.as_u16(),
            detail: detail.into(),
            code,
            retry: None,
        }
    }

    /// No such resource.
    pub(crate) fn not_found(detail: impl Into<Cow<'static, str>>) -> Self {
        Self::new(StatusCode::NOT_FOUND, "not-found", detail)
    }

    /// The same problem for a while only.
    fn passing(mut self) -> Self {
        self.retry = Some(RETRY_AFTER_SECONDS);
        self
    }

    #[cfg(test)]
    pub(crate) fn status(&self) -> u16 {
        self.status
    }
}

impl IntoResponse for Problem {
    fn into_response(self) -> Response {
        let status = StatusCode::from_u16(self.status).expect("it was made from a status");
        let body = serde_json::to_vec(&self).expect("a problem has string keys and cannot fail");
        let reply = reply::bytes(status, "application/problem+json", body);
        match self.retry {
            Some(seconds) => reply::retry_after(reply, seconds),
            None => reply,
        }
    }
}

impl From<HubError> for Problem {
    fn from(error: HubError) -> Self {
        let trouble = Trouble::from(error);
        match trouble {
            Trouble::Unavailable => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "task-hub-unavailable",
                trouble.sentence(),
            )
            .passing(),
            Trouble::Internal => Self::new(
                StatusCode::INTERNAL_SERVER_ERROR,
                "internal",
                trouble.sentence(),
            ),
        }
    }
}

impl From<Refused> for Problem {
    fn from(refused: Refused) -> Self {
        match refused {
            Refused::Id(error) => Self::new(
                StatusCode::BAD_REQUEST,
                "invalid-instance-id",
                error.to_string(),
            ),
            Refused::Tags(error) => {
                Self::new(StatusCode::BAD_REQUEST, "invalid-tag", error.to_string())
            }
            Refused::Option(text) => Self::new(StatusCode::BAD_REQUEST, "invalid-option", text),
            Refused::UnknownFunction {
                name,
                is_activity,
                known,
            } => unknown_function(&name, is_activity, &known),
            Refused::Body(error) => error.into(),
            Refused::Hub(error) => error.into(),
        }
    }
}

/// There is no orchestrator of this name, but of those.
fn unknown_function(name: &str, is_activity: bool, known: &[FunctionName]) -> Problem {
    let what = if is_activity {
        format!("'{name}' is an activity, not an orchestrator")
    } else {
        format!("there is no orchestrator function '{name}'")
    };
    let known = match known {
        [] => "none is deployed yet".to_owned(),
        known => format!("the known ones are {}", quoted(known)),
    };
    Problem::new(
        StatusCode::NOT_FOUND,
        "unknown-function",
        format!("{what}; {known}"),
    )
}

/// `'a', 'b'`
pub(crate) fn quoted<T: std::fmt::Display>(names: &[T]) -> String {
    let names: Vec<_> = names.iter().map(|name| format!("'{name}'")).collect();
    names.join(", ")
}

impl From<DeployError> for Problem {
    fn from(error: DeployError) -> Self {
        match error {
            DeployError::Module(error) => Self::new(
                StatusCode::UNPROCESSABLE_ENTITY,
                "unusable-component",
                error.to_string(),
            ),
            DeployError::KindNeeded => Self::new(
                StatusCode::BAD_REQUEST,
                "kind-needed",
                DeployError::KindNeeded.to_string(),
            ),
            DeployError::Busy => Self::new(
                StatusCode::SERVICE_UNAVAILABLE,
                "compiler-busy",
                DeployError::Busy.to_string(),
            )
            .passing(),
            DeployError::Hub(error) => error.into(),
        }
    }
}

impl From<BodyError> for Problem {
    fn from(error: BodyError) -> Self {
        let code = match error {
            BodyError::TooLarge(_) => "body-too-large",
            BodyError::TooSlow(_) => "body-too-slow",
            BodyError::Encoded(_) => "body-encoded",
            BodyError::Broken => "body-broken",
            BodyError::NotJson(_) => "invalid-json",
        };
        Self::new(error.status(), code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn names(names: &[&str]) -> Vec<FunctionName> {
        names.iter().map(|name| name.parse().unwrap()).collect()
    }

    #[test]
    fn a_problem_is_written_as_rfc_9457_has_it() {
        let problem = unknown_function("Helo", false, &names(&["Hello", "Sleep"]));
        assert_eq!(
            serde_json::to_string(&problem).unwrap(),
            "{\"type\":\"about:blank\",\"title\":\"Not Found\",\"status\":404,\"detail\":\"there is no \
             orchestrator function 'Helo'; the known ones are 'Hello', 'Sleep'\",\"code\":\"unknown-function\"}"
        );
    }

    #[test]
    fn an_activity_is_not_started_and_nothing_known_is_said() {
        assert_eq!(
            unknown_function("say-hello", true, &[]).detail,
            "'say-hello' is an activity, not an orchestrator; none is deployed yet"
        );
    }
}
