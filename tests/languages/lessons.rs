//! What the READMEs of the plugins of one language show, and the patterns of Durable Functions in Python.

use anyhow::Result;
use serde_json::{Value, json};
use tests::{Guest, HostOptions, Language};

use crate::stage::Stage;

/// A host with a component under the names of its orchestrators and of its activities.
async fn stage(
    language: Language,
    name: &'static str,
    options: HostOptions,
    orchestrators: &[&str],
    activities: &[&str],
) -> Result<Stage> {
    let stage = Stage::alone(language, options)?;
    let guest = Guest::Lesson(name);
    stage.deploy(guest, "orchestrator", orchestrators).await?;
    stage.deploy(guest, "activity", activities).await?;
    Ok(stage)
}

#[tokio::test]
async fn an_order_in_javascript_takes_back_what_it_reserved() -> Result<()> {
    let activities = [
        "check-customer",
        "check-stock",
        "reserve",
        "release",
        "charge",
    ];
    let stage = stage(
        Language::JavaScript,
        "order-json",
        HostOptions::default(),
        &["order"],
        &activities,
    )
    .await?;
    let order = |limit: u32| {
        json!({
            "customer": {"tier": "gold"}, "card": {"limit": limit},
            "lines": [{"item": "tea", "count": 2}, {"item": "cake", "count": 1}],
        })
    };
    let ordered = stage.client().run("order", "paid", &order(5000)).await?;
    assert_eq!(ordered.output["outcome"], "ordered");
    assert_eq!(ordered.output["total"], 1845);
    let refused = stage.client().run("order", "poor", &order(1000)).await?;
    assert_eq!(refused.output["outcome"], "refused");
    assert_eq!(refused.output["reason"], "CardDeclined");
    assert_eq!(refused.output["released"], json!(["cake", "tea"]));
    Ok(())
}

#[tokio::test]
async fn statistics_in_python_add_up_over_chunks() -> Result<()> {
    let stage = stage(
        Language::Python,
        "statistics",
        HostOptions::default(),
        &["statistics"],
        &["summarise"],
    )
    .await?;
    let input = json!({"values": [1, 2, 3, 4], "chunk": 2});
    let some = stage
        .client()
        .run("statistics", "some", &input)
        .await?
        .output;
    assert_eq!((&some["count"], &some["chunks"]), (&json!(4), &json!(2)));
    assert_eq!(some["mean"], 2.5);
    let deviation = some["deviation"].as_f64().unwrap_or_default();
    assert!((deviation - 1.290_994).abs() < 0.000_001, "{some}");
    Ok(())
}

#[tokio::test]
async fn checksums_in_c_are_those_of_the_standard() -> Result<()> {
    let stage = stage(
        Language::C,
        "checksum",
        HostOptions::default(),
        &["checksums"],
        &["checksum"],
    )
    .await?;
    let input = json!(["123456789", ""]);
    let sums = stage
        .client()
        .run("checksums", "sums", &input)
        .await?
        .output;
    let expected = json!([{"crc32": "cbf43926", "bytes": 9}, {"crc32": "00000000", "bytes": 0}]);
    assert_eq!(sums, expected);
    Ok(())
}

#[tokio::test]
async fn a_folder_is_reconciled_in_go_until_it_is_told_to_stop() -> Result<()> {
    let managed = tempfile::tempdir()?;
    let folder = managed.path().join("managed");
    std::fs::create_dir(&folder)?;
    let table = |name: &str, access: &str| {
        format!(
            "[function.{name}]\ndirs = [\"{}:/managed{access}\"]\n",
            folder.display()
        )
    };
    let file = managed.path().join("soloist.toml");
    let settings = [
        table("observe-folder", ""),
        table("write-file", ":rw"),
        table("remove-file", ":rw"),
    ];
    std::fs::write(&file, settings.concat())?;
    let options = HostOptions {
        arguments: vec!["--config".to_owned(), file.display().to_string()],
        ..HostOptions::default()
    };
    let activities = ["observe-folder", "write-file", "remove-file"];
    let stage = stage(
        Language::Go,
        "reconcile",
        options,
        &["reconcile"],
        &activities,
    )
    .await?;
    let client = stage.client();
    let has = async |name: &str, text: &str| {
        let (file, what) = (folder.join(name), format!("{name} is {text}"));
        tests::eventually(&what, async || {
            let there = std::fs::read_to_string(&file).is_ok_and(|found| found == text);
            Ok(there.then_some(()))
        })
        .await
    };
    let input = json!({"everyMs": 200, "files": {"motd": "Welcome!"}});
    client.start("reconcile", "web", &input).await?;
    has("motd", "Welcome!").await?;
    std::fs::remove_file(folder.join("motd"))?;
    has("motd", "Welcome!").await?;
    let desired = json!({"hours": "9-17"});
    assert_eq!(client.raise("web", "desired", &desired).await?, 202);
    has("hours", "9-17").await?;
    tests::eventually("motd is removed", async || {
        Ok((!folder.join("motd").exists()).then_some(()))
    })
    .await?;
    assert_eq!(client.raise("web", "stop", &Value::Null).await?, 202);
    let ended = client.ended("web").await?;
    assert_eq!(ended.status, "Completed", "{ended:?}");
    assert_eq!(ended.output["failed"], 0);
    Ok(())
}

#[tokio::test]
async fn patterns_of_durable_functions_run_in_python() -> Result<()> {
    let orchestrators = [
        "chaining",
        "fan_out_fan_in",
        "monitor",
        "human_interaction",
        "escalation",
    ];
    let activities = [
        "trim",
        "count_words",
        "describe",
        "note_failure",
        "list_folders",
        "measure",
        "where_is",
        "tell",
    ];
    let stage = stage(
        Language::Python,
        "durable-functions-python",
        HostOptions::default(),
        &orchestrators,
        &activities,
    )
    .await?;
    let client = stage.client();
    for (function, input, output) in [
        (
            "chaining",
            json!("  so  many words "),
            json!("'so many words' has 3 words"),
        ),
        (
            "fan_out_fan_in",
            json!(5),
            json!({"folders": 5, "bytes": 15360}),
        ),
        (
            "monitor",
            json!({"parcel": "p1", "intervalMs": 50, "expiresInMs": 60_000}),
            json!({"arrived": true, "asked": 3}),
        ),
        (
            "human_interaction",
            json!({"what": "a holiday", "limitMs": 10}),
            json!("escalated: nobody has approved a holiday"),
        ),
    ] {
        let ended = client.run(function, function, &input).await?;
        assert_eq!(ended.output, output, "{ended:?}");
    }
    let failed = client.run("chaining", "empty", &json!(" ")).await?;
    assert_eq!(failed.status, "Failed");
    for (id, approved, outcome) in [("yes", true, "approved"), ("no", false, "rejected")] {
        let input = json!({"what": "a holiday", "limitMs": 60_000});
        client.start("human_interaction", id, &input).await?;
        let decision = json!({"approved": approved});
        assert_eq!(client.raise(id, "ApprovalEvent", &decision).await?, 202);
        assert_eq!(client.ended(id).await?.output, outcome);
    }
    Ok(())
}
