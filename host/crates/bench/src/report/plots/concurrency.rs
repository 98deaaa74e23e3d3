use anyhow::{Context as _, Result};

use crate::ground::Ground;
use crate::load::{Outcome, Until};
use crate::loads::{self, AT_ONCE, Measured};
use crate::report::Stage;
use crate::report::axis::{Axis, Scale};
use crate::report::figure::{Chart, Curve, Ink, Lines, Section, Table, figures, ratio};
use crate::rows::middle;

/// The commits of a chain of five activities that follow from each other.
const COMMITS: f64 = 6.0;

/// One load and its baseline, one after the other.
struct Sample {
    raw: Outcome,
    host: Measured,
}

/// The medians of all samples of one concurrency.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Point {
    at_once: f64,
    rate: f64,
    p50_ms: f64,
    p99_ms: f64,
    cpu_ms: f64,
    turns_a_commit: f64,
    raw_rate: f64,
    raw_p50_ms: f64,
}

pub(crate) async fn measure(stage: &Stage) -> Result<Section> {
    let scale = &stage.scale;
    let mut ground = Ground::prepare(&stage.place).await?;
    ground.raw.at_once(AT_ONCE, scale.warm_up)?;
    loads::chains(&ground.host, AT_ONCE, Until::Time(scale.warm_up)).await?;
    let mut samples: Vec<Vec<Sample>> = scale.at_once.iter().map(|_| Vec::new()).collect();
    for _ in 0..scale.rounds {
        for (at_once, samples) in scale.at_once.iter().zip(&mut samples) {
            let sample = sample(stage, &mut ground, *at_once).await;
            samples.push(sample.with_context(|| format!("{at_once} at once"))?);
        }
    }
    ground.leave().await?;
    let points = scale.at_once.iter().zip(&samples);
    let points: Vec<_> = points
        .map(|(at_once, samples)| Point::of(*at_once, samples))
        .collect();
    Ok(section(&points))
}

async fn sample(stage: &Stage, ground: &mut Ground, at_once: usize) -> Result<Sample> {
    let window = stage.scale.window;
    // The baseline is steady, and takes the same two cores.
    let raw_window = window / 2;
    let raw = ground.raw.checked(|raw| match at_once {
        1 => raw.alone(raw_window),
        more => raw.at_once(more, raw_window),
    });
    let raw = raw.await?;
    let host = loads::chains(&ground.host, at_once, Until::Time(window)).await?;
    Ok(Sample { raw, host })
}

impl Point {
    fn of(at_once: usize, samples: &[Sample]) -> Self {
        let host = |of: fn(&Measured) -> f64| middle(samples, |sample| of(&sample.host));
        Self {
            at_once: crate::statistics::number(at_once as u64),
            rate: host(|host| host.outcome.per_second),
            p50_ms: host(|host| host.outcome.p50_ms),
            p99_ms: host(|host| host.outcome.p99_ms),
            cpu_ms: host(|host| host.cpu_ms_each),
            turns_a_commit: host(|host| COMMITS / host.commits_each),
            raw_rate: middle(samples, |sample| sample.raw.per_second),
            raw_p50_ms: middle(samples, |sample| sample.raw.p50_ms),
        }
    }
}

