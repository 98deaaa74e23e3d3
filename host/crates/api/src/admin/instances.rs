use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use soloist_engine::{Guests, Platform, TaskHub};

use super::history::InstanceHistory;
use super::log::InstanceLog;
use crate::app::App;
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::json;

/// `GET /admin/instances/{id}/history`: the raw events of the executions that are still kept.
pub(crate) async fn history<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(id): Segments<String>,
) -> Result<Response, Problem> {
    let no_instance = || Problem::not_found(format!("there is no instance '{id}'"));
    let known = id.parse().map_err(|_| no_instance())?;
    let history = app.engine.history(&known).await?.ok_or_else(no_instance)?;
    Ok(json(
        StatusCode::OK,
        &InstanceHistory::new(&known, std::slice::from_ref(&history)),
    ))
}

/// The most log lines in one answer.
const LINES_MAX: usize = 1_000;

/// `GET /admin/instances/{id}/logs?after=ORDINAL`: what the current execution logged, a page at a time.
pub(crate) async fn logs<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(id): Segments<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let no_instance = || Problem::not_found(format!("there is no instance '{id}'"));
    let known = id.parse().map_err(|_| no_instance())?;
    let query = Query::parse(query.as_deref());
    let after = query.words("after").map(str::parse).transpose();
    let after = after.map_err(|_| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid-query",
            "`after` is the number of a line, as `next` of the page before says",
        )
    })?;
    let logs = app.engine.logs(&known, None, after, LINES_MAX).await?;
    let logs = logs.ok_or_else(no_instance)?;
    Ok(json(
        StatusCode::OK,
        &InstanceLog::new(&known, &logs, LINES_MAX),
    ))
}
