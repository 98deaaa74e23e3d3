//! An activity that sleeps as long as its input's `delayMs` says, and returns its input.

use std::thread;
use std::time::Duration;

use serde_json::Value;
use soloist::{ActivityContext, Failure};

#[soloist::activity]
fn effects(_: &ActivityContext, input: Value) -> Result<Value, Failure> {
    let delay_ms = input
        .get("delayMs")
        .and_then(Value::as_u64)
        .unwrap_or_default();
    thread::sleep(Duration::from_millis(delay_ms));
    Ok(input)
}
