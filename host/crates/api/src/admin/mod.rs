//! What only an operator does: functions, modules, raw histories.

pub(crate) mod functions;
mod history;
pub(crate) mod instances;
pub(crate) mod modules;
