use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use soloist_core::ExecutionId;
use soloist_engine::{Guests, Platform, TaskHub};
use utoipa::IntoParams;

use super::executions::{self, known, missing, named, no_instance};
use super::history::InstanceHistory;
use super::log::InstanceLog;
use crate::app::App;
use crate::description::Instance;
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::json;

/// Which execution is meant.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(
    dead_code,
    reason = "the description reads it; see `executions::named`"
)]
struct ExecutionQuery {
    /// The ID of one that is kept. Without it the current one is meant.
    #[param(format = "uuid")]
    execution: Option<String>,
}

/// Show the history of an instance, event by event
#[utoipa::path(
    get, path = "/admin/instances/{instance}/history", operation_id = "showHistory",
    params(Instance, ExecutionQuery),
    responses(
        (status = 200, description = "The events of one execution.", body = InstanceHistory),
        (status = 404, description = "There is no such instance, or it keeps no such execution.", body = Problem),
    )
)]
pub(crate) async fn history<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(id): Segments<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let known = known(&id)?;
    let query = Query::parse(query.as_deref());
    let history = if let Some(execution) = named(&query) {
        executions::of(&app, &known, execution).await?
    } else {
        let history = app.engine.history(&known).await?;
        history.ok_or_else(|| no_instance(&id))?
    };
    Ok(json(
        StatusCode::OK,
        &InstanceHistory::new(&known, std::slice::from_ref(&history)),
    ))
}

/// The most log lines in one answer.
const LINES_MAX: usize = 1_000;

/// Where a page begins.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description reads it; `logs` reads the query")]
struct LinesQuery {
    /// What `next` of the page before says.
    after: Option<u32>,
}

/// Show what an instance logged and printed
///
/// A page has 1,000 lines at most.
#[utoipa::path(
    get, path = "/admin/instances/{instance}/logs", operation_id = "showLogs",
    params(Instance, ExecutionQuery, LinesQuery),
    responses(
        (status = 200, description = "A page of the log of one execution.", body = InstanceLog),
        (status = 400, description = "`after` is no number.", body = Problem),
        (status = 404, description = "There is no such instance, or it keeps no such execution.", body = Problem),
    )
)]
pub(crate) async fn logs<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(id): Segments<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let known = known(&id)?;
    let query = Query::parse(query.as_deref());
    let after = query.words("after").map(str::parse).transpose();
    let after = after.map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid-query",
            "`after` is the number of a line, as `next` of the page before says",
        )
    })?;
    let logs = match named(&query) {
        None => {
            let logs = app.engine.logs(&known, None, after, LINES_MAX).await?;
            logs.ok_or_else(|| no_instance(&id))?
        }
        Some(named) => {
            let found = match ExecutionId::parse(named) {
                None => None,
                execution => app.engine.logs(&known, execution, after, LINES_MAX).await?,
            };
            match found {
                Some(logs) => logs,
                None => return Err(missing(&app, &known, named).await?),
            }
        }
    };
    Ok(json(
        StatusCode::OK,
        &InstanceLog::new(&known, &logs, LINES_MAX),
    ))
}
