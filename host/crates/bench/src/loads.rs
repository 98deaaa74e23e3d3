//! The loads that a host is put under. After each, what stands in its database is counted.

use std::net::SocketAddr;

use anyhow::Result;

use crate::ground::STEPS;
use crate::host::Host;
use crate::http::request;
use crate::load::{self, Load, Outcome, Until};
use crate::names;
use crate::statistics::number;
use crate::stored::{Count, Reader};
use crate::written::{EVENTS_OF_ONE_TURN, events_of_steps};

/// Connections of the rows whose instances run at once.
pub(crate) const AT_ONCE: usize = 64;
/// Connections that start instances.
pub(crate) const STARTERS: usize = 64;

/// An outcome, and the CPU time and the commits of the host meanwhile.
#[derive(Debug, Clone, serde::Serialize)]
pub(crate) struct Measured {
    #[serde(flatten)]
    pub(crate) outcome: Outcome,
    pub(crate) cpu_ms_each: f64,
    pub(crate) commits_each: f64,
}

/// Writes requests that start instances of a function with such an input, and are answered once they have ended.
pub(crate) fn whole(address: SocketAddr, function: &str, activities: u64) -> impl Fn(&mut Vec<u8>) {
    move |out| {
        let name = names::instance();
        let path = format_args!(
            "/runtime/webhooks/durabletask/orchestrators/{function}/{name}?timeout=600&pollingInterval=1"
        );
        request(
            out,
            address,
            "POST",
            path,
            activities.to_string().as_bytes(),
        );
    }
}

/// Writes requests that start instances of a function, and are answered once they have begun.
pub(crate) fn begun(address: SocketAddr, function: &str) -> impl Fn(&mut Vec<u8>) {
    move |out| {
        let name = names::instance();
        let path = format_args!("/api/orchestrators/{function}/{name}");
        request(out, address, "POST", path, &[]);
    }
}

/// What so many instances leave that have made so many activities each.
pub(crate) fn ended_with(instances: u64, activities: u64) -> Count {
    Count {
        instances,
        completed: instances,
        events: instances * events_of_steps(activities),
    }
}

/// What so many instances leave that have ended in their first turn.
pub(crate) fn ended_at_once(instances: u64) -> Count {
    Count {
        instances,
        completed: instances,
        events: instances * EVENTS_OF_ONE_TURN,
    }
}

/// Starts instances of a function that makes so many activities, and waits for the end of each: one request an instance.
pub(crate) async fn ended(
    host: &Host,
    function: &str,
    activities: u64,
    connections: usize,
    until: Until,
) -> Result<Measured> {
    let load = Load {
        address: host.address(),
        connections,
        status: 200,
        request: &whole(host.address(), function, activities),
    };
    let due = |count| ended_with(count, activities);
    counted(host, function, &load, until, due).await
}

/// Chains of five activities.
pub(crate) async fn chains(host: &Host, connections: usize, until: Until) -> Result<Measured> {
    ended(host, "chain", STEPS, connections, until).await
}

/// Starts instances of distinct ids that end at once.
pub(crate) async fn starts(host: &Host, until: Until) -> Result<Measured> {
    let load = Load {
        address: host.address(),
        connections: STARTERS,
        status: 202,
        request: &begun(host.address(), "instant"),
    };
    let due = ended_at_once;
    counted(host, "starts", &load, until, due).await
}

/// Starts instances that sleep for an hour.
pub(crate) async fn sleepers(host: &Host, count: u64) -> Result<Measured> {
    let load = Load {
        address: host.address(),
        connections: STARTERS,
        status: 202,
        request: &begun(host.address(), "sleeper"),
    };
    let due = |count| Count {
        instances: count,
        completed: 0,
        events: count * EVENTS_OF_ONE_TURN,
    };
    counted(host, "sleepers", &load, Until::Count(count), due).await
}

/// Starts, again and again, what is live already. Nothing may come of it.
pub(crate) async fn duplicates(host: &Host, until: Until) -> Result<Measured> {
    sleepers(host, 1).await?;
    let name = Reader::open(host.data())?.some_instance("sleeper")?;
    let address = host.address();
    let write = |out: &mut Vec<u8>| {
        let path = format_args!("/api/orchestrators/sleeper/{name}");
        request(out, address, "POST", path, &[]);
    };
    let load = Load {
        address,
        connections: STARTERS,
        status: 409,
        request: &write,
    };
    counted(host, "duplicates", &load, until, |_| Count::default()).await
}

async fn counted(
    host: &Host,
    what: &str,
    load: &Load<'_>,
    until: Until,
    due: impl FnOnce(u64) -> Count,
) -> Result<Measured> {
    let reader = Reader::open(host.data())?;
    let mark = reader.mark()?;
    let cpu = host.process().cpu()?;
    let outcome = load::run(load, until).await?;
    let cpu = host.process().cpu()?.saturating_sub(cpu);
    reader.check(what, mark, due(outcome.count)).await?;
    Ok(Measured {
        cpu_ms_each: cpu.as_secs_f64() * 1e3 / number(outcome.count),
        commits_each: number(reader.commits_since(mark)?) / number(outcome.count),
        outcome,
    })
}
