use std::path::PathBuf;
use std::time::Duration;

use clap::{Args, ValueEnum};
use serde::Serialize;

use crate::population::LEAST;

/// What is measured, and with what.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    pub(crate) place: Place,
    #[command(flatten)]
    pub(crate) choice: Choice,
}

/// What is measured, and where.
#[derive(Debug, Args)]
pub(crate) struct Place {
    /// The host's binary, built with --release
    #[arg(long, value_name = "FILE")]
    pub(crate) host: PathBuf,
    /// The guest `bench`
    #[arg(long, value_name = "FILE")]
    pub(crate) guest: PathBuf,
    /// Where data directories are made: on a disk, not in memory
    #[arg(long, value_name = "DIR")]
    pub(crate) dir: PathBuf,
}

/// What a user of `cargo xtask bench` may choose.
#[derive(Debug, Args)]
pub(crate) struct Choice {
    /// A look: one short run, with few instances at rest
    #[arg(long)]
    pub(crate) quick: bool,
    /// Measure one row; may be given more than once
    #[arg(long, value_name = "ROW")]
    only: Vec<Row>,
    /// How many runs the medians are of [default: 5, quick: 1]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=100))]
    runs: Option<u64>,
    /// How many instances rest, completed, while rows are measured again [default: 1000000, quick: 20000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    completed: Option<u64>,
    /// How many instances sleep through a restart [default: 1000000, quick: 20000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    asleep: Option<u64>,
    /// How many instances there are to be listed and counted [default: 1000000, quick: 20000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(LEAST..=20_000_000))]
    listed: Option<u64>,
    /// Also write all samples as JSON
    #[arg(long, value_name = "FILE")]
    pub(crate) json: Option<PathBuf>,
}

/// What can be measured alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, ValueEnum)]
pub(crate) enum Row {
    /// Chains of five activities, 64 at once, and their CPU time
    Chains,
    /// The same, one at a time
    Alone,
    /// 100 activities in parallel, joined
    Fan,
    /// The cost of a step in short and long chains
    Steps,
    /// Starts of instances that end at once, and refused duplicates
    Starts,
    /// The memory of 10,000 instances that sleep
    Asleep,
    /// The time of a restart while many sleep
    Restart,
    /// Chains and starts with many completed instances at rest
    Completed,
    /// Replay, per event
    Replay,
    /// A host that has nothing to do
    Idle,
    /// Pages of lists of many instances, and their counts
    Listing,
}

/// How much is done.
#[derive(Debug, Clone, Copy, Serialize)]
pub(crate) struct Scale {
    pub(crate) runs: u64,
    /// How often a run measures a load and its baseline, in turn.
    pub(crate) rounds: u64,
    /// How long one load lasts.
    pub(crate) window: Duration,
    /// How long a load lasts that is not measured.
    pub(crate) warm_up: Duration,
    /// How long an idle host is watched.
    pub(crate) watch: Duration,
    /// The chains whose steps are compared have so many.
    pub(crate) steps: [u64; 4],
    /// So many activities are made on the way to each cost of a step, at least.
    pub(crate) steps_each: u64,
    pub(crate) sleepers: u64,
    pub(crate) asleep: u64,
    pub(crate) completed: u64,
    pub(crate) listed: u64,
    /// How often each page is asked for.
    pub(crate) pages: usize,
    /// The two histories that are replayed have so many activities.
    pub(crate) replayed: [u64; 2],
    /// How often each is.
    pub(crate) replays: [u64; 2],
}

impl Choice {
    pub(crate) fn wants(&self, row: Row) -> bool {
        self.only.is_empty() || self.only.contains(&row)
    }

    pub(crate) fn scale(&self) -> Scale {
        let full = Scale {
            runs: 5,
            rounds: 4,
            window: Duration::from_secs(1),
            warm_up: Duration::from_secs(1),
            watch: Duration::from_secs(10),
            steps: [10, 100, 1_000, 10_000],
            steps_each: 2_000,
            sleepers: 10_000,
            asleep: 1_000_000,
            completed: 1_000_000,
            listed: 1_000_000,
            pages: 200,
            replayed: [500, 5_000],
            replays: [200, 40],
        };
        let scale = if self.quick {
            Scale {
                runs: 1,
                rounds: 2,
                window: Duration::from_millis(500),
                warm_up: Duration::from_millis(300),
                steps: [10, 100, 1_000, 3_000],
                steps_each: 500,
                asleep: 20_000,
                completed: 20_000,
                listed: 20_000,
                pages: 20,
                replayed: [200, 2_000],
                ..full
            }
        } else {
            full
        };
        Scale {
            runs: self.runs.unwrap_or(scale.runs),
            completed: self.completed.unwrap_or(scale.completed),
            asleep: self.asleep.unwrap_or(scale.asleep),
            listed: self.listed.unwrap_or(scale.listed),
            ..scale
        }
    }
}
