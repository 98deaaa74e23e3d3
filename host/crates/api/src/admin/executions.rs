//! Executions of an instance that its current one has taken the place of.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use soloist_core::{ExecutionId, History, InstanceId};
use soloist_engine::{EarlierExecution, Ending, Guests, Platform, TaskHub};

use crate::app::App;
use crate::management::history::{View, rows};
use crate::moment::milliseconds;
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::json;

/// An earlier execution as callers see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionBody<'e> {
    execution_id: ExecutionId,
    function_name: &'e str,
    generation: u64,
    runtime_status: &'static str,
    started_time: String,
    ended_time: String,
    history_length: u64,
}

impl<'e> ExecutionBody<'e> {
    fn new(earlier: &'e EarlierExecution) -> Self {
        Self {
            execution_id: earlier.execution,
            function_name: earlier.function.as_str(),
            generation: earlier.generation,
            runtime_status: match earlier.ending {
                Ending::Completed => "Completed",
                Ending::Failed => "Failed",
                Ending::Terminated => "Terminated",
                Ending::ContinuedAsNew => "ContinuedAsNew",
            },
            started_time: milliseconds(earlier.started),
            ended_time: milliseconds(earlier.ended),
            history_length: earlier.history_events,
        }
    }
}

/// `GET /admin/instances/{id}/executions`: the earlier executions that are kept, newest first.
pub(crate) async fn list<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(id): Segments<String>,
) -> Result<Response, Problem> {
    let known = known(&id)?;
    let earlier = app.engine.earlier(&known).await?;
    let earlier = earlier.ok_or_else(|| no_instance(&id))?;
    let bodies: Vec<_> = earlier.iter().map(ExecutionBody::new).collect();
    Ok(json(StatusCode::OK, &bodies))
}

/// `GET /admin/instances/{id}/executions/{execution}`: the history of the current execution, or of one that is kept, as the
/// status shows it with `showHistory=true&showHistoryOutput=true`.
pub(crate) async fn show<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments((id, execution)): Segments<(String, String)>,
) -> Result<Response, Problem> {
    let known = known(&id)?;
    let history = of(&app, &known, &execution).await?;
    let view = View {
        inputs: true,
        outputs: true,
    };
    Ok(json(StatusCode::OK, &rows(&history, view)))
}

/// The history of the execution that a caller names.
pub(super) async fn of<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    id: &InstanceId,
    execution: &str,
) -> Result<History, Problem> {
    let found = match ExecutionId::parse(execution) {
        Some(execution) => app.engine.history_of(id, execution).await?,
        None => None,
    };
    match found {
        Some(history) => Ok(history),
        None => Err(missing(app, id, execution).await?),
    }
}

/// Why there is nothing of an execution that a caller names: there is no such instance, or it keeps no such execution.
pub(super) async fn missing<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    id: &InstanceId,
    execution: &str,
) -> Result<Problem, Problem> {
    if app.engine.earlier(id).await?.is_none() {
        return Ok(no_instance(id.as_str()));
    }
    Ok(Problem::not_found(format!(
        "of the instance '{id}' no execution '{execution}' is kept: ask for its executions, or keep more with kept-executions"
    )))
}

/// The execution that the query names, as it names it.
pub(super) fn named(query: &Query) -> Option<&str> {
    query.words("execution")
}

/// An id under which there may be an instance.
pub(super) fn known(id: &str) -> Result<InstanceId, Problem> {
    id.parse().map_err(|_| no_instance(id))
}

pub(super) fn no_instance(id: &str) -> Problem {
    Problem::not_found(format!("there is no instance '{id}'"))
}
