//! What goes wrong is told in sentences: no answer shows the inside of the host, and where only its log can, the id leads there.

use std::fs;
use std::process::Command;

use anyhow::{Context, Result, ensure};
use serde_json::{Value, json};
use tests::{Answer, Connection, Guest, Host, HostOptions, component};

const INSTANCES: &str = "/runtime/webhooks/durabletask/instances";

async fn send(host: &Host, line: &str, headers: &str, body: &[u8]) -> Result<Answer> {
    let (address, length) = (host.address(), body.len());
    let head =
        format!("{line} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n{headers}\r\n");
    let mut connection = Connection::open(address).await?;
    connection.send(&[head.as_bytes(), body].concat()).await?;
    connection.answer().await
}

/// Checks that a refusal holds none of what only the log may tell: paths, places in code, names of what it is built with.
fn shows_nothing(host: &Host, answer: &Answer) -> Result<()> {
    let data = host.data().to_string_lossy().into_owned();
    let source = concat!(env!("CARGO_MANIFEST_DIR"), "/..");
    let source = fs::canonicalize(source)?.to_string_lossy().into_owned();
    let inside = [
        data.as_str(),
        source.as_str(),
        ".rs",
        ".cargo",
        "soloist.db",
        "soloist_",
        "rusqlite",
        "sqlite",
        "wasmtime",
        "panicked",
        "backtrace",
        "RUST_",
        "\\n",
    ];
    ensure!(answer.status >= 400, "this was to be refused: {answer:?}");
    let headers = answer.headers.iter().map(|(_, value)| value.as_str());
    for text in headers.chain([answer.body.as_str()]) {
        let text = text.to_lowercase();
        let found = inside
            .iter()
            .find(|part| text.contains(&part.to_lowercase()));
        ensure!(found.is_none(), "{found:?} is in {answer:?}");
    }
    Ok(())
}

#[tokio::test]
async fn no_refusal_shows_the_inside_of_the_host() -> Result<()> {
    let host = Host::start(HostOptions::default())?;
    let client = host.client();
    client
        .deploy("events", Guest::Scenarios, Some("orchestrator"))
        .await?;
    client.start("events", "x", &json!({"n": 1})).await?;
    let start = "POST /api/orchestrators/events/y";
    let status = format!("{INSTANCES}/x");
    for (line, headers, body) in [
        (start, "", "no JSON"),
        (start, "", "{\"a\": \"\u{1}\"}"),
        (start, "content-encoding: gzip\r\n", "{}"),
        (start, "host: twice\r\n", "{}"),
        (start, "origin: https://evil.example\r\n", "{}"),
        ("POST /api/orchestrators/events/x", "", "{}"),
        ("POST /api/orchestrators/none/y", "", "{}"),
        ("POST /api/orchestrators/events/@y", "", "{}"),
        ("POST /api/orchestrators/events/y?tag=none", "", "{}"),
        ("POST /api/orchestrators/events/y?startAt=soon", "", "{}"),
        ("POST /durabletask/orchestrators/none", "", "{}"),
        ("POST /api/orchestrators/%FF/%00", "", "{}"),
        ("PUT /admin/functions/1", "", ""),
        ("PUT /admin/functions/F?kind=entity", "", ""),
        ("GET /admin/functions/none", "", ""),
        ("DELETE /admin/modules/none", "", ""),
        ("GET /admin/instances/none/history", "", ""),
        ("GET /admin/instances/x/executions/none", "", ""),
        ("GET /../../etc/passwd", "", ""),
        ("GET /nowhere", "", ""),
        ("DELETE /healthz", "", ""),
        (&format!("DELETE {status}"), "", ""),
        (&format!("POST {status}/rewind"), "", ""),
        (
            &format!("POST {status}/restart?restartWithNewInstanceId=false"),
            "",
            "",
        ),
        (
            &format!("POST {status}/raiseEvent/a"),
            "content-type: text/plain\r\n",
            "a",
        ),
        (
            &format!("GET {INSTANCES}/?functionName=1"),
            "x-ms-continuation-token: none\r\n",
            "",
        ),
        (&format!("DELETE {INSTANCES}/"), "", ""),
    ] {
        let answer = send(&host, line, headers, body.as_bytes()).await?;
        shows_nothing(&host, &answer).with_context(|| line.to_owned())?;
    }
    Ok(())
}

