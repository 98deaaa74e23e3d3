use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use bytes::Bytes;
use wasmtime_wasi::cli::{IsTerminal, StdoutStream};
use wasmtime_wasi::p2::{OutputStream, Pollable, StreamResult};

/// The most that one call of an activity may print, in bytes; the rest is dropped.
const PRINTED_BYTES_MAX: usize = 64 * 1024;

/// The most that is kept of what was printed last, in bytes.
const TAIL_BYTES_MAX: usize = 2 * 1024;

/// How much a guest may write at once, in bytes.
const CHUNK_BYTES_MAX: usize = 16 * 1024;

/// What a guest prints: its lines go to the host's log.
#[derive(Clone)]
pub(crate) struct Output(Arc<Mutex<Printed>>);

struct Printed {
    stream: &'static str,
    /// Who prints.
    function: String,
    /// The end of what was printed, with the line that is not yet ended.
    tail: Vec<u8>,
    /// Where that line begins in `tail`.
    line: usize,
    total: usize,
}

impl Output {
    pub(crate) fn new(stream: &'static str, function: String) -> Self {
        Self(Arc::new(Mutex::new(Printed {
            stream,
            function,
            tail: Vec::new(),
            line: 0,
            total: 0,
        })))
    }

    fn printed(&self) -> MutexGuard<'_, Printed> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Logs a last line that has no end, and returns what was printed last.
    pub(crate) fn finish(&self) -> String {
        let mut printed = self.printed();
        printed.end_line();
        String::from_utf8_lossy(&printed.tail).into_owned()
    }
}

impl Printed {
    fn print(&mut self, bytes: &[u8]) {
        let before = self.total;
        self.total = self.total.saturating_add(bytes.len());
        for line in bytes.split_inclusive(|byte| *byte == b'\n') {
            self.tail.extend_from_slice(line);
            if before < PRINTED_BYTES_MAX && line.ends_with(b"\n") {
                self.end_line();
            }
        }
        if self.tail.len() > 2 * TAIL_BYTES_MAX {
            let gone = self.tail.len() - TAIL_BYTES_MAX;
            self.tail.drain(..gone);
            self.line = self.line.saturating_sub(gone);
        }
        if before < PRINTED_BYTES_MAX && self.total >= PRINTED_BYTES_MAX {
            tracing::warn!(
                target: "soloist::activity",
                function = self.function,
                stream = self.stream,
                bytes_max = PRINTED_BYTES_MAX,
                "the activity prints too much; the rest is dropped"
            );
        }
    }

    fn end_line(&mut self) {
        let line = String::from_utf8_lossy(&self.tail[self.line..]);
        let line = line.trim_end();
        if !line.is_empty() {
            tracing::info!(
                target: "soloist::activity",
                function = self.function,
                stream = self.stream,
                "{line}"
            );
        }
        self.line = self.tail.len();
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
        let output = Output::new("stderr", "f".to_owned());
        for number in 0..50_000 {
            output
                .printed()
                .print(format!("line {number}\n").as_bytes());
        }
        output.printed().print(b"the end");
        let tail = output.finish();
        assert!(tail.ends_with("line 49999\nthe end"), "{tail}");
        assert!(tail.len() <= 2 * TAIL_BYTES_MAX);
    }
}
