//! How many instances there are.

use std::collections::BTreeMap;

use anyhow::Result;
use clap::Args;
use clap::builder::NonEmptyStringValueParser;
use serde::Deserialize;

use super::{Remote, answer, line};
use crate::client::Target;
use crate::table::Table;
use crate::tag::Tag;

/// Which instances are counted.
#[derive(Debug, Args)]
pub(crate) struct Of {
    /// Of this function
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    function: Option<String>,
    /// With this tag; may be given more than once
    #[arg(long = "tag", value_name = "NAME=VALUE")]
    tags: Vec<Tag>,
}

#[derive(Deserialize)]
struct Counts {
    counts: ByState,
    functions: BTreeMap<String, ByState>,
}

#[derive(Clone, Copy, Deserialize)]
#[serde(rename_all = "PascalCase")]
struct ByState {
    pending: u64,
    running: u64,
    suspended: u64,
    completed: u64,
    failed: u64,
    terminated: u64,
}

impl ByState {
    fn row(self, name: String) -> [String; 8] {
        let states = [
            self.pending,
            self.running,
            self.suspended,
            self.completed,
            self.failed,
            self.terminated,
        ];
        let total: u64 = states.iter().sum();
        let mut row = [const { String::new() }; 8];
        row[0] = name;
        for (cell, count) in row[1..].iter_mut().zip(states.into_iter().chain([total])) {
            *cell = count.to_string();
        }
        row
    }
}

/// Counts instances: a row for each function, and one for all where they are not one.
pub(super) fn count(remote: &Remote, of: &Of) -> Result<()> {
    let mut target = Target::new("/admin/instances/counts");
    if let Some(function) = &of.function {
        target.add("functionName", function);
    }
    for tag in &of.tags {
        target.add("tag", &tag.to_string());
    }
    let reply = remote.host()?.get(&target.to_string())?.accepted()?;
    let counts: Counts = reply.json()?;
    if remote.json {
        return line(&reply.text);
    }
    let mut table = Table::new([
        "FUNCTION",
        "PENDING",
        "RUNNING",
        "SUSPENDED",
        "COMPLETED",
        "FAILED",
        "TERMINATED",
        "TOTAL",
    ]);
    let is_one = counts.functions.len() == 1;
    for (name, states) in counts.functions {
        table.row(states.row(name));
    }
    if !is_one {
        table.row(counts.counts.row("(all)".to_owned()));
    }
    answer(|mut out| table.write_to(&mut out))
}
