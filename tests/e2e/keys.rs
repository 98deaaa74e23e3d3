//! Keys, as an operator makes them and callers bring them.

use std::process::Command;

use anyhow::{Context, Result, ensure};
use reqwest::StatusCode;
use serde_json::{Value, json};
use tests::{Authority, Guest, Host, HostOptions, TlsProxy, component};

/// What a command says: its code, standard output, standard error.
fn soloist(host: &Host, key: &str, arguments: &[&str]) -> Result<(Option<i32>, String, String)> {
    let output = Command::new(tests::binary()?)
        .args(arguments)
        .env("SOLOIST_HOST", format!("http://{}", host.address()))
        .env("SOLOIST_KEY", key)
        .output()?;
    Ok((
        output.status.code(),
        String::from_utf8(output.stdout)?.trim_end().to_owned(),
        String::from_utf8(output.stderr)?,
    ))
}

/// Makes a key by the command line, and gives it back.
fn create(host: &Host, with: &str, arguments: &[&str]) -> Result<String> {
    let arguments = [&["key", "create"], arguments].concat();
    let (code, key, said) = soloist(host, with, &arguments)?;
    ensure!(code == Some(0), "{said}");
    ensure!(said.contains("not shown again"), "{said}");
    Ok(key)
}

#[tokio::test]
async fn a_host_without_keys_gets_its_first_and_then_asks_everybody_for_one() -> Result<()> {
    let mut host = Host::start(HostOptions::default())?;
    let master = create(&host, "", &["ops", "--kind", "master"])?;
    host.options().arguments.push("--require-keys".to_owned());
    host.kill()?;
    host.restart()?;

    let (code, _, said) = soloist(&host, "", &["function", "list"])?;
    assert_eq!(code, Some(1));
    assert!(said.contains("this request needs a key"), "{said}");
    let scenarios = tests::guest_file("scenarios.wasm")
        .to_string_lossy()
        .into_owned();
    for (name, kind) in [("chain", "orchestrator"), ("echo", "activity")] {
        let deploy = ["function", "deploy", name, &scenarios, "--kind", kind];
        let (code, _, said) = soloist(&host, &master, &deploy)?;
        assert_eq!(code, Some(0), "{said}");
    }

    let own = create(
        &host,
        &master,
        &["nightly", "--kind", "function", "--function", "chain"],
    )?;
    let http = host.client().http().clone();
    let start = host.client().url("/api/orchestrators/chain/night-7");
    let input = json!({"n": 2, "activity": "echo", "input": "x"});
    let refused = http.post(&start).json(&input).send().await?;
    assert_eq!(refused.status(), StatusCode::UNAUTHORIZED);
    let started = http
        .post(format!("{start}?code={own}"))
        .json(&input)
        .send()
        .await?;
    assert_eq!(started.status(), StatusCode::ACCEPTED);
    let links: Value = started.json().await?;
    let status = links["statusQueryGetUri"].as_str().context("a link")?;
    let followed = http.get(status).send().await?;
    assert!(followed.status().is_success(), "{followed:?}");
    let (_, ended, said) = soloist(&host, &master, &["instance", "wait", "night-7"])?;
    assert_eq!(said, "", "{ended}");

    // The last way in stays open, and a key that is rolled or revoked is void at once.
    let (code, _, said) = soloist(&host, &master, &["key", "revoke", "ops"])?;
    assert_eq!(code, Some(1));
    assert!(said.contains("the only master key"), "{said}");
    let (_, rolled, _) = soloist(&host, &master, &["key", "roll", "ops"])?;
    let (code, _, said) = soloist(&host, &master, &["key", "list"])?;
    assert_eq!(code, Some(1));
    assert!(said.contains("rolled or revoked"), "{said}");
    soloist(&host, &rolled, &["key", "revoke", "nightly"])?;
    let void = http.get(status).send().await?;
    assert_eq!(void.status(), StatusCode::UNAUTHORIZED);
    host.kill()?;
    host.restart()?;
    let (_, listed, _) = soloist(&host, &rolled, &["key", "list"])?;
    let names: Vec<_> = listed
        .lines()
        .filter_map(|line| line.split(' ').next())
        .collect();
    assert_eq!(names, ["NAME", "ops"], "{listed}");

    // Nowhere in what the host keeps is a key, nor in its log.
    host.terminate()?;
    for key in [&master, &own, &rolled] {
        ensure!(!host.log().contains(&**key), "the log shows a key");
        for entry in std::fs::read_dir(host.data())? {
            let path = entry?.path();
            if path.is_file() {
                let bytes = std::fs::read(&path)?;
                let shows = bytes.windows(key.len()).any(|part| part == key.as_bytes());
                ensure!(!shows, "{} shows a key", path.display());
            }
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_master_key_in_a_file_needs_no_first_start() -> Result<()> {
    let dir = tempfile::TempDir::new()?;
    let file = dir.path().join("master");
    let master = "0123456789abcdef0123456789abcdef";
    std::fs::write(&file, format!("{master}\n"))?;
    let options = HostOptions {
        environment: vec![
            ("SOLOIST_REQUIRE_KEYS".to_owned(), "true".to_owned()),
            (
                "SOLOIST_MASTER_KEY_FILE".to_owned(),
                file.to_string_lossy().into_owned(),
            ),
        ],
        ..HostOptions::default()
    };
    let host = Host::start(options)?;
    let system = create(&host, master, &["clients", "--kind", "system"])?;
    let (code, binding, said) = soloist(&host, &system, &["host", "binding"])?;
    assert_eq!(code, Some(0), "{said}");
    let binding: Value = serde_json::from_str(&binding)?;
    assert_eq!(
        binding["requiredQueryStringParameters"],
        format!("code={system}")
    );
    let (code, _, said) = soloist(&host, master, &["host", "binding"])?;
    assert_eq!(code, Some(1));
    assert!(said.contains("make a system key"), "{said}");

    // By its RPC base a client of Durable Functions brings its key as a password.
    let rpc = binding["rpcBaseUrl"].as_str().context("a base")?;
    let http = host.client().http().clone();
    let listed = http.get(format!("{rpc}instances/")).send().await?;
    assert_eq!(listed.status(), StatusCode::OK);
    let deploy = http
        .put(
            host.client()
                .url("/admin/functions/chain?kind=orchestrator"),
        )
        .header("x-functions-key", &system)
        .body(component(Guest::Scenarios)?);
    let refused = deploy.send().await?;
    assert_eq!(refused.status(), StatusCode::FORBIDDEN);
    Ok(())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_line_speaks_tls_to_what_it_can_trust() -> Result<()> {
    let host = Host::start(HostOptions::default())?;
    let authority = Authority::new()?;
    let proxy = TlsProxy::start(&authority, host.address().parse()?).await?;
    let dir = tempfile::TempDir::new()?;
    let trusted = dir.path().join("authority.pem");
    authority.write(&trusted)?;
    let stranger = dir.path().join("stranger.pem");
    Authority::new()?.write(&stranger)?;
    let list = |trusted: &std::path::Path| {
        Command::new(tests::binary()?)
            .args(["key", "list", "--host", &proxy.origin()])
            .env("SSL_CERT_FILE", trusted)
            .output()
            .context("the command runs")
    };
    let listed = list(&trusted)?;
    assert!(listed.status.success(), "{listed:?}");
    assert!(listed.stdout.starts_with(b"NAME"), "{listed:?}");
    let refused = list(&stranger)?;
    assert_eq!(refused.status.code(), Some(1));
    let said = String::from_utf8(refused.stderr)?;
    assert!(
        said.contains("certificate") && said.contains("SSL_CERT_FILE"),
        "{said}"
    );
    Ok(())
}
