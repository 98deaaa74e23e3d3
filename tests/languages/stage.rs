//! Hosts, and what is deployed on them.

use std::collections::HashSet;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, PoisonError, Weak};

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::{Client, Ended, Guest, Host, HostOptions, Language};
use tokio::sync;

use crate::cache::Kept;

/// A host for one language. What a test needs on it, the test deploys: a name that is there already costs nothing.
pub(crate) struct Stage {
    pub(crate) host: Host,
    pub(crate) language: Language,
    deployed: sync::Mutex<HashSet<String>>,
}

/// The hosts that tests of this process share, by language and by whose names count: the suite has orchestrators and
/// activities of one name, and a host binds a name to one function. None is alive longer than the tests on it.
static SHARED: Mutex<Vec<(Language, Names, Weak<Stage>)>> = Mutex::new(Vec::new());

/// Whose a name is that both an orchestrator and an activity have.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Names {
    Orchestrators,
    Activities,
}

impl Stage {
    /// The host of a language, which its tests share.
    pub(crate) fn of(language: Language) -> Result<Arc<Self>> {
        Self::shared(language, Names::Orchestrators)
    }

    /// The one on which `fails`, `throws` and `context` are activities.
    pub(crate) fn of_activities(language: Language) -> Result<Arc<Self>> {
        Self::shared(language, Names::Activities)
    }

    fn shared(language: Language, names: Names) -> Result<Arc<Self>> {
        let mut shared = SHARED.lock().unwrap_or_else(PoisonError::into_inner);
        let alive = shared.iter().find_map(|(of, whose, stage)| {
            let same = *of == language && *whose == names;
            same.then(|| stage.upgrade()).flatten()
        });
        if let Some(stage) = alive {
            return Ok(stage);
        }
        let stage = Arc::new(Self::alone(language, HostOptions::default())?);
        shared.retain(|(_, _, stage)| stage.strong_count() > 0);
        shared.push((language, names, Arc::downgrade(&stage)));
        Ok(stage)
    }

    /// A host for one test, which may kill it.
    pub(crate) fn alone(language: Language, options: HostOptions) -> Result<Self> {
        Ok(Self {
            host: Host::start(options)?,
            language,
            deployed: sync::Mutex::default(),
        })
    }

    pub(crate) fn client(&self) -> Client {
        self.host.client()
    }

    /// Sees to it that these functions of the suite's orchestrator component are there.
    pub(crate) async fn orchestrators(&self, names: &[&str]) -> Result<()> {
        let guest = Guest::Suite(self.language);
        self.deploy(guest, "orchestrator", names).await
    }

    /// Sees to it that these functions of the suite's activity component are there.
    pub(crate) async fn activities(&self, names: &[&str]) -> Result<()> {
        let guest = Guest::SuiteActivity(self.language);
        self.deploy(guest, "activity", names).await
    }

    /// Sees to it that a guest serves these names. The host that has compiled a component once is asked at once the next time.
    pub(crate) async fn deploy(&self, guest: Guest, kind: &str, names: &[&str]) -> Result<()> {
        let mut deployed = self.deployed.lock().await;
        for name in names {
            if deployed.contains(*name) {
                continue;
            }
            let bytes = tests::component(guest)?;
            let kept = Kept::of(&guest.file())?;
            kept.bring(self.host.data())?;
            let client = self.client();
            let digest = client.deploy_bytes(name, bytes, Some(kind)).await?;
            kept.keep(self.host.data(), &digest)?;
            deployed.insert((*name).to_owned());
        }
        Ok(())
    }

    /// Runs an instance of an orchestrator of the suite, which needs these activities.
    pub(crate) async fn run(
        &self,
        function: &str,
        input: Value,
        activities: &[&str],
    ) -> Result<Run> {
        let id = self.start(function, input, activities).await?;
        let ended = self.client().ended(&id).await?;
        Ok(Run { id, ended })
    }

    /// The output of an instance that has to complete.
    pub(crate) async fn output(
        &self,
        function: &str,
        input: Value,
        activities: &[&str],
    ) -> Result<Value> {
        let Run { id, ended } = self.run(function, input, activities).await?;
        ensure!(ended.status == "Completed", "{id}: {ended:?}");
        Ok(ended.output)
    }

    /// Starts an instance of an orchestrator of the suite, which needs these activities. Returns its ID.
    pub(crate) async fn start(
        &self,
        function: &str,
        input: Value,
        activities: &[&str],
    ) -> Result<String> {
        self.orchestrators(&[function]).await?;
        self.activities(activities).await?;
        let id = fresh(function);
        self.client().start(function, &id, &input).await?;
        Ok(id)
    }

    /// Starts an instance that calls an activity of the suite. The orchestrator is in Rust, so that the input can be anything.
    pub(crate) async fn start_caller(&self, activity: &str, input: Value) -> Result<String> {
        self.deploy(Guest::Scenarios, "orchestrator", &["caller"])
            .await?;
        self.activities(&[activity]).await?;
        let id = fresh("caller");
        let input = json!({"kind": "chain", "n": 1, "activity": activity, "input": input});
        self.client().start("caller", &id, &input).await?;
        Ok(id)
    }

    /// What an activity of the suite answers, or its failure.
    pub(crate) async fn act(&self, activity: &str, input: Value) -> Result<Result<Value, Value>> {
        let id = self.start_caller(activity, input).await?;
        let ended = self.client().ended(&id).await?;
        if ended.status == "Completed" {
            return Ok(Ok(ended.output[0].clone()));
        }
        let events = self.client().events(&id).await?;
        let failed = events.iter().find(|event| event["type"] == "TaskFailed");
        let failed = failed.with_context(|| format!("no activity failed: {events:?}"))?;
        Ok(Err(failed["failure"].clone()))
    }

    /// The name of this language's chain.
    pub(crate) fn chain(&self) -> String {
        format!("chain-{}", self.language)
    }
}

/// An instance that has ended.
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) ended: Ended,
}

/// An instance ID that no test of this process has used.
pub(crate) fn fresh(function: &str) -> String {
    static USED: AtomicUsize = AtomicUsize::new(0);
    format!("{function}-{}", USED.fetch_add(1, Ordering::Relaxed))
}

/// How many events of a history are of this kind.
pub(crate) fn count(events: &[Value], kind: &str) -> usize {
    events.iter().filter(|event| event["type"] == kind).count()
}
