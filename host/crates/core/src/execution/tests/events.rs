//! Which wait owns which external event.

use super::run::{Run, answered, raised};
use super::script::Step::{Activity, Wait};
use super::script::{Seen, Step, all, any, cancel, canceled, got, got_canceled, json, wait_for};

/// What the guest sees after its requests, for a script and the happenings of each further turn.
fn seen<const N: usize>(script: &[Step], turns: [super::run::Outside; N]) -> Vec<Seen> {
    let mut run = Run::of(script);
    run.then([]);
    for happening in turns {
        run.then([happening]);
    }
    let asked = |seen: &&Seen| !matches!(seen, Seen::Asked(_));
    run.seen().iter().filter(asked).cloned().collect()
}

#[test]
fn waits_of_one_name_get_its_events_in_order() {
    let script = [Wait("go"), Wait("go"), wait_for(1), wait_for(0)];
    assert_eq!(
        seen(&script, [raised("go", "1"), raised("go", "2")]),
        [got(1, "2"), got(0, "1")]
    );
}

#[test]
fn names_compare_without_regard_to_ascii_case() {
    let script = [Wait("Go"), Wait("\u{c9}"), any([0, 1]), any([1])];
    let happenings = [
        raised("gO", "1"),
        // Only ASCII case: this is another name.
        raised("\u{e9}", "2"),
        raised("\u{c9}", "3"),
    ];
    assert_eq!(seen(&script, happenings), [Seen::First(0), Seen::First(0)]);
}

#[test]
fn names_do_not_mix() {
    let script = [Wait("go"), Wait("stop"), all([0, 1])];
    let happenings = [raised("stop", "1"), raised("stop", "2"), raised("go", "3")];
    let expected = [Seen::All(vec![Ok(json("3")), Ok(json("1"))])];
    assert_eq!(seen(&script, happenings), expected);
}

#[test]
fn an_event_is_kept_for_a_wait_that_comes_later() {
    let script = [Activity("a"), wait_for(0), Wait("go"), wait_for(1)];
    let happenings = [raised("go", "1"), answered(0, "2")];
    assert_eq!(seen(&script, happenings), [got(0, "2"), got(1, "1")]);
}

#[test]
fn events_from_before_the_first_turn_are_there_in_it() {
    let mut run = Run::of([Wait("go"), Wait("go"), all([1, 0])]);
    run.now = crate::Timestamp::from_millis(1_500);
    run.deliver(&raised("go", "1"));
    run.keep();
    run.evict();
    run.then([raised("GO", "2")]);
    let results = Seen::All(vec![Ok(json("2")), Ok(json("1"))]);
    assert_eq!(run.seen(), [Seen::Asked(0), Seen::Asked(1), results]);
}

#[test]
fn an_earlier_wait_keeps_its_event_whether_or_not_it_is_awaited() {
    // The second wait does not get the first event, though nobody has consumed that.
    let script = [Wait("go"), Wait("go"), Activity("a"), any([1, 2])];
    let happenings = [raised("go", "1"), answered(2, "null")];
    assert_eq!(seen(&script, happenings), [Seen::First(1)]);
}

#[test]
fn a_cancelled_wait_leaves_its_event_to_the_next() {
    let script = [Wait("go"), Wait("go"), cancel(0), wait_for(1), wait_for(0)];
    assert_eq!(
        seen(&script, [raised("go", "1")]),
        [got(1, "1"), got_canceled(0)]
    );
}

#[test]
fn events_move_up_when_a_wait_that_owned_one_is_cancelled() {
    let script = [
        Wait("go"),
        Wait("go"),
        Wait("go"),
        Activity("a"),
        wait_for(3),
        cancel(0),
        all([0, 1, 2]),
    ];
    let happenings = [raised("go", "1"), raised("go", "2"), answered(3, "null")];
    let all = vec![Err(canceled()), Ok(json("1")), Ok(json("2"))];
    assert_eq!(seen(&script, happenings), [got(3, "null"), Seen::All(all)]);
}

#[test]
fn a_consumed_event_is_gone_and_its_wait_stays_answered() {
    let script = [
        Wait("go"),
        wait_for(0),
        Wait("go"),
        cancel(0),
        wait_for(0),
        wait_for(1),
    ];
    assert_eq!(
        seen(&script, [raised("go", "1"), raised("go", "2")]),
        [got(0, "1"), got(0, "1"), got(1, "2")]
    );
}

#[test]
fn a_wait_that_wins_a_race_has_consumed_its_event() {
    // A cancellation of the winner has no effect, and the next wait gets the next event.
    let script = [
        Wait("go"),
        Activity("a"),
        any([0, 1]),
        cancel(0),
        Wait("go"),
        wait_for(0),
        wait_for(2),
    ];
    assert_eq!(
        seen(&script, [raised("go", "1"), raised("go", "2")]),
        [Seen::First(0), got(0, "1"), got(2, "2")]
    );
}
