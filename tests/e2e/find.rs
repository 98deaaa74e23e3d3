//! Instances are found by filters, and cleaned up, over HTTP and by the command line.

use std::process::Command;

use anyhow::{Context as _, Result, ensure};
use serde_json::{Value, json};
use tests::{Client, Host, HostOptions, eventually};

use crate::host_with;

pub(crate) const INSTANCES: &str = "/runtime/webhooks/durabletask/instances/";

/// What the command line writes, of a command that does what it is told.
fn soloist(host: &Host, arguments: &[&str]) -> Result<String> {
    let output = Command::new(tests::binary()?)
        .args(arguments)
        .args(["--host", &format!("http://{}", host.address())])
        .output()?;
    let said = String::from_utf8_lossy(&output.stderr);
    ensure!(output.status.success(), "{arguments:?}: {said}");
    Ok(String::from_utf8(output.stdout)?)
}

/// All pages of a list.
async fn listed(client: &Client, query: &str) -> Result<Vec<Value>> {
    let (mut all, mut token) = (Vec::new(), String::new());
    loop {
        let answer = client
            .http()
            .get(client.url(&format!("{INSTANCES}?{query}")))
            .header("x-ms-continuation-token", &token)
            .send()
            .await?;
        ensure!(answer.status() == 200, "{query}: {}", answer.status());
        let next = answer.headers().get("x-ms-continuation-token");
        let next = next.context("every page has the header")?;
        token = next.to_str()?.to_owned();
        all.extend(answer.json::<Vec<Value>>().await?);
        if token.is_empty() {
            return Ok(all);
        }
    }
}

pub(crate) async fn ids(client: &Client, query: &str) -> Result<Vec<String>> {
    let all = listed(client, query).await?.into_iter();
    let ids = all.map(|instance| instance["instanceId"].as_str().map(str::to_owned));
    ids.collect::<Option<_>>().context("each has an id")
}

#[tokio::test]
async fn tags_are_kept_over_continue_as_new_and_a_restart() -> Result<()> {
    let (mut host, client) = host_with(HostOptions::default(), &["counter"]).await?;
    let started = soloist(
        &host,
        &[
            "instance",
            "start",
            "counter",
            "c",
            "--tag",
            "customer=42",
            "--tag",
            "note=a b:c",
            "--input",
            r#"{"until": 2}"#,
            "--json",
        ],
    )?;
    assert_eq!(serde_json::from_str::<Value>(&started)?["id"], "c");
    assert_eq!(client.ended("c").await?.status, "Completed");
    assert_eq!(client.events("c").await?[0]["generation"], 1);
    host.kill()?;
    host.restart()?;
    let client = host.client();
    let tags = json!({"customer": "42", "note": "a b:c"});
    assert_eq!(client.status("c").await?.unwrap_or_default()["tags"], tags);
    assert_eq!(
        ids(&client, "tag=customer:42&tag=note:a+b%3Ac").await?,
        ["c"]
    );
    assert_eq!(ids(&client, "tag=customer:43").await?, [""; 0]);
    Ok(())
}

