use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde::de::IgnoredAny;
use soloist_engine::RuntimeStatus;
use tempfile::TempDir;

use super::middle;
use crate::clock::{now, time_of_day};
use crate::ground::Bench;
use crate::host::Host;
use crate::http::{Connection, page_request};
use crate::population::{Member, Population};
use crate::report::{Budget, Line};
use crate::seed;
use crate::statistics::{millis, number, percentile};

/// Pages that are not measured.
const WARM_UP: u64 = 3;
/// What a page may cost.
const PAGE_MS: f64 = 10.0;
/// The most instances of one page.
const TOP_MAX: u64 = 1_000;
/// How many pages a list may have, beyond those that would be full.
const PAGES_MAX: u64 = 2_000;

/// A data directory with many instances of all sorts.
pub(super) struct Archive {
    data: PathBuf,
    population: Population,
    /// It goes with this.
    _dir: TempDir,
}

impl Archive {
    pub(super) async fn fill(bench: &Bench) -> Result<Self> {
        let dir = bench.directory()?;
        let data = dir.path().join("host");
        let host = bench.host_with_functions(&data).await?;
        let module = host.digest("chain").await?;
        host.stop().await?;
        let population = Population::until(time_of_day(), bench.scale.listed);
        let mut members = population.members();
        let next = || {
            let member = members.next().expect("there are as many as are counted");
            population.operation(&member, module)
        };
        seed::fill(&data, population.count, next)
            .await
            .context("the archive")?;
        Ok(Self {
            data,
            population,
            _dir: dir,
        })
    }
}

/// A list that is asked for.
struct List {
    what: &'static str,
    query: String,
    top: u64,
    /// Begins near the end of all.
    deep: bool,
    finds: fn(&Member) -> bool,
    /// The places among all that are meant.
    within: std::ops::Range<u64>,
}

/// What a list cost.
#[derive(Serialize)]
pub(super) struct Sample(Vec<Cost>);

#[derive(Serialize)]
struct Cost {
    what: &'static str,
    /// Of the first page.
    p50_ms: f64,
    max_ms: f64,
    /// Pages of 1,000 up to the end, more than are needed for what is found; none where the end was not sought.
    pages_beyond: Option<f64>,
    /// The slowest of those pages.
    slowest_ms: Option<f64>,
}

fn lists(population: &Population) -> Vec<List> {
    use RuntimeStatus::{Completed, Failed, Pending, Running, Suspended, Terminated};
    let all = 0..population.count;
    let middle = population.count / 2;
    let narrow = middle..middle + 1_000;
    let time = |place| {
        let millis = population.created(place).as_millis();
        let time = jiff::Timestamp::from_millisecond(millis);
        time.expect("a time of our days").to_string()
    };
    let range = format!(
        "createdTimeFrom={}&createdTimeTo={}",
        time(narrow.start),
        time(narrow.end - 1)
    );
    let list = |what, query: &str, finds: fn(&Member) -> bool| List {
        what,
        query: query.to_owned(),
        top: 100,
        deep: false,
        finds,
        within: all.clone(),
    };
    let ranged = |what, query: &str, finds: fn(&Member) -> bool| List {
        query: format!("{range}&{query}"),
        within: narrow.clone(),
        ..list(what, "", finds)
    };
    let any: fn(&Member) -> bool = |_| true;
    vec![
        list("all", "", any),
        list("all, without inputs", "showInput=false", any),
        List {
            top: TOP_MAX,
            ..list("all, 1000 a page", "", any)
        },
        List {
            top: TOP_MAX,
            ..list("all, 1000 a page, without inputs", "showInput=false", any)
        },
        List {
            deep: true,
            ..list("all, deep", "", any)
        },
        list("common state", "runtimeStatus=Completed", |one| {
            one.status == Completed
        }),
        list("rare state", "runtimeStatus=Suspended", |one| {
            one.status == Suspended
        }),
        list("no such state", "runtimeStatus=Pending", |one| {
            one.status == Pending
        }),
        list("common function", "functionName=chain", |one| {
            one.function == "chain"
        }),
        list("rare function", "functionName=patient", |one| {
            one.function == "patient"
        }),
        list(
            "common function, rare state",
            "functionName=chain&runtimeStatus=Suspended",
            |one| one.function == "chain" && one.status == Suspended,
        ),
        list("common tag", "tag=region:east", |one| one.region == "east"),
        list("rare tag", "tag=customer:7", |one| one.customer == 7),
        list(
            "common tag, rare state",
            "tag=region:west&runtimeStatus=Suspended",
            |one| one.region == "west" && one.status == Suspended,
        ),
        list(
            "common tag, rare function",
            "tag=region:west&functionName=patient",
            |one| one.region == "west" && one.function == "patient",
        ),
        list(
            "common tag, common state",
            "tag=region:east&runtimeStatus=Failed",
            |one| one.region == "east" && one.status == Failed,
        ),
        list(
            "common tag, common state, none of both",
            "tag=region:west&runtimeStatus=Failed",
            |one| one.region == "west" && one.status == Failed,
        ),
        list(
            "rare tag, common tag",
            "tag=customer:7&tag=region:west",
            |one| one.customer == 7 && one.region == "west",
        ),
        list("common prefix", "instanceIdPrefix=order-", |one| {
            one.prefix == "order-"
        }),
        list("rare prefix", "instanceIdPrefix=vip-", |one| {
            one.prefix == "vip-"
        }),
        list(
            "common prefix, rare state",
            "instanceIdPrefix=order-&runtimeStatus=Suspended",
            |one| one.prefix == "order-" && one.status == Suspended,
        ),
        list(
            "common prefix, rare function",
            "instanceIdPrefix=order-&functionName=patient",
            |one| one.prefix == "order-" && one.function == "patient",
        ),
        list(
            "common prefix, common state",
            "instanceIdPrefix=bill-&runtimeStatus=Running,Terminated",
            |one| one.prefix == "bill-" && matches!(one.status, Running | Terminated),
        ),
        list(
            "common prefix, rare tag",
            "instanceIdPrefix=order-&tag=customer:7",
            |one| one.prefix == "order-" && one.customer == 7,
        ),
        list(
            "rare prefix, common tag",
            "instanceIdPrefix=vip-&tag=region:west",
            |one| one.prefix == "vip-" && one.region == "west",
        ),
        ranged("times", "", any),
        ranged("times, rare state", "runtimeStatus=Suspended", |one| {
            one.status == Suspended
        }),
        ranged("times, rare function", "functionName=patient", |one| {
            one.function == "patient"
        }),
        ranged("times, common tag", "tag=region:west", |one| {
            one.region == "west"
        }),
        ranged("times, rare tag", "tag=customer:7", |one| one.customer == 7),
        ranged("times, common prefix", "instanceIdPrefix=order-", |one| {
            one.prefix == "order-"
        }),
    ]
}

