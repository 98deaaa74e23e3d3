use anyhow::Result;
use serde::Deserialize;

use super::instance::known;
use super::{Remote, line};
use crate::client::segment;
use crate::table::printable;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Page {
    execution_id: String,
    lines: Vec<Line>,
    next: Option<u32>,
}

#[derive(Deserialize)]
struct Line {
    timestamp: String,
    level: String,
    message: String,
}

/// Prints what the current execution logged, oldest first. As JSON, each page is a line.
pub(super) fn show(remote: &Remote, id: &str) -> Result<()> {
    let host = remote.host()?;
    let path = format!("/admin/instances/{}/logs", segment(id));
    let mut target = path.clone();
    let mut execution = None;
    loop {
        let reply = known(id, host.get(&target)?)?.accepted()?;
        let page: Page = reply.json()?;
        // The next execution has a log of its own.
        if *execution.get_or_insert_with(|| page.execution_id.clone()) != page.execution_id {
            return Ok(());
        }
        if remote.json {
            line(&reply.text)?;
        } else {
            for Line {
                timestamp,
                level,
                message,
            } in &page.lines
            {
                line(&format!("{timestamp} {level:<5} {}", printable(message)))?;
            }
        }
        let Some(next) = page.next else {
            return Ok(());
        };
        target = format!("{path}?after={next}");
    }
}
