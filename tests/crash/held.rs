//! Instances that are suspended over a kill.

use anyhow::{Context, Result, ensure};
use futures_util::future::try_join_all;
use rand::seq::IndexedRandom;
use serde_json::Value;
use tests::Client;

use crate::fleet::{Fleet, Kind};

/// Suspended instances, with what they had asked for by then.
pub(crate) struct Held(Vec<(String, usize)>);

fn requests(events: &[Value]) -> usize {
    let asked = |event: &&Value| event.get("taskKey").is_some();
    events.iter().filter(asked).count()
}

/// Suspends up to so many chains that run.
pub(crate) async fn suspend_some(fleet: &Fleet, client: &Client, number: usize) -> Result<Held> {
    let chains: Vec<_> = fleet
        .jobs()
        .iter()
        .filter(|job| job.kind == Kind::Chain && !job.ended)
        .collect();
    let chosen: Vec<_> = chains
        .choose_multiple(&mut rand::rng(), number)
        .copied()
        .collect();
    let mut held = Vec::new();
    for job in chosen {
        let status = client.manage(&job.id, "suspend", "kill").await?;
        ensure!(status == 202 || status == 410, "suspend: {status}");
        if status == 202 {
            held.push((job.id.clone(), requests(&client.events(&job.id).await?)));
        }
    }
    Ok(Held(held))
}

impl Held {
    /// They are suspended still, and have asked for nothing more; then they go on. Returns how many there were.
    pub(crate) async fn go_on(self, client: &Client) -> Result<usize> {
        try_join_all(self.0.iter().map(|(id, before)| async move {
            let status = client.status(id).await?.context("it was started")?;
            ensure!(status["runtimeStatus"] == "Suspended", "{id}: {status}");
            let now = requests(&client.events(id).await?);
            ensure!(
                now == *before,
                "{id} asked for {now} things, and for {before} before"
            );
            let resumed = client.manage(id, "resume", "kill").await?;
            ensure!(resumed == 202, "{id} is not resumed: {resumed}");
            Ok(())
        }))
        .await?;
        Ok(self.0.len())
    }
}
