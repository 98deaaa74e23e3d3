use std::collections::BTreeMap;

use serde::Serialize;
use soloist_core::{
    Event, EventKind, ExecutionId, History, InstanceId, RetryPolicy, Role, Started,
};
use utoipa::ToSchema;

use crate::description::one_of;
use crate::moment::milliseconds;
use crate::row::{Row, failure};

/// The histories of an instance in the host's own words, event by event. The nonce stays secret.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstanceHistory<'h> {
    instance_id: &'h str,
    executions: Vec<ExecutionHistory<'h>>,
}

/// The history of one execution.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct ExecutionHistory<'h> {
    #[schema(value_type = String, format = "uuid")]
    execution_id: ExecutionId,
    function: &'h str,
    /// Of the module that it is pinned to.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    digest: String,
    #[schema(value_type = Vec<HistoryEvent>)]
    events: Vec<Row<'h>>,
}

/// An event: which keys there are, `type` says.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description reads it; see `row` and `fields`")]
pub(crate) struct HistoryEvent {
    /// Its place: 1, 2, 3, with no gaps.
    event_id: u64,
    #[schema(format = "date-time")]
    timestamp: String,
    #[schema(rename = "type", schema_with = types)]
    kind: String,
    /// Of a request: its idempotency key.
    task_key: Option<String>,
    /// The request that this answers.
    scheduled: Option<u64>,
    /// The request for the timer that fired.
    timer: Option<u64>,
    name: Option<String>,
    #[schema(value_type = Value, required = false)]
    input: (),
    #[schema(value_type = Value, required = false)]
    output: (),
    #[schema(value_type = Value, required = false)]
    data: (),
    /// Of an HTTP call.
    #[schema(value_type = Value, required = false)]
    request: (),
    /// The policy of a request. Times are in milliseconds.
    #[schema(value_type = Option<Object>)]
    retry: (),
    #[schema(value_type = Option<Object>)]
    failure: (),
    attempt: Option<u32>,
    #[schema(format = "date-time", required = false)]
    retry_at: String,
    uri: Option<String>,
    #[schema(format = "date-time", required = false)]
    poll_at: String,
    #[schema(format = "date-time", required = false)]
    fire_at: String,
    /// Of a child, or of whoever an event was sent to.
    instance_id: Option<String>,
    reason: Option<String>,
    /// Of the module with which a rewound execution goes on.
    #[schema(pattern = "^[0-9a-f]{64}$", required = false)]
    digest: String,
    /// Who called this instance.
    #[schema(value_type = Option<Object>)]
    parent: (),
    pin: Option<bool>,
    generation: Option<u64>,
    start_at: Option<String>,
    tags: Option<BTreeMap<String, String>>,
}

fn types() -> utoipa::openapi::Object {
    one_of([
        "ExecutionStarted",
        "ExecutionBegan",
        "TaskScheduled",
        "ChildScheduled",
        "HttpScheduled",
        "TaskCompleted",
        "TaskFailed",
        "AttemptFailed",
        "HttpAccepted",
        "TimerCreated",
        "TimerFired",
        "EventAwaited",
        "EventRaised",
        "EventSent",
        "TaskCanceled",
        "ExecutionSuspended",
        "ExecutionResumed",
        "ExecutionCompleted",
        "ExecutionFailed",
        "ExecutionTerminated",
        "ContinuedAsNew",
        "Voided",
        "ExecutionRewound",
    ])
}

impl<'h> InstanceHistory<'h> {
    pub(crate) fn new(instance: &'h InstanceId, histories: &'h [History]) -> Self {
        Self {
            instance_id: instance.as_str(),
            executions: histories.iter().map(ExecutionHistory::new).collect(),
        }
    }
}

impl<'h> ExecutionHistory<'h> {
    fn new(history: &'h History) -> Self {
        let started = history.started();
        Self {
            execution_id: started.execution,
            function: started.function.as_str(),
            digest: started.module.to_string(),
            events: history
                .events()
                .iter()
                .map(|event| row(started.execution, event))
                .collect(),
        }
    }
}

