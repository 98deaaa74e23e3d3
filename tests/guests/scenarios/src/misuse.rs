//! Scenarios that do what they must not.

use std::hint::black_box;
use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use soloist::bindings::orchestrator::soloist::orchestration::durable;
use soloist::{Context, TaskId};

use crate::{Output, read, write};

#[derive(Deserialize, Default)]
#[serde(rename_all = "kebab-case")]
enum Differs {
    /// Another activity.
    #[default]
    Name,
    /// A timer in place of an activity.
    Kind,
    /// Nothing more, though history holds requests.
    Early,
}

#[derive(Deserialize, Default)]
#[serde(default)]
struct Nondeterministic {
    differs: Differs,
}

/// Asks activity `echo-first`, or in replay something else; then waits for the event `Go`.
pub(crate) fn nondeterministic(ctx: &Context, input: Value) -> Output {
    let Nondeterministic { differs } = read(input)?;
    match (ctx.is_replaying(), differs) {
        (false, _) => ctx.call_activity::<Value>("echo-first", "first").wait()?,
        (true, Differs::Name) => ctx.call_activity::<Value>("echo-second", "second").wait()?,
        (true, Differs::Kind) => write(ctx.create_timer_after(Duration::from_secs(1)).wait()?)?,
        (true, Differs::Early) => return write("early"),
    };
    ctx.wait_for_event("Go").wait()
}

/// Panics.
pub(crate) fn trap(_: &Context, _: Value) -> Output {
    panic!("as the test asked")
}

/// Never ends; with `{"after": n}` only after `n` activities.
pub(crate) fn spin(ctx: &Context, input: Value) -> Output {
    let after = input
        .get("after")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    for k in 0..after {
        ctx.call_activity::<Value>("echo", k).wait()?;
    }
    forever()
}

pub(crate) fn forever() -> ! {
    let mut n = 0_u64;
    loop {
        n = black_box(n.wrapping_add(1));
    }
}

/// Takes memory until there is none.
pub(crate) fn memory_bomb(_: &Context, _: Value) -> Output {
    hoard()
}

pub(crate) fn hoard() -> ! {
    let mut hoard = Vec::new();
    loop {
        hoard.push(black_box(vec![1_u8; 1 << 20]));
    }
}

/// Recurses until the stack ends.
pub(crate) fn deep(_: &Context, _: Value) -> Output {
    write(descend(1))
}

#[expect(unconditional_recursion, reason = "the scenario")]
fn descend(n: u64) -> u64 {
    let frame = black_box([n; 64]);
    descend(n + 1) + frame[black_box(3)]
}

/// Waits for a task that it was never given.
pub(crate) fn unknown_task(_: &Context, _: Value) -> Output {
    let answer = durable::await_task(999);
    write(answer.is_ok())
}

/// Waits for the first of no tasks.
pub(crate) fn empty_any(ctx: &Context, _: Value) -> Output {
    write(ctx.await_any(<[TaskId; 0]>::default()))
}

/// Gives the host text that is not JSON.
pub(crate) fn bad_json(_: &Context, _: Value) -> Output {
    let task = durable::call_activity("echo", "{not json", None);
    write(durable::await_task(task).is_ok())
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Native {
    SystemTime,
    Instant,
    Sleep,
    Print,
    File,
    Socket,
}

#[derive(Deserialize)]
struct Natively {
    call: Native,
}

/// Uses a call of the language instead of the SDK's. This component has no WASI.
#[expect(
    clippy::disallowed_methods,
    reason = "what becomes of who uses them is the point"
)]
pub(crate) fn native(_: &Context, input: Value) -> Output {
    let Natively { call } = read(input)?;
    let error = |result: std::io::Result<()>| match result {
        Ok(()) => Value::Null,
        Err(error) => json!(error.to_string()),
    };
    Ok(match call {
        Native::SystemTime => json!(format!("{:?}", std::time::SystemTime::now())),
        Native::Instant => json!(format!("{:?}", std::time::Instant::now())),
        Native::Sleep => {
            std::thread::sleep(Duration::from_millis(1));
            Value::Null
        }
        Native::Print => {
            println!("printed");
            Value::Null
        }
        Native::File => error(std::fs::read("secret").map(drop)),
        Native::Socket => error(std::net::TcpStream::connect("127.0.0.1:1").map(drop)),
    })
}