fn section(points: &[Point]) -> Section {
    let curve = |name: &str, ink, of: fn(&Point) -> f64| {
        Curve::new(
            name,
            ink,
            points.iter().map(|point| (point.at_once, of(point))),
        )
    };
    let x = || Axis::new("chains at once (connections)", Scale::Doublings);
    let lines = |title: &str, y: Axis, curves| {
        Chart::Lines(Lines {
            title: title.to_owned(),
            x: x(),
            y,
            curves,
        })
    };
    let rate = vec![
        curve("the host", Ink::Measured(0), |point| point.rate),
        curve(
            "60% of raw SQLite: the budget at 64",
            Ink::Budget,
            |point| 0.6 * point.raw_rate,
        ),
    ];
    let mut latency = vec![
        curve("p50", Ink::Measured(0), |point| point.p50_ms),
        curve("p99", Ink::Measured(1), |point| point.p99_ms),
    ];
    // It holds for one at a time, and is drawn no further.
    let alone = points.iter().find(|point| point.at_once < 1.5);
    if let Some(alone) = alone {
        let most = 2.0 * alone.raw_p50_ms;
        let name = "2 x raw SQLite: the budget of one at a time, p50";
        latency.push(Curve::new(name, Ink::Budget, [(1.0, most), (2.0, most)]));
    }
    let mut cpu = vec![curve("the host", Ink::Measured(0), |point| point.cpu_ms)];
    cpu.push(Curve::level("0.4 ms: the budget at 64", 0.4, &cpu));
    let mut table = Table::new([
        "at once",
        "chains/s",
        "p50, ms",
        "p99, ms",
        "CPU a chain, ms",
        "turns a commit",
        "raw SQLite, chains/s",
        "of raw SQLite",
        "raw SQLite, p50, ms",
    ]);
    for point in points {
        table.row([
            format!("{:.0}", point.at_once),
            figures(point.rate),
            figures(point.p50_ms),
            figures(point.p99_ms),
            figures(point.cpu_ms),
            figures(point.turns_a_commit),
            figures(point.raw_rate),
            ratio(point.rate, point.raw_rate),
            figures(point.raw_p50_ms),
        ]);
    }
    Section {
        name: "concurrency".to_owned(),
        title: "Throughput and latency against concurrency".to_owned(),
        about: "Each of so many connections starts a chain of five no-op activities, waits for its end, and starts the next. \
                Raw SQLite commits the same rows in the same six commits, with as many chains at once, and does nothing else."
            .to_owned(),
        charts: vec![
            lines(
                "Throughput",
                Axis::new("chains per second", Scale::Linear),
                rate,
            ),
            lines(
                "Latency, from start to end",
                Axis::new("milliseconds", Scale::Decades),
                latency,
            ),
            lines(
                "CPU time of the host",
                Axis::new("milliseconds per chain", Scale::Linear),
                cpu,
            ),
        ],
        table,
        notes: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn outcome(per_second: f64) -> Outcome {
        Outcome {
            count: 1,
            per_second,
            p50_ms: 1_000.0 / per_second,
            p99_ms: 3_000.0 / per_second,
        }
    }

    fn sample(host: f64, raw: f64) -> Sample {
        Sample {
            raw: outcome(raw),
            host: Measured {
                outcome: outcome(host),
                cpu_ms_each: 0.5,
                commits_each: 3.0,
            },
        }
    }

    #[test]
    fn a_point_is_the_middle_of_its_rounds() {
        let samples = [
            sample(100.0, 400.0),
            sample(300.0, 100.0),
            sample(200.0, 200.0),
        ];
        let expected = Point {
            at_once: 4.0,
            rate: 200.0,
            p50_ms: 5.0,
            p99_ms: 15.0,
            cpu_ms: 0.5,
            turns_a_commit: 2.0,
            raw_rate: 200.0,
            raw_p50_ms: 5.0,
        };
        assert_eq!(Point::of(4, &samples), expected);
    }

    #[test]
    fn budgets_are_of_the_baselines_of_the_same_run() {
        let points = [
            Point::of(1, &[sample(250.0, 500.0)]),
            Point::of(64, &[sample(2_000.0, 8_000.0)]),
        ];
        let section = section(&points);
        let budgets: Vec<_> = section
            .charts
            .iter()
            .map(|chart| match chart {
                Chart::Lines(lines) => lines.curves.last().unwrap().points.clone(),
                Chart::Bars(_) => panic!("there are no bars"),
            })
            .collect();
        assert_eq!(budgets[0], [(1.0, 300.0), (64.0, 4_800.0)]);
        assert_eq!(budgets[1], [(1.0, 4.0), (2.0, 4.0)]);
        assert_eq!(budgets[2], [(1.0, 0.4), (64.0, 0.4)]);
        assert_eq!(section.table.rows[1][7], "0.25");
    }
}
