//! What is told to an instance.

use axum::body::Body;
use axum::http::header::CONTENT_TYPE;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use soloist_engine::{Guests, Platform, TaskHub, Told};
use utoipa::IntoParams;

use super::fault::{Fault, FaultBody};
use super::{Call, known};
use crate::app::App;
use crate::body;
use crate::description::Instance;
use crate::reply::empty;

/// The longest name of an event, in bytes: no guest can wait for a longer one.
const EVENT_NAME_BYTES_MAX: usize = 1024;

/// Why it is done.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description reads it; see `Call::reason`")]
pub(super) struct ReasonQuery {
    /// Why: it stands in the history.
    reason: Option<String>,
}

/// Whom it reaches.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description reads it; see `Call::reach`")]
pub(super) struct RecursiveQuery {
    /// Also the instances that were called from it, and from those; by default it alone is meant.
    recursive: Option<bool>,
}

/// End an instance at once
///
/// Its orchestrator is not told. The reason is its output.
#[utoipa::path(
    post, path = "/instances/{instance}/terminate", operation_id = "terminateInstance",
    params(Instance, ReasonQuery, RecursiveQuery),
    responses(
        (status = 202, description = "It is ended."),
        (status = 404, description = "There is no such instance."),
        (status = 410, description = "It had ended before."),
    )
)]
pub(super) async fn terminate<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
    id: &str,
) -> Result<Response, Fault> {
    let Some(id) = known(id) else {
        return Ok(told(Told::Unknown));
    };
    let terminated = app.engine.terminate(&id, call.reason(), call.reach());
    Ok(told(terminated.await?))
}

/// Let an instance rest
///
/// What happens meanwhile happens for it when it is resumed.
#[utoipa::path(
    post, path = "/instances/{instance}/suspend", operation_id = "suspendInstance",
    params(Instance, ReasonQuery, RecursiveQuery),
    responses(
        (status = 202, description = "It rests."),
        (status = 404, description = "There is no such instance."),
        (status = 410, description = "It has ended."),
    )
)]
pub(super) async fn suspend<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
    id: &str,
) -> Result<Response, Fault> {
    let Some(id) = known(id) else {
        return Ok(told(Told::Unknown));
    };
    let suspended = app.engine.suspend(&id, call.reason(), call.reach());
    Ok(told(suspended.await?))
}

/// Let a suspended instance go on
#[utoipa::path(
    post, path = "/instances/{instance}/resume", operation_id = "resumeInstance",
    params(Instance, ReasonQuery, RecursiveQuery),
    responses(
        (status = 202, description = "It goes on."),
        (status = 404, description = "There is no such instance."),
        (status = 410, description = "It has ended."),
    )
)]
pub(super) async fn resume<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
    id: &str,
) -> Result<Response, Fault> {
    let Some(id) = known(id) else {
        return Ok(told(Told::Unknown));
    };
    let resumed = app.engine.resume(&id, call.reason(), call.reach());
    Ok(told(resumed.await?))
}

/// Deliver an external event to an instance
///
/// It is kept until it is waited for. Names match whatever their case.
#[utoipa::path(
    post, path = "/instances/{instance}/raiseEvent/{event}", operation_id = "raiseEvent",
    params(Instance, ("event" = String, Path, description = "The name of the event, 1,024 bytes at most.", min_length = 1)),
    request_body(content = Option<Value>, content_type = "application/json",
        description = "The data of the event; none is `null`. Here the `Content-Type` must be JSON."),
    responses(
        (status = 202, description = "It is delivered."),
        (status = 400, description = "The name is none, or the body is not JSON or does not say so.", body = FaultBody),
        (status = 404, description = "There is no such instance."),
        (status = 410, description = "It has ended."),
    )
)]
pub(super) async fn raise_event<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
    body: Body,
    id: &str,
    event: String,
) -> Result<Response, Fault> {
    let Some(id) = known(id) else {
        return Ok(told(Told::Unknown));
    };
    match app.engine.status(&id).await? {
        None => return Ok(told(Told::Unknown)),
        Some(status) if !status.status.is_live() => return Ok(told(Told::Ended)),
        Some(_) => {}
    }
    check_event_name(&event)?;
    let settings = &app.shared.settings;
    let headers = &call.parts.headers;
    let body = body::read(headers, body, settings.json_limit(), settings.body_timeout);
    let body = body.await?;
    if !body.is_empty() && !is_json(headers) {
        return Err(Fault::NotJsonType);
    }
    let data = body::payload(body)?;
    Ok(told(app.engine.raise_event(&id, event, data).await?))
}

fn told(told: Told) -> Response {
    empty(match told {
        Told::Accepted => StatusCode::ACCEPTED,
        Told::Ended => StatusCode::GONE,
        Told::Unknown => StatusCode::NOT_FOUND,
    })
}

fn check_event_name(name: &str) -> Result<(), Fault> {
    let text = match name.len() {
        0 => "an event name must not be empty".to_owned(),
        1..=EVENT_NAME_BYTES_MAX => return Ok(()),
        bytes => format!(
            "an event name has at most {EVENT_NAME_BYTES_MAX} bytes, or nobody could wait for it; this one has {bytes}"
        ),
    };
    Err(Fault::Argument(text))
}

fn is_json(headers: &HeaderMap) -> bool {
    headers
        .get(CONTENT_TYPE)
        .and_then(|value| value.to_str().ok())
        .and_then(|value| value.split(';').next())
        .is_some_and(|media_type| media_type.trim().eq_ignore_ascii_case("application/json"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_content_type_may_have_parameters() {
        let json = |value: &str| {
            is_json(&HeaderMap::from_iter([(
                CONTENT_TYPE,
                value.parse().unwrap(),
            )]))
        };
        assert!(json("application/json"));
        assert!(json("Application/JSON; charset=utf-8"));
        assert!(!json("application/jsonx"));
        assert!(!json("text/plain"));
        assert!(!is_json(&HeaderMap::new()));
    }
}
