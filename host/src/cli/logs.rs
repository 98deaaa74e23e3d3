use anyhow::Result;
use serde::Deserialize;

use super::instance::{Which, known};
use super::{Remote, line};
use crate::client::{Target, segment};
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

/// Prints what an execution logged, oldest first. As JSON, each page is a line.
pub(super) fn show(remote: &Remote, id: &str, which: &Which) -> Result<()> {
    let host = remote.host()?;
    let path = format!("/admin/instances/{}/logs", segment(id));
    let (mut execution, mut after) = (None, None::<u32>);
    loop {
        let mut target = Target::new(path.clone());
        which.add_to(&mut target);
        if let Some(after) = after {
            target.add("after", &after.to_string());
        }
        let reply = known(id, host.get(&target.to_string())?)?.accepted()?;
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
        after = Some(next);
    }
}
