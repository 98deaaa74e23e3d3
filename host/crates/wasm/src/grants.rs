use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use camino::Utf8PathBuf;
use soloist_core::FunctionName;

use crate::outgoing::AllowList;

/// What operators have granted to functions: to their activities, and to the HTTP calls of their orchestrations. Nothing else
/// is granted to an orchestrator.
#[derive(Debug, Clone, Default)]
pub struct Grants(BTreeMap<FunctionName, Arc<Grant>>);

/// What one function may do beyond computing. By default nothing.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Grant {
    /// Whom its activities and the HTTP calls of its orchestration may call.
    pub allow_hosts: AllowList,
    /// The variables of its activities' environment.
    pub env: Vec<Variable>,
    /// The directories that its activities see.
    pub dirs: Vec<Directory>,
}

/// A variable of the environment. Its value may be a secret, and is not shown.
#[derive(Clone, PartialEq, Eq)]
pub struct Variable {
    /// How it is called.
    pub name: String,
    /// What it holds.
    pub value: String,
}

impl fmt::Debug for Variable {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}=...", self.name)
    }
}

/// A directory of the host's machine.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Directory {
    /// Where it is.
    pub path: Utf8PathBuf,
    /// Where guests see it.
    pub guest_path: String,
    /// What they may do there.
    pub access: Access,
}

/// What a guest may do in a directory.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Access {
    /// It may list and read.
    ReadOnly,
    /// It may also make, change and remove what is there.
    ReadWrite,
}

impl FromIterator<(FunctionName, Grant)> for Grants {
    fn from_iter<I: IntoIterator<Item = (FunctionName, Grant)>>(grants: I) -> Self {
        let shared = grants
            .into_iter()
            .map(|(function, grant)| (function, Arc::new(grant)));
        Self(shared.collect())
    }
}

impl Grants {
    /// Whether any function may call any host.
    pub fn allow_hosts(&self) -> bool {
        self.0.values().any(|grant| !grant.allow_hosts.is_empty())
    }

    /// What `function` may do.
    pub fn of(&self, function: &FunctionName) -> Arc<Grant> {
        self.0.get(function).map(Arc::clone).unwrap_or_default()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_value_of_a_variable_is_not_shown() {
        let variable = Variable {
            name: "TOKEN".to_owned(),
            value: "hunter2".to_owned(),
        };
        assert_eq!(format!("{variable:?}"), "TOKEN=...");
    }
}
