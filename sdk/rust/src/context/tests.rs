use std::collections::BTreeMap;

use super::*;
use crate::export::{orchestrate, unknown};
use crate::fake::{self, Fake};

/// What `script` asks of a host that knows `answers`, of which the one to `earliest` came first.
fn asked<T>(
    answers: &[(u32, &str)],
    earliest: u32,
    script: impl FnOnce(&Context) -> T,
) -> (T, Vec<String>) {
    fake::with(|fake| {
        let answers = answers
            .iter()
            .map(|(task, json)| (*task, Ok((*json).to_owned())));
        *fake = Fake {
            asked: Vec::new(),
            answers: answers.collect(),
            earliest,
            tasks: 0,
        };
    });
    let outcome = script(&Context::new());
    (outcome, fake::with(|fake| fake.asked.clone()))
}

#[test]
fn input_and_answer_are_json() {
    let (answer, asked) = asked(&[(0, r#"{"greeting":"Hello"}"#)], 0, |ctx| {
        ctx.call_activity::<BTreeMap<String, String>>("say-hello", ["Tokyo"])
            .wait()
    });
    assert_eq!(answer.unwrap()["greeting"], "Hello");
    assert_eq!(asked, [r#"activity say-hello ["Tokyo"] 1"#]);
}

#[test]
fn an_answer_of_another_type_names_the_task_and_what_came() {
    let (answer, _) = asked(&[(0, r#""ten""#)], 0, |ctx| {
        ctx.call_activity::<u32>("count", ()).wait()
    });
    let failure = answer.unwrap_err();
    assert_eq!(failure.error_type, Failure::INVALID_ANSWER);
    assert!(
        failure
            .message
            .starts_with("the answer of task 0 is not a u32"),
        "{failure}"
    );
    assert_eq!(failure.details.as_deref(), Some(r#""ten""#));
}

#[test]
fn a_policy_and_a_childs_id_reach_the_host() {
    let policy = RetryPolicy::new(3, Duration::from_secs(1));
    let ((), asked) = asked(&[], 0, |ctx| {
        let _: Task<()> = ctx.call_activity_with_retry("pay", 1, &policy);
        let options = OrchestratorOptions::new()
            .instance_id("night-7")
            .retry(policy.clone());
        let _: Task<()> = ctx.call_orchestrator_with("report", 2, &options);
        let _ = ctx.call_http_with_retry(&HttpRequest::get("http://x/"), &policy);
    });
    assert_eq!(
        asked,
        [
            "activity pay 1 3",
            r#"orchestrator report 2 Some("night-7") 3"#,
            r#"http {"method":"GET","uri":"http://x/"} 3"#,
        ]
    );
}

#[test]
fn an_event_in_time_cancels_the_timer() {
    let (answer, asked) = asked(&[(0, "7")], 0, |ctx| {
        ctx.wait_for_event_within::<u32>("Approval", Duration::from_secs(1))
    });
    assert_eq!(answer, Ok(Some(7)));
    assert_eq!(asked, ["event Approval", "timer 2000", "cancel 1"]);
}

#[test]
fn a_timer_that_wins_cancels_the_wait() {
    let (answer, asked) = asked(&[(1, "null")], 1, |ctx| {
        ctx.wait_for_event_within::<u32>("Approval", Duration::from_secs(1))
    });
    assert_eq!(answer, Ok(None));
    assert_eq!(asked, ["event Approval", "timer 2000", "cancel 0"]);
}

#[test]
fn the_first_of_two_types_is_told_apart() {
    let race = |ctx: &Context| {
        let price: Task<u32> = ctx.call_activity("ask-price", ());
        let timer = ctx.create_timer_after(Duration::from_secs(1));
        ctx.await_either(&price, &timer)
    };
    assert_eq!(asked(&[(0, "5")], 0, race).0, Ok(Either::First(5)));
    assert_eq!(asked(&[(1, "null")], 1, race).0, Ok(Either::Second(())));
}

#[test]
fn all_answers_come_in_the_order_of_the_tasks() {
    let (answers, _) = asked(&[(0, "1"), (1, "2"), (2, "3")], 0, |ctx| {
        let tasks: Vec<Task<u32>> = (0..3).map(|k| ctx.call_activity("count", k)).collect();
        ctx.try_await_all(tasks.iter().rev())
    });
    assert_eq!(answers, Ok(vec![3, 2, 1]));
}

#[test]
fn the_way_out_to_the_next_execution_is_not_a_failure() {
    let (answer, asked) = asked(&[], 0, |ctx| {
        orchestrate(
            |ctx, count: u32| ctx.continue_as_new::<u32>(count + 1, Events::Drop),
            ctx,
            "1",
        )
    });
    assert_eq!(answer, Ok("null".to_owned()));
    assert_eq!(asked, ["continue 2 false"]);
}

#[test]
fn a_wrong_input_is_a_failure_that_nobody_retries() {
    let (answer, _) = asked(&[], 0, |ctx| {
        orchestrate(|_, count: u32| Ok::<_, Failure>(count), ctx, r#""one""#)
    });
    let failure = answer.unwrap_err();
    assert_eq!(failure.error_type, Failure::INVALID_INPUT);
    assert!(failure.non_retriable);
}

#[test]
fn an_unknown_name_tells_which_ones_there_are() {
    let failure = unknown("c", &["a", "b"]).unwrap_err();
    assert_eq!(
        failure.message,
        "this component does not serve `c`, but a, b"
    );
}

#[test]
fn what_is_told_is_json() {
    let ((), asked) = asked(&[], 0, |ctx| {
        ctx.set_custom_status("half");
        ctx.send_event("night-7", "Go", [1, 2]);
        ctx.log(Level::Warn, "low");
    });
    assert_eq!(
        asked,
        [
            r#"status "half""#,
            "send night-7 Go [1,2]",
            "log Level::Warn low"
        ]
    );
}

#[test]
fn each_level_of_the_log_has_a_name_of_its_own() {
    let ((), asked) = asked(&[], 0, |ctx| {
        ctx.trace("a");
        ctx.debug("b");
        ctx.info("c");
        ctx.warn("d");
        ctx.error("e");
    });
    assert_eq!(
        asked,
        [
            "log Level::Trace a",
            "log Level::Debug b",
            "log Level::Info c",
            "log Level::Warn d",
            "log Level::Error e",
        ]
    );
}

#[test]
fn what_was_encoded_twice_is_read_as_input_event_and_answer() {
    let twice = r#""{\"n\":1}""#;
    let (answer, _) = asked(&[(0, twice), (1, twice)], 0, |ctx| {
        orchestrate(
            |ctx, input: Option<BTreeMap<String, u32>>| {
                let event: BTreeMap<String, u32> = ctx.wait_for_event("Go").wait()?;
                let answer: BTreeMap<String, u32> = ctx.call_activity("count", ()).wait()?;
                Ok::<_, Failure>((input, event, answer))
            },
            ctx,
            twice,
        )
    });
    assert_eq!(answer.unwrap(), r#"[{"n":1},{"n":1},{"n":1}]"#);
}
