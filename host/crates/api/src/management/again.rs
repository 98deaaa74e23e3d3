//! Instances that go on after a failure, or begin anew.

use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use soloist_engine::{Guests, Platform, Restarted, Rewound, TaskHub};

use super::fault::Fault;
use super::{Call, known, patience, started};
use crate::app::App;
use crate::reply::{empty, json, located};
use crate::start::Refused;

/// `POST instances/{id}/rewind`: 412 with a sentence, as JSON text, where the instance has not failed.
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

/// `POST instances/{id}/restart`: with a new id, unless the query says otherwise. With `timeout` it answers like a start that waits.
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
