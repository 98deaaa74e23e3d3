use anyhow::Result;
use clap::builder::NonEmptyStringValueParser;
use clap::{Subcommand, ValueEnum};
use serde::Deserialize;
use ureq::http::StatusCode;

use super::{Remote, answer, line};
use crate::client::{Answer, Target, segment};
use crate::table::Table;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Make a key, and show it this once
    Create {
        /// What to call it
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
        /// What it is good for
        #[arg(long)]
        kind: Kind,
        /// The one function that a function key is for
        #[arg(long, value_name = "NAME", value_parser = NonEmptyStringValueParser::new())]
        function: Option<String>,
        #[command(flatten)]
        remote: Remote,
    },
    /// List all keys, without what they are
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Put a new key in the place of one, and show it this once
    Roll {
        /// The key's name
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Make a key void
    Revoke {
        /// The key's name
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// All that the host does
    Master,
    /// Instances of all functions, for clients of Durable Functions
    System,
    /// Starts of all functions, or of one, and the instances of these
    Function,
}

impl Kind {
    /// As the host writes it.
    fn name(self) -> &'static str {
        match self {
            Self::Master => "master",
            Self::System => "system",
            Self::Function => "function",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Key {
    name: String,
    kind: String,
    function: Option<String>,
    created_time: String,
}

#[derive(Deserialize)]
struct Shown {
    key: String,
}

impl Verb {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Create {
                name,
                kind,
                function,
                remote,
            } => create(&remote, &name, kind, function.as_deref()),
            Self::List { remote } => list(&remote),
            Self::Roll { name, remote } => {
                let path = format!("{}/roll", path(&name));
                let rolled = remote.host()?.post(&path, "")?.exactly(StatusCode::OK)?;
                show(&remote, &rolled)
            }
            Self::Revoke { name, remote } => {
                let revoked = remote.host()?.delete(&path(&name))?;
                revoked.exactly(StatusCode::NO_CONTENT)?;
                Ok(())
            }
        }
    }
}

fn path(name: &str) -> String {
    format!("/admin/keys/{}", segment(name))
}

fn create(remote: &Remote, name: &str, kind: Kind, function: Option<&str>) -> Result<()> {
    let mut target = Target::new(path(name));
    target.add("kind", kind.name());
    if let Some(function) = function {
        target.add("function", function);
    }
    let created = remote.host()?.post(&target.to_string(), "")?;
    show(remote, &created.exactly(StatusCode::CREATED)?)
}

/// The key goes to standard output alone, so that a script can take it from there.
fn show(remote: &Remote, shown: &Answer) -> Result<()> {
    if remote.json {
        line(&shown.text)?;
    } else {
        line(&shown.json::<Shown>()?.key)?;
    }
    eprintln!("keep it: it is not shown again");
    Ok(())
}

fn list(remote: &Remote) -> Result<()> {
    let listed = remote.host()?.get("/admin/keys")?.exactly(StatusCode::OK)?;
    if remote.json {
        return line(&listed.text);
    }
    let mut table = Table::new(["NAME", "KIND", "FUNCTION", "CREATED"]);
    for key in listed.json::<Vec<Key>>()? {
        let function = key.function.unwrap_or_else(|| "-".to_owned());
        table.row([key.name, key.kind, function, key.created_time]);
    }
    answer(|mut out| table.write_to(&mut out))
}
