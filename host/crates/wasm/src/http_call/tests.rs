//! Against a server of this machine.

use std::net::SocketAddr;
use std::sync::{Arc, Mutex};

use http::Method;
use soloist_core::{Payload, RetryAfter, Timestamp};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio_util::task::AbortOnDropHandle;

use super::*;
use crate::{Grant, HttpSettings};

/// A server that gives each connection its next answer, the last one again and again, and keeps what it was sent.
struct Server {
    address: SocketAddr,
    seen: Arc<Mutex<Vec<String>>>,
    _accepting: AbortOnDropHandle<()>,
}

impl Server {
    async fn answering(answers: &[&[u8]]) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let seen = Arc::new(Mutex::new(Vec::new()));
        let answers: Vec<_> = answers.iter().map(|answer| answer.to_vec()).collect();
        let kept = Arc::clone(&seen);
        let accepting = AbortOnDropHandle::new(tokio::spawn(async move {
            for number in 0.. {
                let (mut stream, _) = listener.accept().await.unwrap();
                let mut request = Vec::new();
                while !is_whole(&request) && stream.read_buf(&mut request).await.unwrap() > 0 {}
                kept.lock()
                    .unwrap()
                    .push(String::from_utf8(request).unwrap());
                let answer = answers.get(number).or(answers.last()).unwrap();
                // The client may have seen enough, and left.
                drop(stream.write_all(answer).await);
                if answer.is_empty() {
                    std::future::pending::<()>().await;
                }
            }
        }));
        Self {
            address,
            seen,
            _accepting: accepting,
        }
    }

    fn uri(&self, path: &str) -> String {
        format!("http://{}{path}", self.address)
    }

    fn seen(&self) -> Vec<String> {
        self.seen.lock().unwrap().clone()
    }
}

/// The head, and as much of a body as it promises.
fn is_whole(request: &[u8]) -> bool {
    let text = String::from_utf8_lossy(request);
    text.split_once("\r\n\r\n").is_some_and(|(head, body)| {
        let length = head
            .lines()
            .find_map(|line| line.strip_prefix("content-length: "));
        body.len() >= length.map_or(0, |length| length.parse().unwrap())
    })
}

/// Settings that let the orchestration `f` call these hosts.
fn settings(entries: &[String]) -> WasmSettings {
    let grant = Grant {
        allow_hosts: entries.iter().map(|entry| entry.parse().unwrap()).collect(),
        ..Grant::default()
    };
    WasmSettings {
        grants: [("f".parse().unwrap(), grant)].into_iter().collect(),
        payload_bytes_max: 1_000,
        http_timeout: Duration::from_secs(30),
        ..WasmSettings::new("unused")
    }
}

async fn call_with(settings: &WasmSettings, request: &str, poll: Option<String>) -> HttpAnswer {
    let call = HttpCall {
        function: "f".parse().unwrap(),
        instance: "night-7".parse().unwrap(),
        request: Payload::parse(request).unwrap(),
        poll,
        timeout: None,
    };
    run(call, settings, &Client::new(HttpSettings::default())).await
}

async fn call(server: &Server, request: &str) -> HttpAnswer {
    let settings = settings(&[server.address.to_string()]);
    call_with(&settings, request, None).await
}

/// A GET of this path, and more.
fn get(server: &Server, path: &str, more: &str) -> String {
    format!(
        r#"{{"method": "GET", "uri": "{}"{more}}}"#,
        server.uri(path)
    )
}

fn failure(answer: HttpAnswer) -> Failure {
    match answer {
        HttpAnswer::Failed(failure) => failure,
        other => panic!("{other:?} is no failure"),
    }
}

#[tokio::test]
async fn a_request_goes_out_as_written_and_the_whole_answer_comes_back() {
    let answer =
        b"HTTP/1.1 418 Short\r\nX-A: 1\r\nx-a: \xE9\r\ncontent-length: 5\r\n\r\nh\xC3\xA9\"!";
    let server = Server::answering(&[answer]).await;
    let request = format!(
        r#"{{"method": "pUt", "uri": "{}", "headers": {{"X-Token": "t", "content-length": "99", "host": "evil"}},
            "content": "caf\u00e9"}}"#,
        server.uri("/a?b=c")
    );
    let shown =
        r#"{"statusCode":418,"headers":{"content-length":"5","x-a":"1, é"},"content":"hé\"!"}"#;
    assert_eq!(
        call(&server, &request).await,
        HttpAnswer::Answered(Payload::parse(shown).unwrap())
    );
    let seen = &server.seen()[0];
    assert!(seen.starts_with("PUT /a?b=c HTTP/1.1\r\n"), "{seen}");
    for part in [
        "x-token: t\r\n",
        "content-length: 5\r\n",
        &format!("host: {}\r\n", server.address),
    ] {
        assert!(seen.contains(part), "{seen}");
    }
    assert!(seen.ends_with("\r\n\r\ncafé"), "{seen}");
}

