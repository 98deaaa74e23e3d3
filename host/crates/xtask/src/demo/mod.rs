//! The main job, shown: a singleton survives SIGKILL. Every step must be seen, or the errand fails.

pub(crate) mod client;
mod history;
pub(crate) mod host;
mod screen;

use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};

use crate::command::run;
use crate::guests::{self, Language};
use crate::project::{Project, now};
use client::Client;
use history::History;
use host::Host;
use screen::Screen;

const ORCHESTRATOR: &str = "hello-cities";
const INSTANCE: &str = "demo-1";
const CITIES: [&str; 5] = ["Tokyo", "Seattle", "London", "Cairo", "Lima"];
/// Long enough to watch, and to kill the host between two cities.
const DELAY_MS: u64 = 900;
/// How many greetings are waited for before the kill.
const BEFORE_KILL: usize = 2;

pub(crate) fn show(project: &Project) -> Result<()> {
    let screen = Screen::new();
    screen.title("Soloist: one orchestrator, one live instance, whatever happens to the machine");

    screen.step("Build the host and the plugins");
    let start = now();
    run(project.cargo().args(["build", "--package", "soloist"]))?;
    let options = guests::Options {
        only: Some(Language::Rust),
        ..guests::Options::default()
    };
    guests::build(project, &options)?;
    screen.line(&format!("built in {:.0} s", start.elapsed().as_secs_f64()));

    let place = project.path("target/demo");
    let data = place.join("data");
    if place.exists() {
        fs::remove_dir_all(&place).context("cannot remove the last demo's data")?;
    }
    fs::create_dir_all(&data).context("cannot create the data directory")?;
    let log = place.join("host.log");
    let outcome = play(project, &screen, &data, &log);
    if outcome.is_err() {
        screen.line(&format!(
            "what the host said is in {}",
            project.shown(&log).display()
        ));
    }
    outcome
}

fn play(project: &Project, screen: &Screen, data: &Path, log: &Path) -> Result<()> {
    let binary = project.host_binary();

    screen.step("Start a host on a free port, with a fresh data directory");
    let host = Host::start(&binary, data, log, &[])?;
    let client = Client::new(host.url());
    screen.line(&format!("{}, process {}", host.url(), host.process()));

    screen.step("Deploy hello-cities and say-hello");
    for (name, file) in [
        (ORCHESTRATOR, "hello-cities-rust.wasm"),
        ("say-hello", "say-hello.wasm"),
    ] {
        let size = client.deploy(name, &project.guests().join(file))?;
        screen.line(&format!(
            "{name}, {} KiB of WebAssembly",
            size.div_ceil(1024)
        ));
    }

    screen.step(&format!("Start the singleton {INSTANCE}"));
    start_once(&client, screen)?;

    screen.step("Start it again: at most one is ever live");
    let (status, text) = client.start(ORCHESTRATOR, INSTANCE, &input())?;
    screen.line(&format!("{status}: {text}"));
    ensure!(status == 409, "the second start should be refused with 409");
    let sentence = format!("An instance with ID '{INSTANCE}' already exists.");
    ensure!(text == sentence, "the refusal should say: {sentence}");

    screen.step("Watch it run, and kill the host in the middle");
    let before = watch(&client, screen, 0, BEFORE_KILL)?;
    let done = before.completed();
    host.kill()?;
    screen.line(&format!(
        "SIGKILL, with {done} of {} cities greeted",
        CITIES.len()
    ));
    ensure!(
        (1..CITIES.len()).contains(&done),
        "the kill should fall between two cities"
    );

    screen.step("Start the host again on the same data");
    let host = Host::start(&binary, data, log, &[])?;
    let client = Client::new(host.url());
    screen.line(&format!("{}, process {}", host.url(), host.process()));
    screen.line(&format!(
        "{done} greetings are on record, so it goes on with the next city"
    ));
    watch(&client, screen, done, CITIES.len())?;
    let output = completion(&client)?;

    screen.step("The output");
    screen.line(&output.to_string());
    let expected: Vec<_> = CITIES.iter().map(|city| format!("Hello {city}!")).collect();
    ensure!(
        output == json!(expected),
        "the output should be {}",
        json!(expected)
    );

    screen.step("The history");
    let after = client.history(INSTANCE)?;
    screen.history(&after, before.len());
    check(&before, &after)?;

    host.stop()?;
    go_on(screen, project.shown(&binary), project.shown(data));
    Ok(())
}

fn start_once(client: &Client, screen: &Screen) -> Result<()> {
    let (status, text) = client.start(ORCHESTRATOR, INSTANCE, &input())?;
    ensure!(
        status == 202,
        "the start should answer 202, not {status}: {text}"
    );
    let started: Value = serde_json::from_str(&text).context("the start should answer JSON")?;
    let status_url = started["statusQueryGetUri"]
        .as_str()
        .context("no statusQueryGetUri")?;
    screen.line(&format!("{status}: its status is at {status_url}"));
    Ok(())
}

fn input() -> Value {
    json!({"delayMs": DELAY_MS})
}

/// Shows each greeting as it comes, but for the first `shown`, until there are `count`.
fn watch(client: &Client, screen: &Screen, mut shown: usize, count: usize) -> Result<History> {
    client::within(Duration::from_mins(1), || {
        let history = client.history(INSTANCE)?;
        for greeting in history.outputs().skip(shown) {
            screen.line(&greeting);
            shown += 1;
        }
        Ok((history.completed() >= count).then_some(history))
    })
    .with_context(|| format!("{INSTANCE} should greet {count} cities"))
}

/// What the instance returned.
fn completion(client: &Client) -> Result<Value> {
    client::within(Duration::from_secs(30), || {
        let (status, body) = client.status(INSTANCE)?;
        match (status, body["runtimeStatus"].as_str()) {
            (202, _) => Ok(None),
            (200, Some("Completed")) => Ok(Some(body["output"].clone())),
            _ => bail!("{INSTANCE} has not completed, but answers {status}: {body}"),
        }
    })
}

/// Nothing that was recorded is lost or done again.
fn check(before: &History, after: &History) -> Result<()> {
    ensure!(
        before.is_prefix_of(after),
        "the history before the kill should be kept as it was"
    );
    ensure!(
        after.scheduled() == CITIES.len(),
        "each city should be asked for once"
    );
    ensure!(
        after.completed() == CITIES.len(),
        "each city should be recorded once"
    );
    Ok(())
}

fn go_on(screen: &Screen, binary: &Path, data: &Path) {
    let soloist = binary.display();
    screen.step("Go on");
    screen.line("look at it again:");
    screen.line(&format!("  {soloist} serve --data {}", data.display()));
    screen.line(&format!("  {soloist} instance show {INSTANCE}"));
    screen.line("then deploy another one, as its README in plugins/ says:");
    screen.line(&format!(
        "  {soloist} function deploy approval target/guests/approval-rust.wasm"
    ));
    screen.line("and write your own: sdk/rust/README.md");
}
