use std::sync::Arc;

use soloist_core::{EventKind, Fact, HostError};

use crate::component::{CHAIN, application, orchestrator};
use crate::owner::{Host, Outcome, Owner, json};

#[tokio::test]
async fn a_guest_parks_and_goes_on_where_it_waited() {
    let host = Host::new();
    let mut owner = host.start(&orchestrator(CHAIN), "0").await;
    for step in 0..5u64 {
        assert!(matches!(owner.turn().await, Outcome::Parked), "step {step}");
        let scheduled = 3 + 2 * step;
        owner.answer(scheduled, &format!("{step}"));
    }
    match owner.turn().await {
        Outcome::Returned(Ok(output)) => assert_eq!(output, json("4")),
        other => panic!("{other:?}"),
    }
    let inputs: Vec<&str> = owner
        .kinds()
        .into_iter()
        .filter_map(|kind| match kind {
            EventKind::TaskScheduled { input, .. } => Some(input.as_str()),
            _ => None,
        })
        .collect();
    assert_eq!(inputs, ["0", "0", "1", "2", "3"]);
}

async fn chain(host: &Host, bytes: &Arc<[u8]>, evict: bool) -> Vec<soloist_core::Event> {
    let mut owner: Owner<'_> = host.start(bytes, "0").await;
    for step in 0..5u64 {
        assert!(matches!(owner.turn().await, Outcome::Parked), "step {step}");
        owner.answer(3 + 2 * step, &format!("[{step}]"));
        if evict {
            owner = owner.evict().await;
        }
    }
    assert!(matches!(owner.turn().await, Outcome::Returned(Ok(_))));
    owner.events
}

#[tokio::test]
async fn a_guest_that_was_evicted_does_what_a_parked_one_does() {
    let host = Host::new();
    let bytes = orchestrator(CHAIN);
    assert_eq!(
        chain(&host, &bytes, true).await,
        chain(&host, &bytes, false).await
    );
}

#[tokio::test]
async fn a_turn_without_an_answer_parks_again() {
    let host = Host::new();
    let mut owner = host.start(&orchestrator(CHAIN), "0").await;
    for _ in 0..3 {
        assert!(matches!(owner.turn().await, Outcome::Parked));
    }
}

