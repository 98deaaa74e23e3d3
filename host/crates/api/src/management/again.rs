//! Instances that go on after a failure, or begin anew.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use soloist_engine::{Guests, Platform, Restarted, Rewound, TaskHub};
use utoipa::IntoParams;

use super::fault::{Fault, FaultBody};
use super::message::ReasonQuery;
use super::status::{StatusBody, StatusQuery};
use super::{Call, WaitQuery, known, patience, started};
use crate::app::App;
use crate::caller::ManagementPayload;
use crate::description::Instance;
use crate::reply::{empty, json, located};
use crate::start::Refused;

/// Let a failed instance go on from before its last failure
#[utoipa::path(
    post, path = "/instances/{instance}/rewind", operation_id = "rewindInstance",
    params(Instance, ReasonQuery),
    responses(
        (status = 202, description = "It goes on."),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "As many of its function are live as may be.", body = FaultBody, headers(
            ("Location" = String, description = "Where the status of one of them is."))),
        (status = 412, description = "It has not failed: a sentence.", body = String, content_type = "application/json"),
    )
)]
pub(super) async fn rewind<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
    id: &str,
    reason: Option<String>,
) -> Result<Response, Fault> {
    let Some(id) = known(id) else {
        return Ok(empty(StatusCode::NOT_FOUND));
    };
    Ok(match app.engine.rewind(&id, reason).await? {
        Rewound::Accepted => empty(StatusCode::ACCEPTED),
        Rewound::Full { function, holder } => {
            let url = call.caller.status_url(&holder);
            located(Fault::Full { function, holder }.into_response(), &url)
        }
        Rewound::Unknown => empty(StatusCode::NOT_FOUND),
        Rewound::NotFailed => {
            let text = format!("Only a failed instance can be rewound, and '{id}' has not failed.");
            json(StatusCode::PRECONDITION_FAILED, &text)
        }
    })
}

/// Under which ID an instance begins anew.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "the description reads it; `restart` reads the query"
)]
struct RestartQuery {
    /// Under a new ID; which is the default.
    restart_with_new_instance_id: Option<bool>,
}

/// Start the same function with the same input
#[utoipa::path(
    post, path = "/instances/{instance}/restart", operation_id = "restartInstance",
    params(Instance, RestartQuery, WaitQuery, StatusQuery),
    responses(
        (status = 200, description = "Its bare output, if it has completed while it was waited for; its status, if it has failed or was \
            terminated.", body = Value),
        (status = 404, description = "It was purged while it was waited for."),
        (status = 500, description = "It has failed, and `returnInternalServerErrorOnFailure` is set; or the host could not do this.",
            body = StatusBody),
        (status = 202, description = "It is started, and has not ended while it was waited for.", body = ManagementPayload, headers(
            ("Location" = String, description = "Where its status is."),
            ("Retry-After" = u64, description = "When to ask for it, in seconds."))),
        (status = 400, description = "There is no such instance, or its function is not deployed.", body = FaultBody),
        (status = 409, description = "It is live, or as many of its function are as may be.", body = FaultBody, headers(
            ("Location" = String, description = "Where the status of the live one is."))),
    )
)]
pub(super) async fn restart<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
    id: &str,
) -> Result<Response, Fault> {
    let unknown = || {
        let text = "InstanceId does not match a valid orchestration instance.";
        Fault::UnknownInstance(text)
    };
    let patience = patience(&call.query)?;
    let id = known(id).ok_or_else(unknown)?;
    let under_new_id = call.query.flag("restartWithNewInstanceId", true);
    let restarted = app.engine.restart(&id, under_new_id).await;
    match restarted.map_err(Refused::from)? {
        Restarted::Started(outcome) => started(app, call, outcome.into(), patience).await,
        Restarted::Unknown => Err(unknown()),
    }
}
