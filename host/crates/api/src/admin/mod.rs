//! What only an operator does: functions, modules, keys, raw histories, earlier executions, logs, counts.

pub(crate) mod binding;
pub(crate) mod counts;
pub(crate) mod executions;
pub(crate) mod functions;
pub(crate) mod history;
pub(crate) mod instances;
pub(crate) mod keys;
pub(crate) mod log;
pub(crate) mod modules;
