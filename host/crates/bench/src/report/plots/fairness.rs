use std::fs;
use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde_json::Value;
use tokio::time::sleep;

use super::beside::{Beside, uploads};
use crate::clock::now;
use crate::host::{Host, LOOK_AGAIN};
use crate::http::once;
use crate::load::{self, Load, Outcome, Until};
use crate::loads::{self, STARTERS};
use crate::names;
use crate::report::Stage;
use crate::report::axis::{Axis, Scale};
use crate::report::figure::{Bars, Chart, Group, Section, Table, count, figures, ratio};
use crate::rows::middle;
use crate::stored::Reader;

/// The activities of the small orchestration.
const STEPS: u64 = 2;
/// How wide a greedy fan-out is.
const WIDTH: u64 = 10_000;
/// How long something greedy goes on before and after it is measured beside.
const LEAD: Duration = Duration::from_millis(500);
/// How long it may take to get going.
const PATIENCE: Duration = Duration::from_mins(1);
/// A guest that computes has computed so long when it is counted on.
const COMPUTED: Duration = Duration::from_millis(50);
/// A p99 of fewer is their longest.
const ENOUGH: u64 = 100;
/// Nothing that computes is to be stopped while it is measured beside.
const PATIENT: [&str; 4] = ["--turn-timeout", "30m", "--activity-timeout", "30m"];

/// What the small orchestration runs beside.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Greed {
    Turn,
    Activity,
    Fan,
    Upload,
    Flood,
}

const GREEDS: [Greed; 5] = [
    Greed::Turn,
    Greed::Activity,
    Greed::Fan,
    Greed::Upload,
    Greed::Flood,
];

/// One round: alone, and beside each.
struct Round {
    alone: Outcome,
    beside: Vec<(Greed, Outcome)>,
}

impl Greed {
    fn name(self) -> &'static str {
        match self {
            Self::Turn => "a turn without end",
            Self::Activity => "an endless activity",
            Self::Fan => "10,000 activities",
            Self::Upload => "a long compilation",
            Self::Flood => "a flood of starts",
        }
    }
}

pub(crate) async fn measure(stage: &Stage) -> Result<Section> {
    let python = stage.guests.join("suite-python.wasm");
    let python = python.exists().then_some(python);
    let mut rounds = Vec::new();
    for _ in 0..stage.scale.rounds {
        rounds.push(round(stage, python.as_deref()).await?);
    }
    Ok(section(&rounds, python.is_none()))
}

async fn round(stage: &Stage, python: Option<&Path>) -> Result<Round> {
    let dir = stage.place.directory()?;
    let data = dir.path().join("host");
    let host = stage.place.host_with(&data, &PATIENT).await?;
    host.deploy(&stage.place.guest).await?;
    let hostile = stage.guests.join("hostile.wasm");
    let hostile =
        fs::read(&hostile).with_context(|| format!("cannot read {}", hostile.display()))?;
    host.bind("hostile", "orchestrator", &hostile).await?;
    host.bind("hostile-activity", "activity", &hostile).await?;
    probe(&host, stage.scale.warm_up).await?;
    let window = stage.scale.beside;
    let alone = probe(&host, window).await?;
    let mut beside = Vec::new();
    for greed in GREEDS {
        let outcome = match (greed, python) {
            (Greed::Turn, _) => computing(&host, window, "spin").await,
            (Greed::Activity, _) => computing(&host, window, "call hostile-activity spin").await,
            (Greed::Fan | Greed::Flood, _) => loaded(&host, window, greed).await,
            (Greed::Upload, Some(file)) => uploading(&host, window, file).await,
            (Greed::Upload, None) => continue,
        };
        beside.push((greed, outcome.with_context(|| greed.name())?));
        // What is left of it should not be the next one's.
        probe(&host, stage.scale.warm_up).await?;
    }
    host.stop().await?;
    Ok(Round { alone, beside })
}

/// The small orchestration, one at a time.
async fn probe(host: &Host, time: Duration) -> Result<Outcome> {
    let measured = loads::ended(host, "chain", STEPS, 1, Until::Time(time)).await?;
    Ok(measured.outcome)
}

