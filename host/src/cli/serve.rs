use std::time::Duration;

use anyhow::{Context, Result};
use camino::Utf8PathBuf;
use clap::Args;

use crate::config::Settings;
use crate::{telemetry, wiring};

/// How long tasks that have been dropped may take to notice it.
const LEFTOVERS_PATIENCE: Duration = Duration::from_secs(2);

#[derive(Debug, Args)]
pub(crate) struct Serve {
    /// A file of settings, in TOML
    #[arg(long, env = "SOLOIST_CONFIG", value_name = "FILE")]
    config: Option<Utf8PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

impl Serve {
    pub(crate) fn run(self) -> Result<()> {
        let file = match &self.config {
            Some(path) => Settings::read(path)?,
            None => Settings::default(),
        };
        let config = self.settings.or(file).check()?;
        telemetry::start(&config.log_filter, config.log_format)?;
        let runtime = tokio::runtime::Builder::new_multi_thread()
            .worker_threads(config.worker_threads.get())
            .thread_name("soloist")
            .enable_all()
            .build()
            .context("the worker threads cannot be started")?;
        let served = runtime.block_on(wiring::serve(config));
        // What still computes, such as a compiler, is not waited for: it has nothing to lose.
        runtime.shutdown_timeout(LEFTOVERS_PATIENCE);
        served
    }
}
