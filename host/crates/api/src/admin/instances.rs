use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use soloist_core::ExecutionId;
use soloist_engine::{Guests, Platform, TaskHub};

use super::executions::{self, known, missing, named, no_instance};
use super::history::InstanceHistory;
use super::log::InstanceLog;
use crate::app::App;
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::json;

/// `GET /admin/instances/{id}/history?execution=EXECUTION`: the raw events of the current execution, or of one that is kept.
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

/// `GET /admin/instances/{id}/logs?execution=EXECUTION&after=ORDINAL`: what the current execution logged, or one that is kept, a
/// page at a time.
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
