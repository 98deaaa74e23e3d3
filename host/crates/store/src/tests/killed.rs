use std::io::{BufRead, BufReader, Write};
use std::path::Path;
use std::process::{Command, Stdio};

use futures_util::future::join_all;
use soloist_core::{EventId, ExecutionId};
use soloist_engine::TaskHub;
use soloist_engine::testing::block_on;
use soloist_engine::testing::story::{Story, began, commit, prepare, raised_event};

use crate::{SqliteHub, StoreSettings};

/// Where the child's hub is. Only the child has it.
const CHILD: &str = "SOLOIST_STORE_TEST_CHILD";
const CHAINS: usize = 8;
const KILLS: u64 = 12;

/// Not a test by itself: what the killed process does.
#[test]
fn commits_until_it_is_killed() {
    if let Some(dir) = std::env::var_os(CHILD) {
        block_on(commit_for_ever(Path::new(&dir)));
    }
}

async fn commit_for_ever(dir: &Path) {
    let hub = SqliteHub::open(dir, StoreSettings::default()).unwrap();
    let mut chains = Vec::new();
    for number in 0..CHAINS {
        let mut story = Story::of(&format!("chain-{number}"));
        match hub.load(&story.instance).await.unwrap() {
            None => {
                // A new process draws the same ids; the parent wants to tell them apart.
                story.execution = ExecutionId::new(uuid::Uuid::from_u128(number as u128));
                commit(&hub, story.start(10, "1")).await;
                commit(&hub, story.turn(11, [began()])).await;
            }
            Some(loaded) => {
                story.execution = loaded.history.started().execution;
                story.next = loaded.history.next_event();
            }
        }
        chains.push(story);
    }
    join_all(chains.iter_mut().map(|story| advance(&hub, story))).await;
}

async fn advance(hub: &SqliteHub, story: &mut Story) {
    loop {
        let data = story.next.to_string();
        let turn = story.turn(12, [raised_event("a", &data), raised_event("b", &data)]);
        commit(hub, turn).await;
        let mut out = std::io::stdout().lock();
        writeln!(out, "acknowledged {} {}", story.instance, story.next).unwrap();
        out.flush().unwrap();
    }
}

#[test]
fn what_was_acknowledged_survives_a_kill() {
    let dir = tempfile::tempdir().unwrap();
    block_on(async {
        let hub = SqliteHub::open(dir.path(), StoreSettings::default()).unwrap();
        prepare(&hub).await;
    });
    let mut acknowledged = vec![EventId::new(0); CHAINS];
    for kill in 0..KILLS {
        run_and_kill(dir.path(), 20 + 37 * kill, &mut acknowledged);
        block_on(check(dir.path(), &acknowledged));
    }
    assert!(acknowledged.iter().all(|place| place.get() > 0));
}

/// Kills the child after so many acknowledgements, and takes note of all that it could say before it died.
fn run_and_kill(dir: &Path, after: u64, acknowledged: &mut [EventId]) {
    let mut child = Command::new(std::env::current_exe().unwrap())
        .args([
            "--exact",
            "--nocapture",
            "tests::killed::commits_until_it_is_killed",
        ])
        .env(CHILD, dir)
        .stdout(Stdio::piped())
        .spawn()
        .unwrap();
    let mut count = 0;
    for line in BufReader::new(child.stdout.take().unwrap()).lines() {
        let line = line.unwrap();
        let mut words = line
            .split_whitespace()
            .skip_while(|word| *word != "acknowledged")
            .skip(1);
        // The last line may be cut off, like the harness's own.
        let (Some(chain), Some(place)) = (words.next(), words.next()) else {
            continue;
        };
        let chain: usize = chain.trim_start_matches("chain-").parse().unwrap();
        if let Ok(place) = place.parse().map(EventId::new) {
            acknowledged[chain] = acknowledged[chain].max(place);
        }
        count += 1;
        if count == after {
            child.kill().unwrap();
        }
    }
    let status = child.wait().unwrap();
    assert!(
        count >= after && !status.success(),
        "the child ended by itself: {status}"
    );
}

async fn check(dir: &Path, acknowledged: &[EventId]) {
    let hub = SqliteHub::open(dir, StoreSettings::default()).unwrap();
    for (number, place) in acknowledged.iter().enumerate() {
        let story = Story::of(&format!("chain-{number}"));
        let Some(loaded) = hub.load(&story.instance).await.unwrap() else {
            assert_eq!(place.get(), 0, "{} is gone", story.instance);
            continue;
        };
        let next = loaded.history.next_event();
        assert!(
            next >= *place,
            "{} stands at {next}, not {place}",
            story.instance
        );
        // Turns are whole: after the two first events, two a turn.
        assert!(
            next.get() == 2 || next.get() % 2 == 1,
            "half a turn: {next}"
        );
    }
}