/// Beside a guest that does nothing but compute.
async fn computing(host: &Host, window: Duration, deed: &str) -> Result<Outcome> {
    let name = names::instance();
    let path = format!("/api/orchestrators/hostile/{name}");
    let input = format!("\"{deed}\"");
    let (status, text) = once(host.address(), "POST", &path, input.as_bytes()).await?;
    ensure!(status == 202, "{path}: {status}: {text}");
    until(host, &name, |status| status["customStatus"] == "armed").await?;
    let (start, before) = (now(), host.process().cpu()?);
    while host.process().cpu()? < before + COMPUTED {
        ensure!(start.elapsed() < PATIENCE, "it does not compute");
        sleep(LOOK_AGAIN).await;
    }
    let outcome = probe(host, window).await?;
    until(host, &name, |status| status["runtimeStatus"] == "Running").await?;
    let path = format!("/runtime/webhooks/durabletask/instances/{name}/terminate?reason=enough");
    let (status, text) = once(host.address(), "POST", &path, &[]).await?;
    ensure!(status == 202, "{path}: {status}: {text}");
    until(host, &name, |status| {
        status["runtimeStatus"] == "Terminated"
    })
    .await?;
    Ok(outcome)
}

/// Waits until an instance is as it should be.
async fn until(host: &Host, name: &str, is_so: impl Fn(&Value) -> bool) -> Result<()> {
    let path = format!("/runtime/webhooks/durabletask/instances/{name}");
    let start = now();
    loop {
        let (_, text) = once(host.address(), "GET", &path, &[]).await?;
        if is_so(&serde_json::from_str(&text)?) {
            return Ok(());
        }
        ensure!(
            start.elapsed() < PATIENCE,
            "{name} is not as it should be: {text}"
        );
        sleep(LOOK_AGAIN).await;
    }
}

/// Beside a load that comes from another thread, so that it does not stand before the small orchestration in our own.
async fn loaded(host: &Host, window: Duration, greed: Greed) -> Result<Outcome> {
    let reader = Reader::open(host.data())?;
    let mark = reader.mark()?;
    let address = host.address();
    let time = Until::Time(LEAD + window + LEAD);
    let load = Beside::start(move |_| async move {
        if greed == Greed::Fan {
            let load = Load {
                address,
                connections: 1,
                status: 200,
                request: &loads::whole(address, "fan", WIDTH),
            };
            load::run(&load, time).await
        } else {
            let load = Load {
                address,
                connections: STARTERS,
                status: 202,
                request: &loads::begun(address, "instant"),
            };
            load::run(&load, time).await
        }
    })?;
    sleep(LEAD).await;
    let small = Load {
        address,
        connections: 1,
        status: 200,
        request: &loads::whole(address, "chain", STEPS),
    };
    let outcome = load::run(&small, Until::Time(window)).await?;
    ensure!(
        load.goes_on(),
        "the load ended before what was measured beside it"
    );
    let other = load.stop()?;
    let others = if greed == Greed::Fan {
        loads::ended_with(other.count, WIDTH)
    } else {
        loads::ended_at_once(other.count)
    };
    let due = loads::ended_with(outcome.count, STEPS).and(others);
    reader.check(greed.name(), mark, due).await?;
    Ok(outcome)
}

/// Beside the compilation of a large component.
async fn uploading(host: &Host, window: Duration, file: &Path) -> Result<Outcome> {
    let component = fs::read(file).with_context(|| format!("cannot read {}", file.display()))?;
    let address = host.address();
    let uploads = Beside::start(move |told| uploads(address, component, told))?;
    sleep(LEAD).await;
    let outcome = probe(host, window).await?;
    ensure!(
        uploads.goes_on(),
        "the uploads ended before what was measured beside them"
    );
    uploads.stop()?;
    Ok(outcome)
}

