use serde::Serialize;
use soloist_core::{ExecutionId, InstanceId, LogLevel, LogLine};
use soloist_engine::Logs;
use utoipa::ToSchema;

use crate::description::one_of;
use crate::moment::milliseconds;

/// A page of what an instance logged.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
pub(crate) struct InstanceLog<'l> {
    instance_id: &'l str,
    #[schema(value_type = String, format = "uuid")]
    execution_id: ExecutionId,
    lines: Vec<Line<'l>>,
    /// Where the next page begins: `after`; nothing if this is the last.
    #[serde(skip_serializing_if = "Option::is_none")]
    next: Option<u32>,
}

#[derive(Debug, Serialize, ToSchema)]
#[schema(as = LogLine)]
pub(crate) struct Line<'l> {
    ordinal: u32,
    #[schema(format = "date-time")]
    timestamp: String,
    #[schema(schema_with = levels)]
    level: LogLevel,
    message: &'l str,
}

fn levels() -> utoipa::openapi::Object {
    one_of(["trace", "debug", "info", "warn", "error"])
}

impl<'l> InstanceLog<'l> {
    /// `limit` is how many lines were asked for.
    pub(crate) fn new(instance: &'l InstanceId, logs: &'l Logs, limit: usize) -> Self {
        let last = logs.lines.last().filter(|_| logs.lines.len() >= limit);
        Self {
            instance_id: instance.as_str(),
            execution_id: logs.execution,
            lines: logs.lines.iter().map(Line::new).collect(),
            next: last.map(|line| line.ordinal),
        }
    }
}

impl<'l> Line<'l> {
    fn new(line: &'l LogLine) -> Self {
        Self {
            ordinal: line.ordinal,
            timestamp: milliseconds(line.timestamp),
            level: line.level,
            message: &line.message,
        }
    }
}
