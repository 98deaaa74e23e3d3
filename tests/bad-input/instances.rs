//! Events, the management verbs, queries, routes.

use anyhow::{Result, ensure};

use crate::{INSTANCES, STARTS, World, assert_empty, assert_refused};

#[tokio::test]
async fn an_event_without_a_name() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    for path in ["w/raiseEvent", "w/raiseEvent/"] {
        let answer = world
            .ask("POST", &format!("{INSTANCES}/{path}"), b"1")
            .await?;
        assert_refused(&answer, 400, "an event name must not be empty")?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn an_event_name_that_is_too_long() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    let raise = async |length: usize| {
        let name = "n".repeat(length);
        let path = format!("{INSTANCES}/w/raiseEvent/{name}");
        world.ask("POST", &path, b"1").await
    };
    assert_refused(
        &raise(1025).await?,
        400,
        "an event name has at most 1024 bytes, or nobody could wait for it; this one has 1025",
    )?;
    assert_empty(&raise(1024).await?, 202)?;
    world.stands(&[]).await
}

#[tokio::test]
async fn an_unknown_instance() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for id in ["nope", "@a", "a%2Fb", "%FF"] {
        let path = format!("{INSTANCES}/{id}");
        for (method, path) in [
            ("GET", path.clone()),
            ("DELETE", path.clone()),
            ("POST", format!("{path}/terminate")),
            ("POST", format!("{path}/suspend")),
            ("POST", format!("{path}/resume")),
            ("POST", format!("{path}/rewind")),
            ("POST", format!("{path}/raiseEvent/Go")),
        ] {
            assert_empty(&world.ask(method, &path, b"").await?, 404)?;
        }
    }
    let answer = world
        .ask("GET", "/admin/instances/nope/history", b"")
        .await?;
    assert_refused(&answer, 404, "there is no instance 'nope'")?;
    world.stands(&["nope"]).await
}

#[tokio::test]
async fn an_instance_that_has_ended() -> Result<()> {
    let world = World::of(&["chain"]).await?;
    let client = world.client();
    client
        .run("chain", "x", &serde_json::json!({"n": 1}))
        .await?;
    let before = client.events("x").await?;
    for verb in ["terminate", "suspend", "resume", "raiseEvent/Go"] {
        let path = format!("{INSTANCES}/x/{verb}");
        assert_empty(&world.ask("POST", &path, b"").await?, 410)?;
    }
    ensure!(client.events("x").await? == before);
    world.stands(&[]).await
}

#[tokio::test]
async fn a_purge_of_a_running_instance() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    let answer = world.ask("DELETE", &format!("{INSTANCES}/w"), b"").await?;
    assert_refused(
        &answer,
        409,
        "The instance 'w' has not ended, so it cannot be purged: terminate it first.",
    )?;
    ensure!(world.status("w").await?.status == 202);
    world.stands(&[]).await
}

#[tokio::test]
async fn a_tag_that_is_none() -> Result<()> {
    let world = World::of(&["events"]).await?;
    let long = format!("n:{}", "v".repeat(257));
    for (tags, part) in [
        ("tag=urgent", "has no name and value: write tag=name:value"),
        ("tag=n:1&tag=n:2", "is given twice: give it one value"),
        (
            "tag=n:a%00b",
            "has a control character: write printable text",
        ),
        (&format!("tag={long}"), "has 257 bytes: 256 are allowed"),
    ] {
        for starts in STARTS {
            let path = format!("{starts}/events/x?{tags}");
            assert_refused(&world.ask("POST", &path, b"").await?, 400, part)?;
        }
    }
    world.stands(&["x"]).await
}

#[tokio::test]
async fn a_list_that_cannot_be() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    for (query, part) in [
        ("functionName=9", "functionName is no name of a function"),
        ("tag=urgent", "write tag=name:value"),
    ] {
        let answer = world
            .ask("GET", &format!("{INSTANCES}/?{query}"), b"")
            .await?;
        assert_refused(&answer, 400, part)?;
    }
    let client = world.client();
    let page = client
        .http()
        .get(client.url(&format!("{INSTANCES}/")))
        .header("x-ms-continuation-token", "i%40")
        .send()
        .await?;
    ensure!(page.status() == 400);
    let said = page.text().await?;
    ensure!(
        said.contains("x-ms-continuation-token is none that this query gave"),
        "{said}"
    );
    world.stands(&[]).await
}

#[tokio::test]
async fn a_clean_up_of_nothing() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    let answer = world.ask("DELETE", &format!("{INSTANCES}/"), b"").await?;
    ensure!(answer.status == 400, "{answer:?}");
    let sentence = "\"Please provide value for 'createdTimeFrom' parameter.\"";
    ensure!(answer.body == sentence, "{answer:?}");
    for query in [
        "createdTimeFrom=2020-01-01",
        "createdTimeFrom=2020-01-01&runtimeStatus=Runing",
    ] {
        let path = format!("{INSTANCES}/?{query}");
        assert_empty(&world.ask("DELETE", &path, b"").await?, 404)?;
    }
    ensure!(world.status("w").await?.status == 202);
    world.stands(&[]).await
}

