//! Asks the host all the while whether it is ready, from a thread and a connection of its own, and looks at its memory.

use std::io::{BufRead, BufReader, Read, Write};
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

use anyhow::{Context, Result, anyhow, ensure};

/// The pause between two questions.
const PAUSE: Duration = Duration::from_millis(5);

/// How long one answer may take at all.
const PATIENCE: Duration = Duration::from_secs(30);

/// Watches a host until it is told to stop.
pub(crate) struct Watch {
    stop: Arc<AtomicBool>,
    thread: JoinHandle<Result<Seen>>,
}

/// What was seen.
pub(crate) struct Seen {
    /// How long each answer took, the slowest last.
    answers: Vec<Duration>,
    /// The most memory that the host had, in bytes.
    pub(crate) peak: u64,
}

impl Watch {
    pub(crate) fn start(address: &str, pid: u32) -> Result<Self> {
        let stream = TcpStream::connect(address)?;
        stream.set_nodelay(true)?;
        stream.set_read_timeout(Some(PATIENCE))?;
        let stop = Arc::new(AtomicBool::new(false));
        let thread = std::thread::spawn({
            let stop = Arc::clone(&stop);
            let request = format!("GET /readyz HTTP/1.1\r\nhost: {address}\r\n\r\n");
            move || look(stream, &request, pid, &stop)
        });
        Ok(Self { stop, thread })
    }

    pub(crate) fn stop(self) -> Result<Seen> {
        self.stop.store(true, Ordering::Relaxed);
        self.thread
            .join()
            .map_err(|_| anyhow!("the watch panicked"))?
    }
}

fn look(stream: TcpStream, request: &str, pid: u32, stop: &AtomicBool) -> Result<Seen> {
    let mut reader = BufReader::new(stream);
    let mut seen = Seen {
        answers: Vec::new(),
        peak: 0,
    };
    while !stop.load(Ordering::Relaxed) {
        let asked = now();
        let status = ask(&mut reader, request).context("the host does not answer")?;
        seen.answers.push(asked.elapsed());
        ensure!(status.contains(" 200 "), "the host is not ready: {status}");
        seen.peak = seen.peak.max(resident(pid)?);
        std::thread::sleep(PAUSE);
    }
    seen.answers.sort_unstable();
    Ok(seen)
}

/// The status line of the answer, which is read whole.
fn ask(reader: &mut BufReader<TcpStream>, request: &str) -> Result<String> {
    reader.get_mut().write_all(request.as_bytes())?;
    let mut status = String::new();
    reader.read_line(&mut status)?;
    let mut length = 0;
    loop {
        let mut line = String::new();
        ensure!(
            reader.read_line(&mut line)? > 0,
            "the connection was closed"
        );
        let line = line.trim_end().to_ascii_lowercase();
        if let Some(value) = line.strip_prefix("content-length:") {
            length = value.trim().parse()?;
        }
        if line.is_empty() {
            break;
        }
    }
    reader.read_exact(&mut vec![0; length])?;
    Ok(status)
}

impl Seen {
    pub(crate) fn slowest(&self) -> Duration {
        self.answers.last().copied().unwrap_or_default()
    }

    /// So many answers in a hundred were at least so fast.
    pub(crate) fn percentile(&self, percent: usize) -> Duration {
        let place = self.answers.len() * percent / 100;
        self.answers.get(place).copied().unwrap_or_default()
    }

    pub(crate) fn count(&self) -> usize {
        self.answers.len()
    }
}

/// The memory that a process has, in bytes.
pub(crate) fn resident(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.context("the process has ended")?;
    Ok(kib.trim().trim_end_matches(" kB").parse::<u64>()? << 10)
}

#[expect(clippy::disallowed_methods, reason = "a test measures; no engine here")]
pub(crate) fn now() -> Instant {
    Instant::now()
}
