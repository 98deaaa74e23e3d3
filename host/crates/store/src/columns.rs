//! How our values stand in columns.

use rusqlite::Row;
use rusqlite::types::Type;
use serde::de::DeserializeOwned;
use soloist_core::{
    EventId, ExecutionId, FunctionName, InstanceId, LogLevel, ModuleDigest, Payload, Timestamp,
};
use soloist_engine::{Ending, FunctionKind, RuntimeStatus};
use uuid::Uuid;

/// No history has 2^63 events, but a place in a list may say "after all of them".
pub(crate) fn sequence(id: EventId) -> i64 {
    i64::try_from(id.get()).unwrap_or(i64::MAX)
}

pub(crate) fn number(count: usize) -> i64 {
    i64::try_from(count).unwrap_or(i64::MAX)
}

pub(crate) fn execution(id: &ExecutionId) -> &[u8] {
    id.as_uuid().as_bytes()
}

/// A place in a list of tasks; without one, before every task.
pub(crate) fn task_place(after: Option<&(ExecutionId, EventId)>) -> (&[u8], i64) {
    after.map_or((&[], 0), |(after, scheduled)| {
        (execution(after), sequence(*scheduled))
    })
}

pub(crate) fn status(status: RuntimeStatus) -> i64 {
    match status {
        RuntimeStatus::Pending => 0,
        RuntimeStatus::Running => 1,
        RuntimeStatus::Suspended => 2,
        RuntimeStatus::Completed => 3,
        RuntimeStatus::Failed => 4,
        RuntimeStatus::Terminated => 5,
    }
}

/// The numbers of the statuses, and one of its own for what no instance ends with.
pub(crate) fn ending(ending: Ending) -> i64 {
    match ending {
        Ending::Completed => 3,
        Ending::Failed => 4,
        Ending::Terminated => 5,
        Ending::ContinuedAsNew => 6,
    }
}

pub(crate) fn level(level: LogLevel) -> i64 {
    match level {
        LogLevel::Trace => 0,
        LogLevel::Debug => 1,
        LogLevel::Info => 2,
        LogLevel::Warn => 3,
        LogLevel::Error => 4,
    }
}

pub(crate) fn kind(kind: FunctionKind) -> i64 {
    match kind {
        FunctionKind::Orchestrator => 0,
        FunctionKind::Activity => 1,
    }
}

/// Reads a row's columns as our values.
pub(crate) trait Columns {
    fn sequence(&self, column: usize) -> rusqlite::Result<EventId>;
    fn execution(&self, column: usize) -> rusqlite::Result<ExecutionId>;
    fn time(&self, column: usize) -> rusqlite::Result<Timestamp>;
    fn status(&self, column: usize) -> rusqlite::Result<RuntimeStatus>;
    fn ending(&self, column: usize) -> rusqlite::Result<Ending>;
    fn level(&self, column: usize) -> rusqlite::Result<LogLevel>;
    fn kind(&self, column: usize) -> rusqlite::Result<FunctionKind>;
    fn size(&self, column: usize) -> rusqlite::Result<u64>;
    fn digest(&self, column: usize) -> rusqlite::Result<ModuleDigest>;
    fn instance(&self, column: usize) -> rusqlite::Result<InstanceId>;
    fn function(&self, column: usize) -> rusqlite::Result<FunctionName>;
    fn payload(&self, column: usize) -> rusqlite::Result<Option<Payload>>;
    fn json<T: DeserializeOwned>(&self, column: usize) -> rusqlite::Result<T>;
}

impl Columns for Row<'_> {
    fn sequence(&self, column: usize) -> rusqlite::Result<EventId> {
        self.size(column).map(EventId::new)
    }

    fn execution(&self, column: usize) -> rusqlite::Result<ExecutionId> {
        self.get(column)
            .map(|bytes| ExecutionId::new(Uuid::from_bytes(bytes)))
    }

    fn time(&self, column: usize) -> rusqlite::Result<Timestamp> {
        self.get(column).map(Timestamp::from_millis)
    }

    fn status(&self, column: usize) -> rusqlite::Result<RuntimeStatus> {
        match self.get(column)? {
            0 => Ok(RuntimeStatus::Pending),
            1 => Ok(RuntimeStatus::Running),
            2 => Ok(RuntimeStatus::Suspended),
            3 => Ok(RuntimeStatus::Completed),
            4 => Ok(RuntimeStatus::Failed),
            5 => Ok(RuntimeStatus::Terminated),
            number => Err(rusqlite::Error::IntegralValueOutOfRange(column, number)),
        }
    }

    fn ending(&self, column: usize) -> rusqlite::Result<Ending> {
        match self.get(column)? {
            3 => Ok(Ending::Completed),
            4 => Ok(Ending::Failed),
            5 => Ok(Ending::Terminated),
            6 => Ok(Ending::ContinuedAsNew),
            number => Err(rusqlite::Error::IntegralValueOutOfRange(column, number)),
        }
    }

    fn level(&self, column: usize) -> rusqlite::Result<LogLevel> {
        match self.get(column)? {
            0 => Ok(LogLevel::Trace),
            1 => Ok(LogLevel::Debug),
            2 => Ok(LogLevel::Info),
            3 => Ok(LogLevel::Warn),
            4 => Ok(LogLevel::Error),
            number => Err(rusqlite::Error::IntegralValueOutOfRange(column, number)),
        }
    }

    fn kind(&self, column: usize) -> rusqlite::Result<FunctionKind> {
        match self.get(column)? {
            0 => Ok(FunctionKind::Orchestrator),
            1 => Ok(FunctionKind::Activity),
            number => Err(rusqlite::Error::IntegralValueOutOfRange(column, number)),
        }
    }

    fn size(&self, column: usize) -> rusqlite::Result<u64> {
        let number = self.get(column)?;
        u64::try_from(number).map_err(|_| rusqlite::Error::IntegralValueOutOfRange(column, number))
    }

    fn digest(&self, column: usize) -> rusqlite::Result<ModuleDigest> {
        self.get(column).map(ModuleDigest::new)
    }

    fn instance(&self, column: usize) -> rusqlite::Result<InstanceId> {
        let text = self.get_ref(column)?.as_str()?;
        text.parse().map_err(|error| unfit(column, error))
    }

    fn function(&self, column: usize) -> rusqlite::Result<FunctionName> {
        let text = self.get_ref(column)?.as_str()?;
        text.parse().map_err(|error| unfit(column, error))
    }

    fn payload(&self, column: usize) -> rusqlite::Result<Option<Payload>> {
        let text = self.get_ref(column)?.as_str_or_null()?;
        let payload = text.map(Payload::parse).transpose();
        payload.map_err(|error| unfit(column, error))
    }

    fn json<T: DeserializeOwned>(&self, column: usize) -> rusqlite::Result<T> {
        let text = self.get_ref(column)?.as_str()?;
        serde_json::from_str(text).map_err(|error| unfit(column, error))
    }
}

pub(crate) fn unfit(
    column: usize,
    error: impl std::error::Error + Send + Sync + 'static,
) -> rusqlite::Error {
    rusqlite::Error::FromSqlConversionFailure(column, Type::Text, Box::new(error))
}
