//! What has become of an instance, and what will.

use std::thread::sleep;
use std::time::{Duration, Instant};

use anyhow::{Result, bail};
use serde::Deserialize;
use serde_json::value::RawValue;
use ureq::http::StatusCode;

use super::instance::{known, path};
use super::{Remote, answer, line};
use crate::client::Answer;
use crate::config::Wait;
use crate::table::{Table, printable, shortened};

/// The first pause between two looks at an instance; it doubles up to the last one.
const FIRST_PAUSE: Duration = Duration::from_millis(20);
const LAST_PAUSE: Duration = Duration::from_secs(1);
/// The most of a payload that a table shows.
pub(super) const CELL_CHARS_MAX: usize = 100;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Instance {
    name: String,
    #[serde(rename = "instanceId")]
    id: String,
    runtime_status: String,
    input: Box<RawValue>,
    custom_status: Box<RawValue>,
    output: Box<RawValue>,
    created_time: String,
    last_updated_time: String,
    #[serde(default)]
    history_events: Vec<HistoryEvent>,
}

/// The part of a row that a table has room for.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct HistoryEvent {
    event_type: String,
    timestamp: String,
    #[serde(alias = "FunctionName")]
    name: Option<String>,
    result: Option<Box<RawValue>>,
    reason: Option<Box<RawValue>>,
    fire_at: Option<Box<RawValue>>,
}

pub(super) fn show(remote: &Remote, id: &str, history: bool) -> Result<()> {
    let query = if history {
        "?showHistory=true&showHistoryOutput=true"
    } else {
        ""
    };
    let target = path(id) + query;
    let reply = looked_at(id, remote.host()?.get(&target)?)?;
    let instance: Instance = reply.json()?;
    if remote.json {
        return line(&reply.text);
    }
    let mut table = Table::plain();
    for (name, value) in [
        ("id", instance.id.as_str()),
        ("function", &instance.name),
        ("status", &instance.runtime_status),
        ("input", instance.input.get()),
        ("custom status", instance.custom_status.get()),
        ("output", instance.output.get()),
        ("created", &instance.created_time),
        ("last updated", &instance.last_updated_time),
    ] {
        if value != "null" {
            table.row([name.to_owned(), shortened(value, CELL_CHARS_MAX)]);
        }
    }
    answer(|mut out| table.write_to(&mut out))?;
    if !history {
        return Ok(());
    }
    let mut table = Table::new(["TIME", "EVENT", "NAME", "RESULT"]);
    for event in instance.history_events {
        let result = event.result.or(event.reason).or(event.fire_at);
        let result = result.as_ref().map_or("", |result| result.get());
        table.row([
            event.timestamp,
            event.event_type,
            event.name.unwrap_or_default(),
            shortened(result, CELL_CHARS_MAX),
        ]);
    }
    line("")?;
    answer(|mut out| table.write_to(&mut out))
}

/// Prints the output of an instance once it has ended. One that did not complete is an error.
#[expect(
    clippy::disallowed_methods,
    reason = "the patience of whoever calls the command line is no part of the engine"
)]
pub(super) fn wait(remote: &Remote, id: &str, timeout: Option<Wait>) -> Result<()> {
    let host = remote.host()?;
    let begin = Instant::now();
    let mut pause = FIRST_PAUSE;
    loop {
        let reply = looked_at(id, host.get(&path(id))?)?;
        let left = timeout.map(|Wait(timeout)| timeout.saturating_sub(begin.elapsed()));
        if reply.status != StatusCode::ACCEPTED {
            return ended(remote, id, &reply);
        }
        if left.is_some_and(|left| left.is_zero()) {
            let instance: Instance = reply.json()?;
            bail!(
                "the instance '{id}' has not ended yet: {}",
                instance.runtime_status
            );
        }
        sleep(left.map_or(pause, |left| pause.min(left)));
        pause = (pause * 2).min(LAST_PAUSE);
    }
}

fn ended(remote: &Remote, id: &str, reply: &Answer) -> Result<()> {
    let instance: Instance = reply.json()?;
    if remote.json {
        line(&reply.text)?;
    }
    if instance.runtime_status != "Completed" {
        let why = match serde_json::from_str::<Option<String>>(instance.output.get()) {
            Ok(Some(why)) => format!(": {}", printable(&why)),
            Ok(None) | Err(_) => String::new(),
        };
        bail!("the instance '{id}' is {}{why}", instance.runtime_status);
    }
    if remote.json {
        return Ok(());
    }
    line(instance.output.get())
}

/// The answer, if it is a status, also that of a failed instance.
fn looked_at(id: &str, reply: Answer) -> Result<Answer> {
    known(id, reply)?.accepted()
}
