use anyhow::Result;
use serde::Serialize;

use super::{compared, middle};
use crate::ground::{Bench, Ground};
use crate::http::request;
use crate::load::{self, Load, Outcome, Until};
use crate::loads::{self, Measured, STARTERS};
use crate::names;
use crate::table::{Budget, Line};

#[derive(Serialize)]
pub(super) struct Sample {
    inserts: Outcome,
    starts: Measured,
    conflicts: Outcome,
    duplicates: Measured,
}

pub(super) async fn warm_up(bench: &Bench, ground: &Ground) -> Result<()> {
    let time = Until::Time(bench.scale.warm_up);
    baseline(ground, "insert", 202, time).await?;
    baseline(ground, "conflict", 409, time).await?;
    loads::starts(&ground.host, time).await?;
    loads::duplicates(&ground.host, time).await?;
    Ok(())
}

pub(super) async fn sample(bench: &Bench, ground: &Ground) -> Result<Sample> {
    let window = Until::Time(bench.scale.window);
    let host = &ground.host;
    let inserts = baseline(ground, "insert", 202, window).await?;
    let starts = loads::starts(host, window).await?;
    let conflicts = baseline(ground, "conflict", 409, window).await?;
    let duplicates = loads::duplicates(host, window).await?;
    Ok(Sample {
        inserts,
        starts,
        conflicts,
        duplicates,
    })
}

/// The same load on a route of our own server.
async fn baseline(ground: &Ground, route: &str, status: u16, until: Until) -> Result<Outcome> {
    let address = ground.baseline.0.address;
    let write = |out: &mut Vec<u8>| {
        let name = names::instance();
        request(out, address, "POST", format_args!("/{route}/{name}"), &[]);
    };
    let load = Load {
        address,
        connections: STARTERS,
        status,
        request: &write,
    };
    load::run(&load, until).await
}

pub(super) fn lines(samples: &[Sample]) -> Vec<Line> {
    if samples.is_empty() {
        return Vec::new();
    }
    let starts = compared(
        samples,
        |sample| sample.starts.outcome.per_second,
        |sample| sample.inserts.per_second,
    );
    let duplicates = compared(
        samples,
        |sample| sample.duplicates.outcome.per_second,
        |sample| sample.conflicts.per_second,
    );
    let cpu = |of: fn(&Sample) -> &Measured| middle(samples, |sample| of(sample).cpu_ms_each * 1e3);
    vec![
        Line::against(
            "starts that end at once",
            starts,
            "/s",
            Budget::AtLeast(0.35),
        ),
        Line::alone(
            "starts that end at once: CPU time",
            cpu(|sample| &sample.starts),
            "us",
            Budget::None,
        ),
        Line::against("refused duplicates", duplicates, "/s", Budget::AtLeast(0.8)),
        Line::alone(
            "refused duplicates: CPU time",
            cpu(|sample| &sample.duplicates),
            "us",
            Budget::None,
        ),
    ]
}
