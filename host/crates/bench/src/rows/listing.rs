mod cases;

use std::ops::Range;
use std::path::PathBuf;
use std::time::Duration;

use anyhow::{Context as _, Result, ensure};
use serde::Serialize;
use serde::de::IgnoredAny;
use tempfile::TempDir;

use self::cases::{CROSSED, Case, RANGED, SINGLE};
use super::middle;
use crate::clock::{now, time_of_day};
use crate::ground::Bench;
use crate::host::Host;
use crate::http::{self, Connection, page_request};
use crate::population::{Member, Population};
use crate::seed;
use crate::statistics::{millis, number, percentile};
use crate::table::{Budget, Line};

/// Requests that are not measured.
const WARM_UP: usize = 3;
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
        let dir = bench.place.directory()?;
        let data = dir.path().join("host");
        let host = bench.place.host_with_functions(&data).await?;
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
    within: Range<u64>,
}

/// Counts that are asked for.
const COUNTS: [(&str, &str); 3] = [
    ("all", ""),
    ("a common function", "functionName=chain"),
    ("a rare tag", "tag=customer:7"),
];

#[derive(Serialize)]
pub(super) struct Sample {
    pages: Vec<Cost>,
    counts: Vec<Cost>,
}

/// What a list or a count cost.
#[derive(Serialize)]
struct Cost {
    what: &'static str,
    /// Of the first page.
    p50_ms: f64,
    max_ms: f64,
    /// Pages of 1,000 up to the end, more than are needed for what is found; none where the end was not sought.
    pages_beyond: f64,
    /// The slowest of those pages.
    slowest_ms: f64,
}

fn lists(population: Population) -> Vec<List> {
    let list = |(what, query, finds): Case| List {
        what,
        query: query.to_owned(),
        top: 100,
        deep: false,
        finds,
        within: 0..population.count,
    };
    let (narrow, times) = narrow(population);
    let ranged = |case: Case| {
        let list = list(case);
        List {
            query: format!("{times}&{}", list.query),
            within: narrow.clone(),
            ..list
        }
    };
    let all: Case = ("all", "", |_| true);
    let without: Case = ("all, without inputs", "showInput=false", |_| true);
    let mut lists = vec![
        list(all),
        list(without),
        List {
            what: "all, 1000 a page",
            top: TOP_MAX,
            ..list(all)
        },
        List {
            what: "all, 1000 a page, without inputs",
            top: TOP_MAX,
            ..list(without)
        },
        List {
            what: "all, near the end",
            deep: true,
            ..list(all)
        },
    ];
    lists.extend(SINGLE.map(list));
    lists.extend(CROSSED.map(list));
    lists.extend(RANGED.map(ranged));
    lists
}

/// A few among all, and what asks for those that were created then.
fn narrow(population: Population) -> (Range<u64>, String) {
    let middle = population.count / 2;
    let narrow = middle..middle + 1_000;
    let time = |place| {
        let millis = population.created(place).as_millis();
        let time = jiff::Timestamp::from_millisecond(millis);
        time.expect("a time of our days")
    };
    let (from, to) = (time(narrow.start), time(narrow.end - 1));
    (narrow, format!("createdTimeFrom={from}&createdTimeTo={to}"))
}

/// All samples of one run.
pub(super) async fn sample(bench: &Bench, archive: &Archive) -> Result<Sample> {
    let host = bench.place.host(&archive.data).await?;
    let (mut pages, mut counts) = (Vec::new(), Vec::new());
    for list in lists(archive.population) {
        let cost = page(bench, &host, archive.population, &list).await;
        pages.push(cost.with_context(|| format!("{}: {}", list.what, list.query))?);
    }
    for (what, query) in COUNTS {
        let path = format!("/admin/instances/counts?{query}");
        let mut connection = Connection::open(host.address()).await?;
        let mut request = Vec::new();
        http::request(
            &mut request,
            host.address(),
            "GET",
            format_args!("{path}"),
            &[],
        );
        let mut times = Vec::new();
        for _ in 0..WARM_UP + bench.scale.pages {
            let start = now();
            let status = connection.exchange(&request).await?;
            times.push(start.elapsed());
            ensure!(status == 200, "{path}: {status}");
        }
        counts.push(Cost::new(what, times));
    }
    host.stop().await?;
    Ok(Sample { pages, counts })
}

