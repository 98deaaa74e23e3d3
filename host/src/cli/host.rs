use anyhow::Result;
use clap::Subcommand;

use super::{Remote, line};

#[derive(Debug, Subcommand)]
pub(crate) enum Verb {
    /// Show what a client of Durable Functions is set up with: its binding, in JSON
    Binding {
        #[command(flatten)]
        remote: Remote,
    },
}

impl Verb {
    pub(crate) fn run(self) -> Result<()> {
        match self {
            Self::Binding { remote } => {
                let reply = remote.host()?.get("/admin/host/binding")?.accepted()?;
                line(&reply.text)
            }
        }
    }
}
