use std::fs;
use std::path::Path;

use anyhow::{Context as _, Result};

use crate::host::Host;
use crate::load::Until;
use crate::loads::{self, Measured};
use crate::report::Stage;
use crate::report::axis::{Axis, Scale};
use crate::report::figure::{Chart, Curve, Ink, Lines, Section, Table, at, count, figures, ratio};
use crate::rows::completed::Crowd;
use crate::rows::middle;
use crate::statistics::{megabytes, number};

/// How much slower the budget lets things get.
const SLOWER: f64 = 1.2;

/// Starts and lone chains on one host.
struct Sample {
    starts: Measured,
    alone: Measured,
}

/// Medians of them.
#[derive(Debug, Clone, Copy)]
struct Cost {
    start_us: f64,
    start_cpu_us: f64,
    chain_ms: f64,
}

/// So many completed instances.
#[derive(Debug, Clone, Copy)]
struct Point {
    completed: u64,
    bytes: u64,
    crowd: Cost,
    /// Of a host without a past, at the same time.
    empty: Cost,
}

pub(crate) async fn measure(stage: &Stage) -> Result<Section> {
    let mut points = Vec::new();
    let mut found: Option<(Crowd, u64)> = None;
    for completed in &stage.scale.completed {
        // Loads add to a crowd. Where they have added too many, another is made.
        let (crowd, stored) = match found.take() {
            Some((crowd, stored)) if stored <= *completed => (crowd, stored),
            Some(_) | None => (Crowd::found(&stage.place).await?, 0),
        };
        crowd.grow_by(completed - stored).await?;
        let bytes = size(&crowd.data)?;
        let (costs, added) = costs(stage, &crowd.data).await?;
        let [crowded, empty] = costs;
        points.push(Point {
            completed: *completed,
            bytes,
            crowd: crowded,
            empty,
        });
        found = Some((crowd, completed + added));
    }
    Ok(section(&points))
}

/// The costs on a host with a crowd and on one without, measured in turn; and how many instances each has got by that.
async fn costs(stage: &Stage, data: &Path) -> Result<([Cost; 2], u64)> {
    let dir = stage.place.directory()?;
    let empty = stage
        .place
        .host_with_functions(&dir.path().join("host"))
        .await?;
    let crowd = stage.place.host(data).await?;
    let warm_up = stage.scale.starts / 4;
    for host in [&crowd, &empty] {
        loads::starts(host, Until::Count(warm_up)).await?;
        loads::chains(host, 1, Until::Count(warm_up / 10)).await?;
    }
    let (mut crowded, mut control) = (Vec::new(), Vec::new());
    for _ in 0..stage.scale.rounds {
        crowded.push(sample(stage, &crowd).await?);
        control.push(sample(stage, &empty).await?);
    }
    crowd.stop().await?;
    empty.stop().await?;
    let each = stage.scale.starts + stage.scale.alone;
    let added = warm_up + warm_up / 10 + stage.scale.rounds * each;
    Ok(([Cost::of(&crowded), Cost::of(&control)], added))
}

async fn sample(stage: &Stage, host: &Host) -> Result<Sample> {
    Ok(Sample {
        starts: loads::starts(host, Until::Count(stage.scale.starts)).await?,
        alone: loads::chains(host, 1, Until::Count(stage.scale.alone)).await?,
    })
}

/// The size of a database and of its log.
fn size(data: &Path) -> Result<u64> {
    let main = fs::metadata(data.join("soloist.db")).context("no database")?;
    let log = fs::metadata(data.join("soloist.db-wal"));
    Ok(main.len() + log.map_or(0, |log| log.len()))
}

impl Cost {
    fn of(samples: &[Sample]) -> Self {
        Self {
            start_us: middle(samples, |sample| 1e6 / sample.starts.outcome.per_second),
            start_cpu_us: middle(samples, |sample| sample.starts.cpu_ms_each * 1e3),
            chain_ms: middle(samples, |sample| sample.alone.outcome.p50_ms),
        }
    }
}

