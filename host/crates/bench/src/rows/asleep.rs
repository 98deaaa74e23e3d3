use anyhow::{Result, ensure};
use serde::Serialize;

use super::{idle, middle};
use crate::ground::Bench;
use crate::loads;
use crate::statistics::megabytes;
use crate::stored::Reader;
use crate::table::{Budget, Line};

#[derive(Serialize)]
pub(super) struct Sample {
    idle_bytes: u64,
    asleep_bytes: u64,
}

pub(super) async fn sample(bench: &Bench) -> Result<Sample> {
    let dir = bench.place.directory()?;
    let data = dir.path().join("host");
    let host = idle::host(&bench.place, &data).await?;
    let idle_bytes = idle::settled(host.process()).await?;
    let count = bench.scale.sleepers;
    loads::sleepers(&host, count).await?;
    let timers = Reader::open(&data)?.timers()?;
    ensure!(timers == count, "{timers} timers of {count} sleepers");
    let asleep_bytes = idle::settled(host.process()).await?;
    host.stop().await?;
    Ok(Sample {
        idle_bytes,
        asleep_bytes,
    })
}

pub(super) fn lines(samples: &[Sample], count: u64) -> Vec<Line> {
    if samples.is_empty() {
        return Vec::new();
    }
    let above = middle(samples, |sample| {
        megabytes(sample.asleep_bytes.saturating_sub(sample.idle_bytes))
    });
    vec![Line::alone(
        format!("{count} instances asleep, above idle"),
        above,
        "MB",
        Budget::AtMost(30.0),
    )]
}
