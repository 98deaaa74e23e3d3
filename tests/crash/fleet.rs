//! The instances that live through the kills.

use std::collections::HashMap;

use anyhow::{Result, ensure};
use futures_util::future::{join_all, try_join_all};
use futures_util::stream::{self, StreamExt};
use rand::seq::IndexedRandom;
use serde_json::{Value, json};
use tests::{Client, eventually};

use crate::scripts;

/// How many requests the test has under way at once.
const CONCURRENCY: usize = 32;

/// What an instance does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Chain,
    Fan,
    Events,
    Counter,
    Sleepy,
    Race,
    /// Activities that nobody awaits, and then an end of the kind given.
    FireAndForget(&'static str),
    /// Calls children, and one that nobody awaits.
    Family,
    /// Attempts that fail, of activities and of a child.
    Retried,
    /// Sends events to a child.
    Sender,
    /// The same ID is started again as soon as its execution has ended.
    Replaced,
}

const KINDS: [Kind; 13] = [
    Kind::Chain,
    Kind::Fan,
    Kind::Events,
    Kind::Counter,
    Kind::Sleepy,
    Kind::Race,
    Kind::FireAndForget("complete"),
    Kind::FireAndForget("fail"),
    Kind::FireAndForget("continue-as-new"),
    Kind::Replaced,
    Kind::Family,
    Kind::Retried,
    Kind::Sender,
];

/// One accepted instance, and what the test has seen of it.
#[derive(Debug)]
pub(crate) struct Job {
    pub(crate) id: String,
    pub(crate) kind: Kind,
    /// How many of its starts were accepted for certain.
    pub(crate) starts: usize,
    /// Events that were accepted for certain.
    pub(crate) accepted: Vec<u64>,
    /// The number of the next event.
    pub(crate) next_event: u64,
    pub(crate) ended: bool,
}

impl Job {
    fn function(&self) -> &'static str {
        match self.kind {
            Kind::Chain => "chain",
            Kind::Fan => "fan",
            Kind::Events => "events",
            Kind::Counter => "counter",
            Kind::Sleepy => "sleepy",
            Kind::Race => "race",
            Kind::FireAndForget(_) | Kind::Replaced => "fire-and-forget",
            Kind::Family | Kind::Retried | Kind::Sender => "script",
        }
    }

    pub(crate) fn input(&self) -> Value {
        let effect = |delay: u64| json!({"delayMs": delay, "label": self.id});
        match self.kind {
            Kind::Chain => json!({"n": 6, "activity": "effects", "input": effect(150)}),
            Kind::Fan => json!({"n": 12, "activity": "effects", "input": effect(300)}),
            Kind::Events => json!({"name": "Go", "n": 4}),
            Kind::Counter => json!({"until": 5, "step": true}),
            Kind::Sleepy => json!({"ms": 250, "n": 5}),
            Kind::Race => json!({"timerMs": 400, "activity": "effects", "input": effect(400)}),
            Kind::Family => scripts::family(&self.id),
            Kind::Retried => scripts::retried(&self.id),
            Kind::Sender => scripts::sender(&self.id),
            Kind::FireAndForget(end) => {
                json!({"n": 3, "activity": "effects", "input": effect(250), "end": end})
            }
            Kind::Replaced => {
                json!({"n": 3, "activity": "effects", "input": effect(250), "end": "complete"})
            }
        }
    }
}

/// What became of a start whose answer may have been lost.
pub(crate) type Starts = Vec<(Job, bool)>;

/// What became of events: instance, number, and whether it was accepted for certain.
pub(crate) type Events = Vec<(String, u64, bool)>;

#[derive(Debug, Default)]
pub(crate) struct Fleet {
    jobs: Vec<Job>,
    made: usize,
}

impl Fleet {
    pub(crate) fn jobs(&self) -> &[Job] {
        &self.jobs
    }

    fn new_job(number: usize) -> Job {
        let kind = KINDS[number % KINDS.len()];
        Job {
            id: format!("job-{number}"),
            kind,
            starts: 0,
            accepted: Vec::new(),
            next_event: 0,
            ended: false,
        }
    }

    /// Starts instances until so many are unfinished, as far as is known.
    pub(crate) async fn top_up(&mut self, client: &Client, wanted: usize) -> Result<()> {
        let unfinished = self.count_unfinished(client).await?;
        let number = wanted.saturating_sub(unfinished);
        let starts = self.start_some(client, number).await;
        ensure!(
            starts.iter().all(|(_, accepted)| *accepted),
            "a start was refused though the host was up"
        );
        self.note(Vec::new(), starts);
        Ok(())
    }

