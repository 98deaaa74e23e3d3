//! What a component costs in each language: the rows of the table in sdk/README.md.

use std::fs;
use std::path::{Path, PathBuf};
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use clap::{Args, ValueEnum as _};
use serde_json::{Value, json};

use crate::command::run;
use crate::demo::client::{Client, within};
use crate::demo::host::Host;
use crate::guests::{self, Language};
use crate::project::Project;

/// What is measured.
#[derive(Args)]
pub(crate) struct Options {
    /// Measure one language
    #[arg(long)]
    only: Option<Language>,
    /// A host to measure with, in place of one that is built with --release
    #[arg(long, value_name = "FILE")]
    host: Option<PathBuf>,
}

/// Instances that wait at once, to share what the host needs for them.
const WAITING: u32 = 50;
/// Steps of the chain that stays in memory.
const STEPS: u32 = 1000;
/// Steps of two chains that are brought back for each: the k-th time with k answers behind it. What the longer one takes more
/// for a step is the replay of the answers that it has more behind it.
const COLD_STEPS: [u32; 2] = [100, 400];
/// More than the slowest language takes for a chain.
const PATIENCE: Duration = Duration::from_mins(5);

pub(crate) fn measure(project: &Project, options: &Options) -> Result<()> {
    let built = guests::Options {
        only: options.only,
        ..guests::Options::default()
    };
    guests::build(project, &built)?;
    let host = if let Some(host) = &options.host {
        host.clone()
    } else {
        let arguments = ["build", "--release", "--locked", "--package", "soloist"];
        run(project.cargo().args(arguments))?;
        project.release_binary("soloist")
    };
    println!(
        "| | component | to compile it | to begin | to replay an answer | a waiting instance | a step |"
    );
    println!("|---|---|---|---|---|---|---|");
    for language in Language::value_variants() {
        if options.only.is_none_or(|only| only == *language) {
            let name = language
                .to_possible_value()
                .context("each language has a name")?;
            let row = Row::of(project, &host, name.get_name());
            println!(
                "{}",
                row.with_context(|| name.get_name().to_owned())?.shown()
            );
        }
    }
    Ok(())
}

/// What one language costs.
struct Row {
    language: String,
    component_bytes: usize,
    compile: Duration,
    waiting_bytes: u64,
    step: Duration,
    begin: Duration,
    replay: Duration,
}

impl Row {
    fn of(project: &Project, binary: &Path, language: &str) -> Result<Self> {
        let place = project.target().join("languages");
        if place.exists() {
            fs::remove_dir_all(&place).context("cannot remove the last data")?;
        }
        fs::create_dir_all(&place).context("cannot create the data directory")?;
        let log = place.join("host.log");
        let begin = |settings: &[&str]| Host::start(binary, &place.join("data"), &log, settings);
        let component = project.guests().join(format!("suite-{language}.wasm"));
        let chain = format!("chain-{language}");

        let host = begin(&[])?;
        let client = Client::new(host.url());
        let start = computed(&host)?;
        let component_bytes = client.deploy(&chain, &component)?;
        let compile = computed(&host)?.saturating_sub(start);
        client.deploy("events", &component)?;
        // The same for all, and so cheap that the orchestrator's own part is most of a step.
        let activities = project.guests().join("suite-rust-activity.wasm");
        client.deploy("echo-rust", &activities)?;
        let step = steps(&host, &client, &chain, STEPS)?;
        wait(&client, "first", 1)?;
        let before = resident_bytes(&host)?;
        wait(&client, "wait", WAITING)?;
        let waiting_bytes = resident_bytes(&host)?.saturating_sub(before) / u64::from(WAITING);
        host.stop()?;

        let host = begin(&["--hot-bytes", "0"])?;
        let client = Client::new(host.url());
        let [fewer, more] = COLD_STEPS;
        let of_fewer = steps(&host, &client, &chain, fewer)?;
        let of_more = steps(&host, &client, &chain, more)?;
        host.stop()?;
        // On the average half of its answers are behind a chain.
        let replay = of_more.saturating_sub(of_fewer) * 2 / (more - fewer);
        let begin = of_fewer.saturating_sub(replay * fewer / 2 + step);
        Ok(Self {
            language: language.to_owned(),
            component_bytes,
            compile,
            waiting_bytes,
            step,
            begin,
            replay,
        })
    }

    fn shown(&self) -> String {
        let seconds = self.compile.as_secs_f64();
        let millis = |length: Duration| length.as_secs_f64() * 1000.0;
        format!(
            "| {} | {} KiB | {seconds:.1} s | {:.1} ms | {:.1} us | {} KiB | {:.2} ms |",
            self.language,
            self.component_bytes.div_ceil(1024),
            millis(self.begin),
            millis(self.replay) * 1000.0,
            self.waiting_bytes.div_ceil(1024),
            millis(self.step),
        )
    }
}

/// What one step of a chain takes: a turn of the orchestrator, its commit, and the activity.
fn steps(host: &Host, client: &Client, chain: &str, n: u32) -> Result<Duration> {
    let id = format!("chain-of-{n}");
    let input = json!({"activity": "echo-rust", "n": n});
    let start = computed(host)?;
    begin(client, chain, &id, &input)?;
    let status = within(PATIENCE, || {
        let (_, status) = client.status(&id)?;
        let ended = matches!(
            status["runtimeStatus"].as_str(),
            Some("Completed" | "Failed")
        );
        Ok(ended.then_some(status))
    })?;
    let length = computed(host)?.saturating_sub(start);
    let answers: Vec<u32> = (0..n).collect();
    ensure!(status["output"] == json!(answers), "the chain: {status}");
    Ok(length / n)
}

/// Starts instances that wait for an event, and sees all of them wait.
fn wait(client: &Client, id: &str, count: u32) -> Result<()> {
    for number in 0..count {
        begin(client, "events", &format!("{id}-{number}"), &Value::Null)?;
    }
    for number in 0..count {
        within(PATIENCE, || {
            let (_, status) = client.status(&format!("{id}-{number}"))?;
            Ok((status["runtimeStatus"] == "Running").then_some(()))
        })?;
    }
    Ok(())
}

fn begin(client: &Client, function: &str, id: &str, input: &Value) -> Result<()> {
    let (status, text) = client.start(function, id, input)?;
    ensure!(status == 202, "starting {id}: {status}: {text}");
    Ok(())
}

/// The time that the host has computed so far: what else the machine is busy with does not count.
fn computed(host: &Host) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{}/stat", host.process()))
        .context("only Linux tells how long a process has computed")?;
    // Behind its name, which may hold anything: its own time and the kernel's for it, in hundredths of a second.
    let fields = stat.rsplit_once(") ").context("no name in stat")?.1;
    let mut ticks: u64 = 0;
    for field in fields.split(' ').skip(11).take(2) {
        ticks += field.parse::<u64>()?;
    }
    Ok(Duration::from_millis(ticks * 10))
}

/// The memory that the host has of the machine.
fn resident_bytes(host: &Host) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{}/status", host.process()))
        .context("only Linux tells what memory a process has")?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kibibytes = line.and_then(|line| line.trim().strip_suffix(" kB"));
    let kibibytes: u64 = kibibytes.context("no VmRSS")?.parse()?;
    Ok(kibibytes * 1024)
}
