use serde::{Deserialize, Serialize};

/// The longest log message that is kept, in bytes; longer ones are cut at a character.
pub const LOG_MESSAGE_BYTES_MAX: usize = 16 * 1024;

/// The most log lines that one execution keeps; later ones are dropped.
pub const LOG_LINES_MAX: u32 = 10_000;

/// The most text that one execution logs, in bytes; once it is used up, later lines are dropped.
pub const LOG_BYTES_MAX: usize = 4 * 1024 * 1024;

/// How important a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum LogLevel {
    /// Finest detail.
    Trace,
    /// For whoever looks for a fault.
    Debug,
    /// Normal progress.
    Info,
    /// Something unexpected that was handled.
    Warn,
    /// Something that failed.
    Error,
}

/// One line that an orchestrator logged, kept once however often it is replayed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct LogLine {
    /// Its place among the lines of its execution: 0, 1, 2.
    pub ordinal: u32,
    /// Orchestration time.
    pub timestamp: crate::Timestamp,
    /// How important it is.
    pub level: LogLevel,
    /// The text, at most [`LOG_MESSAGE_BYTES_MAX`] bytes.
    pub message: String,
}

/// `message`, cut at a character to what is kept.
pub(crate) fn cut(mut message: String) -> String {
    if message.len() > LOG_MESSAGE_BYTES_MAX {
        message.truncate(message.floor_char_boundary(LOG_MESSAGE_BYTES_MAX));
        // What was cut off may be a thousand times as long.
        message.shrink_to_fit();
    }
    message
}
