//! WASI 0.2 in orchestrators.

use soloist_core::{Event, EventId, EventKind, Fact, HostError, LogLevel, Payload, Timestamp};

use crate::component::{component_with, orchestrator_core};
use crate::owner::{Host, Outcome, Owner, json};

/// As much of WASI as the guests here import.
const WASI: [&str; 5] = [
    "package wasi:io@0.2.0;
     interface poll { resource pollable { ready: func() -> bool; block: func(); } poll: func(in: list<borrow<pollable>>) -> list<u32>; }
     interface error { resource error; }
     interface streams {
       use error.{error};
       variant stream-error { last-operation-failed(error), closed }
       resource output-stream { blocking-write-and-flush: func(contents: list<u8>) -> result<_, stream-error>; }
     }",
    "package wasi:clocks@0.2.0;
     interface monotonic-clock { use wasi:io/poll@0.2.0.{pollable}; now: func() -> u64; subscribe-duration: func(when: u64) -> pollable; }
     interface wall-clock { record datetime { seconds: u64, nanoseconds: u32 } now: func() -> datetime; }",
    "package wasi:random@0.2.0;
     interface random { get-random-u64: func() -> u64; get-random-bytes: func(len: u64) -> list<u8>; }
     interface insecure { get-insecure-random-u64: func() -> u64; }
     interface insecure-seed { insecure-seed: func() -> tuple<u64, u64>; }",
    "package wasi:cli@0.2.0;
     interface stdout { use wasi:io/streams@0.2.0.{output-stream}; get-stdout: func() -> output-stream; }
     interface stderr { use wasi:io/streams@0.2.0.{output-stream}; get-stderr: func() -> output-stream; }",
    "package test:wasi;
     world native {
       import wasi:clocks/monotonic-clock@0.2.0; import wasi:clocks/wall-clock@0.2.0; import wasi:random/random@0.2.0;
       import wasi:random/insecure@0.2.0; import wasi:random/insecure-seed@0.2.0; import wasi:cli/stdout@0.2.0;
       import wasi:cli/stderr@0.2.0; include soloist:orchestration/orchestrator-module@0.1.0;
     }",
];

const IMPORTS: &str = r#"
    (import "wasi:clocks/monotonic-clock@0.2.0" "now" (func $now (result i64)))
    (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $subscribe (param i64) (result i32)))
    (import "wasi:clocks/wall-clock@0.2.0" "now" (func $wall (param i32)))
    (import "wasi:random/random@0.2.0" "get-random-u64" (func $random (result i64)))
    (import "wasi:random/random@0.2.0" "get-random-bytes" (func $random-bytes (param i64 i32)))
    (import "wasi:random/insecure@0.2.0" "get-insecure-random-u64" (func $insecure (result i64)))
    (import "wasi:random/insecure-seed@0.2.0" "insecure-seed" (func $insecure-seed (param i32)))
    (import "wasi:io/poll@0.2.0" "[method]pollable.ready" (func $ready (param i32) (result i32)))
    (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))
    (import "wasi:io/poll@0.2.0" "[resource-drop]pollable" (func $drop-pollable (param i32)))
    (import "wasi:io/poll@0.2.0" "poll" (func $poll (param i32 i32 i32)))
    (import "wasi:io/streams@0.2.0" "[method]output-stream.blocking-write-and-flush"
      (func $write (param i32 i32 i32 i32)))
    (import "wasi:cli/stdout@0.2.0" "get-stdout" (func $stdout (result i32)))
    (import "wasi:cli/stderr@0.2.0" "get-stderr" (func $stderr (result i32)))"#;

/// `$put` adds a number to a list of numbers in quotes, `$done` ends the list.
const NUMBERS: &str = r#"
  (global $end (mut i32) (i32.const 4097))
  (data (i32.const 4096) "[")
  (func $byte (param $byte i32)
    (i32.store8 (global.get $end) (local.get $byte))
    (global.set $end (i32.add (global.get $end) (i32.const 1))))
  (func $put (param $number i64)
    (local $divisor i64)
    (local.set $divisor (i64.const 10000000000000000000))
    (call $byte (i32.const 34))
    (loop $digit
      (call $byte (i32.add (i32.const 48)
        (i32.wrap_i64 (i64.rem_u (i64.div_u (local.get $number) (local.get $divisor)) (i64.const 10)))))
      (local.set $divisor (i64.div_u (local.get $divisor) (i64.const 10)))
      (br_if $digit (i64.ne (local.get $divisor) (i64.const 0))))
    (call $byte (i32.const 34))
    (call $byte (i32.const 44)))
  (func $done (result i32)
    (global.set $end (i32.sub (global.get $end) (i32.const 1)))
    (call $byte (i32.const 93))
    (call $ok (i32.const 4096) (i32.sub (global.get $end) (i32.const 4096))))
  (func $read
    (call $put (call $random)) (call $put (call $insecure))
    (call $insecure-seed (i32.const 2048)) (call $put (i64.load (i32.const 2048)))
    (call $put (call $now))
    (call $wall (i32.const 2048)) (call $put (i64.load (i32.const 2048)))
    (call $put (i64.load32_u offset=8 (i32.const 2048))))
