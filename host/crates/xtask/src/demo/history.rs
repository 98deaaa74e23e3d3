//! What the demo reads in a history: the only place that knows how its events are written.

use anyhow::{Context as _, Result};
use serde_json::Value;

pub(crate) struct History(Vec<Value>);

impl History {
    /// The events of the last execution in the answer of `/admin/instances/{id}/history`.
    pub(crate) fn latest(body: &Value) -> Result<Self> {
        let executions = body["executions"]
            .as_array()
            .context("a history without executions")?;
        let latest = executions
            .last()
            .context("a history without an execution")?;
        let events = latest["events"]
            .as_array()
            .context("an execution without events")?;
        Ok(Self(events.clone()))
    }

    pub(crate) fn len(&self) -> usize {
        self.0.len()
    }

    /// Steps asked for.
    pub(crate) fn scheduled(&self) -> usize {
        self.of_type("TaskScheduled").count()
    }

    /// Steps whose result is recorded.
    pub(crate) fn completed(&self) -> usize {
        self.of_type("TaskCompleted").count()
    }

    /// The results, in order.
    pub(crate) fn outputs(&self) -> impl Iterator<Item = String> {
        self.of_type("TaskCompleted")
            .map(|event| event["output"].to_string())
    }

    pub(crate) fn is_prefix_of(&self, other: &Self) -> bool {
        other.0.starts_with(&self.0)
    }

    /// Ordinal, time, type and the rest of each event.
    pub(crate) fn rows(&self) -> impl Iterator<Item = (String, String, String, String)> {
        self.0.iter().map(|event| {
            let text = |key: &str| event[key].as_str().unwrap_or_default().to_owned();
            let rest = ["name", "input", "scheduled", "output", "failure"]
                .into_iter()
                .filter_map(|key| event.get(key).map(|value| format!("{key} {value}")))
                .collect::<Vec<_>>();
            (
                event["eventId"].to_string(),
                text("timestamp"),
                text("type"),
                rest.join(", "),
            )
        })
    }

    fn of_type(&self, kind: &'static str) -> impl Iterator<Item = &Value> {
        self.0.iter().filter(move |event| event["type"] == kind)
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn history(types: &[&str]) -> History {
        let events: Vec<_> = types
            .iter()
            .zip(1..)
            .map(|(kind, id)| json!({"eventId": id, "type": kind, "output": "Hello"}))
            .collect();
        History::latest(&json!({"executions": [{"events": []}, {"events": events}]})).unwrap()
    }

    #[test]
    fn steps_are_counted_in_the_latest_execution() {
        let history = history(&["TaskScheduled", "TaskCompleted", "TaskScheduled"]);
        assert_eq!((history.scheduled(), history.completed()), (2, 1));
        assert_eq!(history.outputs().collect::<Vec<_>>(), ["\"Hello\""]);
    }

    #[test]
    fn a_history_that_lost_an_event_is_no_continuation() {
        let before = history(&["TaskScheduled", "TaskCompleted"]);
        assert!(before.is_prefix_of(&history(&["TaskScheduled", "TaskCompleted", "TaskFailed"])));
        assert!(!before.is_prefix_of(&history(&["TaskScheduled", "TaskFailed"])));
    }
}
