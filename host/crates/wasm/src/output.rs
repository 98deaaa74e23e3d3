use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use soloist_core::{LOG_MESSAGE_BYTES_MAX, LogLevel};
use soloist_engine::SharedExecution;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// The most that one call of an activity may print, in bytes; the rest is dropped.
const PRINTED_BYTES_MAX: usize = 64 * 1024;

/// The most that is kept of what was printed last, in bytes.
const TAIL_BYTES_MAX: usize = 2 * 1024;

/// How much a guest may write at once, in bytes.
const CHUNK_BYTES_MAX: usize = 16 * 1024;

/// What a guest prints, line by line.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Printed>>);

/// Where the lines go.
enum Sink {
    /// Of an activity: the host's own log.
    Host {
        stream: &'static str,
        /// Who prints.
        function: String,
        total: usize,
    },
    /// Of an orchestrator: the log of its instance, each line once.
    Instance {
        execution: SharedExecution,
        level: LogLevel,
    },
}

struct Printed {
    sink: Sink,
    /// The line that is not yet ended, as far as it is kept.
    line: Vec<u8>,
    /// The lines that were printed last, each with its end.
    tail: VecDeque<u8>,
}

impl Output {
    /// What an activity prints to `stream`.
    pub(crate) fn of_activity(stream: &'static str, function: String) -> Self {
        Self::to(Sink::Host {
            stream,
            function,
            total: 0,
        })
    }

    /// What an orchestrator prints, at this level.
    pub(crate) fn of_orchestrator(execution: SharedExecution, level: LogLevel) -> Self {
        Self::to(Sink::Instance { execution, level })
    }

    fn to(sink: Sink) -> Self {
        Self(Arc::new(Mutex::new(Printed {
            sink,
            line: Vec::new(),
            tail: VecDeque::new(),
        })))
    }

    fn printed(&self) -> MutexGuard<'_, Printed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Ends a last line that has no end, and returns what was printed last.
    pub(crate) fn finish(&self) -> String {
        let mut printed = self.printed();
        printed.end_line();
        let bytes: Vec<u8> = printed.tail.iter().copied().collect();
        String::from_utf8_lossy(&bytes).into_owned()
    }
}

impl Printed {
    fn print(&mut self, bytes: &[u8]) {
        for piece in bytes.split_inclusive(|byte| *byte == b'\n') {
            let room = LOG_MESSAGE_BYTES_MAX.saturating_sub(self.line.len());
            self.line.extend_from_slice(&piece[..piece.len().min(room)]);
            if piece.ends_with(b"\n") {
                self.end_line();
            }
        }
    }

    fn end_line(&mut self) {
        let line = std::mem::take(&mut self.line);
        let text = String::from_utf8_lossy(&line);
        let text = text.trim_end();
        if text.is_empty() {
            return;
        }
        self.sink.take(text);
        self.tail.extend(text.as_bytes());
        self.tail.push_back(b'\n');
        let gone = self.tail.len().saturating_sub(TAIL_BYTES_MAX);
        self.tail.drain(..gone);
    }
}

impl Sink {
    fn take(&mut self, line: &str) {
        match self {
            Self::Host {
                stream,
                function,
                total,
            } => {
                let before = *total;
                *total = before.saturating_add(line.len() + 1);
                if before < PRINTED_BYTES_MAX {
                    tracing::info!(target: "soloist::activity", function, stream, "{line}");
                    if *total >= PRINTED_BYTES_MAX {
                        tracing::warn!(
                            target: "soloist::activity",
                            function,
                            stream,
                            bytes_max = PRINTED_BYTES_MAX,
                            "the activity prints too much; the rest is dropped"
                        );
                    }
                }
            }
            Self::Instance { execution, level } => execution
                .lock()
                .expect("an execution is not used again after a panic")
                .log(*level, line.to_owned()),
        }
    }
}

impl IsTerminal for Output {
    fn is_terminal(&self) -> bool {
        false
    }
}

impl StdoutStream for Output {
    fn async_stream(&self) -> Box<dyn tokio::io::AsyncWrite + Send + Sync> {
        // Only guests of WASI 0.3 would ask for this; the host has none.
        Box::new(tokio::io::empty())
    }

    fn p2_stream(&self) -> Box<dyn OutputStream> {
        Box::new(self.clone())
    }
}

impl OutputStream for Output {
    fn write(&mut self, bytes: Bytes) -> StreamResult<()> {
        self.printed().print(&bytes);
        Ok(())
    }

    fn flush(&mut self) -> StreamResult<()> {
        Ok(())
    }

    fn check_write(&mut self) -> StreamResult<usize> {
        Ok(CHUNK_BYTES_MAX)
    }
}

#[wasmtime_wasi::async_trait]
impl Pollable for Output {
    async fn ready(&mut self) {}
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_end_of_a_flood_is_kept_and_no_more() {
        let output = Output::of_activity("stderr", "f".to_owned());
        for number in 0..50_000 {
            output
                .printed()
                .print(format!("line {number}\n").as_bytes());
        }
        output
            .printed()
            .print(&vec![b'x'; 10 * LOG_MESSAGE_BYTES_MAX]);
        assert!(output.printed().line.len() <= LOG_MESSAGE_BYTES_MAX);
        output.printed().print(b"\nthe ");
        output.printed().print(b"end");
        let tail = output.finish();
        assert!(tail.ends_with("x\nthe end\n"), "{tail}");
        assert!(tail.len() <= TAIL_BYTES_MAX);
    }
}
