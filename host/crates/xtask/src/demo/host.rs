//! A host in a process of its own.

use std::fs::{File, OpenOptions};
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};

use super::client::within;
use crate::command::run;

const READY: &str = "listening on ";

pub(crate) struct Host {
    child: Child,
    url: String,
}

impl Host {
    /// Starts a host on a free port and waits until it listens.
    pub(crate) fn start(binary: &Path, data: &Path, log: &Path, settings: &[&str]) -> Result<Self> {
        let log = OpenOptions::new().create(true).append(true).open(log);
        let log: File = log.context("cannot open the host's log")?;
        let mut command = Command::new(binary);
        command
            .args(["serve", "--listen", "127.0.0.1:0", "--data"])
            .arg(data)
            .args(settings)
            .stdin(Stdio::null())
            .stdout(Stdio::piped())
            .stderr(log);
        let mut child = command
            .spawn()
            .with_context(|| format!("cannot run {}", binary.display()))?;
        let stdout = child.stdout.take().context("the host has no stdout")?;
        // In this struct from here on, so that it does not outlive us.
        let mut host = Self {
            child,
            url: String::new(),
        };

        let (sender, lines) = mpsc::channel();
        // Ends with the process: a host whose stdout is full would stop.
        thread::spawn(move || {
            for line in BufReader::new(stdout).lines().map_while(Result::ok) {
                if sender.send(line).is_err() {
                    break;
                }
            }
        });
        let line = lines
            .recv_timeout(Duration::from_mins(1))
            .context("the host does not start")?;
        match line.strip_prefix(READY) {
            Some(url) => url.trim().trim_end_matches('/').clone_into(&mut host.url),
            None => bail!("the host should say `{READY}URL`, not: {line}"),
        }
        Ok(host)
    }

    pub(crate) fn url(&self) -> &str {
        &self.url
    }

    pub(crate) fn process(&self) -> u32 {
        self.child.id()
    }

    /// SIGKILL: no chance to tidy up.
    pub(crate) fn kill(mut self) -> Result<()> {
        self.child.kill().context("cannot kill the host")?;
        let status = self.child.wait().context("cannot wait for the host")?;
        ensure!(
            status.code().is_none(),
            "the host ended by itself: {status}"
        );
        Ok(())
    }

    /// SIGTERM: an orderly end.
    pub(crate) fn stop(mut self) -> Result<()> {
        run(Command::new("kill").arg(self.child.id().to_string()))?;
        let status = within(Duration::from_secs(30), || {
            self.child.try_wait().context("cannot wait for the host")
        })
        .context("the host should end after SIGTERM")?;
        ensure!(
            status.success(),
            "the host should end well after SIGTERM: {status}"
        );
        Ok(())
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // After an end that was waited for, both fail and there is nothing to do.
        if self.child.kill().is_ok() {
            self.child.wait().ok();
        }
    }
}
