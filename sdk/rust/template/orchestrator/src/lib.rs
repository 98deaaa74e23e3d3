//! Greets a list of cities, one after the other.

use soloist::{Context, Failure};

#[soloist::orchestrator]
fn orchestrate(ctx: &Context, cities: Vec<String>) -> Result<Vec<String>, Failure> {
    let mut greetings = Vec::new();
    for city in cities {
        greetings.push(ctx.call_activity("say-hello", city).wait()?);
    }
    Ok(greetings)
}
