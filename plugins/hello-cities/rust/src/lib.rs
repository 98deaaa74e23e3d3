//! Five activities in sequence: each greeting is recorded, so a crash repeats none that is done.

use serde::{Deserialize, Serialize};
use soloist::{Context, Failure};

const CITIES: [&str; 5] = ["Tokyo", "Seattle", "London", "Cairo", "Lima"];

#[derive(Default, Deserialize)]
#[serde(default, rename_all = "camelCase")]
struct Input {
    /// How long each greeting takes, so that one can watch.
    delay_ms: u64,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct City {
    name: &'static str,
    delay_ms: u64,
}

#[soloist::orchestrator]
fn hello_cities(ctx: &Context, input: Option<Input>) -> Result<Vec<String>, Failure> {
    let Input { delay_ms } = input.unwrap_or_default();
    let mut greetings = Vec::new();
    for name in CITIES {
        greetings.push(
            ctx.call_activity("say-hello", City { name, delay_ms })
                .wait()?,
        );
    }
    Ok(greetings)
}