"#;

fn native(body: &str) -> std::sync::Arc<[u8]> {
    let core = orchestrator_core(body, IMPORTS);
    let helpers = core.find("(func $run").expect("the guest runs");
    let (before, run) = core.split_at(helpers);
    component_with(&format!("{before}{NUMBERS}{run}"), "native", &WASI)
}

fn numbers(output: &Payload) -> Vec<u64> {
    let quoted = output.as_str().trim_matches(['[', ']']).split(',');
    quoted
        .map(|number| number.trim_matches('"').parse().unwrap())
        .collect()
}

/// Reads, waits for the event `go`, and reads again.
const READ_TWICE: &str = "
    (call $read)
    (drop (call $answer (call $wait-for-event (i32.const 1072) (i32.const 2))))
    (call $read)
    (call $done)";

async fn read_twice(evict: bool) -> Vec<u64> {
    let host = Host::new();
    let mut owner = host.start(&native(READ_TWICE), "null").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    if evict {
        owner = owner.evict().await;
        assert!(matches!(owner.turn().await, Outcome::Parked));
        owner = owner.evict().await;
    }
    owner.set_now(60_000);
    owner.deliver(Fact::EventRaised {
        name: "go".to_owned(),
        data: json("1"),
    });
    match owner.turn().await {
        Outcome::Returned(Ok(output)) => numbers(&output),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn clocks_and_random_numbers_are_the_same_when_the_guest_is_run_again() {
    let seen = read_twice(false).await;
    assert_eq!(seen, read_twice(true).await);
    let [first, second] = [&seen[..6], &seen[6..]];
    // Orchestration time: of the first turn, then of the event.
    assert_eq!(first[3..], [2_000_000_000, 2, 0]);
    assert_eq!(second[3..], [60_001_000_000, 60, 1_000_000]);
    assert_ne!(first[0], second[0], "random numbers go on");
    assert_ne!(first[1], second[1], "so do insecure ones");
    assert_ne!(first[0], first[1]);
    assert_eq!(first[2], second[2], "the seed of hash maps stays");
}

#[tokio::test]
async fn more_random_bytes_than_allowed_are_refused_with_the_limit() {
    let host = Host::new();
    let body = "(call $random-bytes (i64.const 1048577) (i32.const 2048)) unreachable";
    let mut owner = host.start(&native(body), "null").await;
    match owner.turn().await {
        Outcome::Stopped(_, failure) => {
            assert_eq!(
                failure.message,
                "the block of random numbers has 1048577 bytes; at most 1048576 are allowed"
            );
        }
        other => panic!("{other:?}"),
    }
}

fn timers(owner: &Owner<'_>) -> Vec<(EventId, Timestamp)> {
    let timer = |event: &Event| match event.kind {
        EventKind::TimerCreated { fire_at } => Some((event.id, fire_at)),
        _ => None,
    };
    owner.events.iter().filter_map(timer).collect()
}

#[tokio::test]
async fn sleeping_is_a_durable_timer() {
    let host = Host::new();
    // One and a half milliseconds: a durable timer counts whole ones.
    let body = "
        (call $block (call $subscribe (i64.const 1500000)))
        (call $put (call $now))
        (call $done)";
    let mut owner = host.start(&native(body), "null").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    let [(timer, fire_at)] = timers(&owner)[..] else {
        panic!("{:?}", owner.events);
    };
    assert_eq!(fire_at, Timestamp::from_millis(2_002));
    let mut owner = owner.evict().await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    owner.set_now(9_000);
    owner.deliver(Fact::TimerFired { timer });
    match owner.turn().await {
        Outcome::Returned(Ok(output)) => assert_eq!(numbers(&output), [9_001_000_000]),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn no_sleep_is_no_timer() {
    let host = Host::new();
    let body = "
        (call $block (call $subscribe (i64.const 0)))
        (call $put (i64.extend_i32_u (call $ready (call $subscribe (i64.const 0)))))
        (call $done)";
    let mut owner = host.start(&native(body), "null").await;
    match owner.turn().await {
        Outcome::Returned(Ok(output)) => assert_eq!(numbers(&output), [1]),
        other => panic!("{other:?}"),
    }
    assert_eq!(timers(&owner), []);
}

#[tokio::test]
async fn polling_parks_until_a_sleep_is_over_and_the_other_is_given_up_when_dropped() {
    let host = Host::new();
    // A long sleep and a short one; what is ready; then the index that `poll` returns.
    let body = "
        (local.set $task (call $subscribe (i64.const 9000000000)))
        (local.set $other (call $subscribe (i64.const 1000000000)))
        (call $put (i64.extend_i32_u (call $ready (local.get $other))))
        (i32.store (i32.const 2048) (local.get $task))
        (i32.store (i32.const 2052) (local.get $other))
        (call $poll (i32.const 2048) (i32.const 2) (i32.const 2056))
        (call $put (i64.extend_i32_u (i32.load (i32.const 2060))))
        (call $put (i64.extend_i32_u (i32.load (i32.load (i32.const 2056)))))
        (call $put (i64.extend_i32_u (call $ready (local.get $task))))
        (call $put (i64.extend_i32_u (call $ready (local.get $other))))
        (call $drop-pollable (local.get $task))
        (call $drop-pollable (local.get $other))
        (call $done)";
    let mut owner = host.start(&native(body), "null").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    let timers = timers(&owner);
    owner.deliver(Fact::TimerFired { timer: timers[1].0 });
    let mut owner = owner.evict().await;
    match owner.turn().await {
        // The short one has fired already, but for the guest that is not so before it waits.
        Outcome::Returned(Ok(output)) => assert_eq!(numbers(&output), [0, 1, 1, 0, 1]),
        other => panic!("{other:?}"),
    }
    let canceled = |kind: &EventKind| match kind {
        EventKind::TaskCanceled { scheduled } => Some(*scheduled),
        _ => None,
    };
    let canceled: Vec<EventId> = owner.kinds().into_iter().filter_map(canceled).collect();
    assert_eq!(canceled, [timers[0].0]);
}

#[tokio::test]
async fn what_is_printed_is_logged_once_line_by_line() {
    let host = Host::new();
    let body = r#"
        (call $write (call $stdout) (i32.const 8192) (i32.const 9) (i32.const 2048))
        (call $write (call $stderr) (i32.const 8201) (i32.const 3) (i32.const 2048))
        (drop (call $answer (call $wait-for-event (i32.const 1072) (i32.const 2))))
        (call $write (call $stdout) (i32.const 8201) (i32.const 3) (i32.const 2048))
        (call $ok (local.get $input) (local.get $length)))
      (data (i32.const 8192) "one\ntwo t" "oh\n")
      (func $nothing"#;
    let mut owner = host.start(&native(body), "null").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    let lines = |owner: &Owner<'_>| {
        let line = |line: &soloist_core::LogLine| (line.level, line.message.clone());
        owner.logs.iter().map(line).collect::<Vec<_>>()
    };
    let before = [
        (LogLevel::Info, "one".to_owned()),
        (LogLevel::Warn, "oh".to_owned()),
    ];
    assert_eq!(lines(&owner), before);
    let mut owner = owner.evict().await;
    owner.deliver(Fact::EventRaised {
        name: "go".to_owned(),
        data: json("1"),
    });
    assert!(matches!(owner.turn().await, Outcome::Returned(Ok(_))));
    let after = (LogLevel::Info, "two toh".to_owned());
    assert_eq!(lines(&owner)[2..], [after]);
}

#[tokio::test]
async fn what_is_printed_before_a_trap_is_logged_and_told() {
    let host = Host::new();
    let body = r#"
        (call $write (call $stderr) (i32.const 8192) (i32.const 7) (i32.const 2048))
        unreachable)
      (data (i32.const 8192) "dropped a vase")
      (func $nothing"#;
    let mut owner = host.start(&native(body), "null").await;
    match owner.turn().await {
        Outcome::Stopped(HostError::Trap, failure) => {
            let details = failure.details.expect("there are details");
            assert!(details.starts_with("dropped\n"), "{details}");
        }
        other => panic!("{other:?}"),
    }
    assert_eq!(owner.logs[0].message, "dropped");
}

#[tokio::test]
async fn the_handles_of_a_guest_are_bounded() {
    let host = Host::new();
    let body = "(loop $more (drop (call $subscribe (i64.const 0))) (br $more)) unreachable";
    let mut owner = host.start(&native(body), "null").await;
    match owner.turn().await {
        Outcome::Stopped(HostError::Trap, failure) => {
            assert!(failure.message.contains("resource table"), "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
}
