use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use tempfile::TempDir;

use super::middle;
use crate::clock::{now, time_of_day};
use crate::ground::Bench;
use crate::report::{Budget, Line};
use crate::statistics::megabytes;
use crate::stored::Reader;
use crate::{loads, seed, written};

/// They must not awake while they are counted on.
const ASLEEP: Duration = Duration::from_mins(50);

/// A data directory with many instances asleep.
pub(super) struct Dormitory {
    data: PathBuf,
    since: Instant,
    /// It goes with this.
    _dir: TempDir,
}

#[derive(Serialize)]
pub(super) struct Sample {
    ready_after_seconds: f64,
    bytes: u64,
}

impl Dormitory {
    /// One falls asleep by itself; the others are written beside it, and must be like it.
    pub(super) async fn fill(bench: &Bench) -> Result<Self> {
        let (dir, since) = (bench.directory()?, now());
        let data = dir.path().join("host");
        let host = bench.host_with_functions(&data).await?;
        loads::sleepers(&host, 1).await?;
        let digest = host.digest("sleeper").await?;
        let real = Reader::open(&data)?.some_instance("sleeper")?;
        host.stop().await?;
        let count = bench.scale.asleep;
        seed::fill(&data, count, || written::sleeper(digest, time_of_day()))
            .await
            .context("the dormitory")?;
        let reader = Reader::open(&data)?;
        reader.ensure_alike("sleeper", &real)?;
        let timers = reader.timers()?;
        ensure!(timers == count + 1, "{timers} timers of {count} sleepers");
        Ok(Self {
            data,
            since,
            _dir: dir,
        })
    }
}

pub(super) async fn sample(bench: &Bench, dormitory: &Dormitory) -> Result<Sample> {
    ensure!(
        dormitory.since.elapsed() < ASLEEP,
        "those asleep will awake soon: ask for fewer runs"
    );
    let host = bench.host(&dormitory.data).await?;
    let sample = Sample {
        ready_after_seconds: host.ready_after.as_secs_f64(),
        bytes: host.process().resident()?,
    };
    host.stop().await?;
    Ok(sample)
}

pub(super) fn lines(samples: &[Sample], count: u64) -> Vec<Line> {
    if samples.is_empty() {
        return Vec::new();
    }
    let seconds = middle(samples, |sample| sample.ready_after_seconds);
    let memory = middle(samples, |sample| megabytes(sample.bytes));
    vec![
        Line::alone(
            format!("restart with {count} asleep"),
            seconds,
            "s",
            Budget::AtMost(5.0),
        ),
        Line::alone(
            format!("restart with {count} asleep: memory"),
            memory,
            "MB",
            Budget::None,
        ),
    ]
}
