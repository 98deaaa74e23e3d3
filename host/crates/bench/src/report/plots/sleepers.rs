use std::path::Path;

use anyhow::{Context as _, Result, ensure};

use crate::loads;
use crate::report::Stage;
use crate::report::axis::{Axis, Scale};
use crate::report::figure::{Chart, Curve, Ink, Lines, Section, Table, at, count, figures};
use crate::rows::idle;
use crate::rows::restart::Dormitory;
use crate::statistics::{median, megabytes, number};
use crate::stored::Reader;

/// The budget of memory is for so many, and says how much above idle.
const BUDGETED: u64 = 10_000;
const BUDGET_MB: f64 = 30.0;

/// A load has a bound in time, so it starts no more than this.
const AT_MOST: u64 = 100_000;

/// So many instances asleep.
#[derive(Debug, Clone, Copy)]
struct Point {
    sleepers: u64,
    /// The memory of the host that put all of them to sleep.
    awake_mb: f64,
    /// How fast the last of them were started.
    started_per_second: f64,
    /// How long a host takes to be ready over so many.
    ready_seconds: f64,
    /// Its memory.
    restarted_mb: f64,
}

pub(crate) async fn measure(stage: &Stage) -> Result<Section> {
    let dir = stage.place.directory()?;
    let (idle_mb, mut points) = fall_asleep(stage, &dir.path().join("host")).await?;
    drop(dir);
    let mut dormitory = Dormitory::found(&stage.place).await?;
    for point in &mut points {
        dormitory.grow(point.sleepers).await?;
        let (mut seconds, mut memory) = (Vec::new(), Vec::new());
        for _ in 0..stage.scale.rounds {
            let host = dormitory.host(&stage.place).await.context("a restart")?;
            seconds.push(host.ready_after.as_secs_f64());
            memory.push(megabytes(idle::settled(host.process()).await?));
            host.stop().await?;
        }
        point.ready_seconds = median(seconds);
        point.restarted_mb = median(memory);
    }
    Ok(section(idle_mb, &points))
}

/// One host starts more and more of them. Its memory before the first, and all but the restarts.
async fn fall_asleep(stage: &Stage, data: &Path) -> Result<(f64, Vec<Point>)> {
    let host = idle::host(&stage.place, data).await?;
    let idle_mb = megabytes(idle::settled(host.process()).await?);
    let (mut asleep, mut points) = (0, Vec::new());
    for sleepers in &stage.scale.sleepers {
        let (before, mut seconds) = (asleep, 0.0);
        while asleep < *sleepers {
            let measured = loads::sleepers(&host, (sleepers - asleep).min(AT_MOST)).await?;
            asleep += measured.outcome.count;
            seconds += number(measured.outcome.count) / measured.outcome.per_second;
        }
        let timers = Reader::open(data)?.timers()?;
        ensure!(timers == asleep, "{timers} timers of {asleep} sleepers");
        points.push(Point {
            sleepers: asleep,
            awake_mb: megabytes(idle::settled(host.process()).await?),
            started_per_second: number(asleep - before) / seconds,
            ready_seconds: 0.0,
            restarted_mb: 0.0,
        });
    }
    host.stop().await?;
    Ok((idle_mb, points))
}

fn section(idle_mb: f64, points: &[Point]) -> Section {
    let curve = |name: &str, ink, of: fn(&Point) -> f64| {
        Curve::new(
            name,
            ink,
            points.iter().map(|point| at(point.sleepers, of(point))),
        )
    };
    let lines = |title: &str, y, curves| {
        Chart::Lines(Lines {
            title: title.to_owned(),
            x: Axis::new("instances asleep", Scale::Decades),
            y,
            curves,
        })
    };
    let most = idle_mb + BUDGET_MB;
    // It holds for one number of them, and is drawn around that.
    let around = [0.5, 2.0].map(|part| (part * number(BUDGETED), most));
    let memory = vec![
        curve(
            "the host that put them to sleep",
            Ink::Measured(0),
            |point| point.awake_mb,
        ),
        curve("a host restarted over them", Ink::Measured(1), |point| {
            point.restarted_mb
        }),
        Curve::new(
            "30 MB above idle: the budget at 10,000",
            Ink::Budget,
            around,
        ),
    ];
    let mut restart = vec![curve("until it is ready", Ink::Measured(0), |point| {
        point.ready_seconds
    })];
    restart.push(Curve::level("5 s: the budget at 1,000,000", 5.0, &restart));
    let mut table = Table::new([
        "asleep",
        "memory, MB",
        "above idle, MB",
        "above idle each, bytes",
        "started, /s",
        "restart, s",
        "memory after it, MB",
    ]);
    for point in points {
        let above = point.awake_mb - idle_mb;
        table.row([
            count(point.sleepers),
            figures(point.awake_mb),
            figures(above),
            figures(above * 1e6 / number(point.sleepers)),
            figures(point.started_per_second),
            figures(point.ready_seconds),
            figures(point.restarted_mb),
        ]);
    }
    Section {
        name: "sleepers".to_owned(),
        title: "Memory and restart against instances asleep".to_owned(),
        about: "Instances that wait for a timer an hour away. One host starts all of them, over HTTP, and is looked at on the \
                way, each time once its memory has settled. Restarts are over as many that were written in bulk, and are like one \
                that fell asleep by itself: the time from the start of the process to 200 of /readyz."
            .to_owned(),
        charts: vec![
            lines("Memory in RAM", Axis::new("MB", Scale::Linear), memory),
            lines("Restart", Axis::new("seconds", Scale::Decades), restart),
        ],
        table,
        notes: vec![format!("Idle, before the first of them: {} MB.", figures(idle_mb))],
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn memory_is_told_above_idle_and_for_each() {
        let point = Point {
            sleepers: 10_000,
            awake_mb: 38.0,
            started_per_second: 8_000.0,
            ready_seconds: 0.02,
            restarted_mb: 19.0,
        };
        let section = section(18.0, &[point]);
        assert_eq!(
            section.table.rows[0],
            ["10,000", "38.0", "20.0", "2000", "8000", "0.020", "19.0"]
        );
        let Chart::Lines(memory) = &section.charts[0] else {
            panic!("there are no bars");
        };
        assert_eq!(memory.curves[2].points, [(5_000.0, 48.0), (20_000.0, 48.0)]);
    }
}
