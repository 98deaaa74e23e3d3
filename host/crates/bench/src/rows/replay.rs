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
use crate::stored::Reader;
use crate::table::{Budget, Line};
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
#[derive(Debug, Clone, Serialize)]
pub(crate) struct Replays {
    /// The mean length of the history.
    pub(crate) events: f64,
    /// The CPU time of the host for one.
    pub(crate) cpu_us: f64,
    /// The CPU time of the store alone, in this process, for loading the same history.
    pub(crate) load_us: f64,
}

/// An instance that waits for events, each of which adds two to its history: what came, and the wait for the next.
pub(crate) struct Listener {
    pub(crate) name: String,
    /// The length of its history.
    pub(crate) events: u64,
    /// How many external events it has had.
    pub(crate) had: u64,
    /// Whether it shows that number as its custom status; one that does not takes it as the data of its events.
    pub(crate) shows: bool,
}

/// Two instances come to rest in a usual host; then they are met by one that keeps no guest in memory, so that each event
/// which is raised loads the history and replays all of it.
pub(super) async fn sample(bench: &Bench) -> Result<Sample> {
    let dir = bench.place.directory()?;
    let data = dir.path().join("host");
    let host = bench.place.host_with_functions(&data).await?;
    let [short_steps, long_steps] = bench.scale.replayed;
    let mut short = rest_after(&host, short_steps).await?;
    let mut long = rest_after(&host, long_steps).await?;
    host.stop().await?;
    let host = bench.place.cold_host(&data).await?;
    let [short_count, long_count] = bench.scale.replays;
    let mut sample = Sample {
        short: replays(&host, &mut short, short_count).await?,
        long: replays(&host, &mut long, long_count).await?,
    };
    host.stop().await?;
    sample.short.load_us = load_cost(&data, &short.name, short_count).await?;
    sample.long.load_us = load_cost(&data, &long.name, long_count).await?;
    Ok(sample)
}

/// Starts an instance that makes so many activities and then waits for events. It waits.
pub(crate) async fn rest_after(host: &Host, steps: u64) -> Result<Listener> {
    let name = names::instance();
    let path = format!("/api/orchestrators/patient/{name}");
    let body = steps.to_string();
    let (status, text) = http::once(host.address(), "POST", &path, body.as_bytes()).await?;
    ensure!(status == 202, "{path}: {status}: {text}");
    let listener = Listener {
        name,
        events: events_of_steps(steps),
        had: 0,
        shows: true,
    };
    listener.rests(&Reader::open(host.data())?).await?;
    Ok(listener)
}

impl Listener {
    /// Waits until it has all of its events and nothing to do. It looks at the database, which costs the host nothing.
    pub(crate) async fn rests(&self, reader: &Reader) -> Result<()> {
        let Self {
            name, events, had, ..
        } = self;
        let start = now();
        loop {
            if let Some((found, status)) = reader.at_rest(name)?
                && found >= *events
            {
                let status = status.unwrap_or_default();
                ensure!(
                    found == *events && (!self.shows || status == had.to_string()),
                    "{name} has {found} events of {events} and says {status} of {had}"
                );
                return Ok(());
            }
            ensure!(start.elapsed() < PATIENCE, "{name} does not come to rest");
            sleep(LOOK_AGAIN / 2).await;
        }
    }

    /// Raises an event for it.
    pub(crate) async fn raise(&mut self, host: &Host) -> Result<()> {
        let name = &self.name;
        let path = format!("/runtime/webhooks/durabletask/instances/{name}/raiseEvent/Go");
        let body = if self.shows {
            String::new()
        } else {
            self.had.to_string()
        };
        let (status, text) = http::once(host.address(), "POST", &path, body.as_bytes()).await?;
        ensure!(status == 202, "{path}: {status}: {text}");
        self.had += 1;
        self.events += 2;
        Ok(())
    }
}

pub(crate) async fn replays(host: &Host, listener: &mut Listener, count: u64) -> Result<Replays> {
    let reader = Reader::open(host.data())?;
    let mut cpu = Duration::ZERO;
    let mut replayed = 0;
    for number in 0..WARM_UP + count {
        if number == WARM_UP {
            cpu = host.process().cpu()?;
            replayed = 0;
        }
        replayed += listener.events;
        listener.raise(host).await?;
        listener.rests(&reader).await?;
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
