use std::path::Path;
use std::time::Duration;

use anyhow::Result;
use serde::Serialize;
use tokio::time::sleep;

use super::middle;
use crate::ground::Bench;
use crate::host::Host;
use crate::options::Place;
use crate::process::Process;
use crate::statistics::{megabytes, number};
use crate::table::{Budget, Line};

/// Memory counts as settled once it changes by less than a hundredth within this time.
const STILL: Duration = Duration::from_millis(500);
/// How often that is looked at, at most.
const LOOKS_MAX: usize = 40;

#[derive(Serialize)]
pub(super) struct Sample {
    idle_bytes: u64,
    switches_per_second: f64,
    /// Before the restart, with what compiling has left.
    deployed_bytes: u64,
}

/// A host that has just been started over a directory in which all functions are bound.
pub(crate) async fn host(place: &Place, data: &Path) -> Result<Host> {
    place.host_with_functions(data).await?.stop().await?;
    place.host(data).await
}

/// The memory of a process, once it changes no more.
pub(crate) async fn settled(process: Process) -> Result<u64> {
    let mut last = process.resident()?;
    for _ in 0..LOOKS_MAX {
        sleep(STILL).await;
        let now = process.resident()?;
        if now.abs_diff(last) < last / 100 {
            return Ok(now);
        }
        last = now;
    }
    Ok(last)
}

pub(super) async fn sample(bench: &Bench) -> Result<Sample> {
    let dir = bench.place.directory()?;
    let data = dir.path().join("host");
    let host = bench.place.host_with_functions(&data).await?;
    let deployed_bytes = settled(host.process()).await?;
    host.stop().await?;
    let host = bench.place.host(&data).await?;
    let idle_bytes = settled(host.process()).await?;
    let before = host.process().switches()?;
    sleep(bench.scale.watch).await;
    let switches = host.process().switches()?.since(&before);
    host.stop().await?;
    Ok(Sample {
        idle_bytes,
        switches_per_second: number(switches) / bench.scale.watch.as_secs_f64(),
        deployed_bytes,
    })
}

pub(super) fn lines(samples: &[Sample]) -> Vec<Line> {
    if samples.is_empty() {
        return Vec::new();
    }
    let idle = middle(samples, |sample| megabytes(sample.idle_bytes));
    let deployed = middle(samples, |sample| megabytes(sample.deployed_bytes));
    let switches = middle(samples, |sample| sample.switches_per_second);
    vec![
        Line::alone("idle: memory", idle, "MB", Budget::AtMost(40.0)),
        Line::alone(
            "idle, after compiling: memory",
            deployed,
            "MB",
            Budget::None,
        ),
        Line::alone(
            "idle: context switches",
            switches,
            "/s",
            Budget::AtMost(0.0),
        ),
    ]
}
