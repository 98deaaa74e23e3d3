use std::collections::BTreeMap;

use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use soloist_core::InvalidFunctionName;
use soloist_engine::{
    COUNTED_MAX, Guests, InstanceCounts, Platform, RuntimeStatus, StatusCounts, TaskHub,
};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::management::status;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::json;
use crate::row::Row;
use crate::tags::tags;

/// What a list can be filtered by and a count cannot: nothing keeps such numbers, and all instances would be looked at.
const NOT_COUNTED: [&str; 4] = [
    "instanceIdPrefix",
    "createdTimeFrom",
    "createdTimeTo",
    "runtimeStatus",
];

/// How many instances there are of each state.
#[derive(ToSchema)]
#[expect(dead_code, reason = "the description reads it; see `by_state`")]
#[schema(rename_all = "PascalCase")]
pub(crate) struct StateCounts {
    pending: u64,
    running: u64,
    suspended: u64,
    completed: u64,
    failed: u64,
    terminated: u64,
}

/// How many instances there are.
#[derive(ToSchema)]
#[schema(as = Counts)]
#[expect(dead_code, reason = "the description reads it; see `body`")]
pub(crate) struct CountsBody {
    counts: StateCounts,
    total: u64,
    /// The same of each function.
    functions: BTreeMap<String, StateCounts>,
}

/// What is counted.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(dead_code, reason = "the description reads it")]
struct CountQuery {
    /// Of this function.
    function_name: Option<String>,
    /// With this tag, `name:value`; as often as there are tags.
    tag: Option<Vec<String>>,
}

/// Count the instances in each state, and of each function
#[utoipa::path(
    get, path = "/admin/instances/counts", operation_id = "countInstances",
    params(CountQuery),
    responses(
        (status = 200, description = "As of one moment.", body = CountsBody),
        (status = 400, description = "There is no such count.", body = Problem),
    )
)]
pub(crate) async fn show<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let query = Query::parse(query.as_deref());
    if let Some(key) = NOT_COUNTED
        .into_iter()
        .find(|key| query.words(key).is_some())
    {
        return Err(invalid(format!(
            "counts can be had by functionName and tag, not by {key}: list the instances instead"
        )));
    }
    let function = query.words("functionName").map(str::parse).transpose();
    let function = function.map_err(|error: InvalidFunctionName| {
        Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid-function-name",
            error.to_string(),
        )
    })?;
    let tags = tags(&query)
        .map_err(|error| Problem::new(StatusCode::BAD_REQUEST, "invalid-tag", error.to_string()))?;
    let counts = app.engine.count(function, tags).await?;
    let counts = counts.ok_or_else(|| {
        invalid(format!(
            "more than {COUNTED_MAX} instances have this tag, which are too many to count: name a rarer one too, or list them"
        ))
    })?;
    Ok(json(StatusCode::OK, &body(&counts)))
}

fn invalid(detail: String) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "not-countable", detail)
}

fn body(counts: &InstanceCounts) -> Row<'_> {
    let functions = counts.functions();
    let functions = functions.fold(Row::default(), |row, (function, counts)| {
        row.with(function.as_str(), by_state(counts))
    });
    let sum = counts.sum();
    Row::default()
        .with("counts", by_state(sum))
        .with("total", sum.total())
        .with("functions", functions)
}

fn by_state(counts: StatusCounts) -> Row<'static> {
    RuntimeStatus::ALL
        .into_iter()
        .fold(Row::default(), |row, state| {
            row.with(status::name(state), counts.of(state))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_states_stand_in_their_order_whether_there_are_any() {
        let mut counts = InstanceCounts::default();
        let name = |text: &str| text.parse().unwrap();
        counts.add(name("b"), RuntimeStatus::Running, 3);
        counts.add(name("a"), RuntimeStatus::Failed, 1);
        assert_eq!(
            serde_json::to_string(&body(&counts)).unwrap(),
            "{\"counts\":{\"Pending\":0,\"Running\":3,\"Suspended\":0,\"Completed\":0,\"Failed\":1,\"Terminated\":0},\
             \"total\":4,\"functions\":{\
             \"a\":{\"Pending\":0,\"Running\":0,\"Suspended\":0,\"Completed\":0,\"Failed\":1,\"Terminated\":0},\
             \"b\":{\"Pending\":0,\"Running\":3,\"Suspended\":0,\"Completed\":0,\"Failed\":0,\"Terminated\":0}}}"
        );
    }
}
