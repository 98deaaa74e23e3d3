//! Settings that cannot be: flags, variables of the environment, keys of the file.

use anyhow::{Context, Result};
use tempfile::TempDir;

use crate::process::{refused, serve};

/// `soloist serve` with a flag that is refused as usage.
async fn refuses_flag(flag: &str, value: &str, part: &str) -> Result<()> {
    refused(serve(&[flag, value])?, 2, part).await
}

#[tokio::test]
async fn a_size_that_is_none() -> Result<()> {
    for size in ["-1", "lots", "1.5MiB", "1MB", "", "99999999999999GiB"] {
        let part = format!("'{size}' is no size: write 1048576, 1024KiB or 1MiB");
        refuses_flag("--hot-bytes", size, &part).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_time_that_is_none() -> Result<()> {
    for time in ["-1", "soon", "30", "", "99999999999999999h"] {
        let part = format!("'{time}' is no length of time: write 500ms, 30s, 5m or 30d");
        refuses_flag("--turn-timeout", time, &part).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_count_that_is_none() -> Result<()> {
    for count in ["0", "-1", "many", "", "99999999999999999999"] {
        let part = format!("'{count}' is no count: write a whole number from 1");
        refuses_flag("--activities", count, &part).await?;
        refuses_flag("--worker-threads", count, &part).await?;
    }
    let part = "'-1' is no count: write a whole number from 0";
    refuses_flag("--hot-instances", "-1", part).await?;
    refuses_flag("--kept-executions", "-1", part).await
}

#[tokio::test]
async fn a_bound_of_zero() -> Result<()> {
    for (flag, value) in [
        ("guest-bytes", "0"),
        ("module-bytes", "0KiB"),
        ("body-bytes", "0"),
        ("turn-timeout", "0s"),
        ("activity-timeout", "0ms"),
    ] {
        let part = format!("{flag} is 0: nothing could run");
        refuses_flag(&format!("--{flag}"), value, &part).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_bound_that_no_machine_has() -> Result<()> {
    let part = "guest-bytes is 100GiB: a guest can use 4GiB at most";
    refuses_flag("--guest-bytes", "100GiB", part).await?;
    let part = "worker-threads is 20000: 512 at most are of use";
    refuses_flag("--worker-threads", "20000", part).await?;
    let part = "kept-executions is 1001: 1000 at most can be kept";
    refuses_flag("--kept-executions", "1001", part).await
}

#[tokio::test]
async fn a_public_url_that_is_none() -> Result<()> {
    for url in [
        "",
        "jobs.example.com",
        "ftp://jobs.example.com",
        "https://user@jobs.example.com",
        "https://jobs.example.com?x",
        "https://jobs.example.com/../x",
    ] {
        let part = format!(
            "'{url}' is no address that callers could have: write https://jobs.example.com"
        );
        refuses_flag("--public-url", url, &part).await?;
    }
    let part = "line 1: 'here' is no address that callers could have";
    refuses_file(b"public_url = \"here\"", part).await
}

#[tokio::test]
async fn a_proxy_that_is_no_network() -> Result<()> {
    for list in [
        "",
        "localhost",
        "10.0.0.1:80",
        "10.0.0.0/8,",
        "127.0.0.1 ::1",
    ] {
        let part = "is no address and no network: write 10.1.2.3, 10.0.0.0/8 or fd00::/8";
        refuses_flag("--trusted-proxies", list, part).await?;
    }
    let part = "'10.1.2.3/8' is no network: write 10.0.0.0/8, or the address alone";
    refuses_flag("--trusted-proxies", "10.1.2.3/8", part).await?;
    let mut command = serve(&[])?;
    command.env("SOLOIST_TRUSTED_PROXIES", "127.0.0.1,10.1.2.3/8");
    refused(command, 2, part).await?;
    refuses_file(b"trusted_proxies = [\"10.1.2.3/8\"]", part).await
}

#[tokio::test]
async fn an_origin_that_is_none() -> Result<()> {
    for list in [
        "",
        "null",
        "app.example.com",
        "https://app.example.com/",
        "https://*.example.com",
        "https://app.example.com,",
    ] {
        let part = "is no origin: write https://app.example.com or http://localhost:3000, and nothing behind";
        refuses_flag("--cors-origins", list, part).await?;
    }
    let part = "'*' would let every page call this host: list the origins that may";
    refuses_flag("--cors-origins", "https://app.example.com,*", part).await?;
    let mut command = serve(&[])?;
    command.env("SOLOIST_CORS_ORIGINS", "*");
    refused(command, 2, part).await?;
    refuses_file(b"cors_origins = [\"*\"]", part).await
}

#[tokio::test]
async fn an_unknown_flag() -> Result<()> {
    refused(
        serve(&["--colour"])?,
        2,
        "unexpected argument '--colour' found",
    )
    .await
}

#[tokio::test]
async fn a_variable_that_cannot_be_read() -> Result<()> {
    for (name, value, part) in [
        ("SOLOIST_HOT_BYTES", "lots", "'lots' is no size: write"),
        ("SOLOIST_ACTIVITIES", "0", "'0' is no count: write"),
        (
            "SOLOIST_TURN_TIMEOUT",
            "soon",
            "'soon' is no length of time: write",
        ),
        ("SOLOIST_LOG_FORMAT", "xml", "[possible values: text, json]"),
        (
            "SOLOIST_LOG_FILTER",
            "a=b=c",
            "the log filter 'a=b=c' cannot be read",
        ),
        ("SOLOIST_DATA", "", "data is empty: name a directory"),
    ] {
        let mut command = serve(&[])?;
        command.env(name, value);
        refused(command, 2, part).await?;
    }
    Ok(())
}

/// `soloist serve` with a settings file.
async fn refuses_file(text: &[u8], part: &str) -> Result<()> {
    let dir = TempDir::new()?;
    let file = dir.path().join("soloist.toml");
    std::fs::write(&file, text)?;
    let file = file.to_str().context("the path is text")?;
    refused(serve(&["--config", file])?, 2, part).await?;
    let named = format!("the settings in {file} cannot be used");
    refused(serve(&["--config", file])?, 2, &named).await
}

#[tokio::test]
async fn a_file_that_is_not_toml() -> Result<()> {
    refuses_file(b"hot_bytes = 1\n[listen", "line 2: unclosed table").await?;
    refuses_file(b"hot_bytes = \n", "line 1: ").await?;
    refuses_file(b"hot_bytes = 1\nhot_bytes = 2\n", "line 2: duplicate key").await?;
    refuses_file(b"\xFF", "stream did not contain valid UTF-8").await
}

#[tokio::test]
async fn a_value_of_a_file_that_cannot_be() -> Result<()> {
    for (text, part) in [
        ("hot_bytes = -1", "line 1: -1 is no size"),
        (
            "hot_bytes = 1.5",
            "expected a number of bytes, such as 1048576 or \"1MiB\"",
        ),
        (
            "turn_timeout = \"soon\"",
            "line 1: 'soon' is no length of time: write 500ms, 30s, 5m or 30d",
        ),
        (
            "activities = 0",
            "line 1: invalid value: integer `0`, expected a nonzero",
        ),
        ("listen = \"nowhere\"", "line 1: invalid socket address"),
        (
            "log_format = \"xml\"",
            "unknown variant `xml`, expected `text` or `json`",
        ),
    ] {
        refuses_file(text.as_bytes(), part).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_file_that_cannot_be_read() -> Result<()> {
    let dir = TempDir::new()?;
    let dir = dir.path().to_str().context("the path is text")?;
    let part = format!("the settings in {dir} cannot be used");
    refused(serve(&["--config", dir])?, 2, &part).await
}
