//! The management API of Durable Functions, under both of its bases.

mod again;
mod described;
mod fault;
pub(crate) mod history;
mod message;
mod query;
pub(crate) mod route;
pub(crate) mod status;

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use soloist_core::{History, InstanceId};
use soloist_engine::{Guests, HubError, InstanceStatus, Platform, Purged, Reach, TaskHub};
use utoipa::{IntoParams, ToSchema};

use crate::access::Denied;
use crate::app::App;
use crate::caller::{Caller, ManagementPayload};
use crate::description::{Function, Instance};
use crate::path::NOT_UTF8;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::{empty, json, located};
use crate::start::{self, Outcome, StartQuery};
pub(crate) use described::DESCRIBED;
use fault::Fault;
pub(crate) use fault::FaultBody;
use message::RecursiveQuery;
pub(crate) use query::TOKEN;
pub(crate) use route::{RPC_BASE, is_below_a_base};
use route::{Route, route};
use status::{StatusBody, StatusOptions, StatusQuery};

/// What is said of a path that no route knows.
const NOTHING: &str = "there is nothing under this path: functions are under /admin/functions, starts under \
    /api/orchestrators, instances under /runtime/webhooks/durabletask/instances";

/// A request to the management API, taken apart.
struct Call {
    parts: Parts,
    query: Query,
    caller: Caller,
}

/// Serves the management API, and 404 for all that no other route knows.
pub(crate) async fn serve<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    request: Request,
) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().to_owned();
    let Some(route) = route(&parts.method, &path) else {
        return if is_below_a_base(&path) {
            empty(StatusCode::NOT_FOUND)
        } else {
            Problem::not_found(NOTHING).into_response()
        };
    };
    let query = Query::parse(parts.uri.query());
    let caller = Caller::new(&parts, &query);
    let call = Call {
        parts,
        query,
        caller,
    };
    answer(&app, route, &call, body)
        .await
        .unwrap_or_else(IntoResponse::into_response)
}

async fn answer<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    route: Route<'_>,
    call: &Call,
    body: Body,
) -> Result<Response, Fault> {
    match route {
        Route::Start { function, instance } => {
            start_and_wait(app, call, body, &function, instance.as_deref()).await
        }
        Route::Status(id) => show(app, call, &id).await,
        Route::List => query::list(app, call).await,
        Route::PurgeAll => query::purge(app, call).await,
        Route::Purge(id) => purge(app, &id, call.reach()).await,
        Route::RaiseEvent { instance, event } => {
            message::raise_event(app, call, body, &instance, event.into_owned()).await
        }
        Route::Terminate(id) => message::terminate(app, call, &id).await,
        Route::Suspend(id) => message::suspend(app, call, &id).await,
        Route::Resume(id) => message::resume(app, call, &id).await,
        Route::Rewind(id) => again::rewind(app, call, &id, call.reason()).await,
        Route::Restart(id) => again::restart(app, call, &id).await,
        Route::NotUtf8 => Err(Fault::Argument(NOT_UTF8.to_owned())),
        Route::NotSupported(what) => Err(Fault::NotSupported(what)),
    }
}

/// The answer to whoever may not ask.
pub(crate) fn denied(denied: Denied) -> Response {
    Fault::Denied(denied).into_response()
}

/// The answer where it cannot be known who may ask.
pub(crate) fn trouble(error: HubError) -> Response {
    Fault::from(error).into_response()
}

impl Call {
    fn reason(&self) -> Option<String> {
        self.query.words("reason").map(str::to_owned)
    }

    fn reach(&self) -> Reach {
        if self.query.flag("recursive", false) {
            Reach::Children
        } else {
            Reach::Alone
        }
    }
}

/// An id under which there may be an instance.
fn known(id: &str) -> Option<InstanceId> {
    id.parse().ok()
}

