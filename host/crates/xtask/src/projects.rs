//! What `soloist new` writes is built by the command that it prints, deployed, and run: an orchestrator and an activity in
//! each language.

use std::fs;
use std::path::Path;
use std::process::Command;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Args, ValueEnum as _};
use serde_json::json;

use crate::command::{capture, run};
use crate::demo::client::{Client, within};
use crate::demo::host::Host;
use crate::guests::{self, Language};
use crate::project::{Project, now};

/// Which projects.
#[derive(Args)]
pub(crate) struct Options {
    /// Those of one language
    #[arg(long)]
    only: Option<Language>,
}

/// More than the slowest component takes to be compiled.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) fn check(project: &Project, options: &Options) -> Result<()> {
    run(project
        .cargo()
        .args(["build", "--locked", "--package", "soloist"]))?;
    let place = project.target().join("projects");
    if place.exists() {
        fs::remove_dir_all(&place).context("cannot remove the last projects")?;
    }
    for language in Language::value_variants() {
        if options.only.is_some_and(|only| only != *language) {
            continue;
        }
        let name = language.to_possible_value();
        let name = name.context("each language has a name")?;
        let start = now();
        of_language(project, &place.join(name.get_name()), name.get_name())
            .with_context(|| format!("the projects in {}", name.get_name()))?;
        println!(
            "{}: both projects run, {:.0} s",
            name.get_name(),
            start.elapsed().as_secs_f64()
        );
    }
    Ok(())
}

fn of_language(project: &Project, place: &Path, language: &str) -> Result<()> {
    fs::create_dir_all(place).with_context(|| format!("cannot create {}", place.display()))?;
    let binary = project.host_binary();
    let host = Host::start(&binary, &place.join("data"), &place.join("host.log"), &[])?;
    let client = Client::new(host.url());
    for (kind, name) in [("orchestrator", "greet-all"), ("activity", "say-hello")] {
        let mut new = Command::new(&binary);
        new.current_dir(place)
            .args(["new", kind, name, "--lang", language]);
        let said = capture(&mut new)?;
        // What it tells a person to do next.
        let mut next = said.lines().skip(1).map(str::trim);
        let build = next.next().context("it names no command to build")?;
        let component = next.next().and_then(|deploy| deploy.rsplit(' ').next());
        let component = component.context("it names no component")?;
        let mut shell = Command::new("sh");
        shell.current_dir(place).args(["-ec", build]);
        run(shell.env("PATH", guests::tools_path(project)?))?;
        client.deploy(name, &place.join(name).join(component))?;
    }
    let (status, text) = client.start("greet-all", "first", &json!(["Tokyo", "Lima"]))?;
    ensure!(status == 202, "starting: {status}: {text}");
    let status = within(PATIENCE, || {
        let (_, status) = client.status("first")?;
        let has_ended = matches!(
            status["runtimeStatus"].as_str(),
            Some("Completed" | "Failed")
        );
        Ok(has_ended.then_some(status))
    })?;
    let expected = json!(["Hello Tokyo!", "Hello Lima!"]);
    ensure!(status["output"] == expected, "it ended so: {status}");
    host.stop()
}
