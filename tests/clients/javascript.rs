//! `durable-functions`: each file of `javascript/` is a group of tests, for both ways in which this client reaches a host.

use anyhow::Result;
use tokio::process::Command;

use crate::{check, check_with_key, installed, suite};

/// By `rpcBaseUrl` of the binding.
mod rpc {
    groups! { run }

    async fn run(group: &str) -> super::Result<()> {
        super::run(group, "rpc").await
    }
}

/// By the templates of the binding, as the client does where there is no `rpcBaseUrl`.
mod webhook {
    groups! { run }

    async fn run(group: &str) -> super::Result<()> {
        super::run(group, "webhook").await
    }
}

/// Against a host that serves nobody without a key.
mod keyed {
    mod rpc {
        groups! { run; managing waiting }

        async fn run(group: &str) -> anyhow::Result<()> {
            crate::javascript::run_with_key(group, "rpc").await
        }
    }

    /// Not `managing`: what this client does not escape in a reason, such as `#`, cuts off the key behind it.
    mod webhook {
        groups! { run; waiting }

        async fn run(group: &str) -> anyhow::Result<()> {
            crate::javascript::run_with_key(group, "webhook").await
        }
    }
}

async fn run(group: &str, mode: &str) -> Result<()> {
    let name = format!("javascript/{group}.js by {mode}");
    check(&name, script(group, mode)?).await
}

async fn run_with_key(group: &str, mode: &str) -> Result<()> {
    let name = format!("javascript/{group}.js by {mode}");
    check_with_key(&name, script(group, mode)?).await
}

fn script(group: &str, mode: &str) -> Result<Command> {
    let mut node = Command::new(installed("node")?);
    node.current_dir(suite("javascript"))
        .env("NODE_PATH", installed("npm/node_modules")?)
        .env("CLIENT_MODE", mode)
        .args(["--test-reporter=spec", &format!("{group}.js")]);
    Ok(node)
}
