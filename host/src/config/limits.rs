//! How many instances of a function may be live at once, as the tables `[function.NAME]` say.

use std::collections::BTreeMap;

use serde::Deserialize;
use soloist_core::FunctionName;
use soloist_engine::{InstanceLimit, InstanceLimits};

use super::grants::FunctionTable;
use crate::failure::Usage;

/// What becomes of a start beyond the limit of its function.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub(crate) enum WhenFull {
    Reject,
    Queue,
}

/// The limits of all tables.
pub(super) fn check(
    tables: &BTreeMap<FunctionName, FunctionTable>,
) -> Result<InstanceLimits, Usage> {
    let mut limits = InstanceLimits::new();
    for (function, table) in tables {
        match (table.max_concurrent_instances, table.when_full) {
            (None, None) => {}
            (None, Some(_)) => {
                return Err(Usage(format!(
                    "[function.{function}] has when_full but no limit: add max_concurrent_instances = 1"
                )));
            }
            (Some(max), when_full) => {
                let when_full = match when_full.unwrap_or(WhenFull::Reject) {
                    WhenFull::Reject => soloist_engine::WhenFull::Reject,
                    WhenFull::Queue => soloist_engine::WhenFull::Queue,
                };
                limits.insert(function.clone(), InstanceLimit { max, when_full });
            }
        }
    }
    Ok(limits)
}
