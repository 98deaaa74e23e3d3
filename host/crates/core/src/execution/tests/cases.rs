//! Random scripts, and random happenings to them.

use proptest::prelude::*;

use super::happenings::Choice;
use super::play::{Case, Moves, Then};
use super::script::{Pick, Step};

pub(super) fn cases() -> impl Strategy<Value = Case> {
    let script = prop_oneof![script(ask()), script(wait())];
    let happenings = prop::collection::vec((choice(), moves()), 0..24);
    (script, 0..3_usize, happenings).prop_map(|(script, begin, happenings)| Case {
        script,
        begin: begin.min(happenings.len()),
        happenings,
    })
}

fn script(ask: impl Strategy<Value = Step> + Clone) -> impl Strategy<Value = Vec<Step>> {
    let asks = prop::collection::vec(ask.clone(), 1..6);
    let steps = prop::collection::vec(prop_oneof![ask, step(), step()], 1..14);
    let last = prop_oneof![
        3 => Just(Step::Return),
        1 => Just(Step::Fail),
        3 => any::<bool>().prop_map(|keep_events| Step::ContinueAsNew { keep_events }),
    ];
    (asks, steps, last).prop_map(|(asks, steps, last)| [asks, steps, vec![last]].concat())
}

/// Few names, two of them the same but for case, so that waits and events meet.
fn name() -> impl Strategy<Value = &'static str> + Clone {
    prop_oneof![4 => Just("go"), 1 => Just("GO"), 1 => Just("stop")]
}

fn ask() -> impl Strategy<Value = Step> + Clone {
    prop_oneof![
        3 => prop::sample::select(&["a", "b"][..]).prop_map(Step::Activity),
        2 => (1..20_u16).prop_map(|interval| Step::Tried("t", interval)),
        1 => Just(Step::Child("c")),
        1 => prop::sample::select(&[Step::Http, Step::HttpTried(7)][..]),
        2 => (0..20_u16).prop_map(Step::Timer),
        4 => name().prop_map(Step::Wait),
    ]
}

/// Mostly waits of one name.
fn wait() -> impl Strategy<Value = Step> + Clone {
    prop_oneof![
        5 => Just(Step::Wait("go")),
        1 => ask(),
    ]
}

fn step() -> impl Strategy<Value = Step> {
    prop_oneof![
        5 => pick().prop_map(Step::Cancel),
        3 => pick().prop_map(Step::Await),
        4 => prop::collection::vec(pick(), 1..5).prop_map(Step::Any),
        1 => prop::collection::vec(pick(), 1..3).prop_map(Step::All),
        2 => pick().prop_map(Step::Done),
        1 => Just(Step::Send("other", "go")),
        2 => Just(Step::Now),
        1 => prop::sample::select(&[Step::Guid, Step::Log, Step::Status][..]),
        1 => (1..4_u8).prop_map(Step::SkipIfOdd),
    ]
}

fn pick() -> impl Strategy<Value = Pick> {
    prop_oneof![
        4 => (0..8_u8).prop_map(Pick::Task),
        1 => any::<u8>().prop_map(Pick::FromSeen),
    ]
}

fn choice() -> impl Strategy<Value = Choice> {
    prop_oneof![
        20 => any::<u8>().prop_map(Choice::Answer),
        4 => any::<u8>().prop_map(Choice::Fail),
        3 => any::<u8>().prop_map(Choice::Accept),
        2 => any::<u8>().prop_map(Choice::Rebuff),
        10 => any::<u8>().prop_map(Choice::Fire),
        24 => name().prop_map(Choice::Raise),
        6 => Just(Choice::Suspend),
        8 => Just(Choice::Resume),
        1 => Just(Choice::Terminate),
    ]
}

fn moves() -> impl Strategy<Value = Moves> {
    let then = prop_oneof![
        3 => Just(Then::More),
        2 => Just(Then::Keep),
        2 => Just(Then::Turn),
        1 => Just(Then::SlowTurn),
    ];
    (0..4_u8, any::<bool>(), then, any::<bool>()).prop_map(|(apart, amid, then, evict)| Moves {
        apart,
        amid,
        then,
        evict,
    })
}
