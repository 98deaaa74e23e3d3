use std::fs::File;
use std::io::{BufRead, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};

use anyhow::{Context, Result, bail};
use tempfile::TempDir;

use crate::client::Client;

/// How a host is started.
#[derive(Debug, Clone, Default)]
pub struct HostOptions {
    /// Arguments after `serve --listen --data`.
    pub arguments: Vec<String>,
    /// Variables of its environment, besides the test's own.
    pub environment: Vec<(String, String)>,
    /// The master key that it asks everybody for; its clients bring it.
    pub master_key: Option<String>,
}

impl HostOptions {
    /// No guest stays in memory: each fact is met by a replay.
    pub fn cold() -> Self {
        Self {
            arguments: vec!["--hot-bytes".to_owned(), "0".to_owned()],
            ..Self::default()
        }
    }
}

/// A host in a process of its own, with a data directory of its own. Dropping it kills the process.
#[derive(Debug)]
pub struct Host {
    data: TempDir,
    options: HostOptions,
    launcher: Vec<String>,
    child: Child,
    origin: String,
    starts: usize,
}

impl Host {
    /// Starts a host on a fresh data directory and a free port.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start(options: HostOptions) -> Result<Self> {
        Self::start_under(options, |_| Ok(Vec::new()))
    }

    /// The same by a command that does something about the data directory, and then goes on as the command behind it.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn start_under(
        options: HostOptions,
        launcher: impl FnOnce(&Path) -> Result<Vec<String>>,
    ) -> Result<Self> {
        let data = TempDir::new().context("cannot make a data directory")?;
        let launcher = launcher(data.path())?;
        let (child, origin) = spawn(data.path(), &options, &launcher, 0)?;
        Ok(Self {
            data,
            options,
            launcher,
            child,
            origin,
            starts: 1,
        })
    }

    /// Kills the host with SIGKILL. Whatever it had not made durable is gone.
    ///
    /// # Errors
    /// If the process cannot be killed.
    pub fn kill(&mut self) -> Result<()> {
        self.child.kill().context("cannot kill the host")?;
        self.child.wait().context("cannot wait for the host")?;
        Ok(())
    }

    /// Stops the host with SIGTERM and waits for its end.
    ///
    /// # Errors
    /// If it does not exit with 0.
    pub fn terminate(&mut self) -> Result<()> {
        let status = Command::new("kill")
            .args(["-TERM", &self.child.id().to_string()])
            .status()?;
        anyhow::ensure!(status.success(), "cannot send SIGTERM");
        let status = self.child.wait()?;
        anyhow::ensure!(
            status.success(),
            "the host exited with {status} on SIGTERM: {}",
            self.log()
        );
        Ok(())
    }

    /// Starts the host again on the same data directory.
    ///
    /// # Errors
    /// If it does not come up.
    pub fn restart(&mut self) -> Result<()> {
        (self.child, self.origin) =
            spawn(self.data.path(), &self.options, &self.launcher, self.starts)?;
        self.starts += 1;
        Ok(())
    }

    /// The options of the next restart.
    pub fn options(&mut self) -> &mut HostOptions {
        &mut self.options
    }

    /// A client for this host, as it is now.
    pub fn client(&self) -> Client {
        Client::new(self.origin.clone(), self.options.master_key.as_deref())
    }

    /// The header, with the end of its line, by which a raw request brings the master key; nothing if there is none.
    pub fn key_line(&self) -> String {
        let key = self.options.master_key.as_ref();
        key.map_or_else(String::new, |key| format!("x-functions-key: {key}\r\n"))
    }

    /// `127.0.0.1:port`.
    pub fn address(&self) -> &str {
        self.origin.trim_start_matches("http://")
    }

    /// The data directory.
    pub fn data(&self) -> &Path {
        self.data.path()
    }

    /// The process id.
    pub fn pid(&self) -> u32 {
        self.child.id()
    }

    /// All that the host has logged, over all its lives.
    pub fn log(&self) -> String {
        let mut text = String::new();
        for start in 0..self.starts {
            let log = File::open(log_file(self.data.path(), start))
                .map(|mut file| file.read_to_string(&mut text));
            if !matches!(log, Ok(Ok(_))) {
                text.push_str("(a log cannot be read)");
            }
        }
        text
    }
}

impl Drop for Host {
    fn drop(&mut self) {
        // A process that has ended already cannot be killed.
        drop(self.child.kill());
        drop(self.child.wait());
    }
}

fn log_file(data: &Path, start: usize) -> PathBuf {
    data.join(format!("log-{start}.txt"))
}

fn spawn(
    data: &Path,
    options: &HostOptions,
    launcher: &[String],
    start: usize,
) -> Result<(Child, String)> {
    let binary = binary()?;
    let log = log_file(data, start);
    let mut command = match launcher {
        [] => Command::new(&binary),
        [program, arguments @ ..] => {
            let mut command = Command::new(program);
            command.args(arguments).arg(&binary);
            command
        }
    };
    if let Some(key) = &options.master_key {
        let file = data.join("master-key.txt");
        std::fs::write(&file, key)?;
        command
            .arg("serve")
            .arg("--require-keys")
            .arg("--master-key-file")
            .arg(file);
    } else {
        command.arg("serve");
    }
    let mut child = command
        .args(["--listen", "127.0.0.1:0", "--data"])
        .arg(data)
        .args(&options.arguments)
        .envs(
            options
                .environment
                .iter()
                .map(|(name, value)| (name, value)),
        )
        .stdout(Stdio::piped())
        .stderr(File::create(&log)?)
        .spawn()
        .with_context(|| format!("cannot run {}", binary.display()))?;
    let stdout = child
        .stdout
        .take()
        .context("the host has no standard output")?;
    let mut line = String::new();
    BufReader::new(stdout).read_line(&mut line)?;
    let Some(origin) = line.trim().strip_prefix("listening on ") else {
        let status = child.wait()?;
        bail!(
            "the host did not come up ({status}): {line}{}",
            std::fs::read_to_string(log)?
        );
    };
    Ok((child, origin.to_owned()))
}

/// The host's binary, beside the test's own.
///
/// # Errors
/// If it is not built.
pub fn binary() -> Result<PathBuf> {
    let test = std::env::current_exe()?;
    let profile = test
        .parent()
        .and_then(Path::parent)
        .context("the test has no target directory")?;
    let binary = profile.join("soloist");
    anyhow::ensure!(
        binary.exists(),
        "no {}; run `cargo build -p soloist` first",
        binary.display()
    );
    Ok(binary)
}
