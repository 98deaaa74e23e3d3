use anyhow::Result;
use serde::Deserialize;

use super::{Remote, answer, line};
use crate::client::segment;
use crate::table::Table;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Execution {
    #[serde(rename = "executionId")]
    id: String,
    function_name: String,
    generation: u64,
    runtime_status: String,
    started_time: String,
    ended_time: String,
    history_length: u64,
}

/// Prints the earlier executions of an instance that are kept, newest first.
pub(super) fn list(remote: &Remote, id: &str) -> Result<()> {
    let target = format!("/admin/instances/{}/executions", segment(id));
    let reply = remote.host()?.get(&target)?.accepted()?;
    let executions: Vec<Execution> = reply.json()?;
    if remote.json {
        return line(&reply.text);
    }
    let mut table = Table::new([
        "EXECUTION",
        "FUNCTION",
        "GENERATION",
        "STATUS",
        "STARTED",
        "ENDED",
        "EVENTS",
    ]);
    for execution in executions {
        table.row([
            execution.id,
            execution.function_name,
            execution.generation.to_string(),
            execution.runtime_status,
            execution.started_time,
            execution.ended_time,
            execution.history_length.to_string(),
        ]);
    }
    answer(|mut out| table.write_to(&mut out))
}
