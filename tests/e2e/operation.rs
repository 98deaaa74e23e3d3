//! How an operator meets the host.

use std::process::Command;

use anyhow::Result;
use serde_json::json;
use tests::{Guest, Host, HostOptions};

use crate::host_with;

#[tokio::test]
async fn sigterm_lets_the_host_end_in_order() -> Result<()> {
    let (mut host, client) = host_with(HostOptions::default(), &["chain"]).await?;
    client.deploy("effects", Guest::Effects, None).await?;
    for number in 0..20 {
        let input = json!({"n": 4, "activity": "effects", "input": {"delayMs": 200}});
        client.start("chain", &format!("c{number}"), &input).await?;
    }
    host.terminate()?;
    host.restart()?;
    let client = host.client();
    for number in 0..20 {
        assert_eq!(
            client.ended(&format!("c{number}")).await?.status,
            "Completed"
        );
    }
    Ok(())
}

#[tokio::test]
async fn a_second_host_is_kept_off_the_data_directory() -> Result<()> {
    let host = Host::start(HostOptions::default())?;
    let second = Command::new(tests::binary()?)
        .args(["serve", "--listen", "127.0.0.1:0", "--data"])
        .arg(host.data())
        .output()?;
    assert_eq!(second.status.code(), Some(1));
    assert!(second.stdout.is_empty());
    let said = String::from_utf8_lossy(&second.stderr);
    assert!(
        said.contains(&host.pid().to_string()),
        "the holder is named: {said}"
    );
    Ok(())
}

#[tokio::test]
async fn the_command_line_does_the_main_job() -> Result<()> {
    let host = Host::start(HostOptions::default())?;
    let soloist = |arguments: &[&str]| -> Result<(Option<i32>, String)> {
        let output = Command::new(tests::binary()?)
            .args(arguments)
            .args(["--host", &format!("http://{}", host.address())])
            .output()?;
        let text = [output.stdout, output.stderr].concat();
        Ok((output.status.code(), String::from_utf8(text)?))
    };
    let wasm = |name: &str| tests::guest_file(name).to_string_lossy().into_owned();
    for (name, file) in [
        ("hello-cities", "hello-cities-rust.wasm"),
        ("say-hello", "say-hello.wasm"),
    ] {
        let (code, text) = soloist(&["function", "deploy", name, &wasm(file)])?;
        assert_eq!(code, Some(0), "{text}");
    }
    let (code, text) = soloist(&["function", "list"])?;
    assert!(
        code == Some(0) && text.contains("hello-cities") && text.contains("say-hello"),
        "{text}"
    );
    let (code, text) = soloist(&[
        "instance",
        "start",
        "hello-cities",
        "cli-1",
        "--input",
        r#"{"delayMs": 1}"#,
    ])?;
    assert_eq!(code, Some(0), "{text}");
    let (code, text) = soloist(&["instance", "wait", "cli-1"])?;
    assert!(code == Some(0) && text.contains("Hello Lima!"), "{text}");
    let (code, text) = soloist(&["instance", "show", "cli-1", "--json"])?;
    assert_eq!(
        serde_json::from_str::<serde_json::Value>(&text)?["runtimeStatus"],
        "Completed"
    );
    assert_eq!(code, Some(0));
    let (code, text) = soloist(&["instance", "history", "cli-1"])?;
    assert!(code == Some(0) && text.contains("TaskCompleted"), "{text}");
    let (code, text) = soloist(&["instance", "show", "nobody"])?;
    assert!(code == Some(1) && text.contains("nobody"), "{text}");
    Ok(())
}