#[tokio::test]
async fn instances_are_listed_page_by_page_and_cleaned_up() -> Result<()> {
    let (mut host, client) = host_with(HostOptions::default(), &["events", "chain"]).await?;
    for number in 0..7 {
        client
            .start("events", &format!("waits-{number}"), &json!({"n": 1}))
            .await?;
        client
            .run("chain", &format!("done-{number}"), &json!({"n": 1}))
            .await?;
    }
    client.manage("waits-6", "terminate", "enough").await?;
    let done: Vec<_> = (0..7).map(|number| format!("done-{number}")).collect();
    let waits: Vec<_> = (0..6).map(|number| format!("waits-{number}")).collect();
    for (query, expected) in [
        ("instanceIdPrefix=done-&top=3", &done),
        ("runtimeStatus=Running,Pending&top=4", &waits),
        ("functionName=chain&top=1", &done),
        ("createdTimeFrom=2020-01-01&runtimeStatus=Completed", &done),
    ] {
        assert_eq!(ids(&client, query).await?, *expected, "{query}");
    }
    let shown = listed(&client, "instanceIdPrefix=done-3").await?;
    assert_eq!(shown[0], client.status("done-3").await?.unwrap_or_default());

    let table = soloist(&host, &["instance", "list", "--status", "terminated"])?;
    assert!(
        table.contains("waits-6") && table.lines().count() == 2,
        "{table}"
    );
    let list = soloist(
        &host,
        &[
            "instance",
            "list",
            "--prefix",
            "done-",
            "--function",
            "chain",
            "--limit",
            "2",
            "--json",
        ],
    )?;
    let list: Vec<Value> = serde_json::from_str(&list)?;
    assert_eq!(list.len(), 2);
    assert_eq!(list[1]["instanceId"], "done-1");
    let none = soloist(&host, &["instance", "list", "--tag", "a=b", "--json"])?;
    assert_eq!(none, "[]\n");

    let table = soloist(&host, &["instance", "count"])?;
    assert_eq!(
        table,
        "FUNCTION  PENDING  RUNNING  SUSPENDED  COMPLETED  FAILED  TERMINATED  TOTAL\n\
         chain     0        0        0          7          0       0           7\n\
         events    0        6        0          0          0       1           7\n\
         (all)     0        6        0          7          0       1           14\n"
    );
    let counts = soloist(
        &host,
        &["instance", "count", "--function", "chain", "--json"],
    )?;
    assert_eq!(serde_json::from_str::<Value>(&counts)?["total"], 7);
    let none = soloist(&host, &["instance", "count", "--tag", "a=b"])?;
    assert!(
        none.ends_with("(all)     0        0        0          0          0       0           0\n"),
        "{none}"
    );

    let (execution, _) = client.execution("waits-0").await?;
    let purged = soloist(
        &host,
        &[
            "instance",
            "purge",
            "--status",
            "Terminated",
            "--created-from",
            "2020-01-01",
        ],
    )?;
    assert_eq!(purged, "1 instance purged\n");
    let answer = client
        .delete(&format!("{INSTANCES}?createdTimeFrom=2020-01-01T00:00:00Z"))
        .await?;
    assert_eq!(
        answer.json::<Value>().await?,
        json!({"instancesDeleted": 7})
    );
    host.kill()?;
    host.restart()?;
    let client = host.client();
    assert_eq!(ids(&client, "").await?, waits);
    assert_eq!(client.execution("waits-0").await?.0, execution);
    let purged = soloist(&host, &["instance", "purge", "--prefix", "waits", "--json"])?;
    assert_eq!(purged, "{\"instancesDeleted\":0}\n");
    assert_eq!(client.raise("waits-0", "Go", &json!(1)).await?, 202);
    assert_eq!(client.ended("waits-0").await?.status, "Completed");
    Ok(())
}

#[tokio::test]
async fn what_has_ended_goes_after_the_retention() -> Result<()> {
    let options = HostOptions {
        arguments: vec!["--retention".to_owned(), "1s".to_owned()],
        ..HostOptions::default()
    };
    let (_host, client) = host_with(options, &["events", "chain"]).await?;
    client.start("events", "lives", &json!({"n": 1})).await?;
    client.run("chain", "done", &json!({"n": 1})).await?;
    eventually("what has ended goes", async || {
        Ok(client.status("done").await?.is_none().then_some(()))
    })
    .await?;
    assert_eq!(ids(&client, "").await?, ["lives"]);
    Ok(())
}

#[tokio::test]
#[expect(clippy::disallowed_methods, reason = "a test measures; no engine here")]
async fn what_has_ended_is_kept_for_its_time_and_no_longer() -> Result<()> {
    let (mut host, client) = host_with(HostOptions::default(), &["events", "chain"]).await?;
    client.start("events", "alive", &json!({"n": 1})).await?;
    client.run("chain", "over", &json!({"n": 2})).await?;
    host.kill()?;
    host.options().arguments = vec!["--retention".to_owned(), "2s".to_owned()];
    host.restart()?;
    let client = host.client();
    let started = std::time::Instant::now();
    client.run("chain", "late", &json!({"n": 1})).await?;
    for id in ["over", "late"] {
        eventually(&format!("{id} is purged"), async || {
            Ok(client.status(id).await?.is_none().then_some(()))
        })
        .await?;
    }
    ensure!(
        started.elapsed() >= std::time::Duration::from_secs(2),
        "it went before its time"
    );
    ensure!(client.events("late").await.is_err(), "its history is there");
    let alive = client.status("alive").await?.context("it lives")?;
    assert_eq!(alive["runtimeStatus"], "Running");
    client.raise("alive", "Go", &json!(1)).await?;
    assert_eq!(client.ended("alive").await?.status, "Completed");
    Ok(())
}