async fn page(bench: &Bench, host: &Host, population: Population, list: &List) -> Result<Cost> {
    let mut connection = Connection::open(host.address()).await?;
    let found = population.members().filter(|one| {
        let is_within = list.within.contains(&one.place);
        is_within && (list.finds)(one)
    });
    let found = found.count() as u64;
    let path = |top| {
        let query = &list.query;
        format!("/runtime/webhooks/durabletask/instances/?top={top}&{query}")
    };
    let mut token = String::new();
    if list.deep {
        let most = found - found / 20;
        let walk = walk(&mut connection, host, &path(TOP_MAX), most).await?;
        token = walk.next;
        ensure!(walk.found >= most, "only {} were found", walk.found);
        ensure!(!token.is_empty(), "the list ends early");
    }
    let request = page_request(host.address(), &path(list.top), &token);
    let mut times = Vec::new();
    for _ in 0..WARM_UP + bench.scale.pages {
        let start = now();
        connection.page(&request).await?;
        times.push(start.elapsed());
    }
    let mut cost = Cost::new(list.what, times);
    if !list.deep {
        let walk = walk(&mut connection, host, &path(TOP_MAX), u64::MAX).await?;
        ensure!(walk.found == found, "{} were found of {found}", walk.found);
        let needed = found.div_ceil(TOP_MAX).max(1);
        cost.pages_beyond = number(walk.pages) - number(needed);
        cost.slowest_ms = millis(walk.slowest);
    }
    Ok(cost)
}

impl Cost {
    /// From the times of all requests, in their order.
    fn new(what: &'static str, mut times: Vec<Duration>) -> Self {
        times.drain(..WARM_UP);
        times.sort_unstable();
        Self {
            what,
            p50_ms: millis(percentile(&times, 50)),
            max_ms: millis(percentile(&times, 100)),
            pages_beyond: 0.0,
            slowest_ms: 0.0,
        }
    }
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
    let Some(Sample { pages, counts }) = samples.first() else {
        return Vec::new();
    };
    let mut lines = Vec::new();
    let mut line = |what: String, value, unit, budget| {
        lines.push(Line::alone(what, value, unit, budget));
    };
    for (place, Cost { what, .. }) in pages.iter().enumerate() {
        let of = |value: fn(&Cost) -> f64| middle(samples, |sample| value(&sample.pages[place]));
        let name = format!("page of {count}: {what}");
        let p50 = of(|cost| cost.p50_ms);
        line(name.clone(), p50, "ms", Budget::AtMost(PAGE_MS));
        line(
            format!("{name}: max"),
            of(|cost| cost.max_ms),
            "ms",
            Budget::None,
        );
        let beyond = of(|cost| cost.pages_beyond);
        if beyond > 0.0 {
            let slowest = of(|cost| cost.slowest_ms);
            line(format!("{name}: pages too many"), beyond, "", Budget::None);
            line(
                format!("{name}: the slowest of 1000"),
                slowest,
                "ms",
                Budget::None,
            );
        }
    }
    for (place, Cost { what, .. }) in counts.iter().enumerate() {
        let of = |value: fn(&Cost) -> f64| middle(samples, |sample| value(&sample.counts[place]));
        let name = format!("count of {count}: {what}");
        let p50 = of(|cost| cost.p50_ms);
        line(name.clone(), p50, "ms", Budget::AtMost(PAGE_MS));
        line(
            format!("{name}: max"),
            of(|cost| cost.max_ms),
            "ms",
            Budget::None,
        );
    }
    lines
}
