//! Where a host listens and announces itself.

use std::fs::File;
use std::net::TcpListener;
use std::process::Stdio;

use anyhow::{Context, Result, ensure};
use tempfile::TempDir;

use crate::process::{refused, serve, serves, soloist};

/// `soloist serve` on this address, with a data directory that must not be made.
async fn refuses_to_listen(listen: &str, code: i32, part: &str) -> Result<()> {
    let dir = TempDir::new()?;
    let data = dir.path().join("data");
    let mut command = soloist(&["serve", "--listen", listen, "--data"])?;
    command.arg(&data);
    refused(command, code, part).await?;
    ensure!(!data.exists(), "the data directory is made");
    Ok(())
}

#[tokio::test]
async fn an_address_that_is_none() -> Result<()> {
    for listen in [
        "nowhere",
        "127.0.0.1",
        "localhost:7071",
        "127.0.0.1:99999",
        "",
    ] {
        refuses_to_listen(
            listen,
            2,
            &format!("'{listen}' is no address with a port: write 127.0.0.1:7071 or [::1]:7071"),
        )
        .await?;
    }
    Ok(())
}

#[tokio::test]
async fn an_address_that_others_reach() -> Result<()> {
    for listen in ["0.0.0.0:0", "[::]:0", "192.0.2.1:7071"] {
        let sentence =
            format!("{listen} can be reached from other machines, and this host has no master key");
        refuses_to_listen(listen, 2, &sentence).await?;
    }
    Ok(())
}

#[tokio::test]
async fn a_port_in_use() -> Result<()> {
    let taken = TcpListener::bind("127.0.0.1:0")?;
    let listen = taken.local_addr()?.to_string();
    let sentence = format!(
        "cannot listen on {listen}: if another program has that port, choose one with --listen"
    );
    refuses_to_listen(&listen, 1, &sentence).await
}

#[tokio::test]
async fn a_standard_output_that_is_closed() -> Result<()> {
    let dir = TempDir::new()?;
    let data = dir.path().to_str().context("the path is text")?;
    let full = File::options().write(true).open("/dev/full")?;
    let (reader, unread) = std::io::pipe()?;
    drop(reader);
    for stdout in [Stdio::from(full), Stdio::from(unread)] {
        let output = serve(&["--data", data])?.stdout(stdout).output()?;
        let said = String::from_utf8_lossy(&output.stderr);
        ensure!(output.status.code() == Some(1), "{said}");
        ensure!(
            said.contains("the address cannot be written to standard output: leave it open"),
            "{said}"
        );
    }
    // The directory is free again.
    serves(&["--data", data]).await
}
