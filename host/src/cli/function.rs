use std::fs::File;
use std::io::{IsTerminal, stderr};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use camino::Utf8PathBuf;
use clap::builder::NonEmptyStringValueParser;
use clap::{Subcommand, ValueEnum};
use indicatif::ProgressBar;
use serde::Deserialize;
use ureq::http::StatusCode;

use super::{Remote, answer, line};
use crate::client::{Host, segment};
use crate::table::Table;

/// How often a module that is being compiled is looked at.
const LOOK_AGAIN: Duration = Duration::from_millis(200);

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Bind a name to a component
    Deploy {
        /// The function's name
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
        /// The component
        file: Utf8PathBuf,
        /// Which of its exports, if it has both
        #[arg(long)]
        kind: Option<Kind>,
        #[command(flatten)]
        remote: Remote,
    },
    /// List all functions
    List {
        #[command(flatten)]
        remote: Remote,
    },
    /// Show one function
    Show {
        /// The function's name
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
    /// Take a name away
    Remove {
        /// The function's name
        #[arg(value_parser = NonEmptyStringValueParser::new())]
        name: String,
        #[command(flatten)]
        remote: Remote,
    },
}

#[derive(Debug, Clone, Copy, ValueEnum)]
pub(crate) enum Kind {
    /// Replayed from history
    Orchestrator,
    /// Run at least once
    Activity,
}

impl Kind {
    /// As the host writes it.
    pub(crate) fn name(self) -> &'static str {
        match self {
            Self::Orchestrator => "orchestrator",
            Self::Activity => "activity",
        }
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Function {
    name: String,
    kind: String,
    digest: String,
    size: usize,
    created_time: String,
}

/// What is answered to an upload that takes time.
#[derive(Deserialize)]
struct Compiling {
    digest: String,
}

#[derive(Deserialize)]
#[serde(tag = "state", rename_all = "camelCase")]
enum Module {
    Compiling {},
    Refused { error: String },
    Ready {},
}

impl Verb {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Deploy {
                name,
                file,
                kind,
                remote,
            } => deploy(&remote, &name, &file, kind),
            Self::List { remote } => list(&remote),
            Self::Show { name, remote } => show(&remote, &name),
            Self::Remove { name, remote } => remove(&remote, &name),
        }
    }
}

fn path(name: &str) -> String {
    format!("/admin/functions/{}", segment(name))
}

fn deploy(remote: &Remote, name: &str, file: &Utf8PathBuf, kind: Option<Kind>) -> Result<()> {
    let opened = File::open(file).with_context(|| format!("{file} cannot be read"))?;
    if opened.metadata().is_ok_and(|metadata| metadata.is_dir()) {
        bail!("{file} is a directory: name the .wasm file that your build makes");
    }
    let kind = match kind {
        None => "",
        Some(Kind::Orchestrator) => "?kind=orchestrator",
        Some(Kind::Activity) => "?kind=activity",
    };
    let host = remote.host()?;
    let work = Work::begin(remote, &format!("deploying {name}"));
    let target = path(name) + kind;
    let mut reply = host.upload(&target, opened)?.accepted()?;
    let anew = reply.status == StatusCode::OK;
    if reply.status == StatusCode::ACCEPTED {
        let Compiling { digest } = reply.json()?;
        work.now(&format!("compiling {name}"));
        // Not by the Location: that is where others reach the host.
        wait_for_module(&host, &format!("/admin/modules/{}", segment(&digest)))?;
        reply = host.get(&path(name))?.accepted()?;
        if reply.json::<Function>()?.digest != digest {
            bail!("another upload of {name} came later and was bound instead");
        }
    }
    work.end();
    let function: Function = reply.json()?;
    if remote.json {
        return line(&reply.text);
    }
    line(&format!(
        "deployed {} as {}{} ({}, sha256 {})",
        function.name,
        function.kind,
        if anew { " anew" } else { "" },
        size(function.size),
        short(&function.digest),
    ))
}

fn wait_for_module(host: &Host, module: &str) -> Result<()> {
    loop {
        match host.get(module)?.accepted()?.json()? {
            Module::Compiling {} => sleep(LOOK_AGAIN),
            Module::Refused { error } => bail!(error),
            Module::Ready {} => return Ok(()),
        }
    }
}

fn list(remote: &Remote) -> Result<()> {
    let reply = remote.host()?.get("/admin/functions")?.accepted()?;
    let functions: Vec<Function> = reply.json()?;
    if remote.json {
        return line(&reply.text);
    }
    if functions.is_empty() {
        return line("no functions yet: deploy one with `soloist function deploy NAME FILE`");
    }
    let mut table = Table::new(["NAME", "KIND", "SIZE", "SHA256", "BOUND"]);
    for function in functions {
        let digest = short(&function.digest);
        table.row([
            function.name,
            function.kind,
            size(function.size),
            digest,
            function.created_time,
        ]);
    }
    answer(|mut out| table.write_to(&mut out))
}

fn show(remote: &Remote, name: &str) -> Result<()> {
    let reply = remote.host()?.get(&path(name))?.accepted()?;
    let function: Function = reply.json()?;
    if remote.json {
        return line(&reply.text);
    }
    let mut table = Table::plain();
    table.row(["name".to_owned(), function.name]);
    table.row(["kind".to_owned(), function.kind]);
    table.row(["sha256".to_owned(), function.digest]);
    table.row(["size".to_owned(), size(function.size)]);
    table.row(["bound".to_owned(), function.created_time]);
    answer(|mut out| table.write_to(&mut out))
}

fn remove(remote: &Remote, name: &str) -> Result<()> {
    let reply = remote.host()?.delete(&path(name))?;
    reply.exactly(StatusCode::NO_CONTENT)?;
    if remote.json {
        let name = serde_json::to_string(name)?;
        return answer(|out| writeln!(out, "{{\"name\":{name},\"removed\":true}}"));
    }
    line(&format!("removed {name}"))
}

fn short(digest: &str) -> String {
    digest.chars().take(12).collect()
}

fn size(bytes: usize) -> String {
    match bytes {
        0..1024 => format!("{bytes} bytes"),
        1024..1_048_576 => format!("{} KiB", bytes.div_ceil(1 << 10)),
        _ => format!("{} MiB", bytes.div_ceil(1 << 20)),
    }
}

/// Shows on a terminal that something goes on. What is not a terminal sees nothing.
struct Work(Option<ProgressBar>);

impl Work {
    fn begin(remote: &Remote, text: &str) -> Self {
        if remote.json || !stderr().is_terminal() {
            return Self(None);
        }
        let spinner = ProgressBar::new_spinner();
        spinner.enable_steady_tick(Duration::from_millis(100));
        spinner.set_message(text.to_owned());
        Self(Some(spinner))
    }

    fn now(&self, text: &str) {
        if let Some(spinner) = &self.0 {
            spinner.set_message(text.to_owned());
        }
    }

    fn end(self) {
        drop(self);
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        if let Some(spinner) = self.0.take() {
            spinner.finish_and_clear();
        }
    }
}
