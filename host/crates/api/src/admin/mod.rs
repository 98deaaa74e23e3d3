//! What only an operator does: functions, modules, raw histories, earlier executions, logs.

pub(crate) mod binding;
pub(crate) mod executions;
pub(crate) mod functions;
pub(crate) mod history;
pub(crate) mod instances;
pub(crate) mod log;
pub(crate) mod modules;
