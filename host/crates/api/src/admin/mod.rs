//! What only an operator does: functions, modules, raw histories, earlier executions, logs, counts.

pub(crate) mod binding;
pub(crate) mod counts;
pub(crate) mod executions;
pub(crate) mod functions;
mod history;
pub(crate) mod instances;
mod log;
pub(crate) mod modules;
