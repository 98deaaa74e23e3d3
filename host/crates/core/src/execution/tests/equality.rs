//! However facts are batched, wherever the guest is thrown out of memory: the same script sees the same and decides the
//! same.

use std::collections::BTreeSet;
use std::fmt::Debug;

use proptest::prelude::*;

use super::cases::cases;
use super::happenings::Told;
use super::play::{Case, Manner, Played, When, play};
use super::run::Outside;
use crate::{End, Event, EventId, EventKind, Payload, Role};

/// Plays `case` in all manners and compares.
pub(super) fn check(case: &Case) {
    use When::{Always, AsTheCaseSays, Never};
    let manner = |turns, slow, evict| Manner { turns, slow, evict };

    let batched = play(case, None, manner(AsTheCaseSays, AsTheCaseSays, Never));
    let told = &batched.told[..];
    let again = |manner| play(case, Some(told), manner);

    let one_by_one = again(manner(Always, Never, Never));
    let same = |what, played: &Played| agree(what, &one_by_one, played);
    same("batched as the case says", &batched);
    same(
        "batched as much as can be",
        &again(manner(Never, Never, Never)),
    );

    let replayed = again(manner(Always, Never, Always));
    same("always replayed", &replayed);
    equal(
        "always replayed",
        &one_by_one.run.stored.decisions,
        &replayed.run.stored.decisions,
    );

    let slow = again(manner(Always, Always, Never));
    same("slow", &slow);
    equal(
        "slow",
        &one_by_one.run.stored.events,
        &slow.run.stored.events,
    );
    let replayed = again(manner(Always, Always, Always));
    equal(
        "slow, replayed",
        &slow.run.stored.decisions,
        &replayed.run.stored.decisions,
    );

    for evict in [AsTheCaseSays, Always] {
        let replayed = again(manner(AsTheCaseSays, AsTheCaseSays, evict));
        same("batched, replayed", &replayed);
        equal(
            "batched, replayed",
            &batched.run.stored.decisions,
            &replayed.run.stored.decisions,
        );
    }
}

fn equal<T: PartialEq + Debug>(what: &str, left: &[T], right: &[T]) {
    for (index, (left, right)) in left.iter().zip(right).enumerate() {
        assert_eq!(left, right, "{what}: number {index}");
    }
    assert_eq!(left.len(), right.len(), "{what}");
}

/// As `equal`; of a run that was terminated, which cuts it, there may be less.
fn same<T: PartialEq + Debug>(what: &str, cut: bool, reference: &[T], other: &[T]) {
    let reference = Some(reference)
        .filter(|_| !cut)
        .or(reference.get(..other.len()));
    equal(what, reference.unwrap_or_default(), other);
}

/// The guest cannot tell the two runs from each other. `other` is never ahead of `reference`, in which the guest may go on
/// after each happening.
fn agree(what: &str, reference: &Played, other: &Played) {
    let cut = [reference, other]
        .iter()
        .any(|played| matches!(played.run.stored.end, Some(End::Terminated(_))));
    let seen = reference.run.seen_so_far();
    same(what, cut, seen, other.run.seen_so_far());
    same(what, cut, &reference.run.requests(), &other.run.requests());
    same(
        what,
        cut,
        &reference.run.stored.logs,
        &other.run.stored.logs,
    );
    if !cut {
        assert_eq!(
            reference.run.stored.custom_status, other.run.stored.custom_status,
            "{what}"
        );
        assert_eq!(end(reference), end(other), "{what}");
    }
    let given_up = given_up(reference);
    let (facts, others) = (facts(reference, &given_up), facts(other, &given_up));
    let ended = reference.run.stored.end.is_some();
    let others = if ended {
        others.get(..facts.len()).unwrap_or(&others)
    } else {
        &others
    };
    equal(what, &facts, others);

    for progress in &other.progress {
        let reference = seen_at(reference, progress.happenings);
        if progress.caught_up {
            assert_eq!(progress.seen, reference, "{what}: {progress:?}");
        } else {
            assert!(progress.seen <= reference, "{what}: {progress:?}");
        }
    }
    for warmed in &other.warmed {
        let expected = &seen[..seen_at(reference, warmed.happenings)];
        equal("run while suspended", expected, &warmed.seen);
    }
}

