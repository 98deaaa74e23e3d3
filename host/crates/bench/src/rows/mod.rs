//! One file for each kind of row: how a run takes its sample, and what the samples of all runs come to.

mod asleep;
mod chains;
pub(crate) mod completed;
pub(crate) mod idle;
mod listing;
pub(crate) mod replay;
pub(crate) mod restart;
mod starts;
pub(crate) mod steps;

use anyhow::{Context as _, Result};
use serde::Serialize;

use crate::ground::{Bench, Ground};
use crate::options::Row;
use crate::statistics::median;
use crate::table::Line;
use completed::Crowd;
use listing::Archive;
use restart::Dormitory;

/// The rows that are measured on the ground of a run.
const ON_GROUND: [Row; 6] = [
    Row::Chains,
    Row::Alone,
    Row::Fan,
    Row::Starts,
    Row::Steps,
    Row::Completed,
];

/// What the runs have measured: of each row, one sample a run or one a round.
#[derive(Default, Serialize)]
pub(crate) struct Samples {
    chains: Vec<chains::Sample>,
    alone: Vec<chains::Sample>,
    fan: Vec<chains::FanSample>,
    steps: Vec<steps::Sample>,
    starts: Vec<starts::Sample>,
    asleep: Vec<asleep::Sample>,
    restart: Vec<restart::Sample>,
    completed: Vec<completed::Sample>,
    replay: Vec<replay::Sample>,
    idle: Vec<idle::Sample>,
    listing: Vec<listing::Sample>,
}

impl Samples {
    /// Takes all samples: run by run, so that a noisy time does not hit one row alone.
    pub(crate) async fn take(bench: &Bench) -> Result<Self> {
        let mut samples = Self::default();
        let wants = |row| bench.choice.wants(row);
        let (mut crowd, mut dormitory) = (None, None);
        if wants(Row::Completed) {
            let found = Crowd::found(&bench.place).await?;
            found.grow_by(bench.scale.completed).await?;
            crowd = Some(found);
        }
        if wants(Row::Restart) {
            let mut found = Dormitory::found(&bench.place).await?;
            found.grow(bench.scale.asleep).await?;
            dormitory = Some(found);
        }
        let mut archive = None;
        if wants(Row::Listing) {
            archive = Some(Archive::fill(bench).await?);
        }
        for run in 1..=bench.scale.runs {
            eprintln!("bench: run {run} of {}", bench.scale.runs);
            samples
                .take_run(bench, crowd.as_ref(), dormitory.as_ref())
                .await
                .with_context(|| format!("run {run}"))?;
            if let Some(archive) = &archive {
                let sample = listing::sample(bench, archive).await;
                samples.listing.push(sample.context("listing")?);
            }
        }
        Ok(samples)
    }

    async fn take_run(
        &mut self,
        bench: &Bench,
        crowd: Option<&Crowd>,
        dormitory: Option<&Dormitory>,
    ) -> Result<()> {
        let wants = |row| bench.choice.wants(row);
        if wants(Row::Idle) {
            self.idle.push(idle::sample(bench).await.context("idle")?);
        }
        if wants(Row::Asleep) {
            self.asleep
                .push(asleep::sample(bench).await.context("asleep")?);
        }
        if ON_GROUND.into_iter().any(wants) {
            self.take_on_ground(bench, crowd).await?;
        }
        if wants(Row::Replay) {
            self.replay
                .push(replay::sample(bench).await.context("replay")?);
        }
        if let Some(dormitory) = dormitory {
            let sample = restart::sample(bench, dormitory).await;
            self.restart.push(sample.context("restart")?);
        }
        Ok(())
    }

    async fn take_on_ground(&mut self, bench: &Bench, crowd: Option<&Crowd>) -> Result<()> {
        let mut ground = Ground::prepare(&bench.place).await?;
        let warm = chains::warm_up(bench, &mut ground).await;
        warm.context("warming up")?;
        let warm = starts::warm_up(bench, &ground).await;
        warm.context("warming up")?;
        for _ in 0..bench.scale.rounds {
            self.take_round(bench, &mut ground).await?;
        }
        if bench.choice.wants(Row::Steps) {
            let sample = steps::sample(bench, &ground).await;
            self.steps.push(sample.context("steps")?);
        }
        if let Some(crowd) = crowd {
            let samples = completed::samples(bench, &ground, crowd).await;
            self.completed.extend(samples.context("completed")?);
        }
        ground.leave().await
    }

    /// What is compared with a baseline is measured in turn with it, again and again: a disk may change within seconds.
    async fn take_round(&mut self, bench: &Bench, ground: &mut Ground) -> Result<()> {
        let wants = |row| bench.choice.wants(row);
        if wants(Row::Chains) {
            let sample = chains::at_once(bench, ground).await;
            self.chains.push(sample.context("chains")?);
        }
        if wants(Row::Alone) {
            let sample = chains::alone(bench, ground).await;
            self.alone.push(sample.context("alone")?);
        }
        if wants(Row::Fan) {
            self.fan
                .push(chains::fan(bench, ground).await.context("fan")?);
        }
        if wants(Row::Starts) {
            self.starts
                .push(starts::sample(bench, ground).await.context("starts")?);
        }
        Ok(())
    }

    /// What they come to.
    pub(crate) fn lines(&self, bench: &Bench) -> Vec<Line> {
        let scale = &bench.scale;
        [
            chains::lines_at_once(&self.chains),
            chains::lines_alone(&self.alone),
            chains::lines_fan(&self.fan),
            steps::lines(&self.steps),
            starts::lines(&self.starts),
            asleep::lines(&self.asleep, scale.sleepers),
            restart::lines(&self.restart, scale.asleep),
            completed::lines(&self.completed, scale.completed),
            replay::lines(&self.replay),
            idle::lines(&self.idle),
            listing::lines(&self.listing, scale.listed),
        ]
        .concat()
    }
}

/// The median over samples of what `of` sees in each.
pub(crate) fn middle<S>(samples: &[S], of: impl Fn(&S) -> f64) -> f64 {
    median(samples.iter().map(of))
}

/// The medians of what was measured, of its baseline, and of the ratio within each run.
fn compared<S>(
    samples: &[S],
    measured: impl Fn(&S) -> f64,
    baseline: impl Fn(&S) -> f64,
) -> (f64, f64, f64) {
    (
        middle(samples, &measured),
        middle(samples, &baseline),
        middle(samples, |sample| measured(sample) / baseline(sample)),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_ratio_is_of_one_run_not_of_two_medians() {
        // In the second run all was slower by half.
        let samples = [(8.0, 16.0), (4.0, 8.0), (9.0, 10.0)];
        let compared = compared(&samples, |sample| sample.0, |sample| sample.1);
        assert_eq!(compared, (8.0, 10.0, 0.5));
    }
}
