//! Orchestrators that call orchestrators, over evictions and kills.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::{Client, Guest, HostOptions, eventually};

use crate::host_with;

fn script(steps: &Value) -> Value {
    json!({ "steps": steps })
}

/// Calls `n` scripts of these steps, and joins what they note.
fn parent_of(n: usize, steps: &Value) -> Value {
    let mut parent: Vec<Value> = (0..n)
        .map(|_| json!({"child": ["script", script(steps)]}))
        .collect();
    parent.push(json!({"all": (0..n).collect::<Vec<_>>()}));
    script(&json!(parent))
}

async fn status_of(client: &Client, id: &str) -> Result<Value> {
    let status = client.status(id).await?;
    Ok(status.map_or(Value::Null, |status| status["runtimeStatus"].clone()))
}

/// Returns when the instance runs.
async fn runs(client: &Client, id: &str) -> Result<()> {
    eventually(&format!("{id} runs"), async || {
        Ok((status_of(client, id).await? == "Running").then_some(()))
    })
    .await
}

#[tokio::test]
async fn children_answer_and_know_their_parent() -> Result<()> {
    for options in [HostOptions::default(), HostOptions::cold()] {
        let (_host, client) = host_with(options, &["script"]).await?;
        let steps = json!([{"activity": ["echo", 1]}, {"await": 0}, "parent"]);
        let ended = client.run("script", "p", &parent_of(3, &steps)).await?;
        let each = json!({"value": [{"value": 1}, "p"]});
        assert_eq!(ended.output, json!([[each, each, each]]));
        let (execution, events) = client.execution("p").await?;
        let asked: Vec<_> = events
            .iter()
            .filter(|event| event["type"] == "ChildScheduled")
            .collect();
        assert_eq!(asked.len(), 3);
        for event in asked {
            let id = event["instanceId"].as_str().context("a child has an id")?;
            assert_eq!(id, format!("{execution}:{}", event["eventId"]));
            assert_eq!(status_of(&client, id).await?, "Completed");
        }
    }
    Ok(())
}

#[tokio::test]
async fn a_childs_failure_keeps_its_details_and_is_tried_again() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["script"]).await?;
    let fails = script(&json!([{"fail": ["Declined", "no money"]}]));
    let steps = script(&json!([{"child-of": ["script", fails, "kid", 3]}, {"await": 0}]));
    let failure = client.run("script", "p", &steps).await?.output[0]["failure"].clone();
    assert_eq!(failure["errorType"], "Declined");
    assert_eq!(failure["message"], "no money");
    assert!(
        failure["details"]
            .as_str()
            .unwrap_or_default()
            .contains("attempts: 3"),
        "{failure}"
    );
    let (_, events) = client.execution("kid").await?;
    assert_eq!(events[0]["parent"]["attempt"], 3);
    Ok(())
}

#[tokio::test]
async fn an_id_that_is_live_and_a_name_that_is_unknown_fail_the_call() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["script", "events"]).await?;
    client.start("events", "kid", &json!({"n": 1})).await?;
    let steps = script(&json!([
        {"child-of": ["script", {"steps": []}, "kid", 1]}, {"await": 0},
        {"child-of": ["script", {"steps": []}, "p", 1]}, {"await": 1},
        {"child": ["nobody", 1]}, {"await": 2},
        {"child": ["echo", 1]}, {"await": 3},
    ]));
    let notes = client.run("script", "p", &steps).await?.output;
    for (note, error, message) in [
        (
            0,
            "InstanceExists",
            "an instance with ID 'kid' already exists",
        ),
        (
            1,
            "InstanceExists",
            "an instance with ID 'p' already exists",
        ),
        (
            2,
            "UnknownFunction",
            "no orchestrator function 'nobody'; upload one under this name",
        ),
        (
            3,
            "UnknownFunction",
            "'echo' is an activity, not an orchestrator; call an orchestrator",
        ),
    ] {
        assert_eq!(notes[note]["failure"]["errorType"], error);
        assert_eq!(notes[note]["failure"]["message"], message);
    }
    let steps = script(&json!([{"child-of": ["script", {"steps": []}, "a/b", 1]}, {"await": 0}]));
    let failed = client.run("script", "q", &steps).await?;
    assert!(
        failed
            .output
            .to_string()
            .contains("'a/b' cannot be the instance ID of a child"),
        "{:?}",
        failed.output
    );
    Ok(())
}

#[tokio::test]
async fn a_child_that_is_given_up_or_terminated_answers_so() -> Result<()> {
    let (_host, client) = host_with(HostOptions::cold(), &["script", "events"]).await?;
    let waits = json!({"n": 1});
    let steps = script(&json!([
        {"child-of": ["events", waits, "first", 1]},
        {"child-of": ["events", waits, "second", 1]},
        {"event": "Enough"}, {"await": 2},
        {"cancel": 0}, {"await": 0},
        {"await": 1},
    ]));
    client.start("script", "p", &steps).await?;
    for kid in ["first", "second"] {
        runs(&client, kid).await?;
    }
    assert_eq!(client.raise("p", "Enough", &Value::Null).await?, 202);
    assert_eq!(client.ended("first").await?.status, "Terminated");
    assert_eq!(client.manage("second", "terminate", "lunch").await?, 202);
    let notes = client.ended("p").await?.output;
    assert_eq!(notes[1]["failure"]["errorType"], "Canceled");
    assert_eq!(notes[2]["failure"]["errorType"], "Terminated");
    assert_eq!(
        notes[2]["failure"]["message"],
        "the child was terminated: lunch"
    );
    Ok(())
}