/// How long a start waits for the end. See [`patience`].
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "the description reads it; `patience` reads the query"
)]
struct WaitQuery {
    /// The answer waits for the end, but not longer than so many seconds, nor longer than an hour.
    timeout: Option<f64>,
    /// Not longer than `timeout`, and without a meaning otherwise: nothing is polled for.
    polling_interval: Option<f64>,
}

/// Start an instance, and wait for its end if that is wanted
///
/// Exactly one of any number of concurrent callers gets 202; all others learn who won.
#[utoipa::path(
    post, path = "/orchestrators/{function}/{instance}", operation_id = "startInstance",
    params(Function, Instance, StartQuery, WaitQuery, StatusQuery),
    request_body(content = Option<Value>, description = "The input; none is `null`.", content_type = "application/json"),
    responses(
        (status = 202, description = "It is started, and has not ended while it was waited for.", body = ManagementPayload, headers(
            ("Location" = String, description = "Where its status is."),
            ("Retry-After" = u64, description = "When to ask for it, in seconds."))),
        (status = 200, description = "Its bare output, if it has completed while it was waited for; its status, if it has failed or was \
            terminated; the links of the one that is live, if `onExisting` says `attach`.", body = Value),
        (status = 400, description = "The function, the ID, an option or a tag is none, or the body is not JSON.", body = FaultBody),
        (status = 404, description = "It was purged while it was waited for."),
        (status = 409, description = "One is live, or as many of the function are as may be.", body = FaultBody, headers(
            ("Location" = String, description = "Where the status of the live one is."))),
        (status = 500, description = "It has failed, and `returnInternalServerErrorOnFailure` is set; or the host could not do this.",
            body = StatusBody),
    )
)]
async fn start_and_wait<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
    body: Body,
    function: &str,
    instance: Option<&str>,
) -> Result<Response, Fault> {
    let patience = patience(&call.query)?;
    let Call { parts, query, .. } = call;
    let outcome = start::start(app, parts, query, body, function, instance).await?;
    started(app, call, outcome, patience).await
}

/// The reply to a start: what the instance came to, where the caller waits for that and it ends in time, else its links.
async fn started<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
    outcome: Outcome,
    patience: Option<Duration>,
) -> Result<Response, Fault> {
    let Call { query, caller, .. } = call;
    let (instance, is_new) = match outcome {
        Outcome::Started(instance) => (instance, true),
        Outcome::Attached(instance) => (instance, false),
        Outcome::Exists(instance) => {
            let url = caller.status_url(&instance);
            return Ok(located(Fault::Exists(instance).into_response(), &url));
        }
        Outcome::Full { function, holder } => {
            let url = caller.status_url(&holder);
            let fault = Fault::Full { function, holder };
            return Ok(located(fault.into_response(), &url));
        }
    };
    if let Some(patience) = patience {
        let patience = patience.min(app.shared.settings.wait_max);
        match wait(app, &instance, patience).await? {
            Some(status) if !status.status.is_live() => {
                let options = StatusOptions::of(query);
                return Ok(status::reply_to_waiter(&status, options, caller));
            }
            Some(_) => {}
            None => return Ok(empty(StatusCode::NOT_FOUND)),
        }
    }
    Ok(if is_new {
        start::accepted(caller, &instance)
    } else {
        start::attached(caller, &instance)
    })
}

/// How long the caller of a start waits for its end. That is checked before anything is started.
fn patience(query: &Query) -> Result<Option<Duration>, Fault> {
    let timeout = query.seconds("timeout");
    match (timeout, query.seconds("pollingInterval")) {
        (Some(timeout), Some(interval)) if interval > timeout => Err(Fault::Argument(
            "pollingInterval must not be longer than timeout".to_owned(),
        )),
        _ => Ok(timeout),
    }
}

/// The status of an instance once it has ended, or after `patience`, or when the listener stops.
async fn wait<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    id: &InstanceId,
    patience: Duration,
) -> Result<Option<InstanceStatus>, HubError> {
    tokio::select! {
        biased;
        status = app.engine.wait(id, patience) => status,
        () = app.shared.stopping.cancelled() => app.engine.status(id).await,
    }
}

