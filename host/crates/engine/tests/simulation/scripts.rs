//! What the orchestrators of a simulation do: a list of steps, drawn from what they are given, so that every run of an
//! execution draws the same. A new operation of guests is a new [`Step`] here, and an arm in `guest.rs`.

use rand::{Rng, SeedableRng};
use rand_chacha::ChaCha8Rng;
use soloist_core::Started;

/// The names of events.
pub(crate) const EVENTS: [&str; 2] = ["a", "B"];

/// From this generation on nothing continues as new.
const GENERATIONS_MAX: u64 = 3;

/// Whoever has so many parents asks for no children.
const DEPTH_MAX: u32 = 2;

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
    /// Waits for a task, and fails if that has failed.
    Need(usize),
    /// Waits for the first of all tasks.
    Any,
    /// Waits for all tasks.
    All,
    /// Asks for a child.
    Child(Child),
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

#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Child {
    pub(crate) function: &'static str,
    /// The number of the instance whose id it is given; it may be live. Else its id is derived.
    pub(crate) instance: Option<u32>,
    /// It is tried up to so often.
    pub(crate) attempts: u32,
    pub(crate) then: Then,
}

/// What is done about a child that was just asked for.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Then {
    /// It may answer some time.
    GoOn,
    /// It is waited for, and must not fail.
    Need,
    /// It is given up after so many milliseconds.
    GiveUp(u64),
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
    /// What is done by an execution that was started so.
    pub(crate) fn of(started: &Started) -> Self {
        let generation = started.generation;
        // Not from the module: a rewind may change it.
        let (function, input) = (started.function.as_str(), started.input.as_str());
        let seed = hash(&format!("{function} {input} {generation}"));
        let mut rng = ChaCha8Rng::seed_from_u64(seed);
        let (depth, attempt) = match &started.parent {
            Some(parent) => (parent.depth, u64::from(parent.attempt)),
            None => (0, 0),
        };
        let count = rng.random_range(1..14);
        let steps = (0..count).map(|_| step(&mut rng, depth)).collect();
        let finish = match rng.random_range(0..10) {
            // A child may do better at its next attempt.
            0 if attempt <= seed % 4 => Finish::Fail,
            1..=4 if generation < GENERATIONS_MAX => Finish::ContinueAsNew {
                keep_events: rng.random_range(0..3) > 0,
            },
            _ => Finish::Return,
        };
        Self { steps, finish }
    }
}

fn child(rng: &mut ChaCha8Rng) -> Step {
    let functions = ["first", "second", "first", "second", "nobody", "echo"];
    Step::Child(Child {
        function: functions[rng.random_range(0..functions.len())],
        instance: (rng.random_range(0..3) == 0).then(|| rng.random_range(0..7)),
        attempts: rng.random_range(1..4),
        then: match rng.random_range(0..4) {
            0 => Then::Need,
            1 => Then::GiveUp([1, 500, 20_000][rng.random_range(0..3)]),
            _ => Then::GoOn,
        },
    })
}

fn step(rng: &mut ChaCha8Rng, depth: u32) -> Step {
    let millis = [0, 1, 500, 20_000, 100_000, 200_000];
    let millis = millis[rng.random_range(0..millis.len())];
    let event = EVENTS[rng.random_range(0..EVENTS.len())];
    match rng.random_range(0..41) {
        0..=2 => Step::Activity("echo"),
        3 | 4 => Step::Activity("slow"),
        5 => Step::Activity(["nobody", "fails", "broken", "broken"][rng.random_range(0..4)]),
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
        37..=39 => Step::Need(rng.random_range(0..8)),
        33..=36 if depth < DEPTH_MAX => child(rng),
        _ => Step::Unless,
    }
}
