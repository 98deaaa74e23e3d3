use std::sync::Arc;
use std::time::Duration;

use soloist_core::HostError;
use soloist_engine::{GuestError, Guests};

use crate::component::{CHAIN, activity, orchestrator};
use crate::owner::{Host, Outcome};

const FOR_EVER: &str = "(loop $again (br $again)) (unreachable)";

/// Asks for memory until there is none, writes to it, then gives up.
const BOMB: &str = "
    (loop $more
      (if (i32.eq (memory.grow (i32.const 64)) (i32.const -1)) (then unreachable))
      (br $more))
    (unreachable)";

#[tokio::test]
async fn a_loop_without_end_is_stopped() {
    let host = Host::new();
    let mut owner = host.start(&orchestrator(FOR_EVER), "0").await;
    match owner.turn().await {
        Outcome::Stopped(HostError::TurnTimeout, failure) => {
            assert_eq!(failure.error_type, "TurnTimeout");
            assert_eq!(
                failure.message,
                "the orchestrator computed for more than 50ms without consuming an answer"
            );
            assert!(failure.details.is_some(), "it says where");
        }
        other => panic!("{other:?}"),
    }
    let failure = host
        .call(&activity(FOR_EVER), "0")
        .await
        .expect_err("it is stopped");
    assert_eq!(failure.error_type, "ActivityTimeout");
    assert_eq!(failure.message, "the activity computed for more than 50ms");
}

#[tokio::test]
async fn a_loop_on_a_task_that_is_done_is_stopped() {
    let host = Host::new();
    let body = "
        (local.set $task (call $work (i32.const 1040) (i32.const 4)))
        (loop $again (call $await-task (local.get $task) (i32.const 2048)) (br $again))
        (unreachable)";
    let mut owner = host.start(&orchestrator(body), "0").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    owner.answer(3, "1");
    assert!(matches!(
        owner.turn().await,
        Outcome::Stopped(HostError::TurnTimeout, _)
    ));
}

#[tokio::test]
async fn a_guest_that_computes_lets_others_run() {
    let host = Host::new();
    let mut busy = host.start(&orchestrator(FOR_EVER), "0").await;
    let mut quick = host.start(&orchestrator(CHAIN), "0").await;
    // One thread: the second ends its turn while the first still computes.
    tokio::select! {
        biased;
        outcome = busy.turn() => panic!("{outcome:?}"),
        outcome = quick.turn() => assert!(matches!(outcome, Outcome::Parked)),
    }
}

/// How long someone waits for a turn beside so many activities that never end.
async fn turn_beside(count: usize) -> Duration {
    const TURNS: u32 = 20;
    let host = Arc::new(Host::with(|settings| {
        settings.activities_max = 64;
        settings.activity_computing_max = Duration::from_mins(1);
    }));
    let bytes = activity(FOR_EVER);
    host.prepare(&bytes).await;
    let running: Vec<_> = (0..count)
        .map(|_| {
            let (host, bytes) = (Arc::clone(&host), Arc::clone(&bytes));
            tokio::spawn(async move { host.call(&bytes, "0").await })
        })
        .collect();
    // Until they have all begun, and computed for more than a moment.
    for _ in 0..3 {
        tokio::task::yield_now().await;
    }
    let begun = now();
    for _ in 0..TURNS {
        tokio::task::yield_now().await;
    }
    let turn = begun.elapsed() / TURNS;
    for activity in running {
        activity.abort();
    }
    turn
}

#[tokio::test]
async fn many_guests_that_compute_delay_others_no_more_than_one_does() {
    let (one, many) = (turn_beside(1).await, turn_beside(32).await);
    assert!(
        many < 4 * one,
        "{many:?} beside 32 of them, {one:?} beside one"
    );
}

#[expect(clippy::disallowed_methods, reason = "a test measures; no engine here")]
fn now() -> std::time::Instant {
    std::time::Instant::now()
}