#[tokio::test]
async fn a_failure_reaches_the_guest_whole() {
    let host = Host::new();
    let mut owner = host.start(&orchestrator(CHAIN), "0").await;
    owner.turn().await;
    let mut failure = HostError::UnknownFunction.failure("no activity 'work'");
    failure.details = Some("really".to_owned());
    failure.non_retriable = true;
    owner.deliver(Fact::Answer {
        scheduled: soloist_core::EventId::new(3),
        result: Err(failure.clone()),
    });
    match owner.turn().await {
        Outcome::Returned(Err(returned)) => assert_eq!(returned, failure),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn the_first_of_two_answers_wins() {
    let host = Host::new();
    let race = "
        (local.set $task (call $create-timer (f64.add (call $current-time) (f64.const 60000))))
        (local.set $other (call $wait-for-event (i32.const 1072) (i32.const 2)))
        (i32.store (i32.const 2048) (local.get $task))
        (i32.store (i32.const 2052) (local.get $other))
        (if (i32.ne (call $await-any (i32.const 2048) (i32.const 2)) (i32.const 1)) (then unreachable))
        (call $answer (local.get $other))";
    let mut owner = host.start(&orchestrator(race), "null").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    owner.deliver(Fact::EventRaised {
        name: "GO".to_owned(),
        data: json("{\"n\":1.50}"),
    });
    match owner.turn().await {
        Outcome::Returned(Ok(output)) => assert_eq!(output.as_str(), "{\"n\":1.50}"),
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn a_panic_is_a_trap_with_a_backtrace() {
    let host = Host::new();
    let mut owner = host.start(&orchestrator("unreachable"), "0").await;
    match owner.turn().await {
        Outcome::Stopped(HostError::Trap, failure) => {
            assert!(failure.message.contains("unreachable"), "{failure:?}");
            let details = failure.details.expect("there is a backtrace");
            assert!(details.contains("run"), "{details}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn recursion_without_end_is_a_trap() {
    let host = Host::new();
    let body = "(call $run (local.get $input) (local.get $length))";
    let mut owner = host.start(&orchestrator(body), "0").await;
    match owner.turn().await {
        Outcome::Stopped(HostError::Trap, failure) => {
            assert!(failure.message.contains("call stack"), "{failure:?}");
        }
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn what_is_not_json_is_refused_at_the_call_and_at_the_end() {
    let host = Host::new();
    let asks = "(call $answer (call $work (i32.const 1056) (i32.const 8)))";
    let mut owner = host.start(&orchestrator(asks), "0").await;
    assert!(matches!(owner.turn().await, Outcome::Stopped(..)));
    assert_eq!(owner.failure().error_type, "InvalidJson");
    assert!(
        owner
            .failure()
            .message
            .starts_with("the input of an activity is not valid JSON")
    );
    assert!(owner.failure().details.is_some(), "the backtrace is kept");

    let returns = "(call $ok (i32.const 1056) (i32.const 8))";
    let mut owner = host.start(&orchestrator(returns), "0").await;
    assert!(matches!(owner.turn().await, Outcome::Returned(Err(_))));
    assert_eq!(owner.failure().error_type, "InvalidJson");
}

#[tokio::test]
async fn a_time_that_is_no_number_is_refused() {
    let host = Host::new();
    let body = "(call $answer (call $create-timer (f64.const nan)))";
    let mut owner = host.start(&orchestrator(body), "0").await;
    owner.turn().await;
    assert_eq!(
        owner.failure().message,
        "fire-at must be a finite number of milliseconds"
    );
}

#[tokio::test]
async fn a_task_that_nobody_asked_for_is_refused() {
    let host = Host::new();
    let mut owner = host
        .start(&orchestrator("(call $answer (i32.const 9))"), "0")
        .await;
    owner.turn().await;
    assert!(owner.failure().message.starts_with("no task 9"));
}

#[tokio::test]
async fn a_guest_that_replays_differently_is_caught() {
    let host = Host::new();
    // Live it asks for an activity, in replay for a timer.
    let body = "
        (if (call $is-replaying)
          (then (local.set $task (call $create-timer (f64.const 5000))))
          (else (local.set $task (call $work (i32.const 1040) (i32.const 4)))))
        (call $answer (local.get $task))";
    let mut owner = host.start(&orchestrator(body), "0").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    let mut owner = owner.evict().await;
    assert!(matches!(owner.turn().await, Outcome::Stopped(..)));
    assert_eq!(owner.failure().error_type, "NonDeterminism");
}

#[tokio::test]
async fn an_application_is_both_and_neither_may_do_the_others_work() {
    let host = Host::new();
    let good = application(
        "(call $answer (call $work (local.get $input) (local.get $length)))",
        "(call $ok (local.get $input) (local.get $length))",
    );
    let mut owner = host.start(&good, "[1]").await;
    assert!(matches!(owner.turn().await, Outcome::Parked));
    assert_eq!(host.call(&good, "[1]").await, Ok(json("[1]")));

    let bad = application(
        "(drop (call $attempt)) (call $ok (local.get $input) (local.get $length))",
        "(call $answer (call $work (local.get $input) (local.get $length)))",
    );
    let mut owner = host.start(&bad, "[1]").await;
    owner.turn().await;
    assert_eq!(
        owner.failure().message,
        "attempt may be called by activities only"
    );
    let failure = host.call(&bad, "[1]").await.expect_err("it traps");
    assert_eq!(failure.error_type, "Trap");
    assert_eq!(
        failure.message,
        "call-activity may be called by orchestrators only"
    );
}