    /// Starts so many instances; the answers may be lost.
    pub(crate) async fn start_some(&self, client: &Client, number: usize) -> Starts {
        let jobs = (self.made..self.made + number).map(Self::new_job);
        let starts = jobs.map(|job| async move {
            let accepted = client
                .start(job.function(), &job.id, &job.input())
                .await
                .is_ok();
            (job, accepted)
        });
        stream::iter(starts)
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await
    }

    /// Raises the next event of all that wait for one; the answers may be lost.
    pub(crate) async fn raise_events(&self, client: &Client) -> Events {
        let waiting = self
            .jobs
            .iter()
            .filter(|job| job.kind == Kind::Events && !job.ended);
        join_all(waiting.map(|job| async {
            let number = job.next_event;
            let accepted = client
                .raise(&job.id, "Go", &json!(number))
                .await
                .is_ok_and(|status| status == 202);
            (job.id.clone(), number, accepted)
        }))
        .await
    }

    /// Remembers what became of starts and events.
    pub(crate) fn note(&mut self, events: Events, starts: Starts) {
        self.made += starts.len();
        // A start whose answer was lost may have been accepted or not: it is not asked about.
        let accepted = starts.into_iter().filter(|(_, accepted)| *accepted);
        self.jobs
            .extend(accepted.map(|(job, _)| Job { starts: 1, ..job }));
        let events: HashMap<_, _> = events
            .into_iter()
            .map(|(id, number, accepted)| (id, (number, accepted)))
            .collect();
        for job in &mut self.jobs {
            if let Some((number, accepted)) = events.get(&job.id) {
                job.next_event = number + 1;
                job.accepted.extend(accepted.then_some(*number));
            }
        }
    }

    /// Asks about all that are not known to have ended.
    pub(crate) async fn count_unfinished(&mut self, client: &Client) -> Result<usize> {
        let asked = self
            .jobs
            .iter()
            .enumerate()
            .filter(|(_, job)| !job.ended)
            .map(|(index, job)| async move {
                let status = client.status(&job.id).await?;
                let status = status.as_ref().map(|status| {
                    status["runtimeStatus"]
                        .as_str()
                        .unwrap_or_default()
                        .to_owned()
                });
                anyhow::Ok((index, status))
            });
        let statuses: Vec<_> = stream::iter(asked)
            .buffer_unordered(CONCURRENCY)
            .collect()
            .await;
        let mut unfinished = 0;
        for status in statuses {
            let (index, status) = status?;
            let Some(status) = status else {
                anyhow::bail!("{} is gone", self.jobs[index].id)
            };
            let job = &mut self.jobs[index];
            if !matches!(status.as_str(), "Completed" | "Failed" | "Terminated") {
                unfinished += 1;
            } else if job.kind == Kind::Replaced && job.starts < 3 {
                // Its activities may still run: the next execution takes its place meanwhile.
                client.start(job.function(), &job.id, &job.input()).await?;
                job.starts += 1;
                unfinished += 1;
            } else {
                job.ended = true;
            }
        }
        Ok(unfinished)
    }

    /// One look at a random instance.
    pub(crate) async fn look_at_one(&self, client: &Client) {
        let job = self.jobs.choose(&mut rand::rng());
        if let Some(job) = job {
            drop(client.status(&job.id).await);
        }
    }

    /// The histories of some random unfinished instances: instance, execution, events.
    pub(crate) async fn histories(
        &self,
        client: &Client,
        number: usize,
    ) -> Result<Vec<(String, String, Vec<Value>)>> {
        let unfinished: Vec<_> = self.jobs.iter().filter(|job| !job.ended).collect();
        let chosen: Vec<_> = unfinished
            .choose_multiple(&mut rand::rng(), number)
            .copied()
            .collect();
        try_join_all(chosen.into_iter().map(|job| async {
            let (execution, events) = client.execution(&job.id).await?;
            Ok((job.id.clone(), execution, events))
        }))
        .await
    }

    /// Raises events and waits until all have ended.
    pub(crate) async fn finish(&mut self, client: &Client) -> Result<()> {
        let this = tokio::sync::Mutex::new(self);
        eventually("every accepted start ends", async || {
            let mut fleet = this.lock().await;
            let events = fleet.raise_events(client).await;
            fleet.note(events, Vec::new());
            Ok((fleet.count_unfinished(client).await? == 0).then_some(()))
        })
        .await
    }
}
