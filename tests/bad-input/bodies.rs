//! Bodies of starts and events.

use anyhow::{Result, ensure};
use tests::{Connection, HostOptions, eventually};

use crate::{INSTANCES, STARTS, World, assert_empty, assert_refused};

/// Starts `events` with each of these bodies, and sees each refused.
async fn refused(bodies: &[&[u8]], status: u16, part: &str) -> Result<()> {
    let world = World::of(&["events"]).await?;
    for base in STARTS {
        for body in bodies {
            let answer = world.ask("POST", &format!("{base}/events/x"), body).await?;
            assert_refused(&answer, status, part)?;
        }
    }
    world.stands(&["x"]).await
}

#[tokio::test]
async fn what_is_not_json() -> Result<()> {
    let bodies: [&[u8]; 6] = [
        b"hello",
        b"{'n': 1}",
        b"NaN",
        b"{\"n\":",
        b"\xEF\xBB\xBF{}",
        b"\"a\x00b\"",
    ];
    refused(&bodies, 400, "the body is not JSON: ").await
}

#[tokio::test]
async fn json_with_something_behind_it() -> Result<()> {
    refused(
        &[b"{\"n\": 1} x", b"1 2"],
        400,
        "the body is not JSON: trailing characters at line 1 column",
    )
    .await
}

#[tokio::test]
async fn text_that_is_not_utf_8() -> Result<()> {
    refused(
        &[b"\"\xFF\"", b"\xFF\xFE{\0}\0"],
        400,
        "the body is not JSON: invalid utf-8 sequence",
    )
    .await
}

#[tokio::test]
async fn a_packed_body() -> Result<()> {
    let world = World::of(&["events"]).await?;
    let headers = "content-type: application/json\r\ncontent-encoding: gzip\r\n";
    let sentence = "a body with the Content-Encoding \"gzip\" is not read here: send it as it is";
    for base in STARTS {
        let path = format!("{base}/events/x");
        let answer = world
            .ask_with("POST", &path, headers, b"\x1F\x8B\x08")
            .await?;
        assert_refused(&answer, 415, sentence)?;
    }
    let answer = world
        .ask_with("PUT", "/admin/functions/F", headers, b"\x1F\x8B\x08")
        .await?;
    assert_refused(&answer, 415, sentence)?;
    world.stands(&["x"]).await
}

