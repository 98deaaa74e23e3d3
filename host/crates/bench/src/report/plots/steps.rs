use std::time::Duration;

use anyhow::{Context as _, Result};

use crate::load::Until;
use crate::loads::{self, AT_ONCE};
use crate::report::Stage;
use crate::report::axis::{Axis, Scale};
use crate::report::figure::{Chart, Curve, Ink, Lines, Section, Table, at, count, figures, ratio};
use crate::rows::middle;
use crate::rows::steps::{Step, cost};
use crate::statistics::number;

/// A chain that will take longer is left out.
const LONGEST: Duration = Duration::from_mins(5);
/// Chains from this length on are run once: they have enough steps to be a mean by themselves.
const LONG: u64 = 10_000;

pub(crate) async fn measure(stage: &Stage) -> Result<Section> {
    let scale = &stage.scale;
    let dir = stage.place.directory()?;
    let host = stage
        .place
        .host_with_functions(&dir.path().join("host"))
        .await?;
    loads::chains(&host, AT_ONCE, Until::Time(scale.warm_up)).await?;
    let (mut points, mut left_out) = (Vec::new(), Vec::new());
    for steps in &scale.steps {
        let expected = points
            .last()
            .map_or(0.0, |last: &Step| last.time_us * number(*steps) / 1e6);
        if expected > LONGEST.as_secs_f64() {
            left_out.push(*steps);
            continue;
        }
        let chains = scale.steps_each.div_ceil(*steps);
        let rounds = if *steps < LONG { scale.rounds } else { 1 };
        let mut costs = Vec::new();
        for _ in 0..rounds {
            let cost = cost(&host, *steps, chains).await;
            costs.push(cost.with_context(|| format!("{steps} steps"))?);
        }
        points.push(Step {
            steps: *steps,
            time_us: middle(&costs, |step| step.time_us),
            cpu_us: middle(&costs, |step| step.cpu_us),
        });
    }
    host.stop().await?;
    Ok(section(&points, &left_out))
}

fn section(points: &[Step], left_out: &[u64]) -> Section {
    let curve = |name: &str, ink, of: fn(&Step) -> f64| {
        Curve::new(
            name,
            ink,
            points.iter().map(|point| at(point.steps, of(point))),
        )
    };
    let cheapest = points
        .iter()
        .map(|point| point.time_us)
        .fold(f64::INFINITY, f64::min);
    let mut curves = vec![
        curve("time", Ink::Measured(0), |point| point.time_us),
        curve("CPU time of the host", Ink::Measured(1), |point| {
            point.cpu_us
        }),
    ];
    let name = "1.5 x the cheapest: the budget of the time";
    curves.push(Curve::level(name, 1.5 * cheapest, &curves));
    let mut table = Table::new([
        "steps",
        "time a step, us",
        "by the cheapest",
        "CPU a step, us",
    ]);
    for point in points {
        table.row([
            count(point.steps),
            figures(point.time_us),
            ratio(point.time_us, cheapest),
            figures(point.cpu_us),
        ]);
    }
    let notes = left_out.iter().map(|steps| {
        let steps = count(*steps);
        format!(
            "A chain of {steps} steps would have taken more than five minutes, and was left out."
        )
    });
    Section {
        name: "steps".to_owned(),
        title: "Cost of a step against the length of its history".to_owned(),
        about: "One chain of no-op activities, alone on the host, from its start to the answer that tells its end; the time is \
                shared among its steps, each of which adds two events to its history. A short chain pays for its start too."
            .to_owned(),
        charts: vec![Chart::Lines(Lines {
            title: "A step of a lone chain".to_owned(),
            x: Axis::new("steps of the chain", Scale::Decades),
            y: Axis::new("microseconds per step", Scale::Linear),
            curves,
        })],
        table,
        notes: notes.collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_budget_is_of_the_cheapest_wherever_it_stands() {
        let point = |steps, time_us| Step {
            steps,
            time_us,
            cpu_us: time_us / 2.0,
        };
        let section = section(
            &[point(10, 500.0), point(100, 300.0), point(1_000, 330.0)],
            &[100_000],
        );
        let Chart::Lines(lines) = &section.charts[0] else {
            panic!("there are no bars");
        };
        assert_eq!(lines.curves[2].points, [(10.0, 450.0), (1_000.0, 450.0)]);
        assert_eq!(section.table.rows[0], ["10", "500", "1.67", "250"]);
        assert_eq!(section.table.rows[1][2], "1.00");
        assert!(section.notes[0].contains("100,000 steps"));
    }
}
