use anyhow::{Result, ensure};
use serde::Serialize;

use super::{compared, middle};
use crate::ground::{Bench, Ground};
use crate::load::{Outcome, Until};
use crate::loads::{self, AT_ONCE, Measured};
use crate::stored::Reader;
use crate::table::{Budget, Line};

/// The commits of a chain of five activities that follow from each other: one a turn.
const COMMITS: f64 = 6.0;
/// How many activities one `fan` makes.
const FAN: u64 = 100;
/// How many fans run at once, where more than one does.
const FANS: usize = 8;

#[derive(Serialize)]
pub(super) struct Sample {
    raw: Outcome,
    host: Measured,
}

#[derive(Serialize)]
pub(super) struct FanSample {
    one: Measured,
    many: Measured,
}

pub(super) async fn warm_up(bench: &Bench, ground: &mut Ground) -> Result<()> {
    let time = bench.scale.warm_up;
    ground.raw.at_once(AT_ONCE, time)?;
    loads::chains(&ground.host, AT_ONCE, Until::Time(time)).await?;
    loads::ended(&ground.host, "fan", FAN, FANS, Until::Time(time)).await?;
    Ok(())
}

pub(super) async fn at_once(bench: &Bench, ground: &mut Ground) -> Result<Sample> {
    let scale = bench.scale;
    let host = &ground.host;
    let raw = ground.raw.checked(|raw| raw.at_once(AT_ONCE, scale.window));
    let raw = raw.await?;
    let host = loads::chains(host, AT_ONCE, Until::Time(scale.window)).await?;
    Ok(Sample { raw, host })
}

pub(super) async fn alone(bench: &Bench, ground: &mut Ground) -> Result<Sample> {
    let scale = bench.scale;
    let host = &ground.host;
    let raw = ground.raw.checked(|raw| raw.alone(scale.window)).await?;
    let measured = loads::chains(host, 1, Until::Time(scale.window)).await?;
    let trace = |reader: Reader| reader.trace(&reader.some_instance("chain")?);
    let (ours, theirs) = (
        trace(ground.raw.reader()?)?,
        trace(Reader::open(host.data())?)?,
    );
    ensure!(
        ours == theirs,
        "raw SQLite does not write what the host writes: {ours:?} {theirs:?}"
    );
    ensure!(
        measured.commits_each >= COMMITS,
        "a lone chain of the host takes {} commits, where {COMMITS} follow from each other",
        measured.commits_each
    );
    Ok(Sample {
        raw,
        host: measured,
    })
}

pub(super) async fn fan(bench: &Bench, ground: &Ground) -> Result<FanSample> {
    let scale = bench.scale;
    let host = &ground.host;
    let until = Until::Time(scale.window);
    Ok(FanSample {
        one: loads::ended(host, "fan", FAN, 1, until).await?,
        many: loads::ended(host, "fan", FAN, FANS, until).await?,
    })
}

pub(super) fn lines_at_once(samples: &[Sample]) -> Vec<Line> {
    if samples.is_empty() {
        return Vec::new();
    }
    let rate = compared(
        samples,
        |sample| sample.host.outcome.per_second,
        |sample| sample.raw.per_second,
    );
    let times = |hundredth, of: fn(&Outcome) -> f64| {
        let times = compared(
            samples,
            |sample| of(&sample.host.outcome),
            |sample| of(&sample.raw),
        );
        let what = format!("5 activities in turn, 64 at once: {hundredth}");
        Line::against(what, times, "ms", Budget::None)
    };
    let cpu = middle(samples, |sample| sample.host.cpu_ms_each);
    let cpu_of = "5 activities in turn, 64 at once: CPU time";
    vec![
        Line::against(
            "5 activities in turn, 64 at once",
            rate,
            "/s",
            Budget::AtLeast(0.6),
        ),
        times("p50", |outcome| outcome.p50_ms),
        times("p99", |outcome| outcome.p99_ms),
        Line::alone(cpu_of, cpu, "ms", Budget::AtMost(0.4)),
        Line::alone(
            "5 activities in turn, 64 at once: turns in a commit",
            middle(samples, |sample| COMMITS / sample.host.commits_each),
            "",
            Budget::None,
        ),
    ]
}

pub(super) fn lines_alone(samples: &[Sample]) -> Vec<Line> {
    if samples.is_empty() {
        return Vec::new();
    }
    let p50 = compared(
        samples,
        |sample| sample.host.outcome.p50_ms,
        |sample| sample.raw.p50_ms,
    );
    let p99 = compared(
        samples,
        |sample| sample.host.outcome.p99_ms,
        |sample| sample.raw.p99_ms,
    );
    let cpu = middle(samples, |sample| sample.host.cpu_ms_each);
    vec![
        Line::against(
            "5 activities in turn, alone: p50",
            p50,
            "ms",
            Budget::AtMost(2.0),
        ),
        Line::against("5 activities in turn, alone: p99", p99, "ms", Budget::None),
        Line::alone(
            "5 activities in turn, alone: CPU time",
            cpu,
            "ms",
            Budget::None,
        ),
        Line::alone(
            "5 activities in turn, alone: commits",
            middle(samples, |sample| sample.host.commits_each),
            "",
            Budget::None,
        ),
    ]
}

pub(super) fn lines_fan(samples: &[FanSample]) -> Vec<Line> {
    if samples.is_empty() {
        return Vec::new();
    }
    #[expect(clippy::cast_precision_loss, reason = "a hundred is exact")]
    let activities = FAN as f64;
    let line = |what, of: fn(&FanSample) -> &Measured| {
        let rate = middle(samples, |sample| of(sample).outcome.per_second * activities);
        Line::alone(what, rate, "activities/s", Budget::AtLeast(30_000.0))
    };
    let cpu = middle(samples, |sample| sample.many.cpu_ms_each * 1e3 / activities);
    vec![
        line("100 activities joined, 8 at once", |sample| &sample.many),
        line("100 activities joined, alone", |sample| &sample.one),
        Line::alone(
            "100 activities joined, 8 at once: CPU time each",
            cpu,
            "us",
            Budget::None,
        ),
    ]
}
