//! Lists and counts while instances come, change and go.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};

use anyhow::{Context as _, Result, bail, ensure};
use serde_json::{Value, json};
use tests::{Client, HostOptions};

use crate::find::{INSTANCES, ids};
use crate::host_with;

/// How many there are of each kind that stays.
const STAYING: usize = 12;
/// How often each list is read at most.
const ROUNDS_MAX: usize = 2_000;
/// How much has to happen meanwhile for the test to show anything.
const CHANGES: usize = 200;

/// What happens beside the lists.
#[derive(Default)]
struct Meanwhile {
    over: AtomicBool,
    gone: AtomicUsize,
    turned: AtomicUsize,
}

impl Meanwhile {
    fn is_over(&self) -> bool {
        self.over.load(Ordering::Relaxed)
    }

    fn is_enough(&self) -> bool {
        let many = |count: &AtomicUsize| count.load(Ordering::Relaxed) >= CHANGES;
        many(&self.gone) && many(&self.turned)
    }
}

/// Starts, ends and purges instances that nobody will use again, until it is told that it is over.
async fn come_and_go(client: &Client, lane: usize, meanwhile: &Meanwhile) -> Result<()> {
    for gone in 0.. {
        if meanwhile.is_over() {
            break;
        }
        let id = format!("passing-{lane}-{gone}");
        let path = format!("/api/orchestrators/chain/{id}?tag=stays:no");
        let started = client.post(&path, &json!({"n": 1})).await?;
        ensure!(started.status() == 202, "{id}: {}", started.status());
        ensure!(client.ended(&id).await?.status == "Completed");
        // Some stay for a while, so that lists are of more than those that stay for good.
        if gone % 3 == 2 {
            for back in 0..3 {
                let id = format!("passing-{lane}-{}", gone - back);
                let purged = client.delete(&format!("{INSTANCES}{id}")).await?;
                ensure!(purged.status() == 200, "{id}: {}", purged.status());
            }
        }
        meanwhile.gone.fetch_add(1, Ordering::Relaxed);
    }
    Ok(())
}

/// Suspends and resumes instances in turn, until it is told that it is over.
async fn turn(client: &Client, meanwhile: &Meanwhile) -> Result<()> {
    while !meanwhile.is_over() {
        for verb in ["suspend", "resume"] {
            for number in 0..STAYING {
                let told = client
                    .manage(&format!("turning-{number}"), verb, "why")
                    .await?;
                ensure!(told == 202, "{verb} {number}: {told}");
                meanwhile.turned.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
    Ok(())
}

fn named(kinds: &[&str]) -> BTreeSet<String> {
    let names = |kind: &&str| -> Vec<String> {
        (0..STAYING)
            .map(|number| format!("{kind}-{number}"))
            .collect()
    };
    kinds.iter().flat_map(names).collect()
}

/// Reads all lists, and what is counted, again and again, until enough has happened beside.
async fn look(client: &Client, meanwhile: &Meanwhile) -> Result<()> {
    let lists: [(&str, &[&str]); 9] = [
        ("top=3", &["stay-live", "stay-done", "turning"]),
        ("top=2&tag=stays:yes", &["stay-live", "stay-done"]),
        ("top=3&instanceIdPrefix=stay-", &["stay-live", "stay-done"]),
        ("top=3&functionName=events", &["stay-live", "turning"]),
        ("top=3&runtimeStatus=Completed", &["stay-done"]),
        (
            "top=2&runtimeStatus=Running,Suspended",
            &["stay-live", "turning"],
        ),
        (
            "top=2&instanceIdPrefix=stay-&runtimeStatus=Running",
            &["stay-live"],
        ),
        (
            "top=2&tag=stays:yes&runtimeStatus=Completed",
            &["stay-done"],
        ),
        (
            "top=2&createdTimeFrom=2020-01-01&functionName=chain&tag=stays:yes",
            &["stay-done"],
        ),
    ];
    for round in 0..ROUNDS_MAX {
        if meanwhile.is_enough() {
            return Ok(());
        }
        for (query, kinds) in lists {
            let mut times = BTreeMap::<_, u32>::new();
            for id in ids(client, query).await? {
                *times.entry(id).or_default() += 1;
            }
            let doubled: Vec<_> = times.iter().filter(|(_, times)| **times > 1).collect();
            ensure!(doubled.is_empty(), "{round}: {query}: {doubled:?}");
            let missed: Vec<_> = named(kinds)
                .into_iter()
                .filter(|id| !times.contains_key(id))
                .collect();
            ensure!(missed.is_empty(), "{round}: {query}: {missed:?} are missed");
        }
        // Whatever state they are in, they are counted once.
        let counts: Value = client
            .get("/admin/instances/counts?functionName=events")
            .await?
            .json()
            .await?;
        ensure!(counts["total"] == 2 * STAYING, "{round}: {counts}");
        let tagged: Value = client
            .get("/admin/instances/counts?tag=stays:yes")
            .await?
            .json()
            .await?;
        ensure!(
            tagged["counts"]["Completed"] == STAYING,
            "{round}: {tagged}"
        );
        ensure!(tagged["counts"]["Running"] == STAYING, "{round}: {tagged}");
    }
    bail!("too little happened meanwhile; the test showed nothing")
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_stays_is_found_once_whatever_comes_changes_and_goes() -> Result<()> {
    let (mut host, client) = host_with(HostOptions::default(), &["events", "chain"]).await?;
    for number in 0..STAYING {
        for (function, kind, tag) in [
            ("events", "stay-live", "?tag=stays:yes"),
            ("chain", "stay-done", "?tag=stays:yes"),
            ("events", "turning", ""),
        ] {
            let id = format!("{kind}-{number}");
            let path = format!("/api/orchestrators/{function}/{id}{tag}");
            let started = client.post(&path, &json!({"n": 1})).await?;
            ensure!(started.status() == 202, "{id}: {}", started.status());
            if function == "chain" {
                ensure!(client.ended(&id).await?.status == "Completed");
            }
        }
    }
    for id in named(&["stay-live", "turning"]) {
        client
            .history_shows(&id, "a wait", |events| {
                events.iter().any(|event| event["type"] == "EventAwaited")
            })
            .await?;
    }
    let meanwhile = Meanwhile::default();
    let looked = async {
        let looked = look(&client, &meanwhile).await;
        meanwhile.over.store(true, Ordering::Relaxed);
        looked
    };
    let (looked, turned, first, second) = tokio::join!(
        looked,
        turn(&client, &meanwhile),
        come_and_go(&client, 1, &meanwhile),
        come_and_go(&client, 2, &meanwhile),
    );
    for outcome in [looked, turned, first, second] {
        outcome?;
    }
    // What is counted after a kill is what is listed.
    host.kill()?;
    host.restart()?;
    let client = host.client();
    let counts: Value = client.get("/admin/instances/counts").await?.json().await?;
    for state in ["Running", "Suspended", "Completed", "Failed", "Terminated"] {
        let listed = ids(&client, &format!("runtimeStatus={state}")).await?;
        ensure!(counts["counts"][state] == listed.len(), "{state}: {counts}");
    }
    let all = ids(&client, "").await?.len();
    let total = counts["total"].as_u64().context("a number")?;
    ensure!(total == all as u64, "{all} of {counts}");
    Ok(())
}