fn section(points: &[Point]) -> Section {
    let curve = |name: &str, ink, of: &dyn Fn(&Point) -> f64| {
        Curve::new(
            name,
            ink,
            points.iter().map(|point| at(point.completed, of(point))),
        )
    };
    let lines = |title: &str, y, curves| {
        Chart::Lines(Lines {
            title: title.to_owned(),
            x: Axis::new("completed instances", Scale::Decades),
            y,
            curves,
        })
    };
    let compared = |of: fn(&Cost) -> f64| {
        vec![
            curve("with so many", Ink::Measured(0), &|point| of(&point.crowd)),
            curve("with none, at the same time", Ink::Baseline, &|point| {
                of(&point.empty)
            }),
            curve("1.2 x that: the budget", Ink::Budget, &|point| {
                SLOWER * of(&point.empty)
            }),
        ]
    };
    let mut start = compared(|cost| cost.start_us);
    start.insert(
        1,
        curve(
            "CPU time of the host, with so many",
            Ink::Measured(1),
            &|point| point.crowd.start_cpu_us,
        ),
    );
    let size = vec![curve("the database", Ink::Measured(0), &|point| {
        megabytes(point.bytes)
    })];
    let mut table = Table::new([
        "completed",
        "database, MB",
        "bytes each",
        "a start, us",
        "by none",
        "CPU a start, us",
        "by none",
        "a lone chain, p50, ms",
        "by none",
    ]);
    let empty_bytes = points.first().map_or(0, |point| point.bytes);
    for point in points {
        let (crowd, empty) = (point.crowd, point.empty);
        let each = ratio(
            number(point.bytes.saturating_sub(empty_bytes)),
            number(point.completed),
        );
        table.row([
            count(point.completed),
            figures(megabytes(point.bytes)),
            each.split('.').next().unwrap_or_default().to_owned(),
            figures(crowd.start_us),
            ratio(crowd.start_us, empty.start_us),
            figures(crowd.start_cpu_us),
            ratio(crowd.start_cpu_us, empty.start_cpu_us),
            figures(crowd.chain_ms),
            ratio(crowd.chain_ms, empty.chain_ms),
        ]);
    }
    Section {
        name: "completed".to_owned(),
        title: "Database and cost of a start against completed instances".to_owned(),
        about: "Chains of five activities that have ended, written in bulk and like one that was really run. Beside each number of \
                them a host without a past does the same, in turn: what bends there too is the machine."
            .to_owned(),
        charts: vec![
            lines("Size of the database", Axis::new("MB", Scale::Decades), size),
            lines(
                "A start that ends at once, 64 connections",
                Axis::new("microseconds per start", Scale::Linear),
                start,
            ),
            lines(
                "A chain of five activities, alone: p50",
                Axis::new("milliseconds", Scale::Linear),
                compared(|cost| cost.chain_ms),
            ),
        ],
        table,
        notes: vec!["The loads of each point add a few thousand instances to its number.".to_owned()],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_cost_is_compared_with_that_of_its_own_time() {
        let cost = |start_us| Cost {
            start_us,
            start_cpu_us: start_us / 2.0,
            chain_ms: start_us / 100.0,
        };
        let point = |completed, bytes, crowd, empty| Point {
            completed,
            bytes,
            crowd: cost(crowd),
            empty: cost(empty),
        };
        let section = section(&[
            point(0, 200_000, 100.0, 100.0),
            point(1_000, 2_200_000, 300.0, 200.0),
        ]);
        assert_eq!(
            section.table.rows[0],
            [
                "0", "0.200", "", "100", "1.00", "50.0", "1.00", "1.00", "1.00"
            ]
        );
        assert_eq!(
            section.table.rows[1],
            [
                "1,000", "2.20", "2000", "300", "1.50", "150", "1.50", "3.00", "1.50"
            ]
        );
        let Chart::Lines(start) = &section.charts[1] else {
            panic!("there are no bars");
        };
        assert_eq!(start.curves[3].points, [(0.0, 120.0), (1_000.0, 240.0)]);
    }

    #[test]
    fn a_log_counts_to_its_database() {
        let dir = tempfile::tempdir().unwrap();
        assert!(size(dir.path()).is_err());
        fs::write(dir.path().join("soloist.db"), [0; 30]).unwrap();
        assert_eq!(size(dir.path()).unwrap(), 30);
        fs::write(dir.path().join("soloist.db-wal"), [0; 12]).unwrap();
        assert_eq!(size(dir.path()).unwrap(), 42);
    }
}
