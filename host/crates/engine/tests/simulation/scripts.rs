//! What the orchestrators of a simulation do: a list of steps, drawn from what they are given, so that every run of an
//! execution draws the same. A new operation of guests is a new [`Step`] here, and an arm in `guest.rs`.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;

/// The names of events.
pub(crate) const EVENTS: [&str; 2] = ["a", "B"];

/// From this generation on nothing continues as new.
const GENERATIONS_MAX: u64 = 3;

#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Step {
    /// Asks for an activity.
    Activity(&'static str),
    /// Asks for an activity that is tried up to so often.
    Tried(u32),
    /// Asks for several activities and waits for all of them.
    Fan(usize),
    /// Asks for a timer so many milliseconds from now.
    Timer(u64),
    /// Begins to wait for an event.
    Event(&'static str),
    /// A timer against an event; the loser is given up.
    Race(u64, &'static str),
    /// Two waits for the same event; the first is given up.
    GiveUp(&'static str),
    /// Gives up a task.
    Cancel(usize),
    /// Waits for a task.
    Await(usize),
    /// Waits for the first of all tasks.
    Any,
    /// Waits for all tasks.
    All,
    /// Sends an event to the instance of this number.
    Send(u32, &'static str),
    /// Sets the custom status.
    Status,
    Log,
    Guid,
    /// Computes longer than a turn's grace.
    Think,
    /// Leaves the next step out if the last answer looks so.
    Unless,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Finish {
    Return,
    Fail,
    ContinueAsNew { keep_events: bool },
}

#[derive(Debug, Clone)]
pub(crate) struct Script {
    pub(crate) steps: Vec<Step>,
    pub(crate) finish: Finish,
}

/// A hash that is the same on every machine.
pub(crate) fn hash(text: &str) -> u64 {
    text.bytes().fold(0xcbf2_9ce4_8422_2325, |hash, byte| {
        (hash ^ u64::from(byte)).wrapping_mul(0x0100_0000_01b3)
    })
}

impl Script {
    /// What is done by whoever is given `input`, in this module and generation.
    pub(crate) fn of(module: &str, input: &str, generation: u64) -> Self {
        let mut rng = ChaCha8Rng::seed_from_u64(hash(&format!("{module} {input} {generation}")));
        let count = rng.random_range(1..14);
        let steps = (0..count).map(|_| step(&mut rng)).collect();
        let finish = match rng.random_range(0..10) {
            0 => Finish::Fail,
            1..=4 if generation < GENERATIONS_MAX => Finish::ContinueAsNew {
                keep_events: rng.random_range(0..3) > 0,
            },
            _ => Finish::Return,
        };
        Self { steps, finish }
    }
}

fn step(rng: &mut ChaCha8Rng) -> Step {
    let millis = [0, 1, 500, 20_000, 100_000, 200_000];
    let millis = millis[rng.random_range(0..millis.len())];
    let event = EVENTS[rng.random_range(0..EVENTS.len())];
    match rng.random_range(0..34) {
        0..=2 => Step::Activity("echo"),
        3 | 4 => Step::Activity("slow"),
        5 => Step::Activity(["nobody", "fails"][rng.random_range(0..2)]),
        6 | 7 => Step::Tried(rng.random_range(1..5)),
        8 => Step::Fan(rng.random_range(1..5)),
        9 | 10 => Step::Timer(millis),
        11..=13 => Step::Event(event),
        14 | 15 => Step::Race(millis, event),
        16 | 17 => Step::Cancel(rng.random_range(0..8)),
        18..=21 => Step::Await(rng.random_range(0..8)),
        22 => Step::Any,
        23 => Step::All,
        24..=26 => Step::Send(rng.random_range(0..7), event),
        27 => Step::Status,
        28 => Step::Log,
        29 => Step::Guid,
        30 => Step::Think,
        31 | 32 => Step::GiveUp(event),
        _ => Step::Unless,
    }
}
