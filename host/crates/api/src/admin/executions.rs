//! Executions of an instance that its current one has taken the place of.

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use soloist_core::{ExecutionId, History, InstanceId};
use soloist_engine::{EarlierExecution, Ending, Guests, Platform, TaskHub};
use utoipa::ToSchema;

use crate::app::App;
use crate::description::{Instance, one_of};
use crate::management::history::{HistoryRow, View, rows};
use crate::moment::milliseconds;
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::json;

/// An earlier execution as callers see it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = EarlierExecution)]
pub(crate) struct ExecutionBody<'e> {
    #[schema(value_type = String, format = "uuid")]
    execution_id: ExecutionId,
    function_name: &'e str,
    /// How often the instance had continued as new.
    generation: u64,
    #[schema(schema_with = endings)]
    runtime_status: &'static str,
    #[schema(format = "date-time")]
    started_time: String,
    #[schema(format = "date-time")]
    ended_time: String,
    /// How many events it has.
    history_length: u64,
}

fn endings() -> utoipa::openapi::Object {
    one_of(["Completed", "Failed", "Terminated", "ContinuedAsNew"])
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

/// List the earlier executions that are kept
///
/// The newest first. How many are kept, the setting `kept-executions` says.
#[utoipa::path(
    get, path = "/admin/instances/{instance}/executions", operation_id = "listExecutions",
    params(Instance),
    responses(
        (status = 200, description = "Those that there are.", body = [ExecutionBody]),
        (status = 404, description = "There is no such instance.", body = Problem),
    )
)]
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

/// Show the history of one execution as Durable Functions does
///
/// Of the current one, or of one that is kept, as the status shows it with `showHistory=true&showHistoryOutput=true`.
#[utoipa::path(
    get, path = "/admin/instances/{instance}/executions/{execution}", operation_id = "showExecution",
    params(Instance, ("execution" = String, Path, format = "uuid", description = "The ID of an execution.")),
    responses(
        (status = 200, description = "Its history.", body = [HistoryRow]),
        (status = 404, description = "There is no such instance, or it keeps no such execution.", body = Problem),
    )
)]
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