fn row(execution: ExecutionId, event: &Event) -> Row<'_> {
    let (kind, fields) = fields(&event.kind);
    let child = match &event.kind {
        EventKind::ChildScheduled { instance_id, .. } => {
            Some(execution.child_id(event.id, instance_id.as_ref()))
        }
        _ => None,
    };
    let is_request = event.kind.role() == Role::Request;
    let key = is_request.then(|| execution.task_key(event.id).to_string());
    Row::default()
        .with("eventId", event.id.get())
        .with("timestamp", milliseconds(event.timestamp))
        .with("type", kind)
        .and(fields)
        .with_if(
            child.is_some(),
            "instanceId",
            child.map(|id| id.to_string()),
        )
        .with_if(is_request, "taskKey", key)
}

#[expect(clippy::too_many_lines, reason = "it is one match over all kinds")]
fn fields(kind: &EventKind) -> (&'static str, Row<'_>) {
    let row = Row::default();
    match kind {
        EventKind::ExecutionStarted(started) => ("ExecutionStarted", start(started)),
        EventKind::ExecutionBegan {} => ("ExecutionBegan", row),
        EventKind::TaskScheduled { name, input, retry } => (
            "TaskScheduled",
            row.with("name", name.as_str())
                .with("input", input)
                .and(retries(retry.as_ref())),
        ),
        EventKind::ChildScheduled {
            name,
            input,
            instance_id: _,
            retry,
        } => (
            "ChildScheduled",
            row.with("name", name.as_str())
                .with("input", input)
                .and(retries(retry.as_ref())),
        ),
        EventKind::HttpScheduled { request, retry } => (
            "HttpScheduled",
            row.with("request", request).and(retries(retry.as_ref())),
        ),
        EventKind::TaskCompleted { scheduled, output } => (
            "TaskCompleted",
            row.with("scheduled", scheduled.get())
                .with("output", output),
        ),
        EventKind::TaskFailed {
            scheduled,
            failure: why,
        } => (
            "TaskFailed",
            row.with("scheduled", scheduled.get())
                .with("failure", failure(why)),
        ),
        EventKind::AttemptFailed {
            scheduled,
            attempt,
            failure: why,
            retry_at,
        } => (
            "AttemptFailed",
            row.with("scheduled", scheduled.get())
                .with("attempt", u64::from(*attempt))
                .with("failure", failure(why))
                .with("retryAt", milliseconds(*retry_at)),
        ),
        EventKind::HttpAccepted {
            scheduled,
            uri,
            poll_at,
        } => (
            "HttpAccepted",
            row.with("scheduled", scheduled.get())
                .with("uri", uri.as_str())
                .with("pollAt", milliseconds(*poll_at)),
        ),
        EventKind::TimerCreated { fire_at } => {
            ("TimerCreated", row.with("fireAt", milliseconds(*fire_at)))
        }
        EventKind::TimerFired { timer } => ("TimerFired", row.with("timer", timer.get())),
        EventKind::EventAwaited { name } => ("EventAwaited", row.with("name", name.as_str())),
        EventKind::EventRaised { name, data } => (
            "EventRaised",
            row.with("name", name.as_str()).with("data", data),
        ),
        EventKind::EventSent {
            instance_id,
            name,
            data,
        } => (
            "EventSent",
            row.with("instanceId", instance_id.as_str())
                .with("name", name.as_str())
                .with("data", data),
        ),
        EventKind::TaskCanceled { scheduled } => {
            ("TaskCanceled", row.with("scheduled", scheduled.get()))
        }
        EventKind::ExecutionSuspended { reason } => {
            ("ExecutionSuspended", row.with("reason", reason.as_deref()))
        }
        EventKind::ExecutionResumed { reason } => {
            ("ExecutionResumed", row.with("reason", reason.as_deref()))
        }
        EventKind::ExecutionCompleted { output } => {
            ("ExecutionCompleted", row.with("output", output))
        }
        EventKind::ExecutionFailed { failure: why } => {
            ("ExecutionFailed", row.with("failure", failure(why)))
        }
        EventKind::ExecutionTerminated { reason } => {
            ("ExecutionTerminated", row.with("reason", reason.as_deref()))
        }
        EventKind::ContinuedAsNew { input } => ("ContinuedAsNew", row.with("input", input)),
        EventKind::Voided {} => ("Voided", row),
        EventKind::ExecutionRewound { reason, module } => (
            "ExecutionRewound",
            row.with("reason", reason.as_deref())
                .with("digest", module.to_string()),
        ),
    }
}

