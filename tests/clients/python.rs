//! `azure-functions-durable`: each file of `python/` is a group of tests.

use anyhow::Result;
use tokio::process::Command;

use crate::{check, check_with_key, installed, suite};

groups! { run }

/// Against a host that serves nobody without a key.
mod keyed {
    groups! { run; managing waiting }

    async fn run(group: &str) -> super::Result<()> {
        super::check_with_key(&format!("python/{group}.py"), super::script(group)?).await
    }
}

async fn run(group: &str) -> Result<()> {
    check(&format!("python/{group}.py"), script(group)?).await
}

fn script(group: &str) -> Result<Command> {
    let mut python = Command::new(installed("venv/bin/python")?);
    python
        .current_dir(suite("python"))
        .env_remove("PYTHONPATH")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-m", "unittest", "--verbose", group]);
    Ok(python)
}
