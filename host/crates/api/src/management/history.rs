use std::collections::HashSet;

use soloist_core::{Event, EventId, EventKind, ExecutionId, Failure, History, Payload, Role};
use utoipa::ToSchema;

use crate::description::one_of;
use crate::moment::seven_digits;
use crate::row::{Field, Row};

/// What of the payloads a caller wants to see.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct View {
    pub(crate) inputs: bool,
    pub(crate) outputs: bool,
}

/// The name of the activity that Durable Functions makes of an HTTP call.
const HTTP_ACTIVITY: &str = "BuiltIn::HttpActivity";
/// The number of the status `ContinuedAsNew`, which is not written as a name.
const CONTINUED_AS_NEW: u64 = 2;

/// A history as Durable Functions shows it: a request is folded into its answer once that is there, and events that the
/// original does not have are left out.
pub(crate) fn rows(history: &History, view: View) -> Vec<Row<'_>> {
    let events = history.events();
    let answered: HashSet<EventId> = events
        .iter()
        .filter_map(|event| match event.kind.role() {
            Role::Answer { to, .. } => Some(to),
            _ => None,
        })
        .collect();
    let projection = Projection {
        events,
        answered,
        execution: history.started().execution,
        function: history.started().function.as_str(),
        view,
    };
    events
        .iter()
        .filter_map(|event| {
            let (name, row) = projection.row(event)?;
            Some(name_first(name, row).with("Timestamp", seven_digits(event.timestamp)))
        })
        .collect()
}

/// An event as Durable Functions shows it: which keys there are, `EventType` says.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the description reads it; see `Projection::row`")]
pub(crate) struct HistoryRow {
    #[schema(schema_with = types)]
    event_type: String,
    #[schema(format = "date-time")]
    timestamp: String,
    /// Of the execution, or of what an answer is to.
    function_name: Option<String>,
    /// Of a request, or of an event.
    name: Option<String>,
    /// JSON as text; left out with `showInput=false`.
    input: Option<String>,
    correlation: Option<String>,
    scheduled_start_time: Option<String>,
    generation: Option<u64>,
    parent_trace_context: Option<String>,
    tags: Option<String>,
    instance_id: Option<String>,
    #[schema(format = "date-time", required = false)]
    scheduled_time: String,
    #[schema(format = "date-time", required = false)]
    fire_at: String,
    /// With `showHistoryOutput`.
    #[schema(value_type = Value, required = false)]
    result: (),
    reason: Option<String>,
    details: Option<String>,
    failure_details: Option<FailureDetails>,
    /// `Completed` or `Failed`; the number 2 where an execution continued as new.
    #[schema(value_type = Value, required = false)]
    orchestration_status: (),
    data: Option<String>,
}

/// Why a task or an execution failed.
#[derive(ToSchema)]
#[schema(rename_all = "PascalCase")]
#[expect(dead_code, reason = "the description reads it; see `details`")]
pub(crate) struct FailureDetails {
    error_type: String,
    error_message: String,
    #[schema(required)]
    stack_trace: Option<String>,
    #[schema(required)]
    inner_failure: Option<String>,
    is_non_retriable: bool,
    #[schema(required)]
    properties: Option<String>,
}

fn types() -> utoipa::openapi::Object {
    one_of([
        "ExecutionStarted",
        "TaskScheduled",
        "TaskCompleted",
        "TaskFailed",
        "SubOrchestrationInstanceCreated",
        "SubOrchestrationInstanceCompleted",
        "SubOrchestrationInstanceFailed",
        "TimerCreated",
        "TimerFired",
        "EventRaised",
        "EventSent",
        "ExecutionSuspended",
        "ExecutionResumed",
        "ExecutionTerminated",
        "ExecutionCompleted",
        "ContinueAsNew",
        "GenericEvent",
        "ExecutionRewound",
    ])
}

/// What is told of a failed orchestration.
pub(crate) fn failed(function: &str, failure: &Failure) -> String {
    format!(
        "Orchestrator function '{function}' failed: {}",
        failure.message
    )
}

struct Projection<'e> {
    events: &'e [Event],
    answered: HashSet<EventId>,
    execution: ExecutionId,
    function: &'e str,
    view: View,
}

fn name_first<'e>(name: &'static str, row: Row<'e>) -> Row<'e> {
    Row::default().with("EventType", name).and(row)
}

