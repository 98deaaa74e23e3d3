//! What Rust's own means tell an orchestrator: clocks, random numbers, the order of a set, sleep, files.

#![expect(
    clippy::disallowed_methods,
    reason = "to read the machine's clock, and to be told orchestration time, is the point"
)]

use std::collections::HashSet;
use std::time::{Duration, Instant, SystemTime};
use std::{env, fs, thread};

use rand::RngCore as _;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};
use soloist::{Context, Failure, Timestamp};

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Input {
    sleep_ms: u64,
    try_refused: bool,
}

#[derive(Clone, Serialize)]
#[serde(rename_all = "camelCase")]
struct Reading {
    wall_ms: f64,
    /// Since the orchestrator began: Rust tells no absolute one.
    monotonic_ms: f64,
    random: [f64; 3],
    bytes: String,
    /// The order of a set, which goes by random keys.
    order: String,
}

#[derive(Serialize)]
struct Output {
    before: Reading,
    after: Reading,
    slept: Reading,
    durable: [Timestamp; 3],
    refused: Option<Refused>,
}

#[derive(Serialize)]
struct Refused {
    file: Option<String>,
    /// Not tried: the C library of Debian, by which this may be built, has none.
    socket: Option<String>,
    env: Vec<String>,
    args: Vec<String>,
}

#[soloist::orchestrator]
fn native(ctx: &Context, input: Option<Input>) -> Result<Output, Failure> {
    let input = input.unwrap_or_default();
    let begin = Instant::now();
    let before = read(begin)?;
    let durable_before = ctx.current_time();
    println!("before {}", serde_json::to_string(&before)?);
    ctx.set_custom_status(&before);

    ctx.wait_for_event::<IgnoredAny>("go").wait()?;
    let after = read(begin)?;
    let durable_after = ctx.current_time();

    thread::sleep(Duration::from_millis(input.sleep_ms));
    let slept = read(begin)?;
    eprintln!("slept {}", serde_json::to_string(&slept)?);
    Ok(Output {
        before,
        after,
        slept,
        durable: [durable_before, durable_after, ctx.current_time()],
        refused: input.try_refused.then(Refused::seen),
    })
}

fn read(begin: Instant) -> Result<Reading, Failure> {
    let wall = SystemTime::now().duration_since(SystemTime::UNIX_EPOCH)?;
    let mut bytes = [0; 16];
    rand::rng().fill_bytes(&mut bytes);
    let set: HashSet<_> = ('a'..='p').collect();
    Ok(Reading {
        wall_ms: wall.as_secs_f64() * 1000.0,
        monotonic_ms: begin.elapsed().as_secs_f64() * 1000.0,
        random: rand::random(),
        bytes: bytes.map(|byte| format!("{byte:02x}")).concat(),
        order: set.into_iter().collect(),
    })
}

impl Refused {
    /// What is said of things that an orchestrator must not have; `None` where it got them.
    fn seen() -> Self {
        Self {
            file: fs::read("/etc/hostname").err().map(|e| e.to_string()),
            socket: None,
            env: env::vars().map(|(name, _)| name).collect(),
            args: env::args().collect(),
        }
    }
}
