use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use clap::builder::NonEmptyStringValueParser;
use clap::{ArgGroup, Args, Subcommand, ValueEnum};
use serde::Deserialize;
use ureq::http::StatusCode;

use super::count::{self, Of};
use super::list::{self, Filter};
use super::{Remote, answer, executions, history, line, logs, watch};
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
        which: Which,
        #[command(flatten)]
        remote: Remote,
    },
    /// Show what an instance logged
    Logs {
        /// The instance's ID
        id: String,
        #[command(flatten)]
        which: Which,
        #[command(flatten)]
        remote: Remote,
    },
    /// List the earlier executions of an instance, as many as `serve --kept-executions` says
    Executions {
        /// The instance's ID
        #[arg(value_parser = NonEmptyStringValueParser::new())]
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
    /// Let a failed instance go on from before its last failure
    Rewind {
        /// The instance's ID
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Who or why
        #[arg(long)]
        reason: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// Start the function of an instance again, with the same input
    Restart {
        /// The instance's ID
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        id: String,
        /// Under a new ID; else under the same, if the instance has ended
        #[arg(long)]
        new_id: bool,
        #[command(flatten)]
        remote: Remote,
    },
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
    /// Count instances, by function and state
    Count {
        #[command(flatten)]
        of: Of,
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
        /// Remove the ended instances that it called, too
        #[arg(long, requires = "id")]
        recursive: bool,
        #[command(flatten)]
        remote: Remote,
    },
}

/// Which execution of an instance is meant.
#[derive(Debug, Args)]
pub(crate) struct Which {
    /// An earlier execution, instead of the current one
    #[arg(long, value_name = "ID", value_parser = NonEmptyStringValueParser::new())]
    execution: Option<String>,
}

impl Which {
    /// Names it, where it is not the current one.
    pub(super) fn add_to(&self, target: &mut Target) {
        if let Some(execution) = &self.execution {
            target.add("execution", execution);
        }
    }
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
    /// Let it begin at this time, such as 2026-01-31T06:00:00Z
    #[arg(long = "start-at", value_name = "TIME")]
    at: Option<String>,
    /// If an instance of this ID is live: refuse, show that one, or terminate it and start another
    #[arg(long, value_name = "WHAT", default_value = "reject")]
    on_existing: OnExisting,
    /// Wait until it has ended, and print its output
    #[arg(long)]
    wait: bool,
    #[command(flatten)]
    remote: Remote,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum OnExisting {
    Reject,
    Attach,
    Replace,
}

#[derive(Debug, Args)]
pub(crate) struct Told {
    /// The instance's ID
    #[arg(value_parser = NonEmptyStringValueParser::new())]
    id: String,
    /// Who or why
    #[arg(long)]
    reason: Option<String>,
    /// Tell the instances that it called, too
    #[arg(long)]
    recursive: bool,
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
            Self::History { id, which, remote } => history::show(&remote, &id, &which),
            Self::Logs { id, which, remote } => logs::show(&remote, &id, &which),
            Self::Executions { id, remote } => executions::list(&remote, &id),
            Self::Raise {
                id,
                event,
                data,
                remote,
            } => {
                let target = format!("{}/raiseEvent/{}", path(&id), segment(&event));
                let data = data.unwrap_or_default();
                tell(&remote, &id, &Target::new(target), &data)?;
                told(&remote, &id, &format!("raised {event}"))
            }
            Self::Terminate(it) => it.run("terminate", "terminated"),
            Self::Suspend(it) => it.run("suspend", "suspended"),
            Self::Resume(it) => it.run("resume", "resumed"),
            Self::Rewind { id, reason, remote } => {
                let mut target = Target::new(format!("{}/rewind", path(&id)));
                if let Some(reason) = &reason {
                    target.add("reason", reason);
                }
                tell(&remote, &id, &target, "")?;
                told(&remote, &id, "rewound")
            }
            Self::Restart { id, new_id, remote } => restart(&remote, &id, new_id),
            Self::List {
                filter,
                limit,
                remote,
            } => list::list(&remote, &filter, limit),
            Self::Count { of, remote } => count::count(&remote, &of),
            Self::Purge {
                id,
                filter,
                recursive,
                remote,
            } => match (id, filter.is_empty()) {
                (Some(id), true) => purge(&remote, &id, recursive),
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
        if let Some(at) = &self.at {
            target.add("startAt", at);
        }
        match self.on_existing {
            OnExisting::Reject => {}
            OnExisting::Attach => target.add("onExisting", "attach"),
            OnExisting::Replace => target.add("onExisting", "replace"),
        }
        let target = target.to_string();
        let reply = self.remote.host()?.post(&target, &input)?;
        if let (StatusCode::CONFLICT, Some(url)) = (reply.status, &reply.location) {
            bail!("{}\n  its status: {url}", reply.sentence());
        }
        let reply = reply.accepted()?;
        let started: Started = reply.json()?;
        let done = if reply.status == StatusCode::OK {
            "found"
        } else {
            "started"
        };
        if self.wait {
            return watch::wait(&self.remote, &started.id, None);
        }
        if self.remote.json {
            return line(&reply.text);
        }
        line(&format!(
            "{done} {}\nits status: {}",
            started.id, started.status_query_get_uri
        ))
    }
}

fn restart(remote: &Remote, id: &str, new_id: bool) -> Result<()> {
    let mut target = Target::new(format!("{}/restart", path(id)));
    target.add(
        "restartWithNewInstanceId",
        if new_id { "true" } else { "false" },
    );
    let reply = remote.host()?.post(&target.to_string(), "")?;
    let reply = reply.accepted()?;
    let started: Started = reply.json()?;
    if remote.json {
        return line(&reply.text);
    }
    line(&format!(
        "started {}\nits status: {}",
        started.id, started.status_query_get_uri
    ))
}

impl Told {
    fn run(self, operation: &str, done: &str) -> Result<()> {
        let mut target = Target::new(format!("{}/{operation}", path(&self.id)));
        if let Some(reason) = &self.reason {
            target.add("reason", reason);
        }
        if self.recursive {
            target.add("recursive", "true");
        }
        tell(&self.remote, &self.id, &target, "")?;
        told(&self.remote, &self.id, done)
    }
}

fn purge(remote: &Remote, id: &str, recursive: bool) -> Result<()> {
    let mut target = Target::new(path(id));
    if recursive {
        target.add("recursive", "true");
    }
    let reply = known(id, remote.host()?.delete(&target.to_string())?)?.accepted()?;
    let purged: Purged = reply.json()?;
    match purged.instances_deleted {
        0 | 1 => told(remote, id, "purged"),
        more => told(
            remote,
            id,
            &format!("purged, with {} that it called", more - 1),
        ),
    }
}

fn tell(remote: &Remote, id: &str, target: &Target, body: &str) -> Result<()> {
    let reply = known(id, remote.host()?.post(&target.to_string(), body)?)?;
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
