use anyhow::Result;
use serde::Serialize;

use super::middle;
use crate::ground::{Bench, Ground};
use crate::host::Host;
use crate::load::Until;
use crate::loads;
use crate::statistics::number;
use crate::table::{Budget, Line};

/// The cost of a step in chains of each length, shortest first.
#[derive(Serialize)]
pub(super) struct Sample(Vec<Step>);

#[derive(Debug, Clone, Serialize)]
pub(crate) struct Step {
    pub(crate) steps: u64,
    pub(crate) time_us: f64,
    pub(crate) cpu_us: f64,
}

pub(super) async fn sample(bench: &Bench, ground: &Ground) -> Result<Sample> {
    let mut costs = Vec::new();
    for steps in bench.scale.steps {
        let chains = bench.scale.steps_each.div_ceil(steps);
        costs.push(cost(&ground.host, steps, chains).await?);
    }
    Ok(Sample(costs))
}

/// What a step costs in chains of so many, of which so many run one after the other.
pub(crate) async fn cost(host: &Host, steps: u64, chains: u64) -> Result<Step> {
    let measured = loads::ended(host, "chain", steps, 1, Until::Count(chains)).await?;
    Ok(Step {
        steps,
        time_us: 1e6 / (measured.outcome.per_second * number(steps)),
        cpu_us: measured.cpu_ms_each * 1e3 / number(steps),
    })
}

pub(super) fn lines(samples: &[Sample]) -> Vec<Line> {
    let Some(first) = samples.first() else {
        return Vec::new();
    };
    let lengths = 0..first.0.len();
    let mut lines: Vec<_> = lengths
        .map(|place| {
            let steps = first.0[place].steps;
            let time = middle(samples, |sample| sample.0[place].time_us);
            let what = format!("a step of {steps}");
            Line::alone(what, time, "us", Budget::None)
        })
        .collect();
    let spread = |of: fn(&Step) -> f64| {
        middle(samples, |sample| {
            let costs = || sample.0.iter().map(of);
            costs().fold(0.0, f64::max) / costs().fold(f64::INFINITY, f64::min)
        })
    };
    let time = spread(|step| step.time_us);
    let cpu = spread(|step| step.cpu_us);
    lines.extend([
        Line::alone(
            "the dearest step by the cheapest",
            time,
            "x",
            Budget::AtMost(1.5),
        ),
        Line::alone(
            "the dearest step by the cheapest: CPU time",
            cpu,
            "x",
            Budget::None,
        ),
    ]);
    lines
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these are exact")]

    use super::*;

    #[test]
    fn the_spread_is_of_the_dearest_wherever_it_stands() {
        let sample = |times: [f64; 3]| {
            let steps = (1..).zip(times).map(|(steps, time_us)| Step {
                steps,
                time_us,
                cpu_us: 1.0,
            });
            Sample(steps.collect())
        };
        let lines = lines(&[sample([2.0, 1.0, 3.0])]);
        assert_eq!(lines[3].measured, 3.0);
        assert_eq!(lines[3].met, Some(false));
        assert_eq!(lines[4].measured, 1.0);
    }
}
