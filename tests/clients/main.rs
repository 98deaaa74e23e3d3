//! The real clients of Durable Functions against a real host: each call that they have, and what its user sees.
//!
//! The scripts are tests of their own, in each client's language; here they get a host each, and are judged as a whole.

/// A test for each group of scripts; its name is that of a file.
macro_rules! groups {
    ($run:path) => {
        groups! { $run; starting status managing again finding waiting entities singleton }
    };
    ($run:path; $($group:ident)+) => {
        $(
            #[tokio::test]
            async fn $group() -> anyhow::Result<()> {
                $run(stringify!($group)).await
            }
        )+
    };
}

mod javascript;
mod python;
mod table;

use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{Client, Guest, Host, HostOptions, Language};
use tokio::process::Command;
use tokio::time::timeout;

/// How long a script may take before it counts as hung.
const PATIENCE: Duration = Duration::from_mins(3);

/// What the scripts start.
const ORCHESTRATORS: [&str; 7] = [
    "approval",
    "chain-rust",
    "counter",
    "double",
    "events",
    "fails",
    "status",
];

/// A host with the suite's orchestrators and its activity `echo`. `echo-rust` is for a script to deploy.
async fn host(options: HostOptions) -> Result<(Host, Client)> {
    let host = Host::start(options)?;
    let client = host.client();
    let (orchestrators, activities) = (
        Guest::Suite(Language::Rust),
        Guest::SuiteActivity(Language::Rust),
    );
    for name in ORCHESTRATORS {
        client
            .deploy(name, orchestrators, Some("orchestrator"))
            .await?;
    }
    client.deploy("echo", activities, Some("activity")).await?;
    Ok((host, client))
}

/// Runs a script against a host of its own, with what clients of Durable Functions are set up with.
async fn check(name: &str, script: Command) -> Result<()> {
    let (host, client) = host(HostOptions::default()).await?;
    let binding = client.get("/admin/host/binding").await?;
    run(name, script, &host, binding.text().await?).await
}

/// The same against a host that serves nobody without a key: the clients bring a system key, as their binding says.
async fn check_with_key(name: &str, mut script: Command) -> Result<()> {
    let options = HostOptions {
        master_key: Some("0123456789abcdef0123456789abcdef".to_owned()),
        ..HostOptions::default()
    };
    let (mut host, client) = host(options).await?;
    let key = host.options().master_key.clone();
    script.env("HOST_KEY", key.context("it has one")?);
    let path = "/admin/keys/clients?kind=system";
    let key: Value = client.post(path, &Value::Null).await?.json().await?;
    let key = key["key"].as_str().context("the key is shown")?;
    let path = format!("/admin/host/binding?code={key}");
    let binding = client.get(&path).await?;
    run(name, script, &host, binding.text().await?).await
}

/// Runs a script, and sees to it that it has tested something.
async fn run(name: &str, mut script: Command, host: &Host, binding: String) -> Result<()> {
    let activities = tests::guest_file(&Guest::SuiteActivity(Language::Rust).file());
    script
        .env("HOST_ORIGIN", format!("http://{}", host.address()))
        .env("HOST_BINDING", binding)
        .env("GUEST_ACTIVITIES", activities)
        // The clients are to call the host themselves, whatever proxy this machine has.
        .env("NO_PROXY", "*")
        .kill_on_drop(true);
    let output = timeout(PATIENCE, script.output());
    let output = output
        .await
        .with_context(|| format!("{name} hangs; the host says:\n{}", host.log()))?
        .with_context(|| format!("cannot run {name}"))?;
    let said = format!(
        "{}{}",
        String::from_utf8_lossy(&output.stdout),
        String::from_utf8_lossy(&output.stderr)
    );
    ensure!(output.status.success(), "{name} failed:\n{said}");
    let ran = ["OK", "ℹ pass "].iter().any(|end| said.contains(end));
    let ran_none = ["Ran 0 tests", "ℹ pass 0"]
        .iter()
        .any(|end| said.contains(end));
    ensure!(ran && !ran_none, "{name} tested nothing:\n{said}");
    Ok(())
}

/// A folder of this suite.
fn suite(folder: &str) -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("clients")
        .join(folder)
}

/// Where the clients are installed.
fn installed(what: &str) -> Result<PathBuf> {
    let path = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../target/guest-tools/clients")
        .join(what);
    ensure!(
        path.exists(),
        "no {}; run `cargo xtask plugins` first",
        path.display()
    );
    Ok(path)
}
