use std::path::Path;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use soloist_engine::TaskHub as _;
use soloist_store::{SqliteHub, StoreSettings};
use tokio::time::sleep;

use super::middle;
use crate::clock::now;
use crate::ground::Bench;
use crate::host::{Host, LOOK_AGAIN};
use crate::process::Process;
use crate::report::{Budget, Line};
use crate::stored::Reader;
use crate::written::events_of_steps;
use crate::{http, names};

/// How long one replay, or the way to it, may take.
const PATIENCE: Duration = Duration::from_mins(2);
/// Replays that are not measured.
const WARM_UP: u64 = 3;

#[derive(Serialize)]
pub(super) struct Sample {
    short: Replays,
    long: Replays,
}

/// Replays of one history, each of which ends with a turn that takes in one event.
#[derive(Serialize)]
struct Replays {
    /// The mean length of the history.
    events: f64,
    /// The CPU time of the host for one.
    cpu_us: f64,
    /// The CPU time of the store alone, in this process, for loading the same history.
    load_us: f64,
}

/// Two instances come to rest in a usual host; then they are met by one that keeps no guest in memory, so that each event
/// which is raised loads the history and replays all of it.
pub(super) async fn sample(bench: &Bench) -> Result<Sample> {
    let dir = bench.directory()?;
    let data = dir.path().join("host");
    let host = bench.host_with_functions(&data).await?;
    let [short_steps, long_steps] = bench.scale.replayed;
    let short = rest_after(&host, short_steps).await?;
    let long = rest_after(&host, long_steps).await?;
    host.stop().await?;
    let host = bench.cold_host(&data).await?;
    let [short_count, long_count] = bench.scale.replays;
    let mut sample = Sample {
        short: replays(&host, &short, short_count).await?,
        long: replays(&host, &long, long_count).await?,
    };
    host.stop().await?;
    sample.short.load_us = load_cost(&data, &short, short_count).await?;
    sample.long.load_us = load_cost(&data, &long, long_count).await?;
    Ok(sample)
}

/// Starts an instance that makes so many activities and then waits for events. Returns its id once it waits.
async fn rest_after(host: &Host, steps: u64) -> Result<String> {
    let name = names::instance();
    let path = format!("/api/orchestrators/patient/{name}");
    let body = steps.to_string();
    let (status, text) = http::once(host.address(), "POST", &path, body.as_bytes()).await?;
    ensure!(status == 202, "{path}: {status}: {text}");
    rests(
        &Reader::open(host.data())?,
        &name,
        events_of_steps(steps),
        0,
    )
    .await?;
    Ok(name)
}

/// Waits until an instance has so many events, as many of them external as it says, and nothing to do. It looks at the
/// database, which costs the host nothing.
async fn rests(reader: &Reader, name: &str, events: u64, had: u64) -> Result<()> {
    let start = now();
    loop {
        if let Some((found, status)) = reader.at_rest(name)?
            && found >= events
        {
            let status = status.unwrap_or_default();
            ensure!(
                found == events && status == had.to_string(),
                "{name} has {found} events of {events} and says {status} of {had}"
            );
            return Ok(());
        }
        ensure!(start.elapsed() < PATIENCE, "{name} does not come to rest");
        sleep(LOOK_AGAIN / 2).await;
    }
}

async fn replays(host: &Host, name: &str, count: u64) -> Result<Replays> {
    let reader = Reader::open(host.data())?;
    let path = format!("/runtime/webhooks/durabletask/instances/{name}/raiseEvent/Go");
    let (first, _) = reader.at_rest(name)?.context("it rests")?;
    let mut cpu = Duration::ZERO;
    let mut replayed = 0;
    for number in 1..=WARM_UP + count {
        if number == WARM_UP + 1 {
            cpu = host.process().cpu()?;
            replayed = 0;
        }
        replayed += first + 2 * (number - 1);
        let (status, text) = http::once(host.address(), "POST", &path, &[]).await?;
        ensure!(status == 202, "{path}: {status}: {text}");
        rests(&reader, name, first + 2 * number, number).await?;
    }
    let cpu = host.process().cpu()?.saturating_sub(cpu);
    Ok(Replays {
        events: per(replayed, count),
        cpu_us: per_us(cpu, count),
        load_us: 0.0,
    })
}

/// What the store takes to load a history, while no host has the directory.
async fn load_cost(data: &Path, name: &str, count: u64) -> Result<f64> {
    let hub = SqliteHub::open(data, StoreSettings::default())?;
    let id = name.parse().context("our names are good ids")?;
    let own = Process::own()?;
    let mut before = Duration::ZERO;
    for number in 0..WARM_UP + count {
        if number == WARM_UP {
            before = own.cpu()?;
        }
        hub.load(&id).await?.context("the instance is gone")?;
    }
    Ok(per_us(own.cpu()?.saturating_sub(before), count))
}

fn per(sum: u64, count: u64) -> f64 {
    crate::statistics::number(sum) / crate::statistics::number(count)
}

fn per_us(time: Duration, count: u64) -> f64 {
    time.as_secs_f64() * 1e6 / crate::statistics::number(count)
}

impl Sample {
    /// What an event costs more in the long history than in the short one: all that is the same for both has gone, the commit
    /// and the making of a guest.
    fn per_event(&self, of: fn(&Replays) -> f64) -> f64 {
        (of(&self.long) - of(&self.short)) / (self.long.events - self.short.events)
    }
}

pub(super) fn lines(samples: &[Sample]) -> Vec<Line> {
    let Some(first) = samples.first() else {
        return Vec::new();
    };
    let whole = middle(samples, |sample| sample.per_event(|replays| replays.cpu_us));
    let load = middle(samples, |sample| {
        sample.per_event(|replays| replays.load_us)
    });
    let guest = middle(samples, |sample| {
        sample.per_event(|replays| replays.cpu_us - replays.load_us)
    });
    let constant = middle(samples, |sample| {
        sample.short.cpu_us - sample.short.events * sample.per_event(|replays| replays.cpu_us)
    });
    let what = format!(
        "replay, an event of {:.0} against {:.0}",
        first.long.events, first.short.events
    );
    vec![
        Line::alone(what, whole, "us", Budget::AtMost(2.0)),
        Line::alone(
            "replay, an event: of that, loading",
            load,
            "us",
            Budget::None,
        ),
        Line::alone(
            "replay, an event: of that, the guest and its calls",
            guest,
            "us",
            Budget::None,
        ),
        Line::alone(
            "replay of no events, with its turn",
            constant,
            "us",
            Budget::None,
        ),
    ]
}

#[cfg(test)]
mod tests {
    #![expect(clippy::float_cmp, reason = "these are exact")]

    use super::*;

    #[test]
    fn what_is_the_same_for_both_lengths_goes() {
        let replays = |events, cpu_us, load_us| Replays {
            events,
            cpu_us,
            load_us,
        };
        let sample = Sample {
            short: replays(1_000.0, 300.0 + 2_000.0, 50.0 + 500.0),
            long: replays(10_000.0, 300.0 + 20_000.0, 50.0 + 5_000.0),
        };
        assert_eq!(sample.per_event(|replays| replays.cpu_us), 2.0);
        assert_eq!(sample.per_event(|replays| replays.load_us), 0.5);
        let lines = lines(&[sample]);
        assert_eq!(lines[0].met, Some(true));
        assert_eq!(lines[2].measured, 1.5);
        assert_eq!(lines[3].measured, 300.0);
    }
}
