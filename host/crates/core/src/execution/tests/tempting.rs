//! The property is worth its time only if it fails for rules that are wrong: here it does.

use std::panic::catch_unwind;

use proptest::strategy::{Strategy, ValueTree};
use proptest::test_runner::TestRunner;

use super::cases::cases;
use super::equality::{CASES, check};
use super::happenings::Choice;
use super::play::{Case, Moves, Then};
use super::script::Step::{Activity, Wait};
use super::script::{Step, cancel, wait_for};
use crate::tempting::Tempting;
use crate::tempting::Tempting::{AnyAnswerIsDone, AssignOnArrival, NothingIsHeld};

fn is_caught(rule: Tempting, case: &Case) -> bool {
    catch_unwind(|| rule.during(|| check(case))).is_err()
}

/// A script to which all of `happenings` happens before its second turn.
fn case<const N: usize>(script: &[Step], happenings: [Choice; N]) -> Case {
    let moves = Moves {
        apart: 1,
        amid: false,
        then: Then::More,
        evict: false,
    };
    Case {
        script: script.to_vec(),
        begin: 0,
        happenings: happenings.map(|choice| (choice, moves)).to_vec(),
    }
}

#[test]
fn each_tempting_rule_is_caught_by_a_small_case() {
    let go = Choice::Raise("go");
    // The first run gave up its first wait before anything came; a replay finds both events assigned by then.
    let given_back = case(&[Wait("go"), Wait("go"), cancel(0), wait_for(1)], [go, go]);
    // The first run gave up its wait before the event came; a replay has it in its history.
    let done = case(&[Wait("go"), Activity("a"), cancel(0), wait_for(1)], [go]);
    // The guest must not learn while it is suspended what came since, not even in a replay.
    let held = case(
        &[Activity("a"), wait_for(0)],
        [Choice::Suspend, Choice::Answer(0)],
    );
    for (rule, case) in [
        (AssignOnArrival, given_back),
        (AnyAnswerIsDone, done),
        (NothingIsHeld, held),
    ] {
        check(&case);
        assert!(is_caught(rule, &case), "{rule:?}");
    }
}

#[test]
fn each_tempting_rule_is_caught_by_random_cases() {
    for rule in [AssignOnArrival, AnyAnswerIsDone, NothingIsHeld] {
        let mut runner = TestRunner::deterministic();
        let mut random = || {
            let case = cases().new_tree(&mut runner);
            case.expect("no case is rejected").current()
        };
        let caught = (0..CASES).find(|_| is_caught(rule, &random()));
        assert!(caught.is_some(), "{rule:?} is not caught");
    }
}