#[tokio::test]
async fn a_tree_is_suspended_resumed_terminated_and_purged_at_once() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["script", "events"]).await?;
    let waits = json!({"n": 1});
    let middle = script(&json!([{"child-of": ["events", waits, "leaf", 1]}, {"await": 0}]));
    let top = script(&json!([{"child-of": ["script", middle, "middle", 1]}, {"await": 0}]));
    client.start("script", "top", &top).await?;
    runs(&client, "leaf").await?;
    let all = async |verb: &str| {
        client
            .manage("top", &format!("{verb}?recursive=true&x="), "")
            .await
    };
    for (verb, status) in [
        ("suspend", "Suspended"),
        ("resume", "Running"),
        ("terminate", "Terminated"),
    ] {
        assert_eq!(all(verb).await?, 202, "{verb}");
        for id in ["top", "middle", "leaf"] {
            assert_eq!(status_of(&client, id).await?, status, "{id}");
        }
    }
    let base = "/runtime/webhooks/durabletask/instances";
    let reply = client.delete(&format!("{base}/top?recursive=true")).await?;
    assert_eq!(reply.json::<Value>().await?, json!({"instancesDeleted": 3}));
    for id in ["top", "middle", "leaf"] {
        assert_eq!(status_of(&client, id).await?, Value::Null, "{id}");
    }
    Ok(())
}

#[tokio::test]
async fn a_fan_out_of_children_survives_kills() -> Result<()> {
    let (mut host, mut client) = host_with(HostOptions::default(), &["script"]).await?;
    let steps =
        json!([{"activity": ["echo", 1]}, {"await": 0}, {"timer": 300}, {"await": 1}, "guid"]);
    client.start("script", "p", &parent_of(60, &steps)).await?;
    for wanted in [1, 30] {
        client
            .history_shows("p", "answers of children", |events| {
                let answers = events
                    .iter()
                    .filter(|event| event["type"] == "TaskCompleted");
                answers.count() >= wanted
            })
            .await?;
        host.kill()?;
        host.restart()?;
        client = host.client();
    }
    let ended = client.ended("p").await?;
    let notes = ended.output[0].as_array().context("a list of answers")?;
    assert_eq!(notes.len(), 60);
    let mut guids: Vec<_> = notes
        .iter()
        .map(|note| note["value"][2].to_string())
        .collect();
    guids.sort_unstable();
    guids.dedup();
    assert_eq!(guids.len(), 60, "each child has an execution of its own");
    let (_, events) = client.execution("p").await?;
    let answers = events
        .iter()
        .filter(|event| event["type"] == "TaskCompleted");
    assert_eq!(answers.count(), 60);
    Ok(())
}

#[tokio::test]
async fn a_child_that_nobody_awaits_runs_to_its_end() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["script"]).await?;
    let kid = script(&json!([{"timer": 50}, {"await": 0}, "parent"]));
    let steps = script(&json!([{"child-of": ["script", kid, "kid", 1]}]));
    client.run("script", "p", &steps).await?;
    eventually("the child is there", async || {
        Ok(client.status("kid").await?.map(drop))
    })
    .await?;
    assert_eq!(
        client.ended("kid").await?.output,
        json!([{"value": null}, "p"])
    );
    Ok(())
}

#[tokio::test]
async fn a_rewound_tree_goes_on_from_its_leaf() -> Result<()> {
    let (_host, client) = host_with(HostOptions::default(), &["script"]).await?;
    let kid = script(&json!([{"activity": ["echo", 1]}, {"await": 0}, "guid"]));
    let broken = json!({"steps": [{"activity": ["echo", 2]}, {"await": 0}, {"activity": ["echo-late", 3]}, {"needed": 1}]});
    let steps = script(&json!([
        {"child-of": ["script", kid, "good", 1]}, {"needed": 0},
        {"child-of": ["script", broken, "bad", 1]}, {"needed": 1},
    ]));
    client.start("script", "p", &steps).await?;
    let failed = client.ended("p").await?;
    assert_eq!(failed.status, "Failed", "{:?}", failed.output);
    let base = "/runtime/webhooks/durabletask/instances";
    let empty = Value::Null;
    let (good, bad) = (
        client.execution("good").await?.0,
        client.execution("bad").await?.0,
    );
    client
        .deploy("echo-late", Guest::Scenarios, Some("activity"))
        .await?;
    let reply = client
        .post(&format!("{base}/p/rewind?reason=mended"), &empty)
        .await?;
    assert_eq!(reply.status(), 202);
    let ended = client.ended("p").await?;
    assert_eq!(ended.status, "Completed", "{:?}", ended.output);
    assert_eq!(client.execution("good").await?.0, good);
    assert_eq!(client.execution("bad").await?.0, bad);
    let reply = client.post(&format!("{base}/p/rewind"), &empty).await?;
    assert_eq!(reply.status(), 412);
    let text: String = reply.json().await?;
    assert_eq!(
        text,
        "Only a failed instance can be rewound, and 'p' has not failed."
    );
    assert_eq!(
        client
            .post(&format!("{base}/nobody/rewind"), &empty)
            .await?
            .status(),
        404
    );
    Ok(())
}
