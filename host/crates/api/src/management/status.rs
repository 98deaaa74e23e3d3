use std::collections::BTreeMap;

use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use soloist_core::{EventKind, History, Payload};
use soloist_engine::{InstanceStatus, LONG_HISTORY, RuntimeStatus};
use utoipa::{IntoParams, ToSchema};

use super::history::{HistoryRow, View, failed, rows};
use crate::caller::Caller;
use crate::description::one_of;
use crate::moment::whole_seconds;
use crate::query::Query;
use crate::reply::{json, located, retry_after};
use crate::row::Row;

/// The query of a status. See [`StatusOptions::of`].
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "the description reads it; `StatusOptions` reads the query"
)]
pub(crate) struct StatusQuery {
    /// With the history; it is left out by default.
    show_history: Option<bool>,
    /// With the results in the history; they are left out by default.
    show_history_output: Option<bool>,
    /// With the input, and those in the history; which is the default.
    show_input: Option<bool>,
    /// The status of a failed instance comes with 500 in place of 200.
    return_internal_server_error_on_failure: Option<bool>,
}

/// How a caller wants to see an instance.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct StatusOptions {
    pub(crate) history: bool,
    view: View,
    fails_with_500: bool,
}

impl StatusOptions {
    pub(crate) fn of(query: &Query) -> Self {
        Self {
            history: query.flag("showHistory", false),
            view: View {
                inputs: query.flag("showInput", true),
                outputs: query.flag("showHistoryOutput", false),
            },
            fails_with_500: query.flag("returnInternalServerErrorOnFailure", false),
        }
    }

    pub(crate) fn shows_inputs(self) -> bool {
        self.view.inputs
    }
}

/// An instance as callers see it.
#[derive(Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = InstanceStatus)]
pub(crate) struct StatusBody<'s> {
    /// The function.
    name: &'s str,
    instance_id: &'s str,
    #[schema(schema_with = names)]
    runtime_status: &'static str,
    #[schema(value_type = Value)]
    input: Option<&'s Payload>,
    #[schema(value_type = Value)]
    custom_status: Option<&'s Payload>,
    /// What it returned, or why it failed or was terminated.
    #[schema(value_type = Value)]
    output: Option<Payload>,
    #[schema(format = "date-time")]
    created_time: String,
    #[schema(format = "date-time")]
    last_updated_time: String,
    /// Ours; there only where an instance has any.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    tags: Option<&'s BTreeMap<String, String>>,
    /// Ours; how many events a long history has.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(nullable = false)]
    history_length: Option<u64>,
    /// With `showHistory`.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<HistoryRow>>, nullable = false)]
    history_events: Option<&'s [Row<'s>]>,
    /// The same again, under the name that the clients read.
    #[serde(skip_serializing_if = "Option::is_none")]
    #[schema(value_type = Option<Vec<HistoryRow>>, nullable = false)]
    history: Option<&'s [Row<'s>]>,
}

/// The reply to whoever asks for the status of an instance. `url` is that of the request.
pub(crate) fn reply(
    status: &InstanceStatus,
    history: Option<&History>,
    options: StatusOptions,
    url: &str,
) -> Response {
    let history = history
        .filter(|_| status.status != RuntimeStatus::Pending)
        .map(|history| rows(history, options.view));
    let body = body(status, history.as_deref(), options);
    match status.status {
        RuntimeStatus::Pending | RuntimeStatus::Running | RuntimeStatus::Suspended => {
            retry_after(located(json(StatusCode::ACCEPTED, &body), url), 5)
        }
        RuntimeStatus::Failed if options.fails_with_500 => {
            json(StatusCode::INTERNAL_SERVER_ERROR, &body)
        }
        RuntimeStatus::Completed | RuntimeStatus::Failed | RuntimeStatus::Terminated => {
            json(StatusCode::OK, &body)
        }
    }
}

/// What is told of an instance.
pub(crate) fn body<'s>(
    status: &'s InstanceStatus,
    history: Option<&'s [Row<'s>]>,
    options: StatusOptions,
) -> StatusBody<'s> {
    StatusBody {
        name: status.function.as_str(),
        instance_id: status.instance.as_str(),
        runtime_status: name(status.status),
        input: options.view.inputs.then_some(&status.input),
        custom_status: status.custom_status.as_ref(),
        output: output(status),
        created_time: whole_seconds(status.created),
        last_updated_time: whole_seconds(status.last_updated),
        history_length: Some(status.history_events).filter(|events| *events >= LONG_HISTORY),
        tags: Some(&status.tags).filter(|tags| !tags.is_empty()),
        history_events: history,
        history,
    }
}

/// The reply to whoever waited for the end of an instance and saw it.
pub(crate) fn reply_to_waiter(
    status: &InstanceStatus,
    options: StatusOptions,
    caller: &Caller,
) -> Response {
    if status.status == RuntimeStatus::Completed {
        return json(StatusCode::OK, &output(status));
    }
    reply(status, None, options, &caller.status_url(&status.instance))
}

/// A runtime status as Durable Functions writes it.
pub(crate) fn name(status: RuntimeStatus) -> &'static str {
    match status {
        RuntimeStatus::Pending => "Pending",
        RuntimeStatus::Running => "Running",
        RuntimeStatus::Suspended => "Suspended",
        RuntimeStatus::Completed => "Completed",
        RuntimeStatus::Failed => "Failed",
        RuntimeStatus::Terminated => "Terminated",
    }
}

fn names() -> utoipa::openapi::Object {
    use RuntimeStatus::{Completed, Failed, Pending, Running, Suspended, Terminated};
    one_of([Pending, Running, Suspended, Completed, Failed, Terminated].map(name))
}

fn output(status: &InstanceStatus) -> Option<Payload> {
    let end = status.end.as_ref()?;
    if let EventKind::ExecutionCompleted { output } = end {
        Some(output.clone())
    } else if let EventKind::ExecutionFailed { failure } = end {
        Some(Payload::string(&failed(status.function.as_str(), failure)))
    } else if let EventKind::ExecutionTerminated { reason } = end {
        reason.as_deref().map(Payload::string)
    } else {
        None
    }
}
