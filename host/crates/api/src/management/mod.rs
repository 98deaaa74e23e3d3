//! The management API of Durable Functions, under both of its bases.

mod again;
mod fault;
pub(crate) mod history;
mod query;
pub(crate) mod route;
pub(crate) mod status;

use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::header::CONTENT_TYPE;
use axum::http::request::Parts;
use axum::http::{HeaderMap, StatusCode};
use axum::response::{IntoResponse, Response};
use serde::Serialize;
use soloist_core::{History, InstanceId};
use soloist_engine::{Guests, HubError, InstanceStatus, Platform, Purged, Reach, TaskHub, Told};

use crate::access::Denied;
use crate::app::App;
use crate::body;
use crate::caller::Caller;
use crate::path::NOT_UTF8;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::{empty, json, located};
use crate::start::{self, Outcome};
use fault::Fault;
pub(crate) use query::TOKEN;
pub(crate) use route::is_below_a_base;
use route::{Route, route};
use status::StatusOptions;

/// What is said of a path that no route knows.
const NOTHING: &str = "there is nothing under this path: functions are under /admin/functions, starts under \
    /api/orchestrators, instances under /runtime/webhooks/durabletask/instances";

/// The longest name of an event, in bytes: no guest can wait for a longer one.
const EVENT_NAME_BYTES_MAX: usize = 1024;

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
    let reason = || call.query.words("reason").map(str::to_owned);
    let reach = || {
        if call.query.flag("recursive", false) {
            Reach::Children
        } else {
            Reach::Alone
        }
    };
    match route {
        Route::Start { function, instance } => {
            start_and_wait(app, call, body, &function, instance.as_deref()).await
        }
        Route::Status(id) => show(app, call, &id).await,
        Route::List => query::list(app, call).await,
        Route::PurgeAll => query::purge(app, call).await,
        Route::Purge(id) => purge(app, &id, reach()).await,
        Route::RaiseEvent { instance, event } => {
            raise_event(app, call, body, &instance, event.into_owned()).await
        }
        Route::Terminate(id) => match known(&id) {
            Some(id) => Ok(told(app.engine.terminate(&id, reason(), reach()).await?)),
            None => Ok(empty(StatusCode::NOT_FOUND)),
        },
        Route::Suspend(id) => match known(&id) {
            Some(id) => Ok(told(app.engine.suspend(&id, reason(), reach()).await?)),
            None => Ok(empty(StatusCode::NOT_FOUND)),
        },
        Route::Resume(id) => match known(&id) {
            Some(id) => Ok(told(app.engine.resume(&id, reason(), reach()).await?)),
            None => Ok(empty(StatusCode::NOT_FOUND)),
        },
        Route::Rewind(id) => again::rewind(app, call, &id, reason()).await,
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

/// An id under which there may be an instance.
fn known(id: &str) -> Option<InstanceId> {
    id.parse().ok()
}

fn told(told: Told) -> Response {
    empty(match told {
        Told::Accepted => StatusCode::ACCEPTED,
        Told::Ended => StatusCode::GONE,
        Told::Unknown => StatusCode::NOT_FOUND,
    })
}

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

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct PurgedBody {
    instances_deleted: u64,
}

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

async fn raise_event<H: TaskHub, G: Guests, P: Platform>(
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