fn start(started: &Started) -> Row<'_> {
    let parent = started.parent.as_ref().map(|parent| {
        Row::default()
            .with("instanceId", parent.instance.as_str())
            .with("executionId", parent.execution.to_string())
            .with("scheduled", parent.scheduled.get())
            .with("attempt", u64::from(parent.attempt))
            .with("depth", u64::from(parent.depth))
    });
    let tags = started
        .tags
        .iter()
        .fold(Row::default(), |row, (name, value)| {
            row.with(name, value.as_str())
        });
    Row::default()
        .with("input", &started.input)
        .with("parent", parent)
        .with("pin", started.pin)
        .with("generation", started.generation)
        .with("startAt", started.start_at.map(milliseconds))
        .with("tags", tags)
}

/// The policy under `retry`, where there is one. Times are in milliseconds.
fn retries(policy: Option<&RetryPolicy>) -> Row<'static> {
    policy.map_or_else(Row::default, |policy| {
        let row = Row::default()
            .with("maxAttempts", u64::from(policy.max_attempts.get()))
            .with("firstRetryInterval", policy.first_retry_interval)
            .with("backoffCoefficient", policy.backoff_coefficient)
            .with("maxRetryInterval", policy.max_retry_interval)
            .with("retryTimeout", policy.retry_timeout)
            .with("attemptTimeout", policy.attempt_timeout);
        Row::default().with("retry", row)
    })
}

#[cfg(test)]
mod tests {
    use soloist_core::{EventId, FunctionName, ModuleDigest, Nonce, Payload, Timestamp};
    use uuid::Uuid;

    use super::*;

    #[test]
    fn events_are_shown_raw_with_task_keys_and_without_the_nonce() {
        let kinds = [
            EventKind::ExecutionStarted(Box::new(Started {
                execution: ExecutionId::new(Uuid::from_u128(1)),
                function: "Hello".parse::<FunctionName>().unwrap(),
                module: ModuleDigest::new([2; 32]),
                input: Payload::parse("{\"a\": 1.50}").unwrap(),
                nonce: Nonce::new(0xDEAD_BEEF),
                parent: None,
                pin: false,
                generation: 0,
                start_at: None,
                tags: std::collections::BTreeMap::new(),
            })),
            EventKind::ExecutionBegan {},
            EventKind::TaskScheduled {
                name: "say-hello".to_owned(),
                input: Payload::string("Tokyo"),
                retry: None,
            },
            EventKind::TaskCompleted {
                scheduled: EventId::new(3),
                output: Payload::string("Hello Tokyo!"),
            },
        ];
        let events = kinds.into_iter().zip(1..).map(|(kind, id)| Event {
            id: EventId::new(id),
            timestamp: Timestamp::from_millis(1000),
            kind,
        });
        let history = History::try_from(events.collect::<Vec<_>>()).unwrap();
        let id = "night-7".parse().unwrap();
        let shown = serde_json::to_string(&InstanceHistory::new(&id, &[history])).unwrap();
        let execution = "00000000-0000-0000-0000-000000000001";
        let time = "\"timestamp\":\"1970-01-01T00:00:01.000Z\"";
        let expected = [
            format!(
                "{{\"instanceId\":\"night-7\",\"executions\":[{{\"executionId\":\"{execution}\","
            ),
            format!(
                "\"function\":\"Hello\",\"digest\":\"{}\",\"events\":[",
                "02".repeat(32)
            ),
            format!(
                "{{\"eventId\":1,{time},\"type\":\"ExecutionStarted\",\"input\":{{\"a\": 1.50}},"
            ),
            "\"parent\":null,\"pin\":false,\"generation\":0,\"startAt\":null,\"tags\":{}},"
                .to_owned(),
            format!("{{\"eventId\":2,{time},\"type\":\"ExecutionBegan\"}},"),
            format!("{{\"eventId\":3,{time},\"type\":\"TaskScheduled\",\"name\":\"say-hello\","),
            format!("\"input\":\"Tokyo\",\"taskKey\":\"{execution}:3\"}},"),
            format!("{{\"eventId\":4,{time},\"type\":\"TaskCompleted\",\"scheduled\":3,"),
            "\"output\":\"Hello Tokyo!\"}]}]}".to_owned(),
        ];
        assert_eq!(shown, expected.concat());
    }
}
