//! An activity that sleeps as long as its input's `delayMs` says, and returns its input. It says on standard output that it ran,
//! so that a test can count the runs of each task.

use std::thread;
use std::time::Duration;

use serde_json::Value;
use soloist::{ActivityContext, Failure};

#[soloist::activity]
fn effects(ctx: &ActivityContext, input: Value) -> Result<Value, Failure> {
    let delay_ms = input
        .get("delayMs")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    let label = input.get("label").and_then(Value::as_str);
    println!("effect={} {}", ctx.task_key(), label.unwrap_or("-"));
    thread::sleep(Duration::from_millis(delay_ms));
    Ok(input)
}