/// All samples of one run.
pub(super) async fn sample(bench: &Bench, archive: &Archive) -> Result<Sample> {
    let host = bench.host(&archive.data).await?;
    let mut costs = Vec::new();
    for list in lists(&archive.population) {
        let cost = cost(bench, &host, archive.population, &list).await;
        costs.push(cost.with_context(|| format!("{}: {}", list.what, list.query))?);
    }
    host.stop().await?;
    Ok(Sample(costs))
}

async fn cost(bench: &Bench, host: &Host, population: Population, list: &List) -> Result<Cost> {
    let mut connection = Connection::open(host.address()).await?;
    let found = population.members().filter(|one| {
        let is_within = list.within.contains(&one.place);
        is_within && (list.finds)(one)
    });
    let found = found.count() as u64;
    let path = |top| {
        format!(
            "/runtime/webhooks/durabletask/instances/?top={top}&{}",
            list.query
        )
    };
    let mut token = String::new();
    if list.deep {
        let most = found - found / 20;
        let walk = walk(&mut connection, host, &path(TOP_MAX), most).await?;
        token = walk.next;
        ensure!(
            walk.found >= most && !token.is_empty(),
            "the list is too short"
        );
    }
    let request = page_request(host.address(), &path(list.top), &token);
    let mut times = Vec::new();
    for number in 0..WARM_UP + bench.scale.pages {
        let start = now();
        connection.page(&request).await?;
        if number >= WARM_UP {
            times.push(start.elapsed());
        }
    }
    times.sort_unstable();
    let mut cost = Cost {
        what: list.what,
        p50_ms: millis(percentile(&times, 50)),
        max_ms: millis(percentile(&times, 100)),
        pages_beyond: None,
        slowest_ms: None,
    };
    if !list.deep {
        let walk = walk(&mut connection, host, &path(TOP_MAX), u64::MAX).await?;
        ensure!(walk.found == found, "{} were found of {found}", walk.found);
        let needed = found.div_ceil(TOP_MAX).max(1);
        cost.pages_beyond = Some(number(walk.pages) - number(needed));
        cost.slowest_ms = Some(millis(walk.slowest));
    }
    Ok(cost)
}

/// The way along the pages of a list.
#[derive(Default)]
struct Walk {
    found: u64,
    pages: u64,
    slowest: Duration,
    /// Where the next page goes on; empty at the end.
    next: String,
}

/// Reads page after page until so many have been found, or there are no more.
async fn walk(connection: &mut Connection, host: &Host, path: &str, most: u64) -> Result<Walk> {
    let mut walk = Walk::default();
    loop {
        let start = now();
        let request = page_request(host.address(), path, &walk.next);
        let (next, body) = connection.page(&request).await?;
        walk.slowest = walk.slowest.max(start.elapsed());
        let page: Vec<IgnoredAny> = serde_json::from_slice(body).context("a page is a list")?;
        walk.found += page.len() as u64;
        walk.pages += 1;
        walk.next = next;
        if walk.next.is_empty() || walk.found >= most {
            return Ok(walk);
        }
        ensure!(
            walk.pages < PAGES_MAX + walk.found / TOP_MAX,
            "a list does not end"
        );
    }
}

pub(super) fn lines(samples: &[Sample], count: u64) -> Vec<Line> {
    let Some(Sample(first)) = samples.first() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    for (place, Cost { what, .. }) in first.iter().enumerate() {
        let of = |value: fn(&Cost) -> f64| middle(samples, |Sample(costs)| value(&costs[place]));
        let mut line = |what: String, value, unit, budget| {
            lines.push(Line::alone(what, value, unit, budget));
        };
        line(
            format!("page of {count}, {what}: p50"),
            of(|cost| cost.p50_ms),
            "ms",
            Budget::AtMost(PAGE_MS),
        );
        line(
            format!("page of {count}, {what}: max"),
            of(|cost| cost.max_ms),
            "ms",
            Budget::None,
        );
        if first[place].pages_beyond.is_some_and(|pages| pages > 0.0) {
            line(
                format!("page of {count}, {what}: pages too many"),
                of(|cost| cost.pages_beyond.unwrap_or_default()),
                "",
                Budget::None,
            );
            line(
                format!("page of {count}, {what}: the slowest of 1000"),
                of(|cost| cost.slowest_ms.unwrap_or_default()),
                "ms",
                Budget::None,
            );
        }
    }
    lines
}