/// Show the status of an instance
#[utoipa::path(
    get, path = "/instances/{instance}", operation_id = "showStatus",
    params(Instance, StatusQuery),
    responses(
        (status = 200, description = "It has ended.", body = StatusBody),
        (status = 202, description = "It is live.", body = StatusBody, headers(
            ("Location" = String, description = "Where to ask again."),
            ("Retry-After" = u64, description = "When to ask again, in seconds."))),
        (status = 404, description = "There is no such instance."),
        (status = 500, description = "It has failed, and `returnInternalServerErrorOnFailure` is set; or the host could not do this.",
            body = StatusBody),
    )
)]
async fn show<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    call: &Call,
    id: &str,
) -> Result<Response, Fault> {
    let options = StatusOptions::of(&call.query);
    let Some(id) = known(id) else {
        return Ok(empty(StatusCode::NOT_FOUND));
    };
    let found = if options.history {
        status_with_history(app, &id).await?
    } else {
        app.engine.status(&id).await?.map(|status| (status, None))
    };
    Ok(found.map_or_else(
        || empty(StatusCode::NOT_FOUND),
        |(status, history)| {
            let url = call.caller.request_url(&call.parts.uri);
            status::reply(&status, history.as_ref(), options, &url)
        },
    ))
}

/// A status and a history of one execution. The status is read first, so that a history is never shorter than its status.
async fn status_with_history<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    id: &InstanceId,
) -> Result<Option<(InstanceStatus, Option<History>)>, HubError> {
    /// How often an instance may be replaced between the two reads before its history is left out.
    const READS_MAX: usize = 8;
    let mut last = None;
    for _ in 0..READS_MAX {
        let Some(status) = app.engine.status(id).await? else {
            return Ok(None);
        };
        match app.engine.history(id).await? {
            Some(history) if history.started().execution == status.execution => {
                return Ok(Some((status, Some(history))));
            }
            _ => last = Some((status, None)),
        }
    }
    Ok(last)
}

/// How many instances are gone.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Purged)]
pub(crate) struct PurgedBody {
    instances_deleted: u64,
}

/// Purge an instance that has ended
///
/// Nothing is left of it.
#[utoipa::path(
    delete, path = "/instances/{instance}", operation_id = "purgeInstance",
    params(Instance, RecursiveQuery),
    responses(
        (status = 200, description = "It is gone.", body = PurgedBody),
        (status = 404, description = "There is no such instance."),
        (status = 409, description = "It has not ended.", body = FaultBody),
    )
)]
async fn purge<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    id: &str,
    reach: Reach,
) -> Result<Response, Fault> {
    let Some(id) = known(id) else {
        return Ok(empty(StatusCode::NOT_FOUND));
    };
    match app.engine.purge(&id, reach).await? {
        (Purged::Purged, instances_deleted) => {
            Ok(json(StatusCode::OK, &PurgedBody { instances_deleted }))
        }
        (Purged::Live, _) => Err(Fault::Live(id)),
        (Purged::Unknown, _) => Ok(empty(StatusCode::NOT_FOUND)),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn patience_of(query: &str) -> Result<Option<Duration>, Fault> {
        patience(&Query::parse(Some(query)))
    }

    #[test]
    fn a_timeout_alone_is_enough_to_wait() {
        let seconds = |seconds| Some(Duration::from_secs(seconds));
        assert_eq!(patience_of("timeout=3").unwrap(), seconds(3));
        assert_eq!(
            patience_of("timeout=3&pollingInterval=3").unwrap(),
            seconds(3)
        );
        assert_eq!(
            patience_of("timeout=3&pollingInterval=x").unwrap(),
            seconds(3)
        );
        assert_eq!(patience_of("pollingInterval=3").unwrap(), None);
    }

    #[test]
    fn to_poll_less_often_than_the_wait_lasts_is_refused() {
        assert!(patience_of("timeout=2&pollingInterval=2.5").is_err());
    }
}