#[tokio::test]
async fn query_values_that_cannot_be_read() -> Result<()> {
    let world = World::of(&["events"]).await?;
    // As Durable Functions has it: what cannot be read is as good as absent.
    for (number, query) in [
        "timeout=abc",
        "timeout=-1",
        "timeout=1e300",
        "timeout=NaN",
        "timeout=0.01&pollingInterval=soon",
        "pin=maybe",
        "nothing=known",
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("{}/events/x{number}?{query}", STARTS[1]);
        let started = world.ask("POST", &path, b"").await?;
        ensure!(started.status == 202, "{query}: {started:?}");
        ensure!(world.status(&format!("x{number}")).await?.status == 202);
    }
    let waits =
        |events: &[serde_json::Value]| events.iter().any(|event| event["type"] == "EventAwaited");
    world.client().history_shows("x0", "a wait", waits).await?;
    let plain = world.status("x0").await?.body;
    for query in [
        "showInput=maybe",
        "showHistory=7",
        "nothing=known",
        "%FF=%FF",
    ] {
        let status = world.status(&format!("x0?{query}")).await?;
        ensure!(status.body == plain, "{query}: {status:?}");
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn a_polling_interval_over_the_timeout() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for base in &STARTS[1..] {
        let path = format!("{base}/events/x?timeout=1&pollingInterval=5");
        let answer = world.ask("POST", &path, b"").await?;
        assert_refused(
            &answer,
            400,
            "pollingInterval must not be longer than timeout",
        )?;
    }
    world.stands(&["x"]).await
}

#[tokio::test]
async fn an_unknown_path() -> Result<()> {
    let world = World::empty().await?;
    for path in [
        "/",
        "/nope",
        "/admin",
        "/api/orchestrators",
        "/HEALTHZ",
        "//healthz",
        "/healthz/",
    ] {
        let answer = world.ask("GET", path, b"").await?;
        assert_refused(
            &answer,
            404,
            "there is nothing under this path: functions are under /admin/functions",
        )?;
    }
    for path in ["/durabletask/nope", "/runtime/webhooks/durabletask/"] {
        assert_empty(&world.ask("GET", path, b"").await?, 404)?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn a_method_that_a_path_does_not_take() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for (method, path, allow) in [
        ("POST", "/admin/functions", "GET,HEAD"),
        ("PATCH", "/admin/functions/events", "GET,HEAD,PUT,DELETE"),
        ("POST", "/admin/modules/x", "GET,HEAD,DELETE"),
        ("PUT", "/admin/instances/x/history", "GET,HEAD"),
        ("DELETE", "/healthz", "GET,HEAD"),
        ("BREW", "/readyz", "GET,HEAD"),
        ("GET", "/api/orchestrators/events/x", "POST"),
    ] {
        let answer = world.ask(method, path, b"").await?;
        assert_refused(
            &answer,
            405,
            "this path does not take this method: the header Allow names those that it takes",
        )?;
        ensure!(answer.header("allow") == Some(allow), "{answer:?}");
    }
    // As Durable Functions has it, there a path with another method is unknown.
    let path = format!("{INSTANCES}/x");
    assert_empty(&world.ask("PUT", &path, b"").await?, 404)?;
    world.stands(&["x"]).await
}

#[tokio::test]
async fn what_is_not_supported_yet() -> Result<()> {
    let world = World::empty().await?;
    for (method, path, what) in [
        ("GET", "/durabletask/entities", "entities"),
        ("POST", "/durabletask/entities/E/k", "entities"),
        ("PATCH", "/durabletask/makeprimary", "app leases"),
    ] {
        let answer = world.ask(method, path, b"").await?;
        let sentence = format!("This host does not support {what} yet.");
        assert_refused(&answer, 501, &sentence)?;
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn a_rewind_of_what_has_not_failed() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    let path = format!("{INSTANCES}/w/rewind");
    let answer = world.ask("POST", &path, b"").await?;
    let sentence = "\"Only a failed instance can be rewound, and 'w' has not failed.\"";
    ensure!(answer.status == 412, "{answer:?}");
    ensure!(answer.body == sentence, "{answer:?}");
    ensure!(world.status("w").await?.status == 202);
    world.stands(&[]).await
}

#[tokio::test]
async fn a_restart_of_what_is_unknown_or_live() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    let same = "restart?restartWithNewInstanceId=false";
    let answer = world
        .ask("POST", &format!("{INSTANCES}/w/{same}"), b"")
        .await?;
    assert_refused(&answer, 409, "An instance with ID 'w' already exists.")?;
    for id in ["nope", "@a", "a%2Fb"] {
        let path = format!("{INSTANCES}/{id}/{same}");
        let sentence = "InstanceId does not match a valid orchestration instance.";
        assert_refused(&world.ask("POST", &path, b"").await?, 400, sentence)?;
    }
    world.stands(&["nope"]).await
}

#[tokio::test]
async fn a_start_with_an_option_that_is_none() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for (query, part) in [
        (
            "onExisting=join",
            "onExisting is 'join', but must be reject, attach or replace",
        ),
        (
            "startAt=tomorrow",
            "startAt is 'tomorrow', but must be a time like 2026-01-02T03:04:05Z",
        ),
    ] {
        for starts in STARTS {
            let path = format!("{starts}/events/x?{query}");
            assert_refused(&world.ask("POST", &path, b"").await?, 400, part)?;
        }
    }
    world.stands(&["x"]).await
}
