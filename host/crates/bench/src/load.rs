//! Load over HTTP: some connections, each of which sends its next request once the last one is answered.

use std::cell::Cell;
use std::net::SocketAddr;
use std::time::{Duration, Instant};

use anyhow::{Context as _, Result, bail, ensure};
use futures_util::future::try_join_all;
use serde::Serialize;
use tokio::time::timeout;

use crate::clock::now;
use crate::http::Connection;
use crate::statistics::{millis, number, percentile};

/// How long a load may take beyond its time: a load by count has no other bound.
const PATIENCE: Duration = Duration::from_mins(10);

/// What is asked, of whom, by how many at once.
pub(crate) struct Load<'l> {
    pub(crate) address: SocketAddr,
    pub(crate) connections: usize,
    /// The status that every answer must have.
    pub(crate) status: u16,
    /// Writes the next request.
    pub(crate) request: &'l dyn Fn(&mut Vec<u8>),
}

/// When a load ends. What was asked is always waited for.
#[derive(Debug, Clone, Copy)]
pub(crate) enum Until {
    Time(Duration),
    Count(u64),
}

/// What came of a load: how many there were, how fast, and how long each took.
#[derive(Debug, Clone, PartialEq, Serialize)]
pub(crate) struct Outcome {
    pub(crate) count: u64,
    pub(crate) per_second: f64,
    pub(crate) p50_ms: f64,
    pub(crate) p99_ms: f64,
}

impl Outcome {
    /// From the times of all, in any order, which took `elapsed` together.
    pub(crate) fn new(mut times: Vec<Duration>, elapsed: Duration) -> Self {
        times.sort_unstable();
        let count = times.len() as u64;
        Self {
            count,
            per_second: number(count) / elapsed.as_secs_f64(),
            p50_ms: millis(percentile(&times, 50)),
            p99_ms: millis(percentile(&times, 99)),
        }
    }
}

/// Hands out the right to one more request.
struct Tickets {
    start: Instant,
    until: Until,
    given: Cell<u64>,
}

impl Tickets {
    fn take(&self, now: Instant) -> bool {
        let more = match self.until {
            Until::Time(time) => now.duration_since(self.start) < time,
            Until::Count(count) => self.given.get() < count,
        };
        if more {
            self.given.set(self.given.get() + 1);
        }
        more
    }
}

/// Runs a load. An answer that is not as expected ends it with an error.
pub(crate) async fn run(load: &Load<'_>, until: Until) -> Result<Outcome> {
    let connections = (0..load.connections).map(|_| Connection::open(load.address));
    let connections = try_join_all(connections).await?;
    let tickets = Tickets {
        start: now(),
        until,
        given: Cell::new(0),
    };
    let time = match until {
        Until::Time(time) => time,
        Until::Count(_) => Duration::ZERO,
    };
    let driven = connections
        .into_iter()
        .map(|connection| drive(load, connection, &tickets));
    let times = timeout(time + PATIENCE, try_join_all(driven))
        .await
        .unwrap_or_else(|_| bail!("a load does not end: {} were asked", tickets.given.get()))?;
    let elapsed = tickets.start.elapsed();
    let times: Vec<_> = times.into_iter().flatten().collect();
    ensure!(!times.is_empty(), "a load ended before its first request");
    Ok(Outcome::new(times, elapsed))
}

async fn drive(
    load: &Load<'_>,
    mut connection: Connection,
    tickets: &Tickets,
) -> Result<Vec<Duration>> {
    let (mut out, mut times) = (Vec::with_capacity(512), Vec::new());
    let mut start = now();
    while tickets.take(start) {
        out.clear();
        (load.request)(&mut out);
        let status = connection.exchange(&out).await.with_context(|| {
            let line = out.split(|byte| *byte == b'\r').next().unwrap_or_default();
            String::from_utf8_lossy(line).into_owned()
        })?;
        let end = now();
        ensure!(
            status == load.status,
            "an answer has status {status} where {} is due",
            load.status
        );
        times.push(end - start);
        start = end;
    }
    Ok(times)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn tickets(until: Until) -> Tickets {
        Tickets {
            start: now(),
            until,
            given: Cell::new(0),
        }
    }

    #[test]
    fn a_count_is_met_exactly() {
        let tickets = tickets(Until::Count(3));
        let taken = (0..10).filter(|_| tickets.take(tickets.start)).count();
        assert_eq!(taken, 3);
    }

    #[test]
    fn after_its_time_nothing_more_is_asked() {
        let tickets = tickets(Until::Time(Duration::from_secs(1)));
        assert!(tickets.take(tickets.start + Duration::from_millis(999)));
        assert!(!tickets.take(tickets.start + Duration::from_secs(1)));
        assert_eq!(tickets.given.get(), 1);
    }

    #[test]
    fn an_outcome_is_of_all_that_was_done_in_the_time() {
        let times = [4, 1, 3, 2].map(Duration::from_millis).to_vec();
        let outcome = Outcome {
            count: 4,
            per_second: 2.0,
            p50_ms: 2.0,
            p99_ms: 4.0,
        };
        assert_eq!(Outcome::new(times, Duration::from_secs(2)), outcome);
    }
}
