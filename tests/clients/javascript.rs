//! `durable-functions`: each file of `javascript/` is a group of tests, for both ways in which this client reaches a host.

use anyhow::Result;
use tokio::process::Command;

use crate::{check, installed, suite};

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

async fn run(group: &str, mode: &str) -> Result<()> {
    let mut node = Command::new(installed("node")?);
    node.current_dir(suite("javascript"))
        .env("NODE_PATH", installed("npm/node_modules")?)
        .env("CLIENT_MODE", mode)
        .args(["--test-reporter=spec", &format!("{group}.js")]);
    check(&format!("javascript/{group}.js by {mode}"), node).await
}
