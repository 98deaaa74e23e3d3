use std::path::PathBuf;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use soloist_core::ModuleDigest;
use tempfile::TempDir;

use super::middle;
use crate::clock::{now, time_of_day};
use crate::ground::Bench;
use crate::host::Host;
use crate::options::Place;
use crate::statistics::megabytes;
use crate::stored::Reader;
use crate::table::{Budget, Line};
use crate::{loads, seed, written};

/// They must not awake while they are counted on.
const ASLEEP: Duration = Duration::from_mins(50);

/// A data directory with many instances asleep.
pub(crate) struct Dormitory {
    data: PathBuf,
    digest: ModuleDigest,
    /// One that fell asleep by itself.
    real: String,
    count: u64,
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
    /// One falls asleep by itself.
    pub(crate) async fn found(place: &Place) -> Result<Self> {
        let (dir, since) = (place.directory()?, now());
        let data = dir.path().join("host");
        let host = place.host_with_functions(&data).await?;
        loads::sleepers(&host, 1).await?;
        let digest = host.digest("sleeper").await?;
        let real = Reader::open(&data)?.some_instance("sleeper")?;
        host.stop().await?;
        Ok(Self {
            data,
            digest,
            real,
            count: 0,
            since,
            _dir: dir,
        })
    }

    /// Others are written beside it until there are so many, and must be like it. No host may have the directory.
    pub(crate) async fn grow(&mut self, count: u64) -> Result<()> {
        let (digest, more) = (self.digest, count.saturating_sub(self.count));
        seed::fill(&self.data, more, || written::sleeper(digest, time_of_day()))
            .await
            .context("the dormitory")?;
        self.count += more;
        let reader = Reader::open(&self.data)?;
        reader.ensure_alike("sleeper", &self.real)?;
        let (timers, count) = (reader.timers()?, self.count);
        ensure!(timers == count + 1, "{timers} timers of {count} sleepers");
        Ok(())
    }

    /// A host over it.
    pub(crate) async fn host(&self, place: &Place) -> Result<Host> {
        ensure!(
            self.since.elapsed() < ASLEEP,
            "those asleep will awake soon: ask for less"
        );
        place.host(&self.data).await
    }
}

pub(super) async fn sample(bench: &Bench, dormitory: &Dormitory) -> Result<Sample> {
    let host = dormitory.host(&bench.place).await?;
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
