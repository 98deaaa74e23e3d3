//! A page with plots: how cost grows with load, with length and with number, and what one guest costs another. `cargo xtask
//! bench --report` makes it. It judges nothing; where there is a budget, it is drawn.

mod axis;
mod chart;
mod figure;
mod machine;
mod page;
mod plots;
mod scale;

use std::fs;
use std::path::PathBuf;

use anyhow::{Context as _, Result};
use clap::{Args, ValueEnum};

use crate::options::Place;
use figure::{Section, count};
use page::Page;
use scale::Scale;

/// What is plotted, and with what.
#[derive(Debug, Args)]
pub(crate) struct Options {
    #[command(flatten)]
    place: Place,
    /// Where guests in all languages are built
    #[arg(long, value_name = "DIR")]
    guests: PathBuf,
    /// The page that is written
    #[arg(long, value_name = "FILE")]
    page: PathBuf,
    /// What the host was built from
    #[arg(long, value_name = "COMMIT")]
    commit: String,
    #[command(flatten)]
    choice: Choice,
}

/// What a user of `cargo xtask bench --report` may choose.
#[derive(Debug, Args)]
pub(crate) struct Choice {
    /// A look: fewer points, and short ones
    #[arg(long)]
    quick: bool,
    /// Make one plot; may be given more than once
    #[arg(long, value_name = "PLOT")]
    only: Vec<Plot>,
    /// The most completed instances that are at rest [default: 1000000, quick: 20000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=20_000_000))]
    completed: Option<u64>,
    /// The most instances that sleep [default: 1000000, quick: 10000]
    #[arg(long, value_name = "COUNT", value_parser = clap::value_parser!(u64).range(1..=5_000_000))]
    asleep: Option<u64>,
}

/// What can be plotted alone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub(crate) enum Plot {
    /// Chains of five activities against how many run at once
    Concurrency,
    /// The cost of a step against the length of its chain
    Steps,
    /// Memory and restart against instances asleep
    Sleepers,
    /// Size of the database and cost of a start against completed instances
    Completed,
    /// Replay against the length of the history, for each language
    Replay,
    /// A small orchestration beside greedy ones
    Fairness,
}

/// What all plots have in common.
pub(crate) struct Stage {
    place: Place,
    guests: PathBuf,
    scale: Scale,
}

impl Plot {
    fn name(self) -> String {
        let value = self.to_possible_value();
        value.map_or_else(String::new, |value| value.get_name().to_owned())
    }

    async fn measure(self, stage: &Stage) -> Result<Section> {
        match self {
            Self::Concurrency => plots::concurrency::measure(stage).await,
            Self::Steps => plots::steps::measure(stage).await,
            Self::Sleepers => plots::sleepers::measure(stage).await,
            Self::Completed => plots::completed::measure(stage).await,
            Self::Replay => plots::replay::measure(stage).await,
            Self::Fairness => plots::fairness::measure(stage).await,
        }
    }
}

/// Measures, and writes the page anew after each plot, so that a failure leaves what there is.
pub(crate) async fn run(options: Options) -> Result<()> {
    let Options {
        place,
        guests,
        page: path,
        commit,
        choice,
    } = options;
    let scale = Scale::of(&choice);
    let mut settings = machine::facts(&place.dir)?;
    settings.push(("Commit".to_owned(), commit));
    settings.push(("Settings".to_owned(), told(&choice, &scale)));
    let stage = Stage {
        place,
        guests,
        scale,
    };
    let plots: Vec<_> = Plot::value_variants()
        .iter()
        .copied()
        .filter(|plot| choice.only.is_empty() || choice.only.contains(plot))
        .collect();
    let mut sections = Vec::new();
    for (place, plot) in plots.iter().enumerate() {
        let (name, number, all) = (plot.name(), place + 1, plots.len());
        eprintln!("bench: {name}, plot {number} of {all}");
        sections.push(plot.measure(&stage).await.with_context(|| name.clone())?);
        let page = Page {
            settings: &settings,
            sections: &sections,
            missing: plots[number..].iter().map(|plot| plot.name()).collect(),
        };
        if let Some(directory) = path.parent() {
            fs::create_dir_all(directory)
                .with_context(|| format!("cannot make {}", directory.display()))?;
        }
        fs::write(&path, page.html()?)
            .with_context(|| format!("cannot write {}", path.display()))?;
    }
    println!("{}", path.display());
    Ok(())
}

/// The settings of a run, in a sentence.
fn told(choice: &Choice, scale: &Scale) -> String {
    let most = |counts: &[u64]| count(counts.last().copied().unwrap_or_default());
    let rounds = match scale.rounds {
        1 => "one round".to_owned(),
        rounds => format!("medians of {rounds} rounds"),
    };
    format!(
        "{}: {rounds}, loads of {} s; up to {} steps, {} asleep, {} completed, {} events replayed. The host as soloist serve \
         starts it, a release build; the load from one other process, over loopback, on the same cores.",
        if choice.quick { "quick" } else { "full" },
        scale.window.as_secs_f64(),
        most(&scale.steps),
        most(&scale.sleepers),
        most(&scale.completed),
        most(&scale.replayed),
    )
}
