use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Subcommand};
use serde::Deserialize;
use ureq::http::StatusCode;

use super::list::{self, Filter};
use super::{Remote, answer, history, line, logs, watch};
use crate::client::{Answer, Target, segment};
use crate::config::Wait;
use crate::failure::Usage;
use crate::tag::Tag;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Start an instance, if none of its ID is live
    Start(Start),
    /// Show the status of an instance
    Show {
        /// The instance's ID
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Show its history too
        #[arg(long)]
        history: bool,
        #[command(flatten)]
        remote: Remote,
    },
    /// Wait until an instance has ended, and print its output
    Wait {
        /// The instance's ID
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Give up after so long, such as 30s
        #[arg(long, value_name = "TIME")]
        timeout: Option<Wait>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show the raw events of an instance
    History {
        /// The instance's ID
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show what an instance logged
    Logs {
        /// The instance's ID
        id: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Raise an external event
    Raise {
        /// The instance's ID
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// The event's name
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        event: String,
        /// What it carries, in JSON
        #[arg(long, value_name = "JSON")]
        data: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// End an instance at once
    Terminate(Told),
    /// Let nothing happen for an instance until it is resumed
    Suspend(Told),
    /// Let a suspended instance go on
    Resume(Told),
    /// List instances, in the order of their creation, or of their IDs where a prefix is given
    List {
        #[command(flatten)]
        filter: Filter,
        /// The most instances to list
        #[arg(long, value_name = "COUNT")]
        limit: Option<usize>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Remove all that is stored of instances that have ended: of one, or of those that a filter names
    Purge {
        /// The instance's ID
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: Option<String>,
        #[command(flatten)]
        filter: Filter,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Debug, Args)]
#[command(group = ArgGroup::new("given").args(["input", "input_file"]))]
pub(crate) struct Start {
    /// The name of an orchestrator function
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    function: String,
    /// The instance's ID, of which only one can be live; a new one if none is given
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    id: Option<String>,
    /// What the orchestrator is given, in JSON
    #[arg(long, value_name = "JSON")]
    input: Option<String>,
    /// A file that holds the input
    #[arg(long, value_name = "FILE")]
    input_file: Option<Utf8PathBuf>,
    /// Something to find it by; may be given more than once
    #[arg(long = "tag", value_name = "NAME=VALUE")]
    tags: Vec<Tag>,
    /// Wait until it has ended, and print its output
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Args)]
pub(crate) struct Told {
    /// The instance's ID
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    id: String,
    /// Who or why
    #[arg(long)]
    reason: Option<String>,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Started {
    id: String,
    status_query_get_uri: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Purged {
    #[expect(
        dead_code,
        reason = "that it is there tells the answer of a host from that of another program"
    )]
    instances_deleted: u32,
}

pub(super) const BASE: &str = "/runtime/webhooks/durabletask/instances";

/// The path of an instance in the management API.
pub(super) fn path(id: &str) -> String {
    format!("{BASE}/{}", segment(id))
}

impl Verb {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Start(start) => start.run(),
            Self::Show {
                id,
                history,
                remote,
            } => watch::show(&remote, &id, history),
            Self::Wait {
                id,
                timeout,
                remote,
            } => watch::wait(&remote, &id, timeout),
            Self::History { id, remote } => history::show(&remote, &id),
            Self::Logs { id, remote } => logs::show(&remote, &id),
            Self::Raise {
                id,
                event,
                data,
                remote,
            } => {
                let operation = format!("raiseEvent/{}", segment(&event));
                tell(&remote, &id, &operation, &data.unwrap_or_default())?;
                told(&remote, &id, &format!("raised {event}"))
            }
            Self::Terminate(it) => it.run("terminate", "terminated"),
            Self::Suspend(it) => it.run("suspend", "suspended"),
            Self::Resume(it) => it.run("resume", "resumed"),
            Self::List {
                filter,
                limit,
                remote,
            } => list::list(&remote, &filter, limit),
            Self::Purge { id, filter, remote } => match (id, filter.is_empty()) {
                (Some(id), true) => purge(&remote, &id),
                (None, false) => list::purge(&remote, &filter),
                (Some(_), false) => Err(Usage(
                    "an ID and a filter say different things: give one of them".to_owned(),
                )
                .into()),
                (None, true) => Err(Usage(
                    "say what to purge: an ID, or a filter such as --status completed --created-to 2026-01-31"
                        .to_owned(),
                )
                .into()),
            },
        }
    }
}

impl Start {
    fn run(self) -> Result<()> {
        let input = match (self.input, &self.input_file) {
            (Some(input), _) => input,
            (None, Some(file)) => {
                std::fs::read_to_string(file).with_context(|| format!("{file} cannot be read"))?
            }
            (None, None) => String::new(),
        };
        let function = segment(&self.function);
        let target = match &self.id {
            Some(id) => format!("/api/orchestrators/{function}/{}", segment(id)),
            None => format!("/api/orchestrators/{function}"),
        };
        let mut target = Target::new(target);
        for tag in &self.tags {
            target.add("tag", &tag.to_string());
        }
        let target = target.to_string();
        let reply = self.remote.host()?.post(&target, &input)?;
        if let (StatusCode::CONFLICT, Some(url)) = (reply.status, &reply.location) {
            bail!("{}\n  its status: {url}", reply.sentence());
        }
        let reply = reply.accepted()?;
        let started: Started = reply.json()?;
        if self.wait {
            return watch::wait(&self.remote, &started.id, None);
        }
        if self.remote.json {
            return line(&reply.text);
        }
        line(&format!(
            "started {}\nits status: {}",
            started.id, started.status_query_get_uri
        ))
    }
}

impl Told {
    fn run(self, operation: &str, done: &str) -> Result<()> {
        let operation = match &self.reason {
            Some(reason) => format!("{operation}?reason={}", segment(reason)),
            None => operation.to_owned(),
        };
        tell(&self.remote, &self.id, &operation, "")?;
        told(&self.remote, &self.id, done)
    }
}

fn purge(remote: &Remote, id: &str) -> Result<()> {
    let reply = known(id, remote.host()?.delete(&path(id))?)?.accepted()?;
    reply.json::<Purged>()?;
    told(remote, id, "purged")
}

fn tell(remote: &Remote, id: &str, operation: &str, body: &str) -> Result<()> {
    let target = format!("{}/{operation}", path(id));
    let reply = known(id, remote.host()?.post(&target, body)?)?;
    if reply.status == StatusCode::GONE {
        bail!("the instance '{id}' has ended already");
    }
    reply.exactly(StatusCode::ACCEPTED)?;
    Ok(())
}

fn told(remote: &Remote, id: &str, done: &str) -> Result<()> {
    if remote.json {
        let [id, done] = [serde_json::to_string(id)?, serde_json::to_string(done)?];
        return answer(|out| writeln!(out, "{{\"id\":{id},\"done\":{done}}}"));
    }
    line(&format!("{id}: {done}"))
}

/// The answer, if there is such an instance. A host says so in a 404 without a body, another program in a page.
pub(super) fn known(id: &str, reply: Answer) -> Result<Answer> {
    if reply.status == StatusCode::NOT_FOUND && reply.text.is_empty() {
        bail!("there is no instance '{id}'");
    }
    Ok(reply)
}