/// Starts `events` with an input that is JSON, but that the guest cannot read: it is kept as it came, and the instance ends
/// with a failure that says what it is.
async fn fails_in_the_guest(body: &str, part: &str) -> Result<()> {
    let world = World::of(&["events"]).await?;
    for (number, base) in STARTS.into_iter().enumerate() {
        let path = format!("{base}/events/x{number}");
        let started = world.ask("POST", &path, body.as_bytes()).await?;
        ensure!(started.status == 202, "{started:?}");
        // Without the input, which no client could read either.
        let path = format!("{INSTANCES}/x{number}?showInput=false");
        let text = eventually("it ends", async || {
            let answer = world.ask("GET", &path, b"").await?;
            Ok((answer.status == 200).then_some(answer.body))
        })
        .await?;
        ensure!(text.contains("\"runtimeStatus\":\"Failed\""), "{text}");
        ensure!(text.contains(part), "{part:?} is not in {text}");
        let text = world.status(&format!("x{number}")).await?.body;
        ensure!(text.contains(&format!("\"input\":{body},")));
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn nested_a_hundred_thousand_deep() -> Result<()> {
    let body = "[".repeat(100_000) + &"]".repeat(100_000);
    fails_in_the_guest(&body, "recursion limit exceeded").await
}

#[tokio::test]
async fn half_a_surrogate_pair() -> Result<()> {
    fails_in_the_guest(r#"{"name":"\ud800"}"#, "unexpected end of hex escape").await
}

#[tokio::test]
async fn a_number_that_fits_into_no_float() -> Result<()> {
    fails_in_the_guest("1e999", "number out of range").await
}

#[tokio::test]
async fn a_key_that_comes_twice() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for (number, base) in STARTS.into_iter().enumerate() {
        let id = format!("x{number}");
        let path = format!("{base}/events/{id}");
        let started = world.ask("POST", &path, br#"{"n":1,"n":0}"#).await?;
        ensure!(started.status == 202, "{started:?}");
        // The guest takes the last one.
        ensure!(world.client().ended(&id).await?.status == "Completed");
        let text = world.status(&id).await?.body;
        ensure!(text.contains(r#""input":{"n":1,"n":0}"#), "{text}");
    }
    world.stands(&[]).await
}

#[tokio::test]
async fn an_empty_body() -> Result<()> {
    let world = World::of(&["chain"]).await?;
    for (number, base) in STARTS.into_iter().enumerate() {
        let id = format!("x{number}");
        let started = world
            .ask("POST", &format!("{base}/chain/{id}"), b"")
            .await?;
        ensure!(started.status == 202, "{started:?}");
        ensure!(world.client().ended(&id).await?.status == "Completed");
        let text = world.status(&id).await?.body;
        ensure!(text.contains(r#""input":null"#), "{text}");
    }
    world.stands(&[]).await
}

async fn small_bodies() -> Result<World> {
    let options = HostOptions {
        arguments: vec!["--body-bytes".to_owned(), "1KiB".to_owned()],
        ..HostOptions::default()
    };
    World::with(options, &["events"]).await
}

const TOO_LARGE: &str =
    "larger than the 1024 bytes that are allowed here: send less, or raise body-bytes";

#[tokio::test]
async fn a_body_over_the_limit() -> Result<()> {
    let world = small_bodies().await?;
    let body = format!("\"{}\"", "x".repeat(1023));
    for base in STARTS {
        let path = format!("{base}/events/x");
        let answer = world.ask("POST", &path, body.as_bytes()).await?;
        assert_refused(&answer, 413, TOO_LARGE)?;
    }
    world.start_waiting("w").await?;
    let raise = format!("{INSTANCES}/w/raiseEvent/Go");
    let answer = world.ask("POST", &raise, body.as_bytes()).await?;
    assert_refused(&answer, 413, TOO_LARGE)?;
    // One byte less is taken.
    let answer = world.ask("POST", &raise, &body.as_bytes()[..1]).await?;
    assert_refused(&answer, 400, "the body is not JSON")?;
    let fits = format!("\"{}\"", "x".repeat(1022));
    assert_empty(&world.ask("POST", &raise, fits.as_bytes()).await?, 202)?;
    world.stands(&["x"]).await
}

/// A client that reads nothing before it has sent all would else see a broken connection.
#[tokio::test]
async fn a_body_one_byte_over_sixteen_mebibytes() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    let max = 16 << 20;
    let raise = format!("{INSTANCES}/w/raiseEvent/Go");
    let body = |bytes: usize| format!("\"{}\"", "x".repeat(bytes - 2)).into_bytes();
    for path in [&format!("{}/events/x", STARTS[0]), &raise] {
        let answer = world.ask("POST", path, &body(max + 1)).await?;
        let sentence =
            "larger than the 16777216 bytes that are allowed here: send less, or raise body-bytes";
        assert_refused(&answer, 413, sentence)?;
    }
    assert_empty(&world.ask("POST", &raise, &body(max)).await?, 202)?;
    let events = world.client().events("w").await?;
    let raised = events.iter().find(|event| event["type"] == "EventRaised");
    let data = raised
        .and_then(|event| event["data"].as_str())
        .unwrap_or_default();
    ensure!(data.len() == max - 2, "{} bytes came", data.len());
    world.stands(&["x"]).await
}

#[tokio::test]
async fn a_body_over_the_limit_in_chunks() -> Result<()> {
    let world = small_bodies().await?;
    let address = world.host.address();
    for base in STARTS {
        let mut connection = Connection::open(address).await?;
        let head = format!(
            "POST {base}/events/x HTTP/1.1\r\nhost: {address}\r\ntransfer-encoding: chunked\r\n\r\n"
        );
        let chunk = format!("200\r\n{}\r\n", "x".repeat(0x200));
        let request = head + &chunk.repeat(3) + "0\r\n\r\n";
        connection.send(request.as_bytes()).await?;
        assert_refused(&connection.answer().await?, 413, TOO_LARGE)?;
    }
    world.stands(&["x"]).await
}

#[tokio::test]
async fn an_input_of_another_content_type() -> Result<()> {
    let world = World::of(&["events"]).await?;
    for (id, headers) in [("text", "content-type: text/plain\r\n"), ("none", "")] {
        let path = format!("{}/events/{id}", STARTS[0]);
        let started = world.ask_with("POST", &path, headers, b"{}").await?;
        ensure!(started.status == 202, "{started:?}");
    }
    let form = "content-type: application/x-www-form-urlencoded\r\n";
    let path = format!("{}/events/form", STARTS[0]);
    let answer = world.ask_with("POST", &path, form, b"n=1").await?;
    assert_refused(&answer, 400, "the body is not JSON: ")?;
    world.stands(&["form"]).await
}

#[tokio::test]
async fn an_event_of_another_content_type() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    for headers in ["content-type: text/plain\r\n", ""] {
        let path = format!("{INSTANCES}/w/raiseEvent/Go");
        let answer = world.ask_with("POST", &path, headers, b"1").await?;
        assert_refused(
            &answer,
            400,
            "Only application/json request content is supported",
        )?;
    }
    ensure!(world.status("w").await?.status == 202);
    world.stands(&[]).await
}

#[tokio::test]
async fn an_event_that_is_not_json() -> Result<()> {
    let world = World::of(&["events"]).await?;
    world.start_waiting("w").await?;
    let path = format!("{INSTANCES}/w/raiseEvent/Go");
    let answer = world.ask("POST", &path, b"{").await?;
    assert_refused(&answer, 400, "the body is not JSON: EOF")?;
    ensure!(world.status("w").await?.status == 202);
    world.stands(&[]).await
}

#[tokio::test]
async fn a_body_that_breaks_off() -> Result<()> {
    let world = World::of(&["events"]).await?;
    let address = world.host.address();
    let head = format!(
        "POST {}/events/x HTTP/1.1\r\nhost: {address}\r\ncontent-length: 100\r\n\r\n{{\"n\": 1}}",
        STARTS[0]
    );
    let mut hangs_up = Connection::open(address).await?;
    hangs_up.send(head.as_bytes()).await?;
    drop(hangs_up);
    let mut ends = Connection::open(address).await?;
    ends.send(head.as_bytes()).await?;
    ends.finish().await?;
    let answer = ends.answer().await?;
    assert_refused(
        &answer,
        400,
        "the body broke off before its end: send it again, whole",
    )?;
    world.stands(&["x"]).await
}

#[tokio::test]
async fn a_chunk_that_is_none() -> Result<()> {
    let world = World::of(&["events"]).await?;
    let address = world.host.address();
    let mut connection = Connection::open(address).await?;
    let request = format!(
        "POST {}/events/x HTTP/1.1\r\nhost: {address}\r\ntransfer-encoding: chunked\r\n\r\nzz\r\n",
        STARTS[0]
    );
    connection.send(request.as_bytes()).await?;
    assert_refused(&connection.answer().await?, 400, "the body broke off")?;
    world.stands(&["x"]).await
}