impl<'e> Projection<'e> {
    #[expect(clippy::too_many_lines, reason = "it is one match over all kinds")]
    fn row(&self, event: &'e Event) -> Option<(&'static str, Row<'e>)> {
        let View { inputs, outputs } = self.view;
        let row = Row::default();
        Some(match &event.kind {
            EventKind::ExecutionStarted(started) => (
                "ExecutionStarted",
                row.with("FunctionName", started.function.as_str())
                    .with_if(inputs, "Input", text(&started.input))
                    .with("Correlation", Field::Null)
                    .with("ScheduledStartTime", started.start_at.map(seven_digits))
                    .with("Generation", started.generation)
                    .with("ParentTraceContext", Field::Null),
            ),
            EventKind::TaskScheduled { .. } | EventKind::HttpScheduled { .. } => {
                let (name, input) = self.pending(event)?;
                (
                    "TaskScheduled",
                    row.with("Name", name)
                        .with_if(inputs, "Input", text(input))
                        .with("ParentTraceContext", Field::Null)
                        .with("Tags", Field::Null),
                )
            }
            EventKind::ChildScheduled { instance_id, .. } => {
                let (name, input) = self.pending(event)?;
                let child = self.execution.child_id(event.id, instance_id.as_ref());
                (
                    "SubOrchestrationInstanceCreated",
                    row.with("Name", name)
                        .with("InstanceId", child.to_string())
                        .with_if(inputs, "Input", text(input)),
                )
            }
            EventKind::TaskCompleted { scheduled, output } => {
                let names = ["TaskCompleted", "SubOrchestrationInstanceCompleted"];
                let (name, row) = self.answer(*scheduled, names)?;
                (name, row.with_if(outputs, "Result", output))
            }
            EventKind::TaskFailed { scheduled, failure } => {
                let names = ["TaskFailed", "SubOrchestrationInstanceFailed"];
                let (name, row) = self.answer(*scheduled, names)?;
                (
                    name,
                    row.with("Reason", failure.message.as_str())
                        .with("Details", failure.details.as_deref())
                        .with("FailureDetails", details(failure)),
                )
            }
            EventKind::TimerCreated { fire_at } => {
                ("TimerCreated", row.with("FireAt", seven_digits(*fire_at)))
            }
            EventKind::TimerFired { timer } => {
                let EventKind::TimerCreated { fire_at } = &self.at(*timer)?.kind else {
                    return None;
                };
                ("TimerFired", row.with("FireAt", seven_digits(*fire_at)))
            }
            EventKind::EventRaised { name, data } => (
                "EventRaised",
                row.with("Name", name.as_str())
                    .with_if(inputs, "Input", text(data)),
            ),
            EventKind::EventSent {
                instance_id,
                name,
                data,
            } => (
                "EventSent",
                row.with("InstanceId", instance_id.as_str())
                    .with("Name", name.as_str())
                    .with_if(inputs, "Input", text(data)),
            ),
            EventKind::ExecutionSuspended { reason } => {
                ("ExecutionSuspended", row.with("Reason", reason.as_deref()))
            }
            EventKind::ExecutionResumed { reason } => {
                ("ExecutionResumed", row.with("Reason", reason.as_deref()))
            }
            EventKind::ExecutionTerminated { reason } => (
                "ExecutionTerminated",
                row.with_if(inputs, "Input", reason.as_deref()),
            ),
            EventKind::ExecutionCompleted { output } => (
                "ExecutionCompleted",
                row.with("OrchestrationStatus", "Completed")
                    .with_if(outputs, "Result", output)
                    .with("FailureDetails", Field::Null),
            ),
            EventKind::ExecutionFailed { failure } => (
                "ExecutionCompleted",
                row.with("OrchestrationStatus", "Failed")
                    .with_if(outputs, "Result", failed(self.function, failure))
                    .with("FailureDetails", details(failure)),
            ),
            EventKind::ContinuedAsNew { input } => (
                "ContinueAsNew",
                row.with("OrchestrationStatus", CONTINUED_AS_NEW).with_if(
                    outputs,
                    "Result",
                    text(input),
                ),
            ),
            EventKind::Voided {} => ("GenericEvent", row.with("Data", Field::Null)),
            EventKind::ExecutionRewound { reason, .. } => {
                ("ExecutionRewound", row.with("Reason", reason.as_deref()))
            }
            EventKind::ExecutionBegan {}
            | EventKind::AttemptFailed { .. }
            | EventKind::HttpAccepted { .. }
            | EventKind::EventAwaited { .. }
            | EventKind::TaskCanceled { .. } => return None,
        })
    }

    fn at(&self, id: EventId) -> Option<&'e Event> {
        self.events
            .get(usize::try_from(id.get()).ok()?.checked_sub(1)?)
    }

    /// The name and input of a request that has no answer yet.
    fn pending(&self, event: &'e Event) -> Option<(&'e str, &'e Payload)> {
        if self.answered.contains(&event.id) {
            return None;
        }
        request(event)
    }

    /// What an answer tells of its request, under the name for an activity or that for a child.
    fn answer(
        &self,
        scheduled: EventId,
        [activity, child]: [&'static str; 2],
    ) -> Option<(&'static str, Row<'e>)> {
        let asked = self.at(scheduled)?;
        let (name, input) = request(asked)?;
        let row = Row::default()
            .with("FunctionName", name)
            .with("ScheduledTime", seven_digits(asked.timestamp))
            .with_if(self.view.inputs, "Input", text(input));
        let is_child = matches!(asked.kind, EventKind::ChildScheduled { .. });
        Some((if is_child { child } else { activity }, row))
    }
}

fn request(event: &Event) -> Option<(&str, &Payload)> {
    if let EventKind::TaskScheduled { name, input, .. }
    | EventKind::ChildScheduled { name, input, .. } = &event.kind
    {
        Some((name, input))
    } else if let EventKind::HttpScheduled { request, .. } = &event.kind {
        Some((HTTP_ACTIVITY, request))
    } else {
        None
    }
}

/// A payload as the text that is stored: that is how Durable Functions shows what went in.
fn text(payload: &Payload) -> &str {
    payload.as_str()
}

fn details(failure: &Failure) -> Row<'_> {
    Row::default()
        .with("ErrorType", failure.error_type.as_str())
        .with("ErrorMessage", failure.message.as_str())
        .with("StackTrace", failure.details.as_deref())
        .with("InnerFailure", Field::Null)
        .with("IsNonRetriable", failure.non_retriable)
        .with("Properties", Field::Null)
}

#[cfg(test)]
mod tests;
