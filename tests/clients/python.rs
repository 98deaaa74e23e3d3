//! `azure-functions-durable`: each file of `python/` is a group of tests.

use anyhow::Result;
use tokio::process::Command;

use crate::{check, installed, suite};

groups! { run }

async fn run(group: &str) -> Result<()> {
    let mut python = Command::new(installed("venv/bin/python")?);
    python
        .current_dir(suite("python"))
        .env_remove("PYTHONPATH")
        .env("PYTHONDONTWRITEBYTECODE", "1")
        .args(["-m", "unittest", "--verbose", group]);
    check(&format!("python/{group}.py"), python).await
}
