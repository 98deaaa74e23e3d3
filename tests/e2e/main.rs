//! Does each plugin, and each kind of guest, do what its README says? One real host each, real components.

mod children;
mod find;
mod grants;
mod http;
mod inside;
mod kept;
mod keys;
mod languages;
mod lifecycle;
mod listing;
mod misuse;
mod modules;
mod native;
mod night_watch;
mod operation;
mod plugins;
mod proxy;
mod requests;
mod starts;
mod steps;
mod thumbnails;

use anyhow::Result;
use tests::{Client, Guest, Host, HostOptions};

/// A host with the orchestrators of the component for tests, and its activity `echo`.
async fn host_with(options: HostOptions, orchestrators: &[&str]) -> Result<(Host, Client)> {
    let host = Host::start(options)?;
    let client = host.client();
    for name in orchestrators {
        client
            .deploy(name, Guest::Scenarios, Some("orchestrator"))
            .await?;
    }
    client
        .deploy("echo", Guest::Scenarios, Some("activity"))
        .await?;
    Ok((host, client))
}
