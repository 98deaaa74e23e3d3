//! Orchestrators that call orchestrators.

use anyhow::{Context, Result};
use serde_json::{Value, json};
use tests::Language;

use crate::stage::{Run, Stage, count, fresh};

pub(crate) async fn a_child_answers(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    stage.orchestrators(&["double"]).await?;
    let Run { id, ended } = stage.run("child", Value::Null, &["echo"]).await?;
    assert_eq!(ended.output, json!(42));
    let events = stage.client().events(&id).await?;
    assert_eq!(count(&events, "ChildScheduled"), 1, "{events:?}");
    Ok(())
}

pub(crate) async fn a_child_has_the_id_that_it_is_given(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    stage.orchestrators(&["double"]).await?;
    let id = fresh("given");
    let input = json!({"n": 4, "instance": id});
    assert_eq!(stage.output("child", input, &["echo"]).await?, json!(8));
    let status = stage.client().status(&id).await?;
    let status = status.with_context(|| format!("no instance {id}"))?;
    assert_eq!(status["output"], json!(8), "{status}");
    assert_eq!(status["name"], "double");
    Ok(())
}

pub(crate) async fn a_childs_failure_is_caught_whole(language: Language) -> Result<()> {
    let stage = Stage::of(language)?;
    stage.orchestrators(&["fails"]).await?;
    for non_retriable in [true, false] {
        let failure = json!({"errorType": "CardStolen", "message": "ask for help", "details": "card 1", "nonRetriable": non_retriable});
        let caught = stage.output("child-fails", failure.clone(), &[]).await?;
        assert_eq!(caught, failure);
    }
    Ok(())
}
