//! The tables `[function.NAME]`: what an operator lets functions do. How many of their instances may be live is in
//! `limits.rs`.

use std::collections::{BTreeMap, BTreeSet};
use std::env::VarError;
use std::num::NonZeroU32;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use serde::Deserialize;
use soloist_core::FunctionName;
use soloist_wasm::{Access, AllowedHost, Directory, Grant, Grants, InvalidHost, Variable};

use super::limits::WhenFull;
use crate::failure::Usage;

/// One of the tables, as it is written.
#[derive(Debug, Clone, Default, PartialEq, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct FunctionTable {
    allow_hosts: Vec<Host>,
    env: Vec<Environment>,
    dirs: Vec<Dir>,
    /// How many of its instances may be live at once.
    pub(super) max_concurrent_instances: Option<NonZeroU32>,
    pub(super) when_full: Option<WhenFull>,
}

#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Host(AllowedHost);

impl TryFrom<String> for Host {
    type Error = InvalidHost;

    fn try_from(text: String) -> Result<Self, InvalidHost> {
        text.parse().map(Self)
    }
}

/// `NAME`, passed through, or `NAME=value`.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
enum Environment {
    Passed(String),
    Set(Variable),
}

/// An entry that cannot be meant.
#[derive(Debug)]
struct Unusable(String);

impl std::fmt::Display for Unusable {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl TryFrom<String> for Environment {
    type Error = Unusable;

    fn try_from(text: String) -> Result<Self, Unusable> {
        let (name, value) = match text.split_once('=') {
            Some((name, value)) => (name, Some(value)),
            None => (&*text, None),
        };
        if name.is_empty() || name.contains(|c: char| c.is_control() || c.is_whitespace()) {
            return Err(Unusable(format!(
                "{name:?} is no name of a variable: write \"NAME\", or \"NAME=value\""
            )));
        }
        if value.is_some_and(|value| value.contains('\0')) {
            return Err(Unusable(format!("the value of {name} holds a zero byte")));
        }
        Ok(match value {
            Some(value) => Self::Set(Variable {
                name: name.to_owned(),
                value: value.to_owned(),
            }),
            None => Self::Passed(name.to_owned()),
        })
    }
}

impl Environment {
    fn name(&self) -> &str {
        match self {
            Self::Passed(name) | Self::Set(Variable { name, .. }) => name,
        }
    }
}

/// `/host/path`, `/host/path:/guest/path`, and `:rw` after either.
#[derive(Debug, Clone, PartialEq, Deserialize)]
#[serde(try_from = "String")]
struct Dir(Directory);

impl TryFrom<String> for Dir {
    type Error = Unusable;

    fn try_from(text: String) -> Result<Self, Unusable> {
        let unusable = |why| {
            Unusable(format!(
                "'{text}' is no directory: {why}; write \"/srv/data\", \"/srv/data:/data\" or \"/srv/data:/data:rw\""
            ))
        };
        let (paths, access) = match text.strip_suffix(":rw") {
            Some(paths) => (paths, Access::ReadWrite),
            None => (text.as_str(), Access::ReadOnly),
        };
        let (path, guest_path) = paths.split_once(':').unwrap_or((paths, paths));
        if guest_path.contains(':') {
            return Err(unusable("it has too many parts"));
        }
        if !path.starts_with('/') || !guest_path.starts_with('/') {
            return Err(unusable("its paths do not begin with /"));
        }
        if guest_path
            .split('/')
            .any(|part| part == "." || part == "..")
        {
            return Err(unusable(
                "what the guest sees has no . and no .. in its path",
            ));
        }
        Ok(Self(Directory {
            path: Utf8PathBuf::from(path),
            guest_path: guest_path.to_owned(),
            access,
        }))
    }
}

/// The grants of all tables. `variable` is the host's environment; `data` is where the host keeps its own things.
pub(crate) fn check(
    tables: &BTreeMap<FunctionName, FunctionTable>,
    data: &Utf8Path,
    variable: impl Fn(&str) -> Result<String, VarError>,
) -> Result<Grants> {
    let own = resolved(data.as_std_path())
        .with_context(|| format!("the directory {data} cannot be found"))?;
    tables
        .iter()
        .map(|(function, table)| {
            let grant = Grant {
                allow_hosts: table
                    .allow_hosts
                    .iter()
                    .map(|Host(host)| host.clone())
                    .collect(),
                env: environment(function, &table.env, &variable)?,
                dirs: directories(function, &table.dirs, &own)?,
            };
            Ok((function.clone(), grant))
        })
        .collect()
}

fn environment(
    function: &FunctionName,
    entries: &[Environment],
    variable: impl Fn(&str) -> Result<String, VarError>,
) -> Result<Vec<Variable>, Usage> {
    let mut names = BTreeSet::new();
    let mut variables = Vec::new();
    for entry in entries {
        let name = entry.name();
        if !names.insert(name) {
            return Err(Usage(format!(
                "env of [function.{function}] has {name} twice"
            )));
        }
        match entry {
            Environment::Set(variable) => variables.push(variable.clone()),
            Environment::Passed(name) => match variable(name) {
                Ok(value) => variables.push(Variable {
                    name: name.clone(),
                    value,
                }),
                Err(VarError::NotPresent) => tracing::warn!(
                    %function,
                    variable = name,
                    "a variable is granted that this host does not have; the activity will not have it either"
                ),
                Err(VarError::NotUnicode(_)) => {
                    return Err(Usage(format!(
                        "env of [function.{function}] has {name}, which is not Unicode in this host's environment: guests \
                         can only have text"
                    )));
                }
            },
        }
    }
    Ok(variables)
}

fn directories(function: &FunctionName, entries: &[Dir], own: &Path) -> Result<Vec<Directory>> {
    let mut guest_paths = BTreeSet::new();
    let mut directories = Vec::new();
    for Dir(directory) in entries {
        let path = &directory.path;
        let entry = || format!("dirs of [function.{function}] has {path}");
        std::fs::read_dir(path)
            .with_context(|| Usage(format!("{}, which cannot be read", entry())))?;
        let real = path.canonicalize().with_context(entry)?;
        if real.starts_with(own) || own.starts_with(&real) {
            return Err(Usage(format!(
                "{}, where this host keeps its own data in {}: grant another",
                entry(),
                own.display()
            ))
            .into());
        }
        if !guest_paths.insert(directory.guest_path.trim_end_matches('/')) {
            return Err(Usage(format!(
                "dirs of [function.{function}] has two directories that the guest would see at {}",
                directory.guest_path
            ))
            .into());
        }
        directories.push(directory.clone());
    }
    Ok(directories)
}

/// Where a directory is or will be, with no link in its path.
fn resolved(path: &Path) -> std::io::Result<PathBuf> {
    let path = std::path::absolute(path)?;
    for ancestor in path.ancestors() {
        match ancestor.canonicalize() {
            Ok(real) => {
                let rest = path.strip_prefix(ancestor);
                return Ok(real.join(rest.expect("an ancestor begins the path")));
            }
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => {}
            Err(error) => return Err(error),
        }
    }
    Ok(path)
}

#[cfg(test)]
mod tests;
