use anyhow::Result;
use clap::Subcommand;

use super::{Remote, line};
use crate::client::Target;

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show what a client of Durable Functions is set up with: its binding, in JSON
    ///
    /// Where the host asks for a key, bring a system key: it is written into the binding, for the client to bring.
    Binding {
        #[command(flatten)]
        remote: Remote,
    },
}

impl Verb {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Binding { remote } => {
                let mut target = Target::new("/admin/host/binding");
                if let Some(key) = remote.key() {
                    target.add("code", key);
                }
                let reply = remote.host()?.get(&target.to_string())?.accepted()?;
                line(&reply.text)
            }
        }
    }
}
