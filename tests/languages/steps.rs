//! Steps: one after the other, at once, over executions.

use anyhow::Result;
use serde_json::{Value, json};
use tests::Language;

use crate::stage::{Run, Stage, count};

pub(crate) async fn cities_are_greeted_in_sequence(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let cities = ["Tokyo", "Seattle", "London", "Cairo", "Lima"];
    let greetings = cities.map(|city| format!("Hello {city}!"));
    for input in [Value::Null, json!({}), json!({"delayMs": 1})] {
        let Run { id, ended } = stage.run("hello-cities", input, &["say-hello"]).await?;
        assert_eq!(ended.output, json!(greetings));
        let events = stage.client().events(&id).await?;
        let kinds: Vec<_> = events[2..events.len() - 1]
            .iter()
            .map(|event| event["type"].as_str().unwrap_or_default())
            .collect();
        let sequence = ["TaskScheduled", "TaskCompleted"].repeat(cities.len());
        assert_eq!(kinds, sequence, "{events:?}");
    }
    Ok(())
}

pub(crate) async fn a_hundred_steps_run_at_once(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let Run { id, ended } = stage.run("fan-out", Value::Null, &["echo"]).await?;
    assert_eq!(ended.output, json!((0..100).collect::<Vec<_>>()));
    let events = stage.client().events(&id).await?;
    let asked: Vec<usize> = (0..events.len())
        .filter(|place| events[*place]["type"] == "TaskScheduled")
        .collect();
    assert_eq!(asked.len(), 100);
    assert_eq!(asked[99] - asked[0], 99, "all are asked for in one turn");

    let none = stage.output("fan-out", json!({"n": 0}), &["echo"]).await?;
    assert_eq!(none, json!([]));
    Ok(())
}

pub(crate) async fn an_execution_continues_as_new(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let Run { id, ended } = stage.run("counter", Value::Null, &["echo"]).await?;
    assert_eq!(ended.output, json!(3));
    let events = stage.client().events(&id).await?;
    assert_eq!(events[0]["generation"], json!(3), "{events:?}");
    assert_eq!(
        count(&events, "TaskScheduled"),
        0,
        "each history is its own"
    );

    let input = json!({"n": 7, "until": 9});
    assert_eq!(stage.output("counter", input, &["echo"]).await?, json!(9));
    Ok(())
}
