use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use soloist_engine::{Guests, Platform, TaskHub};

use super::history::InstanceHistory;
use crate::app::App;
use crate::path::Segments;
use crate::problem::Problem;
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
