use std::time::Duration;

use soloist_engine::{GuestError, Guests};

use crate::component::{activity, activity_core, component, component_with};
use crate::owner::{Host, call, json};

/// A world of an activity that imports a little of WASI.
const WASI: [&str; 3] = [
    "package wasi:io@0.2.0;
     interface poll { resource pollable { block: func(); } }",
    "package wasi:clocks@0.2.0;
     interface monotonic-clock { use wasi:io/poll@0.2.0.{pollable}; subscribe-duration: func(when: u64) -> pollable; }",
    "package test:wasi;
     world sleeper { import wasi:clocks/monotonic-clock@0.2.0; include soloist:orchestration/activity-module@0.1.0; }",
];

const SLEEP: &str = r#"
    (import "wasi:clocks/monotonic-clock@0.2.0" "subscribe-duration" (func $subscribe (param i64) (result i32)))
    (import "wasi:io/poll@0.2.0" "[method]pollable.block" (func $block (param i32)))"#;

/// An activity that sleeps so many nanoseconds and returns its input.
fn sleeper(nanoseconds: u64) -> std::sync::Arc<[u8]> {
    let body = format!(
        "(call $block (call $subscribe (i64.const {nanoseconds}))) (call $ok (local.get $input) (local.get $length))"
    );
    component_with(&activity_core(&body, SLEEP), "sleeper", &WASI)
}

#[tokio::test]
async fn an_activity_returns_its_output_or_its_failure() {
    let host = Host::new();
    let echo = activity("(call $ok (local.get $input) (local.get $length))");
    assert_eq!(
        host.call(&echo, "{\"a\":[1,2]}").await,
        Ok(json("{\"a\":[1,2]}"))
    );

    let fails = activity(
        "(i32.store8 (i32.const 2048) (i32.const 1))
         (i32.store offset=4 (i32.const 2048) (i32.const 1024)) (i32.store offset=8 (i32.const 2048) (i32.const 4))
         (i32.store offset=12 (i32.const 2048) (i32.const 1056)) (i32.store offset=16 (i32.const 2048) (i32.const 8))
         (i32.store8 offset=32 (i32.const 2048) (i32.const 1))
         (i32.const 2048)",
    );
    let failure = host.call(&fails, "null").await.expect_err("it fails");
    assert_eq!(failure.error_type, "work");
    assert_eq!(failure.message, "not json");
    assert!(failure.non_retriable);
}

#[tokio::test]
async fn an_activity_knows_its_call() {
    let host = Host::new();
    let imports = r#"
        (import "soloist:orchestration/activity-context@0.1.0" "attempt" (func $attempt (result i32)))
        (import "soloist:orchestration/activity-context@0.1.0" "task-key" (func $task-key (param i32)))"#;
    // `"` then the key then `"`, after a look at the attempt.
    let body = r"
        (if (i32.ne (call $attempt) (i32.const 2)) (then unreachable))
        (call $task-key (i32.const 2048))
        (i32.store8 (i32.sub (i32.load (i32.const 2048)) (i32.const 1)) (i32.const 34))
        (i32.store8 (i32.add (i32.load (i32.const 2048)) (i32.load (i32.const 2052))) (i32.const 34))
        (call $ok (i32.sub (i32.load (i32.const 2048)) (i32.const 1)) (i32.add (i32.load (i32.const 2052)) (i32.const 2)))";
    let bytes = component(&activity_core(body, imports), "activity-module");
    assert_eq!(
        host.call(&bytes, "null").await,
        Ok(json("\"00000000-0000-0000-0000-000000000007:3\""))
    );
}

#[tokio::test]
async fn a_trap_of_an_activity_is_a_failure_with_a_backtrace() {
    let host = Host::new();
    let failure = host
        .call(&activity("unreachable"), "null")
        .await
        .expect_err("it traps");
    assert_eq!(failure.error_type, "Trap");
    assert!(
        failure
            .details
            .expect("there is a backtrace")
            .contains("run")
    );
}

#[tokio::test]
async fn an_activity_that_sleeps_lets_others_run() {
    let host = Host::new();
    let module = host.prepare(&sleeper(20_000_000)).await;
    let one = host.guests.activity(module, call("1"));
    let two = host.guests.activity(module, call("2"));
    // One thread: if sleeping held it, the second would be refused or late, never done beside the first.
    let (one, two) = tokio::join!(one, two);
    assert_eq!(one.unwrap(), Ok(json("1")));
    assert_eq!(two.unwrap(), Ok(json("2")));
}

#[tokio::test]
async fn an_activity_that_takes_too_long_is_stopped() {
    let host = Host::with(|settings| settings.activity_timeout = Duration::from_millis(50));
    let failure = host
        .call(&sleeper(3_600_000_000_000), "1")
        .await
        .expect_err("it is stopped");
    assert_eq!(failure.error_type, "ActivityTimeout");
    assert_eq!(failure.message, "the activity ran for more than 50ms");
}

#[tokio::test]
async fn a_call_too_many_is_told_that_there_is_no_room() {
    let host = Host::with(|settings| settings.activities_max = 1);
    let module = host.prepare(&sleeper(3_600_000_000_000)).await;
    let mut first = Box::pin(host.guests.activity(module, call("1")));
    assert!(futures_poll(first.as_mut()).await.is_none(), "it sleeps");
    assert!(matches!(
        host.guests.activity(module, call("2")).await,
        Err(GuestError::Busy(_))
    ));
    drop(first);
    let mut third = Box::pin(host.guests.activity(module, call("3")));
    assert!(futures_poll(third.as_mut()).await.is_none(), "it has begun");
}

/// Polls once.
async fn futures_poll<F: Future>(mut future: std::pin::Pin<&mut F>) -> Option<F::Output> {
    std::future::poll_fn(|context| {
        std::task::Poll::Ready(match future.as_mut().poll(context) {
            std::task::Poll::Ready(output) => Some(output),
            std::task::Poll::Pending => None,
        })
    })
    .await
}
