//! Many instances at once: listed, and cleaned up.

use anyhow::{Result, bail};
use clap::builder::NonEmptyStringValueParser;
use clap::{Args, ValueEnum};
use serde::Deserialize;
use serde_json::value::RawValue;
use ureq::http::StatusCode;

use super::instance::BASE;
use super::{Remote, answer, line};
use crate::client::{Host, Target};
use crate::table::Table;
use crate::tag::Tag;

/// How many instances one request asks for.
const PAGE: usize = 500;

/// Which instances.
#[derive(Debug, Args)]
pub(crate) struct Filter {
    /// In this state; may be given more than once
    #[arg(long = "status", value_name = "STATUS", ignore_case = true)]
    statuses: Vec<Status>,
    /// With an ID that begins so
    #[arg(long, value_name = "TEXT", value_parser = NonEmptyStringValueParser::new())]
    prefix: Option<String>,
    /// Of this function
    #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
    function: Option<String>,
    /// With this tag; may be given more than once
    #[arg(long = "tag", value_name = "NAME=VALUE")]
    tags: Vec<Tag>,
    /// Created then or later, such as 2026-01-31 or 2026-01-31T12:00:00Z
    #[arg(long, value_name = "TIME", value_parser = time)]
    created_from: Option<String>,
    /// Created then or earlier
    #[arg(long, value_name = "TIME", value_parser = time)]
    created_to: Option<String>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum Status {
    Pending,
    Running,
    Suspended,
    Completed,
    Failed,
    Terminated,
}

impl Status {
    fn name(self) -> &'static str {
        match self {
            Self::Pending => "Pending",
            Self::Running => "Running",
            Self::Suspended => "Suspended",
            Self::Completed => "Completed",
            Self::Failed => "Failed",
            Self::Terminated => "Terminated",
        }
    }
}

/// A time that the host can read. It takes another for none, and would then list, or clean up, more than was meant.
fn time(text: &str) -> Result<String, String> {
    let is_time =
        text.parse::<jiff::Timestamp>().is_ok() || text.parse::<jiff::civil::DateTime>().is_ok();
    if is_time {
        return Ok(text.to_owned());
    }
    Err(format!(
        "{text:?} is no time: write 2026-01-31, or 2026-01-31T12:00:00Z"
    ))
}

impl Filter {
    /// True if it says nothing: all instances are meant.
    pub(crate) fn is_empty(&self) -> bool {
        self.statuses.is_empty()
            && self.prefix.is_none()
            && self.function.is_none()
            && self.tags.is_empty()
            && self.created_from.is_none()
            && self.created_to.is_none()
    }

    fn target(&self) -> Target {
        let mut target = Target::new(format!("{BASE}/"));
        let statuses: Vec<_> = self.statuses.iter().map(|status| status.name()).collect();
        if !statuses.is_empty() {
            target.add("runtimeStatus", &statuses.join(","));
        }
        for (key, value) in [
            ("instanceIdPrefix", &self.prefix),
            ("functionName", &self.function),
            ("createdTimeFrom", &self.created_from),
            ("createdTimeTo", &self.created_to),
        ] {
            if let Some(value) = value {
                target.add(key, value);
            }
        }
        for tag in &self.tags {
            target.add("tag", &tag.to_string());
        }
        target
    }
}

/// The part of a status that a table has room for.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Listed {
    name: String,
    #[serde(rename = "instanceId")]
    id: String,
    runtime_status: String,
    created_time: String,
    last_updated_time: String,
}

/// Lists instances, page after page, until there are no more or so many.
pub(super) fn list(remote: &Remote, filter: &Filter, limit: Option<usize>) -> Result<()> {
    let host = remote.host()?;
    let mut pages = Pages {
        host: &host,
        filter,
        shows_inputs: remote.json,
        left: limit.unwrap_or(usize::MAX),
        token: Some(String::new()),
    };
    if remote.json {
        return list_as_json(pages);
    }
    let mut table = Table::new(["ID", "FUNCTION", "STATUS", "CREATED", "LAST UPDATED"]);
    while let Some(page) = pages.next()? {
        for instance in page {
            let instance: Listed = serde_json::from_str(instance.get())?;
            table.row([
                instance.id,
                instance.name,
                instance.runtime_status,
                instance.created_time,
                instance.last_updated_time,
            ]);
        }
    }
    answer(|mut out| table.write_to(&mut out))
}

/// One array, written page by page.
fn list_as_json(mut pages: Pages<'_>) -> Result<()> {
    let mut separator = '[';
    while let Some(page) = pages.next()? {
        for instance in page {
            answer(|out| write!(out, "{separator}{}", instance.get()))?;
            separator = ',';
        }
    }
    line(if separator == '[' { "[]" } else { "]" })
}

/// The pages of a list.
struct Pages<'h> {
    host: &'h Host,
    filter: &'h Filter,
    shows_inputs: bool,
    left: usize,
    /// Where the next page goes on; none after the last.
    token: Option<String>,
}

impl Pages<'_> {
    fn next(&mut self) -> Result<Option<Vec<Box<RawValue>>>> {
        let Some(token) = self.token.take().filter(|_| self.left > 0) else {
            return Ok(None);
        };
        let mut target = self.filter.target();
        target.add("top", &self.left.min(PAGE).to_string());
        if !self.shows_inputs {
            target.add("showInput", "false");
        }
        let reply = self
            .host
            .get_page(&target.to_string(), &token)?
            .accepted()?;
        let page: Vec<Box<RawValue>> = reply.json()?;
        if page.len() > self.left {
            bail!("the host's answer is longer than was asked for: is it a Soloist?");
        }
        self.left -= page.len();
        self.token = reply.token.filter(|token| !token.is_empty());
        Ok(Some(page))
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purged {
    instances_deleted: u64,
}

/// Cleans up what the filter lets through and has ended. A host does so much in one request and no more, so it is asked until
/// nothing is left.
pub(super) fn purge(remote: &Remote, filter: &Filter) -> Result<()> {
    let host = remote.host()?;
    let mut target = filter.target();
    if filter.created_from.is_none() {
        // The host wants one; none is older.
        target.add("createdTimeFrom", "1970-01-01");
    }
    if filter.created_to.is_none() {
        // What is created meanwhile is not meant: a busy host would never be done.
        target.add("createdTimeTo", &jiff::Timestamp::now().to_string());
    }
    let target = target.to_string();
    let mut purged = 0;
    loop {
        let reply = host.delete(&target)?;
        if reply.status == StatusCode::NOT_FOUND && reply.text.is_empty() {
            break;
        }
        let deleted = reply.accepted()?.json::<Purged>()?.instances_deleted;
        purged += deleted;
        if deleted == 0 {
            break;
        }
    }
    if remote.json {
        return line(&format!("{{\"instancesDeleted\":{purged}}}"));
    }
    line(&match purged {
        1 => "1 instance purged".to_owned(),
        purged => format!("{purged} instances purged"),
    })
}
