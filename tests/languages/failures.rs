//! Failures: kept whole, retried, caught, and made of whatever a language throws.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::Language;

use crate::stage::{Run, Stage, count};

pub(crate) async fn a_flaky_step_is_tried_until_it_answers(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    for (input, failed) in [(Value::Null, 2), (json!({"failures": 4}), 4)] {
        let Run { id, ended } = stage.run("retry", input, &["flaky"]).await?;
        assert_eq!(ended.output, json!(failed + 1));
        let events = stage.client().events(&id).await?;
        assert_eq!(count(&events, "AttemptFailed"), failed, "{events:?}");
    }
    Ok(())
}

pub(crate) async fn a_step_that_never_answers_fails_with_its_last_failure(
    language: Language,
) -> Result<()> {
    let stage = Stage::of(language)?;
    let input = json!({"failures": 9, "attempts": 3});
    let run = stage.run("retry", input, &["flaky"]).await?;
    let failure = failure(&stage, &run).await?;
    assert_eq!(failure["errorType"], "Flaky", "{failure}");
    let details = failure["details"].as_str().unwrap_or_default();
    assert!(details.contains("attempts: 3"), "{failure}");
    let events = stage.client().events(&run.id).await?;
    assert_eq!(count(&events, "AttemptFailed"), 2, "{events:?}");
    Ok(())
}

/// Every part that a failure may have.
fn whole() -> Value {
    json!({"errorType": "CardStolen", "message": "ask für „help“", "details": "card 1\ncard 2", "nonRetriable": true})
}

pub(crate) async fn a_failure_keeps_all_its_parts(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let run = stage.run("fails", whole(), &[]).await?;
    assert_eq!(run.ended.status, "Failed");
    assert_eq!(
        run.ended.output,
        json!("Orchestrator function 'fails' failed: ask für „help“")
    );
    for (key, value) in whole().as_object().context("it is an object")? {
        assert_eq!(&failure(&stage, &run).await?[key], value);
    }
    let run = stage.run("fails", Value::Null, &[]).await?;
    let failure = failure(&stage, &run).await?;
    assert_eq!(failure["errorType"], "Declined", "{failure}");
    assert_eq!(failure["message"], "no funds");
    assert!(failure["details"].is_null(), "{failure}");
    assert_ne!(failure["nonRetriable"], true);
    Ok(())
}

pub(crate) async fn an_activitys_failure_is_caught_whole(language: Language) -> Result<()> {
    let stage = Stage::of_activities(language)?;
    let input =
        json!({"errorType": "CardStolen", "message": "ask für „help“", "details": "card 1"});
    let Run { id, ended } = stage.run("catches", input, &["fails"]).await?;
    let output = ended.output;
    assert_eq!(output["errorType"], "CardStolen", "{output}");
    assert_eq!(output["message"], "ask für „help“");
    assert_eq!(output["nonRetriable"], false);
    let details = output["details"].as_str().unwrap_or_default();
    // The host adds lines of its own.
    assert!(details.contains("card 1"), "{output}");
    assert!(details.contains("attempts: 3"), "{output}");
    let events = stage.client().events(&id).await?;
    assert_eq!(count(&events, "AttemptFailed"), 2, "{events:?}");
    Ok(())
}

pub(crate) async fn a_failure_that_nobody_may_retry_stops_at_once(
    language: Language,
) -> Result<()> {
    let stage = Stage::of_activities(language)?;
    let Run { id, ended } = stage.run("catches", whole(), &["fails"]).await?;
    for key in ["errorType", "message", "nonRetriable"] {
        assert_eq!(ended.output[key], whole()[key], "{:?}", ended.output);
    }
    let details = ended.output["details"].as_str().unwrap_or_default();
    assert!(details.contains("card 1\ncard 2"), "{details}");
    let events = stage.client().events(&id).await?;
    assert_eq!(count(&events, "AttemptFailed"), 0, "{events:?}");
    Ok(())
}

/// What `throws` may be told, and what it then says.
fn thrown() -> [(Value, &'static str); 2] {
    [
        (json!({}), "boom"),
        (json!({"message": "the „bang“"}), "the „bang“"),
    ]
}

pub(crate) async fn an_ordinary_error_becomes_a_failure(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    for (input, message) in thrown() {
        let run = stage.run("throws", input, &[]).await?;
        is_ordinary(&failure(&stage, &run).await?, message);
    }
    Ok(())
}

pub(crate) async fn an_ordinary_error_of_an_activity_becomes_a_failure(
    language: Language,
) -> Result<()> {
    let stage = Stage::of_activities(language)?;
    for (input, message) in thrown() {
        let answer = stage.act("throws", input).await?;
        is_ordinary(&answer.expect_err("it fails"), message);
    }
    Ok(())
}

/// Not a trap, and what the language said.
fn is_ordinary(failure: &Value, message: &str) {
    assert_eq!(failure["message"], message, "{failure}");
    let error_type = failure["errorType"].as_str().unwrap_or_default();
    assert!(!error_type.is_empty(), "{failure}");
    assert_ne!(error_type, "Trap");
}

pub(crate) async fn a_step_that_is_given_up_says_so(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    let Run { id, ended } = stage.run("cancels", Value::Null, &["slow"]).await?;
    assert_eq!(ended.output, json!("Canceled"));
    let events = stage.client().events(&id).await?;
    assert_eq!(count(&events, "TaskCanceled"), 1, "{events:?}");
    Ok(())
}

/// Under a name that the component does not serve, whichever kind.
pub(crate) async fn an_unknown_function_is_told_those_that_there_are(
    language: Language,
) -> Result<()> {
    let stage = Stage::of(language)?;
    let run = stage.run("nobody-asked", Value::Null, &[]).await?;
    let failure = failure(&stage, &run).await?;
    tells_names(
        &failure,
        &["nobody-asked", "hello-cities", "fan-out", "readings"],
    );

    let answer = stage.act("nobody-acts", Value::Null).await?;
    let failure = answer.expect_err("nobody acts");
    tells_names(&failure, &["nobody-acts", "say-hello", "flaky"]);
    Ok(())
}

fn tells_names(failure: &Value, names: &[&str]) {
    assert_eq!(failure["errorType"], "UnknownFunction", "{failure}");
    for name in names {
        let message = failure["message"].as_str().unwrap_or_default();
        assert!(message.contains(name), "{name} is not in {failure}");
    }
}

/// The failure that ended an instance.
async fn failure(stage: &Stage, run: &Run) -> Result<Value> {
    assert_eq!(run.ended.status, "Failed", "{:?}", run.ended);
    let mut events = stage.client().events(&run.id).await?;
    let mut last = events.pop().context("a history is never empty")?;
    assert_eq!(last["type"], "ExecutionFailed", "{last}");
    Ok(last["failure"].take())
}
