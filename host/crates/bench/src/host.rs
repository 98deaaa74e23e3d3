//! A host in a process of its own.

use std::fs::{self, File};
use std::io::{BufRead as _, BufReader};
use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use soloist_core::ModuleDigest;
use tokio::time::sleep;

use crate::clock::now;
use crate::http;
use crate::process::Process;

/// What a host and our own server print, before their URL, once they listen.
pub(crate) const LISTENING: &str = "listening on http://";
/// How long a server may take to come up, and to go.
const PATIENCE: Duration = Duration::from_mins(2);
/// How long a component may take to compile: the largest take half a minute on a quiet machine.
const COMPILING: Duration = Duration::from_mins(10);
/// How often it is looked whether something has come about that does not tell.
pub(crate) const LOOK_AGAIN: Duration = Duration::from_millis(2);

/// The functions of the guest `bench`, and what they are.
const FUNCTIONS: [(&str, &str); 6] = [
    ("chain", "orchestrator"),
    ("fan", "orchestrator"),
    ("instant", "orchestrator"),
    ("patient", "orchestrator"),
    ("sleeper", "orchestrator"),
    ("noop", "activity"),
];

/// A server that we started. Dropping it kills it.
pub(crate) struct Server {
    child: Child,
    pub(crate) address: SocketAddr,
    pub(crate) process: Process,
}

/// A host over a data directory.
pub(crate) struct Host {
    server: Server,
    data: PathBuf,
    /// How long it took from the start of the process until it was ready.
    pub(crate) ready_after: Duration,
}

impl Server {
    /// Runs a command and waits until it says where it listens.
    pub(crate) fn start(command: &mut Command, log: &Path) -> Result<Self> {
        let stderr = File::options().create(true).append(true).open(log);
        let mut child = command
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(stderr.context("a log cannot be opened")?)
            .spawn()
            .with_context(|| format!("cannot run {}", command.get_program().display()))?;
        let stdout = child.stdout.take().context("it has no standard output")?;
        let process = Process::new(child.id())?;
        // In this struct from here on, so that it does not outlive us.
        let mut server = Self {
            child,
            address: SocketAddr::from(([127, 0, 0, 1], 0)),
            process,
        };
        let (sender, lines) = mpsc::channel();
        // It ends with the other process, or when nobody listens.
        thread::spawn(move || {
            let lines = BufReader::new(stdout).lines().map_while(Result::ok);
            lines
                .map(|line| sender.send(line))
                .take_while(Result::is_ok)
                .for_each(drop);
        });
        let line = lines.recv_timeout(PATIENCE).with_context(|| {
            let log = fs::read_to_string(log).unwrap_or_else(|error| error.to_string());
            format!("a server does not come up: {log}")
        })?;
        let address = line.strip_prefix(LISTENING);
        server.address = address
            .and_then(|address| address.trim().trim_end_matches('/').parse().ok())
            .with_context(|| format!("a server should say `{LISTENING}ADDRESS`, not: {line}"))?;
        Ok(server)
    }

    /// Ends it with SIGTERM, in good order.
    pub(crate) async fn stop(mut self) -> Result<()> {
        let pid = self.child.id().to_string();
        let told = Command::new("kill").arg(&pid).status();
        ensure!(
            told.context("cannot run kill")?.success(),
            "cannot end {pid}"
        );
        let start = now();
        while start.elapsed() < PATIENCE {
            if let Some(status) = self.child.try_wait().context("cannot wait for a server")? {
                ensure!(status.success(), "a server ended badly: {status}");
                return Ok(());
            }
            sleep(LOOK_AGAIN).await;
        }
        bail!("a server does not end after SIGTERM")
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        // After an end that was waited for, both fail and there is nothing to do.
        if self.child.kill().is_ok() {
            drop(self.child.wait());
        }
    }
}

impl Host {
    /// Starts a host and waits until it is ready.
    pub(crate) async fn start(binary: &Path, data: &Path, arguments: &[&str]) -> Result<Self> {
        let start = now();
        let mut command = Command::new(binary);
        command.args(["serve", "--listen", "127.0.0.1:0", "--data"]);
        command.arg(data).args(arguments);
        let server =
            Server::start(&mut command, &data.with_extension("log")).context("the host")?;
        let mut host = Self {
            server,
            data: data.to_owned(),
            ready_after: Duration::ZERO,
        };
        while http::once(host.address(), "GET", "/readyz", &[]).await?.0 != 200 {
            ensure!(start.elapsed() < PATIENCE, "the host does not get ready");
            sleep(LOOK_AGAIN).await;
        }
        host.ready_after = start.elapsed();
        Ok(host)
    }

    /// Binds all functions of the guest.
    pub(crate) async fn deploy(&self, guest: &Path) -> Result<()> {
        let bytes = fs::read(guest).with_context(|| {
            format!("cannot read {}; run `cargo xtask plugins`", guest.display())
        })?;
        for (name, kind) in FUNCTIONS {
            self.bind(name, kind, &bytes).await?;
        }
        Ok(())
    }

    /// Binds a function to a component, and waits until it is compiled.
    pub(crate) async fn bind(&self, name: &str, kind: &str, component: &[u8]) -> Result<()> {
        let path = format!("/admin/functions/{name}");
        let put = format!("{path}?kind={kind}");
        let (status, text) = http::once(self.address(), "PUT", &put, component).await?;
        ensure!(matches!(status, 200..=202), "{put}: {status}: {text}");
        let start = now();
        while http::once(self.address(), "GET", &path, &[]).await?.0 != 200 {
            ensure!(start.elapsed() < COMPILING, "{name} does not get bound");
            sleep(LOOK_AGAIN).await;
        }
        Ok(())
    }

    /// The digest of the module that a function is bound to.
    pub(crate) async fn digest(&self, function: &str) -> Result<ModuleDigest> {
        let path = format!("/admin/functions/{function}");
        let (status, text) = http::once(self.address(), "GET", &path, &[]).await?;
        ensure!(status == 200, "{path}: {status}: {text}");
        let body: serde_json::Value = serde_json::from_str(&text)?;
        let digest = body["digest"].as_str().context("a function has a digest")?;
        digest.parse().context("a digest can be read")
    }

    pub(crate) fn address(&self) -> SocketAddr {
        self.server.address
    }

    pub(crate) fn process(&self) -> Process {
        self.server.process
    }

    pub(crate) fn data(&self) -> &Path {
        &self.data
    }

    pub(crate) async fn stop(self) -> Result<()> {
        self.server.stop().await.context("the host")
    }
}
