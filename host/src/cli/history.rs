use anyhow::{Context, Result};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::instance::Which;
use super::watch::CELL_CHARS_MAX;
use super::{Remote, answer, line};
use crate::client::{Target, segment};
use crate::table::{Table, shortened};

#[derive(Deserialize)]
struct Histories {
    executions: Vec<Execution>,
}

#[derive(Deserialize)]
struct Execution {
    #[serde(rename = "executionId")]
    id: String,
    function: String,
    digest: String,
    events: Vec<Event>,
}

/// What a table shows of an event: who is meant, and one thing more.
#[derive(Deserialize)]
struct Event {
    #[serde(rename = "eventId")]
    id: u64,
    timestamp: String,
    #[serde(rename = "type")]
    kind: String,
    name: Option<String>,
    #[serde(alias = "timer")]
    scheduled: Option<u64>,
    #[serde(
        alias = "output",
        alias = "data",
        alias = "request",
        alias = "failure",
        alias = "uri",
        alias = "fireAt",
        alias = "reason"
    )]
    input: Option<Box<RawValue>>,
}

/// Prints the raw events of an execution.
pub(super) fn show(remote: &Remote, id: &str, which: &Which) -> Result<()> {
    let mut target = Target::new(format!("/admin/instances/{}/history", segment(id)));
    which.add_to(&mut target);
    let reply = remote.host()?.get(&target.to_string())?.accepted()?;
    let histories: Histories = reply.json()?;
    if remote.json {
        return line(&reply.text);
    }
    for execution in histories.executions {
        let digest = execution.digest.get(..12).context("a digest is longer")?;
        line(&format!(
            "execution {} of {} (sha256 {digest})",
            execution.id, execution.function
        ))?;
        let mut table = Table::new(["#", "TIME", "EVENT", "OF", "DETAIL"]);
        for event in execution.events {
            let of = match (event.name, event.scheduled) {
                (Some(name), _) => name,
                (None, Some(scheduled)) => format!("#{scheduled}"),
                (None, None) => String::new(),
            };
            let detail = event.input.as_ref().map_or("", |detail| detail.get());
            table.row([
                event.id.to_string(),
                event.timestamp,
                event.kind,
                of,
                shortened(detail, CELL_CHARS_MAX),
            ]);
        }
        answer(|mut out| table.write_to(&mut out))?;
    }
    Ok(())
}