fn section(rounds: &[Round], lacks_python: bool) -> Section {
    let mut table = Table::new([
        "beside", "chains", "p50, ms", "by alone", "p99, ms", "by alone",
    ]);
    let p50 = middle(rounds, |round| round.alone.p50_ms);
    let p99 = middle(rounds, |round| round.alone.p99_ms);
    let counted = rounds.iter().map(|round| round.alone.count).sum();
    table.row([
        "nothing".to_owned(),
        count(counted),
        figures(p50),
        ratio(p50, p50),
        figures(p99),
        ratio(p99, p99),
    ]);
    let mut fewest = rounds
        .iter()
        .map(|round| round.alone.count)
        .min()
        .unwrap_or(0);
    let mut groups = Vec::new();
    for greed in GREEDS {
        let pairs: Vec<(&Outcome, &Outcome)> = rounds
            .iter()
            .filter_map(|round| {
                let (_, beside) = round.beside.iter().find(|(other, _)| *other == greed)?;
                Some((&round.alone, beside))
            })
            .collect();
        let Some(least) = pairs.iter().map(|pair| pair.1.count).min() else {
            continue;
        };
        fewest = fewest.min(least);
        let median = |of: fn(&Outcome) -> f64| {
            let time = middle(&pairs, |pair| of(pair.1));
            // Of one round, in which the machine was the same.
            (time, middle(&pairs, |pair| of(pair.1) / of(pair.0)))
        };
        let (p50, p50_ratio) = median(|outcome| outcome.p50_ms);
        let (p99, p99_ratio) = median(|outcome| outcome.p99_ms);
        table.row([
            greed.name().to_owned(),
            count(pairs.iter().map(|pair| pair.1.count).sum()),
            figures(p50),
            figures(p50_ratio),
            figures(p99),
            figures(p99_ratio),
        ]);
        let bar = |ratio, time| (ratio, format!("{} x: {} ms", figures(ratio), figures(time)));
        groups.push(Group {
            name: greed.name().to_owned(),
            bars: vec![bar(p99_ratio, p99), bar(p50_ratio, p50)],
        });
    }
    let bars = Bars {
        title: "Latency beside others, by the latency alone".to_owned(),
        values: Axis::new("times the latency alone", Scale::Decades),
        origin: 1.0,
        kinds: vec!["p99".to_owned(), "p50".to_owned()],
        groups,
    };
    let mut notes = Vec::new();
    if fewest < ENOUGH {
        notes.push(format!(
            "Some p99 are of {fewest} chains in a round: with fewer than {ENOUGH} it is the longest of them."
        ));
    }
    if lacks_python {
        notes.push(
            "The compilation is left out, since target/guests has no suite-python.wasm.".to_owned(),
        );
    }
    Section {
        name: "fairness".to_owned(),
        title: "A small orchestration beside greedy ones".to_owned(),
        about: "A chain of two activities, one at a time, from its start to the answer that tells its end. Beside it: an \
                orchestrator whose turn computes without end; an activity that does; one fan-out of 10,000 activities after the \
                other; the upload of one Python component of 18 MB after the other, each of which compiles; 64 connections that \
                start instances of one function, which end at once. The host has --turn-timeout 30m --activity-timeout 30m, so \
                that nothing is stopped meanwhile."
            .to_owned(),
        charts: vec![Chart::Bars(bars)],
        table,
        notes,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(p50_ms: f64, p99_ms: f64) -> Outcome {
        Outcome {
            count: 90,
            per_second: 1.0,
            p50_ms,
            p99_ms,
        }
    }

    #[test]
    fn a_ratio_is_to_the_time_alone_in_the_same_round() {
        let round = |slower: f64| Round {
            alone: outcome(slower, 2.0 * slower),
            beside: vec![(Greed::Fan, outcome(3.0 * slower, 10.0 * slower))],
        };
        let section = section(&[round(1.0), round(10.0), round(2.0)], true);
        assert_eq!(
            section.table.rows,
            [
                ["nothing", "270", "2.00", "1.00", "4.00", "1.00"],
                ["10,000 activities", "270", "6.00", "3.00", "20.0", "5.00"]
            ]
        );
        let Chart::Bars(bars) = &section.charts[0] else {
            panic!("there are bars only");
        };
        assert_eq!(bars.groups.len(), 1);
        assert_eq!(bars.groups[0].bars[0], (5.0, "5.00 x: 20.0 ms".to_owned()));
        assert!(section.notes[0].contains("of 90 chains"));
        assert!(section.notes[1].contains("left out"));
    }
}
