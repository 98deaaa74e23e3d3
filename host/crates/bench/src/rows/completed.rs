use std::path::PathBuf;

use anyhow::{Context as _, Result};
use serde::Serialize;
use soloist_core::ModuleDigest;
use tempfile::TempDir;

use super::middle;
use crate::clock::time_of_day;
use crate::ground::{Bench, Ground, STEPS};
use crate::host::Host;
use crate::load::Until;
use crate::loads::{self, AT_ONCE, Measured};
use crate::options::Place;
use crate::stored::Reader;
use crate::table::{Budget, Line};
use crate::{seed, written};

/// A data directory with many completed instances.
pub(crate) struct Crowd {
    pub(crate) data: PathBuf,
    digest: ModuleDigest,
    /// A chain that was really run.
    real: String,
    /// It goes with this.
    _dir: TempDir,
}

#[derive(Serialize)]
pub(super) struct Sample {
    chains: Pair,
    alone: Pair,
    starts: Pair,
    duplicates: Pair,
}

/// One load on a host with an empty past, and the same on one with a crowd.
#[derive(Serialize)]
struct Pair {
    empty: Measured,
    crowd: Measured,
}

impl Crowd {
    /// One chain is really run.
    pub(crate) async fn found(place: &Place) -> Result<Self> {
        let dir = place.directory()?;
        let data = dir.path().join("host");
        let host = place.host_with_functions(&data).await?;
        loads::chains(&host, 1, Until::Count(1)).await?;
        let digest = host.digest("chain").await?;
        let real = Reader::open(&data)?.some_instance("chain")?;
        host.stop().await?;
        Ok(Self {
            data,
            digest,
            real,
            _dir: dir,
        })
    }

    /// So many others are written beside it, and must be like it. No host may have the directory.
    pub(crate) async fn grow_by(&self, more: u64) -> Result<()> {
        let chain = || written::ended_chain(self.digest, STEPS, time_of_day());
        seed::fill(&self.data, more, chain)
            .await
            .context("the crowd")?;
        Reader::open(&self.data)?.ensure_alike("chain", &self.real)
    }
}

/// All samples of one run.
pub(super) async fn samples(bench: &Bench, ground: &Ground, crowd: &Crowd) -> Result<Vec<Sample>> {
    let warm_up = Until::Time(bench.scale.warm_up);
    let crowd = bench.place.host(&crowd.data).await?;
    for host in [&ground.host, &crowd] {
        loads::chains(host, AT_ONCE, warm_up).await?;
        loads::starts(host, warm_up).await?;
        loads::duplicates(host, warm_up).await?;
    }
    let mut samples = Vec::new();
    for _ in 0..bench.scale.rounds {
        samples.push(sample(bench, &ground.host, &crowd).await?);
    }
    crowd.stop().await?;
    Ok(samples)
}

async fn sample(bench: &Bench, empty: &Host, crowd: &Host) -> Result<Sample> {
    let window = Until::Time(bench.scale.window);
    Ok(Sample {
        chains: Pair {
            empty: loads::chains(empty, AT_ONCE, window).await?,
            crowd: loads::chains(crowd, AT_ONCE, window).await?,
        },
        alone: Pair {
            empty: loads::chains(empty, 1, window).await?,
            crowd: loads::chains(crowd, 1, window).await?,
        },
        starts: Pair {
            empty: loads::starts(empty, window).await?,
            crowd: loads::starts(crowd, window).await?,
        },
        duplicates: Pair {
            empty: loads::duplicates(empty, window).await?,
            crowd: loads::duplicates(crowd, window).await?,
        },
    })
}

/// Their ratios say how many times as slow it is with the crowd: of rates and of times.
pub(super) fn lines(samples: &[Sample], count: u64) -> Vec<Line> {
    if samples.is_empty() {
        return Vec::new();
    }
    let among = |what: &str| format!("{count} completed: {what}");
    let rate = |measured: &Measured| measured.outcome.per_second;
    let p50 = |measured: &Measured| measured.outcome.p50_ms;
    let of_rate = |what: &str, pair: fn(&Sample) -> &Pair| {
        let values = (
            middle(samples, |sample| rate(&pair(sample).crowd)),
            middle(samples, |sample| rate(&pair(sample).empty)),
            middle(samples, |sample| {
                rate(&pair(sample).empty) / rate(&pair(sample).crowd)
            }),
        );
        Line::against(among(what), values, "/s", Budget::AtMost(1.2))
    };
    let alone = (
        middle(samples, |sample| p50(&sample.alone.crowd)),
        middle(samples, |sample| p50(&sample.alone.empty)),
        middle(samples, |sample| {
            p50(&sample.alone.crowd) / p50(&sample.alone.empty)
        }),
    );
    vec![
        of_rate("5 activities in turn, 64 at once", |sample| &sample.chains),
        Line::against(
            among("5 activities in turn, alone: p50"),
            alone,
            "ms",
            Budget::AtMost(1.2),
        ),
        of_rate("starts that end at once", |sample| &sample.starts),
        of_rate("refused duplicates", |sample| &sample.duplicates),
    ]
}
