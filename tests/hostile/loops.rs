//! Loops without end.

use anyhow::Result;

use crate::lane::{End, activity, orchestrator};
use crate::stage::Stage;

const TURN_TIMEOUT: End = End::Fails("TurnTimeout", "computed for more than 300ms");
const ACTIVITY_TIMEOUT: End = End::Fails("ActivityTimeout", "ran for more than 3s");

#[tokio::test]
async fn orchestrators_that_compute_for_ever() -> Result<()> {
    let lanes = vec![orchestrator("spin", TURN_TIMEOUT); 8];
    Stage::set("orchestrators: an endless loop")
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn orchestrators_that_compute_for_ever_and_are_terminated() -> Result<()> {
    let lanes = vec![orchestrator("spin", End::Never); 8];
    let patient = ["--turn-timeout", "10m"];
    Stage::set_with("orchestrators: an endless loop, terminated", &patient)
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn activities_that_compute_for_ever() -> Result<()> {
    let lanes = vec![activity("spin", ACTIVITY_TIMEOUT); 8];
    Stage::set("activities: an endless loop")
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn two_hundred_activities_that_compute_for_ever() -> Result<()> {
    let lanes = [orchestrator("many-loops", ACTIVITY_TIMEOUT)];
    Stage::set("200 activities: an endless loop")
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn loops_of_host_calls() -> Result<()> {
    let deeds = [
        "ask-the-time",
        "ask-for-guids",
        "ask-whether-it-replays",
        "log-for-ever",
        "set-statuses",
        "await-what-is-done",
        "await-any-done",
    ];
    let lanes = deeds.map(|deed| orchestrator(deed, TURN_TIMEOUT));
    Stage::set("orchestrators: endless host calls")
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn loops_of_host_calls_in_activities() -> Result<()> {
    let deeds = ["ask-the-attempt", "ask-the-key"];
    let lanes = deeds.map(|deed| activity(deed, ACTIVITY_TIMEOUT));
    Stage::set("activities: endless host calls")
        .await?
        .endure(&[lanes.clone(), lanes.clone(), lanes].concat())
        .await
}

#[tokio::test]
async fn lines_of_16_mib() -> Result<()> {
    let lanes = vec![orchestrator("log-long-lines", TURN_TIMEOUT); 8];
    Stage::set("orchestrators: endless log lines of 16 MiB")
        .await?
        .endure(&lanes)
        .await
}
