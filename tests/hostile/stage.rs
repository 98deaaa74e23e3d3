//! The one driver: a warm host, an attack, and a hundred others beside it.

use std::time::Duration;

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use serde_json::{Value, json};
use tests::{Client, Guest, Host, HostOptions, component, eventually};
use tokio::sync::{Barrier, watch};

use crate::lane::Lane;
use crate::watch::{Watch, now, resident};

/// How many instances run beside an attack.
const OTHERS: usize = 100;

/// How much more memory than before the host may have in the end.
const KEPT_MAX: u64 = 64 << 20;

/// How long it may take to give memory back.
const SETTLING_MAX: Duration = Duration::from_secs(15);

/// How long nineteen in twenty answers about readiness may take.
const ANSWER_MAX: Duration = Duration::from_millis(250);

/// How long any may take: others use this machine too, and the host is not optimised here.
const SLOWEST_MAX: Duration = Duration::from_secs(2);

/// How long the instances beside the attack may take, all together.
const OTHERS_MAX: Duration = Duration::from_secs(30);

/// A host that is warm.
pub(crate) struct Stage {
    attack: &'static str,
    host: Host,
    client: Client,
}

/// An attack under way.
pub(crate) struct Siege<'s> {
    pub(crate) client: &'s Client,
    /// All that attack wait here until each is known to run; so do the others.
    pub(crate) begun: Barrier,
    /// Becomes true when the others are through.
    pub(crate) over: watch::Sender<bool>,
}

impl Siege<'_> {
    pub(crate) async fn is_over(&self) {
        let mut over = self.over.subscribe();
        over.wait_for(|over| *over)
            .await
            .expect("the siege holds the sender");
    }
}

impl Stage {
    /// A host with short limits, the plugin `hello-cities` and the guest `hostile`.
    pub(crate) async fn set(attack: &'static str) -> Result<Self> {
        Self::set_with(attack, &[]).await
    }

    /// The same, with further arguments.
    pub(crate) async fn set_with(attack: &'static str, arguments: &[&str]) -> Result<Self> {
        let limits = ["--turn-timeout", "300ms", "--activity-timeout", "3s"];
        let arguments = if arguments.is_empty() {
            &limits
        } else {
            arguments
        };
        let host = Host::start(HostOptions {
            arguments: arguments.iter().map(ToString::to_string).collect(),
            ..HostOptions::default()
        })?;
        let client = host.client();
        for (name, guest) in [
            ("hello-cities", Guest::HelloCities),
            ("say-hello", Guest::SayHello),
        ] {
            client.deploy(name, guest, None).await?;
        }
        let stage = Self {
            attack,
            host,
            client,
        };
        let hostile = component(Guest::Hostile)?;
        stage.deploy("hostile", &hostile, "orchestrator").await?;
        stage
            .deploy("hostile-activity", &hostile, "activity")
            .await?;
        Ok(stage)
    }

    pub(crate) fn client(&self) -> &Client {
        &self.client
    }

    pub(crate) fn pid(&self) -> u32 {
        self.host.pid()
    }

    pub(crate) async fn deploy(&self, name: &str, bytes: &[u8], kind: &str) -> Result<()> {
        self.client
            .deploy_bytes(name, bytes.to_vec(), Some(kind))
            .await
            .map(drop)
    }

    /// Lets all lanes run at once, and others beside them.
    pub(crate) async fn endure(self, lanes: &[Lane]) -> Result<()> {
        self.beside(lanes.len(), async |siege| {
            let running = lanes.iter().enumerate();
            let ends = try_join_all(running.map(|(number, lane)| lane.run(number, siege))).await?;
            Ok(format!("{} ended as they must", ends.iter().sum::<usize>()))
        })
        .await
    }

    /// Lets `attack` run, and others beside it. It has `count` parts, each of which waits at the barrier.
    pub(crate) async fn beside(
        self,
        count: usize,
        attack: impl AsyncFnOnce(&Siege<'_>) -> Result<String>,
    ) -> Result<()> {
        // Twice: the first warms what only the second finds warm.
        self.greet("cold").await?;
        let alone = self.greet("warm").await?;
        let before = resident(self.host.pid())?;
        let watch = Watch::start(self.host.address(), self.host.pid())?;
        let siege = Siege {
            client: &self.client,
            begun: Barrier::new(count + 1),
            over: watch::Sender::new(false),
        };
        let others = async {
            siege.begun.wait().await;
            let took = self.greet("beside").await;
            siege.over.send_replace(true);
            took
        };
        let (beside, ended) = tokio::try_join!(others, attack(&siege))?;
        let settling = now();
        let settled = tokio::time::timeout(
            SETTLING_MAX,
            eventually("the host gives its memory back", async || {
                Ok((resident(self.host.pid())? <= before + KEPT_MAX).then_some(()))
            }),
        )
        .await;
        let settled_in = settling.elapsed();
        let seen = watch.stop()?;
        let mib = |bytes: u64| bytes >> 20;
        let after = resident(self.host.pid())?;
        println!(
            "hostile | {} | {ended} | /readyz {} times, p95 {:.1?}, p99 {:.1?}, slowest {:.1?} | {} MiB, at most {}, then {} ({settled_in:.1?}) | \
             others {beside:.1?}, alone {alone:.1?}",
            self.attack,
            seen.count(),
            seen.percentile(95),
            seen.percentile(99),
            seen.slowest(),
            mib(before),
            mib(seen.peak),
            mib(after),
        );
        settled.with_context(|| {
            let memory = memory_of(self.host.pid());
            format!("the host keeps memory: {memory}")
        })??;
        ensure!(seen.percentile(95) <= ANSWER_MAX, "the host answers slowly");
        ensure!(seen.slowest() <= SLOWEST_MAX, "the host was not there");
        ensure!(beside <= OTHERS_MAX, "the others starve");
        self.greet("after").await?;
        let log = self.host.log();
        ensure!(!log.contains("panicked at"), "the host panicked: {log}");
        Ok(())
    }

    /// Starts a hundred others at once, and waits until each has ended as it must.
    async fn greet(&self, prefix: &str) -> Result<Duration> {
        let begun = now();
        let ids: Vec<_> = (0..OTHERS).map(|n| format!("{prefix}-{n}")).collect();
        let starts = ids
            .iter()
            .map(|id| self.client.start("hello-cities", id, &Value::Null));
        try_join_all(starts).await?;
        let cities = ["Tokyo", "Seattle", "London", "Cairo", "Lima"];
        let greetings = cities.map(|city| format!("Hello {city}!"));
        for id in &ids {
            let ended = self.client.ended(id).await?;
            ensure!(ended.output == json!(greetings), "{id}: {ended:?}");
        }
        Ok(begun.elapsed())
    }
}

/// What the memory of a process consists of.
fn memory_of(pid: u32) -> String {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status")).unwrap_or_default();
    let lines = status.lines().filter(|line| line.starts_with("Rss"));
    lines.collect::<Vec<_>>().join(", ")
}
