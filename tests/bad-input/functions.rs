//! Functions: names, kinds, and what is not what it is taken for.

use anyhow::Result;
use serde_json::json;
use tests::{Guest, component};

use crate::{STARTS, World, assert_refused, sentence};

#[tokio::test]
async fn a_bad_function_name() -> Result<()> {
    let world = World::empty().await?;
    let guest = component(Guest::SayHello)?;
    let long = "a".repeat(128);
    for name in ["%20", "1a", &long, "a%2Fb", "%C3%A9", "a.b", "-a"] {
        let answer = world
            .ask("PUT", &format!("/admin/functions/{name}"), &guest)
            .await?;
        assert_refused(
            &answer,
            400,
            "is not a function name: a letter first, then letters, digits, '_' and '-', at most 127",
        )?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn an_empty_function_name() -> Result<()> {
    let world = World::empty().await?;
    let answer = world.ask("PUT", "/admin/functions/", b"x").await?;
    assert_refused(&answer, 400, "\"\" is not a function name: a letter first")?;
    world.stands(&[]).await
}

#[tokio::test]
async fn a_function_name_that_is_no_text() -> Result<()> {
    let world = World::empty().await?;
    let answer = world.ask("PUT", "/admin/functions/%FF", b"x").await?;
    assert_refused(&answer, 400, "the path is not UTF-8 where it is decoded")?;
    world.stands(&[]).await
}

#[tokio::test]
async fn a_slash_in_a_function_name() -> Result<()> {
    let world = World::empty().await?;
    let answer = world.ask("PUT", "/admin/functions/a/b", b"x").await?;
    assert_refused(&answer, 404, "functions are under /admin/functions")?;
    world.stands(&[]).await
}

#[tokio::test]
async fn an_unknown_kind() -> Result<()> {
    let world = World::empty().await?;
    let answer = world
        .ask("PUT", "/admin/functions/F?kind=entity", b"x")
        .await?;
    assert_refused(
        &answer,
        400,
        "'entity' is no kind of function: use orchestrator or activity",
    )?;
    world.stands(&[]).await
}

#[tokio::test]
async fn no_kind_where_both_are_exported() -> Result<()> {
    let world = World::empty().await?;
    let guest = component(Guest::Scenarios)?;
    let part = "say which with ?kind=orchestrator or ?kind=activity";
    world
        .assert_upload_refused("/admin/functions/F", &guest, 400, part)
        .await?;
    world.stands(&[]).await
}

#[tokio::test]
async fn a_kind_that_is_not_exported() -> Result<()> {
    let world = World::empty().await?;
    for (guest, asked, exported) in [
        (Guest::SayHello, "orchestrator", "activity"),
        (Guest::HelloCities, "activity", "orchestrator"),
    ] {
        let path = format!("/admin/functions/F?kind={asked}");
        let part = format!("bind it with ?kind={exported}");
        world
            .assert_upload_refused(&path, &component(guest)?, 422, &part)
            .await?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn a_start_of_an_unknown_function() -> Result<()> {
    let world = World::of(&["chain"]).await?;
    for (base, status) in STARTS.into_iter().zip([404, 400, 400]) {
        let answer = world.ask("POST", &format!("{base}/nope/x"), b"").await?;
        assert_refused(&answer, status, "'nope'")?;
        assert_refused(&answer, status, "'chain'")?;
    }
    world.stands(&["x"]).await
}

#[tokio::test]
async fn a_start_of_an_activity() -> Result<()> {
    let world = World::of(&["chain"]).await?;
    for (base, status, part) in [
        (STARTS[0], 404, "'echo' is an activity, not an orchestrator"),
        (
            STARTS[1],
            400,
            "'echo' doesn't exist, is disabled, or is not an orchestrator function",
        ),
        (
            STARTS[2],
            400,
            "'echo' doesn't exist, is disabled, or is not an orchestrator function",
        ),
    ] {
        let answer = world.ask("POST", &format!("{base}/echo/x"), b"").await?;
        assert_refused(&answer, status, part)?;
        assert_refused(&answer, status, "'chain'")?;
    }
    world.stands(&["x"]).await
}

#[tokio::test]
async fn a_call_of_an_orchestrator_as_an_activity() -> Result<()> {
    let world = World::of(&["chain"]).await?;
    let ended = world
        .client()
        .run("chain", "x", &json!({"n": 1, "activity": "chain"}))
        .await?;
    assert_eq!(
        (ended.status.as_str(), ended.output),
        (
            "Failed",
            json!(
                "Orchestrator function 'chain' failed: 'chain' is an orchestrator, not an activity; call an activity"
            )
        )
    );
    world.stands(&[]).await
}

#[tokio::test]
async fn an_unknown_function() -> Result<()> {
    let world = World::of(&["chain"]).await?;
    for method in ["GET", "DELETE"] {
        for (path, name) in [("nope", "nope"), ("a%2Fb", "a/b")] {
            let answer = world
                .ask(method, &format!("/admin/functions/{path}"), b"")
                .await?;
            assert_eq!(sentence(&answer)?, format!("there is no function '{name}'"));
            assert_eq!(answer.status, 404);
        }
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn an_unknown_module() -> Result<()> {
    let world = World::empty().await?;
    for method in ["GET", "DELETE"] {
        for digest in ["xyz", &"0".repeat(64)] {
            let answer = world
                .ask(method, &format!("/admin/modules/{digest}"), b"")
                .await?;
            assert_eq!(sentence(&answer)?, format!("there is no module '{digest}'"));
            assert_eq!(answer.status, 404);
        }
    }
    world.stands(&[]).await
}
