//! The command line: nouns, then verbs. Standard output is for answers, standard error for the rest.

mod count;
mod executions;
mod function;
mod history;
mod host;
mod instance;
mod key;
mod list;
mod logs;
mod new;
mod serve;
mod watch;

use std::io::{Write, stdout};

use anyhow::{Context, Result};
use clap::{Args, Parser, Subcommand};

use crate::client::Host;

/// Singleton, durable orchestrators in WebAssembly.
#[derive(Debug, Parser)]
#[command(version, propagate_version = true, arg_required_else_help = true)]
pub(crate) struct Cli {
    #[command(subcommand)]
    noun: Noun,
}

#[derive(Debug, Subcommand)]
enum Noun {
    /// Run a host
    ///
    /// Each setting is a flag, a variable of the environment, or a key of the settings file (the flag's name, with `_` for
    /// `-`). A flag beats the environment, and both beat the file.
    ///
    /// By default an activity only computes. What else it may do stands in the file, by its function: a table
    /// `[function.NAME]` with `allow_hosts = ["api.example.com"]` for HTTP, `env = ["NAME", "NAME=value"]` and
    /// `dirs = ["/srv/data", "/srv/data:/data:rw"]`, which are read-only without `:rw`.
    ///
    /// How many instances of an orchestrator may be live at once stands there too: `max_concurrent_instances = 1`, with
    /// `when_full = "reject"` (the default) to refuse more, or `"queue"` to let them wait their turn.
    #[command(allow_negative_numbers = true)]
    Serve(Box<serve::Serve>),
    /// Write a new project in Rust, JavaScript, Python, C or Go
    ///
    /// It builds with the one command that this prints.
    New(new::New),
    /// Deploy, list and remove functions
    #[command(subcommand)]
    Function(function::Verb),
    /// Say how clients reach the host
    #[command(subcommand)]
    Host(host::Verb),
    /// Start, watch and manage instances
    #[command(subcommand)]
    Instance(instance::Verb),
    /// Make, list, roll and revoke keys
    #[command(subcommand)]
    Key(key::Verb),
}

impl Cli {
    pub(crate) fn run(self) -> Result<()> {
        match self.noun {
            Noun::Serve(serve) => serve.run(),
            Noun::New(new) => new.run(),
            Noun::Function(verb) => verb.run(),
            Noun::Host(verb) => verb.run(),
            Noun::Instance(verb) => verb.run(),
            Noun::Key(verb) => verb.run(),
        }
    }
}

/// Where the host is, and how its answer is shown.
#[derive(Debug, Args)]
struct Remote {
    /// The host to talk to
    #[arg(
        long,
        env = "SOLOIST_HOST",
        value_name = "URL",
        default_value = "http://127.0.0.1:7071"
    )]
    host: String,
    /// The key that the host asks for
    #[arg(long, env = "SOLOIST_KEY", value_name = "KEY", hide_env_values = true)]
    key: Option<String>,
    /// Answer in JSON
    #[arg(long)]
    json: bool,
}

impl Remote {
    fn host(&self) -> Result<Host> {
        Host::at(&self.host, self.key())
    }

    /// An empty variable is none.
    fn key(&self) -> Option<&str> {
        self.key.as_deref().filter(|key| !key.is_empty())
    }
}

/// Writes an answer to standard output.
fn answer(write: impl FnOnce(&mut dyn Write) -> std::io::Result<()>) -> Result<()> {
    let mut out = stdout().lock();
    write(&mut out)
        .and_then(|()| out.flush())
        .context("the answer cannot be written")
}

/// Writes a line to standard output.
fn line(text: &str) -> Result<()> {
    answer(|out| writeln!(out, "{}", text.trim_end()))
}
