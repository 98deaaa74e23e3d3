//! The crash test: a fleet of instances of every kind, and a host that is killed again and again.

mod fleet;
mod held;
mod scripts;
mod verdict;

use anyhow::{Result, ensure};
use futures_util::future::{join_all, try_join_all};
use rand::Rng;
use tests::{Guest, Host, HostOptions};

use crate::fleet::Fleet;

const KILLS: usize = 32;
const IN_FLIGHT: usize = 220;
/// Of the kills, so many must land while so many instances are unfinished.
const CROWDED_KILLS: usize = 20;
const CROWD: usize = 50;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn whatever_is_accepted_survives_any_kill() -> Result<()> {
    let mut host = Host::start(HostOptions::default())?;
    let client = host.client();
    for name in [
        "chain",
        "fan",
        "events",
        "counter",
        "fire-and-forget",
        "sleepy",
        "race",
        "script",
    ] {
        client
            .deploy(name, Guest::Scenarios, Some("orchestrator"))
            .await?;
    }
    client
        .deploy("echo", Guest::Scenarios, Some("activity"))
        .await?;
    client
        .deploy("flaky", Guest::Scenarios, Some("activity"))
        .await?;
    client.deploy("effects", Guest::Effects, None).await?;

    let mut fleet = Fleet::default();
    let (mut crowded, mut compared, mut suspended) = (0, 0, 0);
    for _ in 0..KILLS {
        let client = host.client();
        fleet.top_up(&client, IN_FLIGHT).await?;
        // Some looks at random instances, so that the kill lands at no particular moment of their lives.
        let looks = rand::rng().random_range(0..60);
        join_all((0..looks).map(|_| fleet.look_at_one(&client))).await;
        let unfinished = fleet.count_unfinished(&client).await?;
        crowded += usize::from(unfinished >= CROWD);
        let held = held::suspend_some(&fleet, &client, 4).await?;
        let before = fleet.histories(&client, 60).await?;
        // Events and starts are under way when the kill lands.
        let (events, starts, killed) = tokio::join!(
            fleet.raise_events(&client),
            fleet.start_some(&client, 20),
            async {
                for _ in 0..rand::rng().random_range(0..400) {
                    tokio::task::yield_now().await;
                }
                host.kill()
            }
        );
        killed?;
        fleet.note(events, starts);
        host.restart()?;
        compared += verdict::histories_go_on(&host.client(), &before).await?;
        suspended += held.go_on(&host.client()).await?;
    }
    let client = host.client();
    fleet.finish(&client).await?;
    try_join_all(
        fleet
            .jobs()
            .iter()
            .map(|job| verdict::job_came_out_right(&client, job)),
    )
    .await?;
    verdict::all_has_ended(&client).await?;
    verdict::counts_are_right(&client).await?;
    let runs = verdict::activities_are_done(|| host.log(), fleet.jobs()).await?;
    println!(
        "{KILLS} kills, {crowded} of them with {CROWD} or more unfinished; {} instances; {compared} histories compared; \
         {suspended} suspended over a kill; \
         {} activities observed, {} of them ran more than once",
        fleet.jobs().len(),
        runs.observed,
        runs.repeated,
    );
    ensure!(
        crowded >= CROWDED_KILLS,
        "only {crowded} kills landed amid a crowd"
    );
    ensure!(
        suspended > KILLS,
        "only {suspended} instances were suspended over a kill"
    );
    ensure!(
        compared > KILLS,
        "only {compared} histories could be compared"
    );
    Ok(())
}
