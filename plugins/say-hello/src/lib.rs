//! The side effect of `hello-cities`: an activity, so it may sleep.

use std::thread;
use std::time::Duration;

use serde::Deserialize;
use soloist::{ActivityContext, Failure};

/// `"Tokyo"`, or `{"name": "Tokyo", "delayMs": 400}`.
#[derive(Deserialize)]
#[serde(untagged)]
enum Input {
    Name(String),
    #[serde(rename_all = "camelCase")]
    City {
        name: String,
        #[serde(default)]
        delay_ms: u64,
    },
}

#[soloist::activity]
fn say_hello(_: &ActivityContext, input: Input) -> Result<String, Failure> {
    let (name, delay_ms) = match input {
        Input::Name(name) => (name, 0),
        Input::City { name, delay_ms } => (name, delay_ms),
    };
    thread::sleep(Duration::from_millis(delay_ms));
    Ok(format!("Hello {name}!"))
}
