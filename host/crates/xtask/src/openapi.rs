//! The description of the HTTP surfaces: written from the code, and tried on a host.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::Args;
use serde_json::json;

use crate::command::{run, shown};
use crate::demo::client::{Client, within};
use crate::demo::host::Host;
use crate::guests::{self, Language, Venv};
use crate::project::Project;

/// The test that holds host/openapi.json against what is served writes it if it is told to.
const TEST: &str = "description::the_committed_description_is_the_one_that_is_served";

/// What is deployed, from a component that does what its name says.
const FUNCTIONS: [&str; 8] = [
    "script",
    "events",
    "fail",
    "counter",
    "log",
    "http",
    "echo",
    "fail-activity",
];
/// Longer than any run takes.
const PATIENCE: Duration = Duration::from_mins(10);

/// Writes host/openapi.json.
pub(crate) fn write(project: &Project) -> Result<()> {
    let mut test = project.cargo();
    // Of the whole workspace: its crates then have the features that they have for all other tests.
    test.args([
        "test",
        "--quiet",
        "--locked",
        "--workspace",
        "--test",
        "api",
        "--",
        "--exact",
        TEST,
    ]);
    run(test.env("SOLOIST_WRITE_OPENAPI", "1"))
}

/// What schemathesis is told beyond its settings.
#[derive(Args, Default)]
pub(crate) struct Options {
    /// Where to begin drawing [default: 1]
    #[arg(long)]
    seed: Option<u64>,
    /// How many requests are drawn at most for each operation [default: 50]
    #[arg(long, value_name = "COUNT")]
    examples: Option<u64>,
}

/// Lets schemathesis ask a host all that the description allows, and some that it does not.
pub(crate) fn try_out(project: &Project, options: &Options) -> Result<()> {
    let rust = guests::Options {
        only: Some(Language::Rust),
        ..guests::Options::default()
    };
    guests::build(project, &rust)?;
    // As CI builds it, so that nothing is built twice.
    run(project
        .cargo()
        .args(["build", "--locked", "--workspace", "--all-targets"]))?;
    let suite = project.path("tests/schemathesis");
    let venv = Venv::at(
        project.tools().join("schemathesis/venv"),
        &suite.join("requirements.txt"),
    )?;

    let place = project.target().join("schemathesis");
    remove(&place)?;
    fs::create_dir_all(&place).context("cannot create the data directory")?;
    let (data, log) = (place.join("data"), place.join("host.log"));
    let host = Host::start(
        &project.host_binary(),
        &data,
        &log,
        &["--kept-executions", "3"],
    )?;
    let component = project.guests().join("scenarios.wasm");
    let execution = set_up(&Client::new(host.url()), &component)?;
    let mut schemathesis = venv.program("schemathesis");
    schemathesis
        .current_dir(&place)
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .env("NO_PROXY", "127.0.0.1")
        .env("SCHEMATHESIS_HOOKS", suite.join("hooks.py"))
        .env("SOLOIST_COMPONENT", &component)
        .env("SOLOIST_EXECUTION", execution)
        .arg("--config-file")
        .arg(suite.join("schemathesis.toml"))
        .arg("run")
        .arg(format!("{}/openapi.json", host.url()));
    for (name, count) in [
        ("--seed", options.seed),
        ("--max-examples", options.examples),
    ] {
        if let Some(count) = count {
            schemathesis.arg(name).arg(count.to_string());
        }
    }
    let outcome = run_within(&mut schemathesis, PATIENCE);
    host.stop()?;
    remove(&data)?;
    outcome.with_context(|| format!("what the host said is in {}", project.shown(&log).display()))
}

/// Puts functions and instances on a host: histories with much in them, and statuses that last. Returns an execution of `earlier`
/// that is kept.
fn set_up(client: &Client, component: &Path) -> Result<String> {
    for name in FUNCTIONS {
        let kind = match name {
            "echo" | "fail-activity" => "activity",
            _ => "orchestrator",
        };
        client.deploy(&format!("{name}?kind={kind}"), component)?;
    }
    let steps = json!({"steps": [
        {"activity": ["echo", [1, null]]}, {"needed": 0}, {"tried": ["fail-activity", {}, 2]}, {"await": 1},
        {"child": ["script", {"steps": []}]}, {"child": ["fail", {}]}, {"needed": 2}, {"await": 3},
        {"timer": 10}, {"needed": 4}, {"event": "Never"}, {"cancel": 5}, {"await": 5},
        {"send": ["live", "Other", 1]}, {"status": {"at": "the end"}}, "guid", "time",
    ]});
    for (id, function, input, status) in [
        ("live", "events", json!({"n": 1000}), "Running"),
        ("rich", "script", steps, "Completed"),
        (
            "asked",
            "http",
            json!({"uri": "http://127.0.0.1:9/"}),
            "Completed",
        ),
        ("failed", "fail", json!({}), "Failed"),
        (
            "earlier",
            "counter",
            json!({"until": 5, "step": true}),
            "Completed",
        ),
    ] {
        let (code, text) = client.start(function, id, &input)?;
        ensure!(code == 202, "{id} does not start: {code}: {text}");
        within(PATIENCE, || {
            let (_, found) = client.status(id)?;
            let is_live = matches!(found["runtimeStatus"].as_str(), Some("Pending" | "Running"));
            ensure!(
                is_live || found["runtimeStatus"] == status,
                "{id} should be {status}: {found}"
            );
            Ok((found["runtimeStatus"] == status).then_some(()))
        })?;
    }
    let (_, executions) = client.get("/admin/instances/earlier/executions")?;
    let execution = executions[0]["executionId"].as_str();
    Ok(execution.context("no execution is kept")?.to_owned())
}

/// Runs a program to its good end, or ends it when its time is up.
fn run_within(command: &mut Command, limit: Duration) -> Result<()> {
    let mut child = command
        .spawn()
        .with_context(|| format!("cannot run {}", shown(command)))?;
    let ended = within(limit, || child.try_wait().context("cannot wait"));
    if ended.is_err() {
        child.kill().context("cannot end it")?;
        child.wait().context("cannot wait for its end")?;
    }
    let status = ended?;
    ensure!(status.success(), "{} failed: {status}", shown(command));
    Ok(())
}

fn remove(place: &Path) -> Result<()> {
    if place.exists() {
        fs::remove_dir_all(place).context("cannot remove the data of the last run")?;
    }
    Ok(())
}
