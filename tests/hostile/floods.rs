//! A million of everything.

use anyhow::Result;

use crate::lane::{End, orchestrator};
use crate::stage::Stage;

const TOO_MANY: End = End::FailsLate("more than 20000 requests at once");

/// Only the number of requests is to be the limit.
const PATIENT: [&str; 2] = ["--turn-timeout", "60s"];

#[tokio::test]
async fn a_million_activities() -> Result<()> {
    let lanes = vec![orchestrator("million-activities", TOO_MANY); 8];
    Stage::set_with("a million activities", &PATIENT)
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn a_million_timers() -> Result<()> {
    let lanes = vec![orchestrator("million-timers", TOO_MANY); 8];
    Stage::set_with("a million timers", &PATIENT)
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn a_million_waits() -> Result<()> {
    let lanes = vec![orchestrator("million-waits", TOO_MANY); 8];
    Stage::set_with("a million waits for events", &PATIENT)
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn a_million_cancels() -> Result<()> {
    let lanes = vec![orchestrator("million-cancels", TOO_MANY); 8];
    Stage::set_with("a million calls that are cancelled", &PATIENT)
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn a_million_statuses() -> Result<()> {
    let lanes = vec![orchestrator("million-statuses", End::Completes("0")); 2];
    Stage::set_with("a million custom statuses", &PATIENT)
        .await?
        .endure(&lanes)
        .await
}

#[tokio::test]
async fn tasks_that_nobody_made() -> Result<()> {
    let deeds = [
        "unknown-await",
        "unknown-any",
        "unknown-all",
        "unknown-cancel",
    ];
    let lanes = deeds.map(|deed| orchestrator(deed, End::Fails("Trap", "no task 4294967295")));
    Stage::set("unknown tasks")
        .await?
        .endure(&[lanes.clone(), lanes].concat())
        .await
}

#[tokio::test]
async fn a_million_tasks_awaited_at_once() -> Result<()> {
    let deeds = ["any-of-a-million", "all-of-a-million"];
    let end = End::Fails("Trap", "the list of tasks must be no longer than");
    let lanes = deeds.map(|deed| orchestrator(deed, end));
    Stage::set("a million tasks awaited at once")
        .await?
        .endure(&[lanes.clone(), lanes.clone(), lanes.clone(), lanes].concat())
        .await
}

#[tokio::test]
async fn many_waits_for_one_task() -> Result<()> {
    let lanes = vec![orchestrator("all-of-many-pending", End::Never); 8];
    Stage::set("100,000 waits for one timer")
        .await?
        .endure(&lanes)
        .await
}
