//! The binary, run as a command that must end.

use std::io::Read;
use std::process::{Child, Command, ExitStatus, Stdio};
use std::thread::JoinHandle;

use anyhow::{Context, Result, bail, ensure};
use tests::eventually;

/// What a command wrote, and how it ended.
#[derive(Debug)]
pub(crate) struct Said {
    pub(crate) code: Option<i32>,
    pub(crate) out: String,
    pub(crate) err: String,
}

impl Said {
    /// Checks the exit code, that standard error says `part` in its first sentence or a cause of it, and that nothing else is
    /// said.
    pub(crate) fn assert_refused(&self, code: i32, part: &str) -> Result<()> {
        ensure!(self.code == Some(code), "{code} is wanted: {self:?}");
        ensure!(self.out.is_empty(), "{self:?}");
        ensure!(self.err.contains(part), "{part:?} is not in {}", self.err);
        ensure!(!self.err.contains("panicked"), "{}", self.err);
        // What was logged comes first.
        let sentences = self.err.lines().filter(|line| line.starts_with("error: "));
        ensure!(sentences.count() == 1, "{}", self.err);
        Ok(())
    }
}

/// The binary with these arguments, in an environment without settings.
pub(crate) fn soloist(arguments: &[&str]) -> Result<Command> {
    let mut command = Command::new(tests::binary()?);
    command.args(arguments);
    for (name, _) in std::env::vars_os() {
        if name.to_string_lossy().starts_with("SOLOIST_") {
            command.env_remove(name);
        }
    }
    Ok(command)
}

/// `soloist serve` on a free port with these arguments.
pub(crate) fn serve(arguments: &[&str]) -> Result<Command> {
    soloist(&[&["serve", "--listen", "127.0.0.1:0"], arguments].concat())
}

/// Runs a command to its end, which must come.
pub(crate) async fn run(mut command: Command) -> Result<Said> {
    let mut child = command
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()?;
    let out = reading(child.stdout.take().context("no standard output")?);
    let err = reading(child.stderr.take().context("no standard error")?);
    let status = end_of(&mut child, &format!("{command:?} ends")).await;
    if status.is_err() {
        child.kill()?;
        child.wait()?;
    }
    let [out, err] = [out, err].map(|text| text.join().unwrap_or_default());
    match status {
        Ok(status) => Ok(Said {
            code: status.code(),
            out,
            err,
        }),
        Err(error) => bail!("{error:#}; it said {out}{err}"),
    }
}

/// Waits for the end of a process.
pub(crate) async fn end_of(child: &mut Child, what: &str) -> Result<ExitStatus> {
    eventually(what, async || Ok(child.try_wait()?)).await
}

fn reading(mut from: impl Read + Send + 'static) -> JoinHandle<String> {
    std::thread::spawn(move || {
        let mut bytes = Vec::new();
        match from.read_to_end(&mut bytes) {
            Ok(_) => String::from_utf8_lossy(&bytes).into_owned(),
            Err(error) => format!("(unreadable: {error})"),
        }
    })
}

/// Runs a command, and returns it only if it is refused.
pub(crate) async fn refused(command: Command, code: i32, part: &str) -> Result<()> {
    run(command).await?.assert_refused(code, part)
}

/// Checks that `soloist serve` runs with these arguments: it announces its address, and ends on SIGTERM.
pub(crate) async fn serves(arguments: &[&str]) -> Result<()> {
    let mut child = serve(arguments)?
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()?;
    let mut line = [0; 22];
    let read = child
        .stdout
        .take()
        .context("no standard output")?
        .read_exact(&mut line);
    terminate(child.id())?;
    let status = end_of(&mut child, "the host ends").await?;
    read.with_context(|| format!("the host did not come up: {status}"))?;
    ensure!(line.starts_with(b"listening on http://"), "{line:?}");
    ensure!(status.success(), "{status}");
    Ok(())
}

/// Sends SIGTERM.
pub(crate) fn terminate(pid: u32) -> Result<()> {
    let status = Command::new("kill")
        .args(["-TERM", &pid.to_string()])
        .status()?;
    ensure!(status.success(), "cannot send SIGTERM");
    Ok(())
}
