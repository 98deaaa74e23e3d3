//! What is on disk: each kind of event is written as it always was, and read back.

use super::*;

fn payload(text: &str) -> Payload {
    Payload::parse(text).expect("tests write JSON")
}

fn id(number: u64) -> EventId {
    EventId::new(number)
}

fn failure() -> Failure {
    Failure {
        error_type: "PaymentDeclined".to_owned(),
        message: "the card said \"no\"".to_owned(),
        details: None,
        non_retriable: false,
    }
}

fn retry() -> RetryPolicy {
    RetryPolicy {
        max_attempts: 3.try_into().expect("not zero"),
        first_retry_interval: 100,
        backoff_coefficient: 1.5,
        max_retry_interval: None,
        retry_timeout: None,
        attempt_timeout: None,
    }
}

fn started() -> Started {
    Started {
        execution: "0190b1a2-0000-7000-8000-000000000007"
            .parse()
            .map(ExecutionId::new)
            .expect("a GUID"),
        function: "script".parse().expect("a name"),
        module: ModuleDigest::new([0xAB; 32]),
        input: payload("null"),
        nonce: Nonce::new(7),
        parent: None,
        pin: false,
        generation: 0,
        start_at: None,
        tags: std::collections::BTreeMap::new(),
    }
}

/// Every kind, with and without what may be left out.
#[expect(clippy::too_many_lines, reason = "a table")]
fn table() -> Vec<(EventKind, &'static str)> {
    let minimal = started();
    let full = Started {
        parent: Some(Parent {
            instance: "parent-1".parse().expect("an instance id"),
            execution: minimal.execution,
            scheduled: id(5),
            attempt: 2,
            depth: 1,
            deadline: None,
        }),
        pin: true,
        generation: 2,
        start_at: Some(Timestamp::from_millis(7)),
        tags: std::collections::BTreeMap::from([("a".to_owned(), "b".to_owned())]),
        input: payload(r#"{"b": 1.0, "a": 1e400, "n": 123456789012345678901234567890, "b": 2}"#),
        ..minimal.clone()
    };
    vec![
        (
            EventKind::ExecutionStarted(Box::new(minimal)),
            r#"{"execution_started":{"execution":"0190b1a2-0000-7000-8000-000000000007","function":"script","module":"abababababababababababababababababababababababababababababababab","input":null,"nonce":"00000000-0000-0000-0000-000000000007","generation":0}}"#,
        ),
        (
            EventKind::ExecutionStarted(Box::new(full)),
            r#"{"execution_started":{"execution":"0190b1a2-0000-7000-8000-000000000007","function":"script","module":"abababababababababababababababababababababababababababababababab","input":{"b": 1.0, "a": 1e400, "n": 123456789012345678901234567890, "b": 2},"nonce":"00000000-0000-0000-0000-000000000007","parent":{"instance":"parent-1","execution":"0190b1a2-0000-7000-8000-000000000007","scheduled":5,"attempt":2,"depth":1},"pin":true,"generation":2,"start_at":7,"tags":{"a":"b"}}}"#,
        ),
        (EventKind::ExecutionBegan {}, r#"{"execution_began":{}}"#),
        (
            EventKind::TaskScheduled {
                name: "a".to_owned(),
                input: payload(r#"[1,  "\u00e9", 1E5]"#),
                retry: None,
            },
            r#"{"task_scheduled":{"name":"a","input":[1,  "\u00e9", 1E5]}}"#,
        ),
        (
            EventKind::TaskScheduled {
                name: "a".to_owned(),
                input: payload("{}"),
                retry: Some(RetryPolicy {
                    max_retry_interval: Some(1),
                    retry_timeout: Some(2),
                    attempt_timeout: Some(3),
                    ..retry()
                }),
            },
            r#"{"task_scheduled":{"name":"a","input":{},"retry":{"max_attempts":3,"first_retry_interval":100,"backoff_coefficient":1.5,"max_retry_interval":1,"retry_timeout":2,"attempt_timeout":3}}}"#,
        ),
        (
            EventKind::ChildScheduled {
                name: "c".to_owned(),
                input: payload("1"),
                instance_id: None,
                retry: None,
            },
            r#"{"child_scheduled":{"name":"c","input":1}}"#,
        ),
        (
            EventKind::ChildScheduled {
                name: "c".to_owned(),
                input: payload("1"),
                instance_id: Some("child-7".parse().expect("an instance id")),
                retry: Some(retry()),
            },
            r#"{"child_scheduled":{"name":"c","input":1,"instance_id":"child-7","retry":{"max_attempts":3,"first_retry_interval":100,"backoff_coefficient":1.5}}}"#,
        ),
        (
            EventKind::HttpScheduled {
                request: payload(r#"{"method":"GET"}"#),
                retry: None,
            },
            r#"{"http_scheduled":{"request":{"method":"GET"}}}"#,
        ),
        (
            EventKind::TaskCompleted {
                scheduled: id(3),
                output: payload(r#""a""#),
            },
            r#"{"task_completed":{"scheduled":3,"output":"a"}}"#,
        ),
        (
            EventKind::TaskFailed {
                scheduled: id(3),
                failure: failure(),
            },
            r#"{"task_failed":{"scheduled":3,"failure":{"error_type":"PaymentDeclined","message":"the card said \"no\""}}}"#,
        ),
        (
            EventKind::TaskFailed {
                scheduled: id(3),
                failure: Failure {
                    details: Some("a\nstack".to_owned()),
                    non_retriable: true,
                    ..failure()
                },
            },
            r#"{"task_failed":{"scheduled":3,"failure":{"error_type":"PaymentDeclined","message":"the card said \"no\"","details":"a\nstack","non_retriable":true}}}"#,
        ),
        (
            EventKind::HttpAccepted {
                scheduled: id(3),
                uri: "http://a.test/status".to_owned(),
                poll_at: Timestamp::from_millis(9),
            },
            r#"{"http_accepted":{"scheduled":3,"uri":"http://a.test/status","poll_at":9}}"#,
        ),
        (
            EventKind::TimerCreated {
                fire_at: Timestamp::from_millis(1_700_000_000_000),
            },
            r#"{"timer_created":{"fire_at":1700000000000}}"#,
        ),
        (
            EventKind::TimerFired { timer: id(4) },
            r#"{"timer_fired":{"timer":4}}"#,
        ),
        (
            EventKind::EventAwaited {
                name: "Go".to_owned(),
            },
            r#"{"event_awaited":{"name":"Go"}}"#,
        ),
        (
            EventKind::EventRaised {
                name: "gO".to_owned(),
                data: payload("true"),
            },
            r#"{"event_raised":{"name":"gO","data":true}}"#,
        ),
        (
            EventKind::TaskCanceled { scheduled: id(3) },
            r#"{"task_canceled":{"scheduled":3}}"#,
        ),
        (
            EventKind::ExecutionSuspended { reason: None },
            r#"{"execution_suspended":{}}"#,
        ),
        (
            EventKind::ExecutionResumed {
                reason: Some("payday".to_owned()),
            },
            r#"{"execution_resumed":{"reason":"payday"}}"#,
        ),
        (
            EventKind::ExecutionCompleted {
                output: payload("null"),
            },
            r#"{"execution_completed":{"output":null}}"#,
        ),
        (
            EventKind::ExecutionFailed { failure: failure() },
            r#"{"execution_failed":{"failure":{"error_type":"PaymentDeclined","message":"the card said \"no\""}}}"#,
        ),
        (
            EventKind::ExecutionTerminated {
                reason: Some("enough".to_owned()),
            },
            r#"{"execution_terminated":{"reason":"enough"}}"#,
        ),
        (
            EventKind::ContinuedAsNew {
                input: payload("[]"),
            },
            r#"{"continued_as_new":{"input":[]}}"#,
        ),
    ]
}

#[test]
fn each_kind_is_written_as_it_always_was_and_read_back() {
    for (kind, text) in table() {
        let written = serde_json::to_string(&kind).expect("events are written");
        assert_eq!(written, text);
        let read: EventKind = serde_json::from_str(text).expect("events are read");
        assert_eq!(read, kind);
    }
}

#[test]
fn what_a_newer_host_adds_to_an_event_does_not_hinder() {
    let text = r#"{"timer_fired":{"timer":4,"by":"a newer host"}}"#;
    let read: EventKind = serde_json::from_str(text).expect("events are read");
    assert_eq!(read, EventKind::TimerFired { timer: id(4) });
}

#[test]
fn an_unknown_kind_is_an_error() {
    let read = serde_json::from_str::<EventKind>(r#"{"moon_rose":{}}"#);
    let error = read.expect_err("no such kind").to_string();
    assert!(error.contains("moon_rose"), "{error}");
}

#[test]
fn names_and_ids_are_checked_when_they_are_read() {
    let (_, text) = &table()[0];
    for (from, to) in [
        ("script", "no name"),
        ("abab", "ABAB"),
        ("-7000-", "-none-"),
    ] {
        let text = text.replacen(from, to, 1);
        assert!(serde_json::from_str::<EventKind>(&text).is_err(), "{text}");
    }
}

#[test]
fn facts_are_read_as_they_were_written() {
    let facts = [
        (
            Fact::Answer {
                scheduled: id(3),
                result: Ok(payload("{ }")),
            },
            r#"{"answer":{"scheduled":3,"result":{"Ok":{ }}}}"#,
        ),
        (
            Fact::Answer {
                scheduled: id(3),
                result: Err(failure()),
            },
            r#"{"answer":{"scheduled":3,"result":{"Err":{"error_type":"PaymentDeclined","message":"the card said \"no\""}}}}"#,
        ),
        (
            Fact::HttpAccepted {
                scheduled: id(3),
                uri: "http://a.test/".to_owned(),
                retry_after: Some(RetryAfter::Seconds(5)),
            },
            r#"{"http_accepted":{"scheduled":3,"uri":"http://a.test/","retry_after":{"seconds":5}}}"#,
        ),
        (
            Fact::HttpUnsuccessful {
                scheduled: id(3),
                output: payload("503"),
                failure: failure(),
            },
            r#"{"http_unsuccessful":{"scheduled":3,"output":503,"failure":{"error_type":"PaymentDeclined","message":"the card said \"no\""}}}"#,
        ),
        (
            Fact::TimerFired { timer: id(4) },
            r#"{"timer_fired":{"timer":4}}"#,
        ),
        (
            Fact::EventRaised {
                name: "go".to_owned(),
                data: payload("1.50"),
            },
            r#"{"event_raised":{"name":"go","data":1.50}}"#,
        ),
        (
            Fact::Suspended { reason: None },
            r#"{"suspended":{"reason":null}}"#,
        ),
        (
            Fact::Resumed { reason: None },
            r#"{"resumed":{"reason":null}}"#,
        ),
        (
            Fact::Terminated {
                reason: Some("enough".to_owned()),
            },
            r#"{"terminated":{"reason":"enough"}}"#,
        ),
    ];
    for (fact, text) in facts {
        assert_eq!(
            serde_json::to_string(&fact).expect("facts are written"),
            text
        );
        let read: Fact = serde_json::from_str(text).expect("facts are read");
        assert_eq!(read, fact);
    }
}

proptest::proptest! {
    #![proptest_config(proptest::prelude::ProptestConfig { failure_persistence: None, ..Default::default() })]

    /// A delay computed from what is stored is the delay computed before it was stored.
    #[test]
    fn numbers_are_read_to_the_last_bit(backoff_coefficient in 1.0_f64..1e12) {
        let policy = RetryPolicy { backoff_coefficient, ..retry() };
        let text = serde_json::to_string(&policy).expect("policies are written");
        let read: RetryPolicy = serde_json::from_str(&text).expect("policies are read");
        proptest::prop_assert_eq!(read, policy);
    }
}