#[tokio::test]
async fn json_goes_out_as_json() {
    let server = Server::answering(&[b"HTTP/1.1 204 No Content\r\n\r\n"]).await;
    let with = |headers: &str| {
        format!(
            r#"{{"method": "POST", "uri": "{}", "headers": {headers}, "content": {{"n": 1.50}}, "asyncPattern": null}}"#,
            server.uri("/")
        )
    };
    for headers in ["null", r#"{"Content-Type": "application/x"}"#] {
        let answer = call(&server, &with(headers)).await;
        let shown = r#"{"statusCode":204,"headers":{},"content":""}"#;
        let shown = Payload::parse(shown).unwrap();
        assert_eq!(answer, HttpAnswer::Answered(shown));
    }
    let seen = server.seen();
    assert!(seen[0].contains("content-type: application/json\r\n"));
    assert!(seen[1].contains("content-type: application/x\r\n"));
    assert!(seen.iter().all(|seen| seen.ends_with(r#"{"n": 1.50}"#)));
}

#[tokio::test]
async fn what_cannot_be_sent_is_a_failure_that_says_why() {
    let server = Server::answering(&[b"HTTP/1.1 200 OK\r\n\r\n"]).await;
    let uri = server.uri("/");
    for (request, why) in [
        ("7".to_owned(), "expected struct"),
        (
            r#"{"uri": "http://a/"}"#.to_owned(),
            "missing field `method`",
        ),
        (
            get(&server, "/", r#", "timeout": 5"#),
            "unknown field `timeout`",
        ),
        (
            get(&server, "/", r#", "headers": {"a": 5}"#),
            "expected a string",
        ),
        (
            get(&server, "/", r#", "headers": {"a b": "c"}"#),
            "'a b' is no name of a header",
        ),
        (
            get(&server, "/", r#", "headers": {"a": "x\ny"}"#),
            "the header 'a'",
        ),
        (
            format!(r#"{{"method": "GE T", "uri": "{uri}"}}"#),
            "'GE T' is no HTTP method",
        ),
        (
            format!(r#"{{"method": "CONNECT", "uri": "{uri}"}}"#),
            "CONNECT",
        ),
        (
            r#"{"method": "GET", "uri": "http://a b/"}"#.to_owned(),
            "'http://a b/' is no URI",
        ),
        (r#"{"method": "GET", "uri": "/a"}"#.to_owned(), "scheme"),
        (
            r#"{"method": "GET", "uri": "ftp://a/"}"#.to_owned(),
            "scheme",
        ),
        (
            r#"{"method": "GET", "uri": "http://me@a/"}"#.to_owned(),
            "user",
        ),
        (
            get(
                &server,
                "/",
                &format!(r#", "headers": {{"a": "{}"}}"#, "x".repeat(70_000)),
            ),
            "larger than 65536 bytes",
        ),
    ] {
        let failure = failure(call(&server, &request).await);
        assert_eq!(
            failure.error_type, "InvalidRequest",
            "{request}: {failure:?}"
        );
        assert!(failure.message.contains(why), "{why}: {}", failure.message);
        assert!(failure.non_retriable, "{request}");
    }
    assert_eq!(server.seen(), [""; 0]);
}

#[tokio::test]
async fn who_is_not_listed_is_not_called_and_the_failure_names_the_setting() {
    let server = Server::answering(&[b"HTTP/1.1 200 OK\r\n\r\n"]).await;
    let request = get(&server, "/", "");
    let named = format!("localhost:{}", server.address.port());
    for entries in [vec![], vec![named], vec!["127.0.0.1".to_owned()]] {
        let failure = failure(call_with(&settings(&entries), &request, None).await);
        assert_eq!(failure.error_type, "NotAllowed");
        assert!(failure.non_retriable);
        let sentence = format!(
            "the orchestration 'f' may not call http://{0}: to allow it, list \"{0}\" in allow_hosts of [function.f] in the \
             host's settings",
            server.address
        );
        assert_eq!(failure.message, sentence);
    }
    assert_eq!(server.seen(), [""; 0]);
}

#[tokio::test]
async fn an_accepted_request_is_to_be_asked_after() {
    let accepted =
        |more: &str| format!("HTTP/1.1 202 Accepted\r\n{more}content-length: 1\r\n\r\n\u{7F}");
    for (more, path, retry_after) in [
        ("location: /s/1\r\n", "/s/1", None),
        (
            "location: 1?a\r\nretry-after: 7\r\n",
            "/jobs/1?a",
            Some(RetryAfter::Seconds(7)),
        ),
        (
            "location: ../s\r\nretry-after: Sun, 06 Nov 1994 08:49:37 GMT\r\n",
            "/s",
            Some(RetryAfter::At(Timestamp::from_millis(784_111_777_000))),
        ),
        ("location: /s\r\nretry-after: soon\r\n", "/s", None),
    ] {
        let server = Server::answering(&[accepted(more).as_bytes()]).await;
        let uri = server.uri(path);
        let answer = call(&server, &get(&server, "/jobs/new", "")).await;
        assert_eq!(answer, HttpAnswer::Accepted { uri, retry_after });
    }

    // Without a place to ask, or where the guest does not want it, a 202 is an answer like any other.
    for (head, more) in [("", ""), ("location: /s\r\n", r#", "asyncPattern": false"#)] {
        let server = Server::answering(&[accepted(head).as_bytes()]).await;
        let answer = call(&server, &get(&server, "/", more)).await;
        assert!(matches!(answer, HttpAnswer::Answered(_)), "{answer:?}");
    }
}

#[tokio::test]
async fn a_place_to_ask_that_cannot_be_asked_is_told_at_once() {
    for (location, error_type, part) in [
        (
            "http://127.0.0.1:1/s",
            "NotAllowed",
            "allow_hosts of [function.f]",
        ),
        ("mailto:a@b", "HttpCallFailed", "Location 'mailto:a@b'"),
        ("ftp://127.0.0.1/", "HttpCallFailed", "scheme"),
    ] {
        let accepted = format!("HTTP/1.1 202 Accepted\r\nlocation: {location}\r\n\r\n");
        let server = Server::answering(&[accepted.as_bytes()]).await;
        let failure = failure(call(&server, &get(&server, "/", "")).await);
        assert_eq!(failure.error_type, error_type, "{failure:?}");
        assert!(failure.message.contains(part), "{failure:?}");
        assert!(failure.non_retriable);
    }
}

#[tokio::test]
async fn only_the_server_that_was_given_credentials_is_asked_with_them() {
    let server = Server::answering(&[b"HTTP/1.1 200 OK\r\n\r\n"]).await;
    let other = Server::answering(&[b"HTTP/1.1 200 OK\r\n\r\n"]).await;
    let entries = [server.address.to_string(), other.address.to_string()];
    let headers = r#"{"Authorization": "a", "Cookie": "b", "x-functions-key": "c", "X-Api-Token": "d", "accept": "e",
                      "content-type": "text/plain", "content-language": "en", "Expect": "100-continue"}"#;
    let request = format!(
        r#"{{"method": "POST", "uri": "{}", "headers": {headers}, "content": "body"}}"#,
        server.uri("/")
    );
    for server in [&server, &other] {
        let poll = Some(server.uri("/s"));
        let answer = call_with(&settings(&entries), &request, poll).await;
        assert!(matches!(answer, HttpAnswer::Answered(_)), "{answer:?}");
    }
    for (server, secrets) in [(server, true), (other, false)] {
        let seen = &server.seen()[0];
        assert!(seen.starts_with("GET /s HTTP/1.1\r\n"), "{seen}");
        assert!(seen.contains("accept: e\r\n"), "{seen}");
        assert!(seen.ends_with("\r\n\r\n"), "{seen}");
        for name in [
            "authorization: a",
            "cookie: b",
            "x-functions-key: c",
            "x-api-token: d",
        ] {
            assert_eq!(seen.contains(name), secrets, "{name}: {seen}");
        }
        for name in ["content-", "expect", "body"] {
            assert!(!seen.contains(name), "{name}: {seen}");
        }
    }
}

#[tokio::test]
async fn a_later_acceptance_may_leave_out_where_to_ask() {
    let server = Server::answering(&[b"HTTP/1.1 202 Accepted\r\nretry-after: 2\r\n\r\n"]).await;
    let settings = settings(&[server.address.to_string()]);
    let uri = server.uri("/s");
    let answer = call_with(&settings, &get(&server, "/", ""), Some(uri.clone())).await;
    let retry_after = Some(RetryAfter::Seconds(2));
    assert_eq!(answer, HttpAnswer::Accepted { uri, retry_after });
}

#[tokio::test]
async fn a_status_that_may_pass_is_worth_another_attempt_and_no_other_is() {
    for (status, unsuccessful) in [
        (200, false),
        (302, false),
        (404, false),
        (408, true),
        (429, true),
        (500, true),
        (503, true),
    ] {
        let text = format!("HTTP/1.1 {status} Status\r\nlocation: /x\r\ncontent-length: 0\r\n\r\n");
        let server = Server::answering(&[text.as_bytes()]).await;
        let answer = call(&server, &get(&server, "/", "")).await;
        let (output, found) = match answer {
            HttpAnswer::Answered(output) => (output, false),
            HttpAnswer::Unsuccessful { output, failure } => {
                assert!(failure.message.contains(&status.to_string()), "{failure:?}");
                assert!(!failure.non_retriable);
                (output, true)
            }
            other => panic!("{other:?}"),
        };
        assert_eq!(found, unsuccessful, "{status}");
        assert!(
            output
                .as_str()
                .contains(&format!(r#""statusCode":{status}"#))
        );
        assert_eq!(server.seen().len(), 1, "no redirect is followed");
    }
}

#[tokio::test]
async fn an_answer_that_code_cannot_have_is_a_failure() {
    let plain = |bytes: usize| format!("HTTP/1.1 200 OK\r\n\r\n{}", "x".repeat(bytes));
    let announced = "HTTP/1.1 200 OK\r\ncontent-length: 1001\r\n\r\n";
    // It fits as it is, but not as JSON.
    let quotes = format!("HTTP/1.1 200 OK\r\n\r\n{}", "\"".repeat(600));
    for (answer, error_type, part, non_retriable) in [
        (
            plain(1001).into_bytes(),
            "LimitExceeded",
            "body-bytes",
            true,
        ),
        (announced.into(), "LimitExceeded", "body-bytes", true),
        (quotes.into_bytes(), "LimitExceeded", "as JSON", true),
        (
            b"HTTP/1.1 200 OK\r\n\r\n\xFF".to_vec(),
            "HttpCallFailed",
            "no UTF-8 text",
            true,
        ),
        (
            b"HTTP/1.1 500 Oh\r\n\r\n\xFF".to_vec(),
            "HttpCallFailed",
            "no UTF-8 text",
            false,
        ),
        (
            b"nonsense\r\n\r\n".to_vec(),
            "HttpCallFailed",
            "no good answer",
            false,
        ),
        (
            b"HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nhalf".to_vec(),
            "HttpCallFailed",
            "no good answer",
            false,
        ),
    ] {
        let server = Server::answering(&[&answer]).await;
        let failure = failure(call(&server, &get(&server, "/", "")).await);
        assert_eq!(failure.error_type, error_type, "{failure:?}");
        assert!(failure.message.contains(part), "{failure:?}");
        assert_eq!(failure.non_retriable, non_retriable, "{failure:?}");
    }
    let server = Server::answering(&[plain(900).as_bytes()]).await;
    let answer = call(&server, &get(&server, "/", "")).await;
    assert!(matches!(answer, HttpAnswer::Answered(_)), "{answer:?}");
}

#[tokio::test]
async fn nobody_is_waited_for_longer_than_the_limit() {
    let server = Server::answering(&[b""]).await;
    let mut settings = settings(&[server.address.to_string(), "127.0.0.1:1".to_owned()]);
    settings.http_timeout = Duration::from_millis(50);
    let late = failure(call_with(&settings, &get(&server, "/", ""), None).await);
    assert_eq!(late.error_type, "HttpTimeout");
    assert!(late.message.contains("http-timeout"), "{late:?}");
    assert!(!late.non_retriable);

    let request = r#"{"method": "GET", "uri": "http://127.0.0.1:1/"}"#;
    let gone = failure(call_with(&settings, request, None).await);
    assert_eq!(gone.error_type, "HttpCallFailed");
    assert!(
        gone.message
            .contains("cannot connect to http://127.0.0.1:1")
    );
    assert!(!gone.non_retriable);

    settings.http_timeout = Duration::from_secs(30);
    let call = HttpCall {
        function: "f".parse().unwrap(),
        instance: "night-7".parse().unwrap(),
        request: Payload::parse(&get(&server, "/", "")).unwrap(),
        poll: None,
        timeout: Some(Duration::from_millis(50)),
    };
    let server_2 = Client::new(HttpSettings::default());
    let late = failure(run(call, &settings, &server_2).await);
    assert!(late.message.contains("attempt-timeout"), "{late:?}");
}

#[test]
fn a_method_is_written_in_capitals() {
    let text = Payload::parse(r#"{"method": "propfind", "uri": "http://a.test/"}"#).unwrap();
    let request = CallRequest::parse(&text).unwrap();
    assert!(request.async_pattern, "as in Durable Functions");
    let message = request.into_message();
    assert_eq!(message.method(), &Method::from_bytes(b"PROPFIND").unwrap());
}