/// How much the guest had seen when so many happenings had been told.
fn seen_at(reference: &Played, happenings: usize) -> usize {
    let progress = reference.progress.iter().rev();
    let mut progress = progress.skip_while(|progress| progress.happenings > happenings);
    progress.next().map_or(0, |progress| progress.seen)
}

/// How a run ended, and which events are left for the next execution: carried over, or raised since.
fn end(played: &Played) -> Option<(End, Vec<(String, Payload)>)> {
    let end = played.run.stored.end.clone()?;
    let since = played.told[played.ended_at..].iter().filter_map(raised);
    Some(match end {
        End::ContinuedAsNew { input, carried } => {
            let left = carried.into_iter().chain(since).collect();
            let carried = Vec::new();
            (End::ContinuedAsNew { input, carried }, left)
        }
        end @ (End::Completed(_) | End::Failed(_) | End::Terminated(_)) => (end, Vec::new()),
    })
}

fn raised(told: &Told) -> Option<(String, Payload)> {
    match &told.what {
        Some(Outside::Raised(name, data)) => Some(((*name).to_owned(), data.clone())),
        _ => None,
    }
}

/// The place of a request among the requests: unlike its event id, the same however facts are batched.
fn ordinal(events: &[Event], request: EventId) -> usize {
    let before = &events[..events.partition_point(|event| event.id < request)];
    let requests = before.iter().map(|event| &event.kind);
    requests.filter(|kind| kind.role() == Role::Request).count()
}

/// The ordinals of the tasks that the code gave up.
fn given_up(played: &Played) -> BTreeSet<usize> {
    let events = &played.run.stored.events;
    let given_up = events.iter().filter_map(|event| match event.kind {
        EventKind::TaskCanceled { scheduled } => Some(ordinal(events, scheduled)),
        _ => None,
    });
    given_up.collect()
}

/// What came from outside, and to which task. Whether an answer to what the code gives up is recorded depends on which
/// came first: such answers are left out.
fn facts(played: &Played, given_up: &BTreeSet<usize>) -> Vec<(Option<usize>, EventKind)> {
    let events = &played.run.stored.events;
    let facts = events.iter().filter_map(|event| {
        let mut kind = event.kind.clone();
        let task = match &mut kind {
            EventKind::TaskCompleted { scheduled, .. }
            | EventKind::TaskFailed { scheduled, .. }
            | EventKind::AttemptFailed { scheduled, .. }
            | EventKind::HttpAccepted { scheduled, .. }
            | EventKind::TimerFired { timer: scheduled } => {
                let task = ordinal(events, *scheduled);
                *scheduled = EventId::FIRST;
                Some(task).filter(|task| !given_up.contains(task))
            }
            _ => None,
        };
        match event.kind.role() {
            Role::Answer { .. } | Role::Attempt { .. } | Role::Accepted { .. } => {
                task.map(|task| (Some(task), kind))
            }
            Role::Start(_)
            | Role::Began
            | Role::Raised { .. }
            | Role::Suspended
            | Role::Resumed
            | Role::Void
            | Role::Rewound(_) => Some((None, kind)),
            Role::Request | Role::Told | Role::Cancel(_) | Role::End => None,
        }
    });
    facts.collect()
}

/// So many random cases a run; the environment variable `PROPTEST_CASES` says otherwise.
pub(super) const CASES: u32 = 4096;

proptest! {
    #![proptest_config(ProptestConfig { cases: CASES, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn all_manners_of_running_a_script_agree(case in cases()) {
        check(&case);
    }
}