#[tokio::test]
async fn a_guest_that_wants_too_much_memory_is_stopped() {
    let host = Host::with(|settings| settings.memory_bytes_max = 8 << 20);
    let mut owner = host.start(&orchestrator(BOMB), "0").await;
    match owner.turn().await {
        Outcome::Stopped(HostError::OutOfMemory, failure) => {
            assert!(failure.message.contains("8388608 bytes"), "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
    let failure = host
        .call(&activity(BOMB), "0")
        .await
        .expect_err("it is stopped");
    assert_eq!(failure.error_type, "OutOfMemory");
}

#[tokio::test]
async fn a_document_that_is_too_large_is_refused() {
    let host = Host::with(|settings| settings.payload_bytes_max = 8);
    let body = "(call $answer (call $work (local.get $input) (local.get $length)))";
    let mut owner = host.start(&orchestrator(body), "\"0123456789\"").await;
    owner.turn().await;
    assert_eq!(owner.failure().error_type, "LimitExceeded");
    assert_eq!(
        owner.failure().message,
        "the input of an activity has 12 bytes; at most 8 are allowed"
    );
}

#[tokio::test]
async fn answers_that_do_not_fit_into_the_guest_are_refused() {
    let host = Host::with(|settings| settings.memory_bytes_max = 8 << 20);
    // Names task 0 a thousand times.
    let body = "
        (drop (call $work (i32.const 1040) (i32.const 4)))
        (call $await-all (i32.const 2048) (i32.const 1000) (i32.const 1080))
        unreachable";
    let mut owner = host.start(&orchestrator(body), "0").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    owner.answer(3, &format!("\"{}\"", "x".repeat(10_000)));
    owner.turn().await;
    assert_eq!(
        owner.failure().message,
        "the list of all answers has 10002000 bytes; at most 8388608 are allowed"
    );
}

#[tokio::test]
async fn a_guest_too_many_is_told_that_there_is_no_room() {
    let host = Host::with(|settings| settings.hot_guests_max = 1);
    let bytes = orchestrator(CHAIN);
    let mut owner = host.start(&bytes, "0").await;
    owner.turn().await;
    let module = host.prepare(&bytes).await;
    let second = host.guests.orchestrator(module, owner.shared()).await;
    assert!(matches!(second, Err(GuestError::Busy(_))));
    drop(second);
    let mut owner = owner.evict().await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
}

#[tokio::test]
async fn a_parked_guest_weighs_what_it_wrote_not_what_it_reserved() {
    let host = Host::new();
    let mut owner = host.start(&orchestrator(CHAIN), "0").await;
    owner.turn().await;
    let weight = owner.weight();
    assert!((48 << 10..64 << 10).contains(&weight), "{weight}");
}

/// Runs in a process of its own, which may reserve little address space: [`guests_run_where_no_pool_fits`] starts it.
const SMALL: &str = "SOLOIST_TEST_SMALL_ADDRESS_SPACE";

#[tokio::test]
async fn guests_run_where_no_pool_fits() {
    if std::env::var_os(SMALL).is_some() {
        let host = Host::with(|settings| settings.hot_guests_max = 1_000);
        let mut owner = host.start(&orchestrator(CHAIN), "0").await;
        assert!(matches!(owner.turn().await, Outcome::Parked));
        let echo = activity("(call $ok (local.get $input) (local.get $length))");
        assert!(host.call(&echo, "[1]").await.is_ok());
        let bomb = host
            .call(&activity(BOMB), "0")
            .await
            .expect_err("it is stopped");
        assert_eq!(bomb.error_type, "OutOfMemory");
        return;
    }
    let test = std::env::current_exe().expect("there is a test program");
    let output = std::process::Command::new("sh")
        .args([
            "-c",
            "ulimit -v 4000000 && exec \"$0\" --exact limits::guests_run_where_no_pool_fits",
        ])
        .arg(test)
        .env(SMALL, "1")
        .output()
        .expect("there is a shell");
    let said = String::from_utf8_lossy(&output.stdout);
    assert!(
        output.status.success() && said.contains("1 passed"),
        "{output:?}"
    );
}
