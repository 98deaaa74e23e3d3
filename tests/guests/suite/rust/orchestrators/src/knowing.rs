//! What an orchestrator knows, and what it lets others know.

use serde::Serialize;
use serde_json::{Value, json};
use soloist::{Context, Failure, Timestamp};

pub(crate) fn status(ctx: &Context, _: Value) -> Result<&'static str, Failure> {
    for step in [1, 2] {
        ctx.set_custom_status(json!({"step": step}));
        ctx.wait_for_event::<Value>("Go").wait()?;
    }
    Ok("done")
}

pub(crate) fn log(ctx: &Context, _: Value) -> Result<&'static str, Failure> {
    ctx.trace("trace before");
    ctx.debug("debug before");
    ctx.info("info before");
    ctx.warn("warn before");
    ctx.error("error before");
    ctx.call_activity::<Value>("echo", ()).wait()?;
    ctx.info("info after");
    Ok("logged")
}

/// Without WASI, Rust's own clock and random numbers are not there: the context has them.
#[derive(Serialize)]
struct Reading {
    now: Timestamp,
    random: String,
    guid: String,
    time: Timestamp,
}

fn reading(ctx: &Context) -> Reading {
    Reading {
        now: ctx.current_time(),
        random: ctx.new_guid(),
        guid: ctx.new_guid(),
        time: ctx.current_time(),
    }
}

pub(crate) fn readings(ctx: &Context, _: Value) -> Result<Value, Failure> {
    let before = reading(ctx);
    ctx.set_custom_status(&before);
    ctx.wait_for_event::<Value>("Go").wait()?;
    Ok(json!({"before": before, "after": reading(ctx)}))
}

pub(crate) fn context(ctx: &Context, _: Value) -> Result<Value, Failure> {
    Ok(json!({
        "instanceId": ctx.instance_id(),
        "functionName": ctx.function_name(),
        "parentInstanceId": ctx.parent_instance_id(),
        "guids": [ctx.new_guid(), ctx.new_guid()],
    }))
}
