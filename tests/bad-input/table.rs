//! Do `README.md` and the tests agree? Each row names a test that there is, each test of this suite has one row.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result, ensure};
use tests::tests_in;

fn suite() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("bad-input")
}

/// The last cell of each row: a test of this suite as `file::name`, or one elsewhere as `path/of/file.rs::name`.
fn rows() -> Result<Vec<String>> {
    let table = fs::read_to_string(suite().join("README.md"))?;
    let rows = table.lines().filter(|line| line.starts_with("| "));
    let rows = rows.filter(|line| !line.starts_with("| Input |"));
    rows.map(|row| {
        let cells: Vec<_> = row.trim_matches('|').split(" | ").map(str::trim).collect();
        let [input, answer, test] = cells.as_slice() else {
            anyhow::bail!("this row has not three cells: {row}");
        };
        ensure!(
            !input.is_empty() && !answer.is_empty(),
            "an empty cell: {row}"
        );
        let test = test
            .strip_prefix('`')
            .and_then(|test| test.strip_suffix('`'));
        Ok(test
            .with_context(|| format!("no test is named: {row}"))?
            .to_owned())
    })
    .collect()
}

#[test]
fn the_table_and_the_tests_agree() -> Result<()> {
    let rows = rows()?;
    ensure!(rows.len() > 80, "only {} rows were read", rows.len());
    let named: BTreeSet<&str> = rows.iter().map(String::as_str).collect();
    ensure!(named.len() == rows.len(), "a test has two rows: {rows:?}");
    let (elsewhere, here): (BTreeSet<&str>, BTreeSet<&str>) =
        named.into_iter().partition(|test| test.contains('/'));

    let mut written = BTreeSet::new();
    for file in fs::read_dir(suite())? {
        let path = file?.path();
        let module = path.file_stem().context("a file has a name")?;
        let module = module.to_string_lossy().into_owned();
        if path.extension().is_none_or(|extension| extension != "rs") || module == "table" {
            continue;
        }
        let text = fs::read_to_string(&path)?;
        written.extend(
            tests_in(&text)
                .iter()
                .map(|name| format!("{module}::{name}")),
        );
    }
    let written: BTreeSet<&str> = written.iter().map(String::as_str).collect();
    let without_row: Vec<_> = written.difference(&here).collect();
    let without_test: Vec<_> = here.difference(&written).collect();
    ensure!(
        without_row.is_empty() && without_test.is_empty(),
        "tests without a row: {without_row:?}; rows without a test: {without_test:?}"
    );

    let top = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    for row in elsewhere {
        let (file, name) = row.split_once("::").context("a file and a name")?;
        let text = fs::read_to_string(top.join(file)).with_context(|| format!("no {file}"))?;
        ensure!(tests_in(&text).contains(&name), "{row} does not exist");
    }
    Ok(())
}