#[tokio::test]
async fn no_refusal_of_a_component_shows_the_inside_of_the_host() -> Result<()> {
    let host = Host::start(HostOptions::default())?;
    let whole = component(Guest::Scenarios)?;
    let mut bad: Vec<Vec<u8>> = [
        "(module)",
        "(component)",
        "(component (import \"soloist:orchestrator/none\" (func)))",
        "(component (core module $m (memory 65536)) (core instance (instantiate $m)))",
    ]
    .map(wat::parse_str)
    .into_iter()
    .collect::<Result<_, _>>()?;
    bad.extend([b"".to_vec(), b"no component".to_vec()]);
    for part in 1..8 {
        let place = whole.len() * part / 8;
        bad.push(whole[..place].to_vec());
        let mut flipped = whole.clone();
        flipped[place..place + 64].fill(0xFF);
        bad.push(flipped);
    }
    for bytes in bad {
        let answer = send(
            &host,
            "PUT /admin/functions/F?kind=orchestrator",
            "",
            &bytes,
        )
        .await?;
        // Where only data is changed it is a component like any other.
        if answer.status >= 400 {
            shows_nothing(&host, &answer)?;
        }
    }
    Ok(())
}

#[tokio::test]
async fn what_is_wrong_in_the_host_is_found_in_its_log_by_the_id() -> Result<()> {
    let mut host = Host::start(HostOptions::default())?;
    let client = host.client();
    client
        .deploy("events", Guest::Scenarios, Some("orchestrator"))
        .await?;
    client.start("events", "x", &json!({"n": 1})).await?;
    client
        .history_shows("x", "a wait", |events| {
            events.iter().any(|event| event["type"] == "EventAwaited")
        })
        .await?;
    host.terminate()?;
    // The first event of the only history becomes one that no host knows.
    let database = host.data().join("soloist.db");
    let mut bytes = fs::read(&database)?;
    let known = b"execution_started";
    let place = bytes.windows(known.len()).position(|part| part == known);
    let place = place.context("the history is in the file")?;
    bytes[place..place + known.len()].copy_from_slice(b"execution_strayed");
    fs::write(&database, bytes)?;
    host.restart()?;

    for (path, sentence) in [
        (format!("{INSTANCES}/x"), "ExceptionMessage"),
        ("/admin/instances/x/history".to_owned(), "detail"),
    ] {
        let answer = send(&host, &format!("GET {path}"), "", b"").await?;
        ensure!(answer.status == 500, "{answer:?}");
        shows_nothing(&host, &answer)?;
        let body: Value = serde_json::from_str(&answer.body)?;
        let said =
            "the host could not do this; its log says why, under the x-request-id of this answer";
        ensure!(body[sentence] == said, "{answer:?}");
        let id = answer.header("x-request-id").context("no id")?;
        let log = host.log();
        let line = log
            .lines()
            .find(|line| line.contains(&format!("request.id=\"{id}\"")))
            .with_context(|| format!("{id} is not in {log}"))?;
        for part in [
            "ERROR",
            "a request failed",
            "the history of x is corrupt",
            &format!("request.path=\"{path}\""),
        ] {
            ensure!(line.contains(part), "{line}");
        }
    }
    let shown = Command::new(tests::binary()?)
        .args(["instance", "history", "x", "--host", &host.client().url("")])
        .output()?;
    let shown = String::from_utf8_lossy(&shown.stderr).into_owned();
    let id = shown
        .trim()
        .rsplit_once(" (")
        .and_then(|(_, id)| id.strip_suffix(')'));
    let id = id.with_context(|| shown.clone())?;
    ensure!(
        host.log().contains(&format!("request.id=\"{id}\"")),
        "{shown}"
    );
    Ok(())
}
