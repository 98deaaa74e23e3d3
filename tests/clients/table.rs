//! Do `README.md` and the tests agree? Each row names tests that there are, each test of the scripts has a row.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tests::tests_in;

use crate::suite;

/// Where the files of the API are, which have short names in the table.
const SHORT: [(&str, &str); 2] = [
    ("api/", "host/crates/api/tests/api/"),
    ("src/", "host/crates/api/src/"),
];

/// The tests that a row names in its last cell, each as `file::name`.
fn named(row: &str) -> Result<Vec<String>> {
    let cell = row.trim_matches('|').rsplit(" | ").next();
    let cell = cell.context("a row has cells")?.trim();
    let inner = cell
        .strip_prefix('`')
        .and_then(|cell| cell.strip_suffix('`'));
    let inner = inner.with_context(|| format!("no test is named: {row}"))?;
    Ok(inner.split("`, `").map(str::to_owned).collect())
}

fn rows() -> Result<Vec<Vec<String>>> {
    let table = fs::read_to_string(suite("README.md"))?;
    let rows = table.lines().filter(|line| line.starts_with("| "));
    rows.filter(|line| !line.ends_with("| Tests |"))
        .map(named)
        .collect()
}

/// The names of all tests in a script.
fn scripted(file: &Path) -> Result<Vec<String>> {
    let text = fs::read_to_string(file).with_context(|| format!("no {}", file.display()))?;
    let name = |line: &str| {
        let line = line.trim();
        let python = line.strip_prefix("async def ");
        let python = python.filter(|line| line.starts_with("test_"));
        let python = python.and_then(|line| line.split_once('('));
        let javascript = line.strip_prefix("test(\"");
        let javascript = javascript.and_then(|line| line.split_once("\", "));
        python.or(javascript).map(|(name, _)| name.to_owned())
    };
    Ok(text.lines().filter_map(name).collect())
}

/// The extension of a file's name.
fn kind(file: &str) -> Option<&str> {
    Path::new(file).extension()?.to_str()
}

/// Where the file of a test is.
fn place(file: &str) -> PathBuf {
    match kind(file) {
        Some("py") => suite("python").join(file),
        Some("js") => suite("javascript").join(file),
        _ => {
            let long = SHORT.iter().find_map(|(short, long)| {
                let rest = file.strip_prefix(short)?;
                Some(format!("{long}{rest}"))
            });
            let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
            top.join(long.unwrap_or_else(|| file.to_owned()))
        }
    }
}

#[test]
fn the_table_and_the_tests_agree() -> Result<()> {
    let rows = rows()?;
    ensure!(rows.len() > 70, "only {} rows were read", rows.len());
    let named: BTreeSet<&str> = rows.iter().flatten().map(String::as_str).collect();
    for test in &named {
        let (file, name) = test.split_once("::").context("a file and a name")?;
        let path = place(file);
        let is_there = if kind(file) == Some("rs") {
            let text = fs::read_to_string(&path).with_context(|| format!("no {file}"))?;
            tests_in(&text).contains(&name)
        } else {
            scripted(&path)?.iter().any(|test| test == name)
        };
        ensure!(is_there, "{test} does not exist");
    }

    let mut written = 0;
    for folder in ["python", "javascript"] {
        for file in fs::read_dir(suite(folder))? {
            let path = file?.path();
            let file = path.file_name().context("a file has a name")?;
            let file = file.to_string_lossy();
            if !matches!(kind(&file), Some("py" | "js")) {
                continue;
            }
            for test in scripted(&path)? {
                let test = format!("{file}::{test}");
                ensure!(named.contains(test.as_str()), "{test} has no row");
                written += 1;
            }
        }
    }
    ensure!(written > 100, "only {written} tests were found");
    Ok(())
}
