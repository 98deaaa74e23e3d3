//! What `cargo xtask bench` runs: an application of orchestrators that do nothing but their steps, and the activity that
//! does nothing at all, in one component. Written with the SDK, so that its cost counts too.

#![allow(
    clippy::unnecessary_wraps,
    reason = "all functions of an application have one shape"
)]

use std::time::Duration;

use soloist::{ActivityContext, Context, Failure, Task};

soloist::orchestrators! {
    "chain" => chain,
    "fan" => fan,
    "instant" => instant,
    "patient" => patient,
    "sleeper" => sleeper,
}
soloist::activities! { "noop" => noop }

type Output = Result<(), Failure>;

/// So many activities, one after the other.
fn chain(ctx: &Context, steps: u32) -> Output {
    (0..steps).try_for_each(|_| noop_of(ctx).wait())
}

/// So many activities at once, joined.
fn fan(ctx: &Context, width: u32) -> Output {
    let tasks: Vec<_> = (0..width).map(|_| noop_of(ctx)).collect();
    ctx.try_await_all(&tasks).map(drop)
}

/// Ends in its first turn.
fn instant(_: &Context, (): ()) -> Output {
    Ok(())
}

/// So many activities, one after the other; then it takes in events `Go` for ever, and tells how many it has had.
fn patient(ctx: &Context, steps: u32) -> Output {
    chain(ctx, steps)?;
    for had in 0_u64.. {
        ctx.set_custom_status(had);
        ctx.wait_for_event::<()>("Go").wait()?;
    }
    Ok(())
}

/// Sleeps for an hour.
fn sleeper(ctx: &Context, (): ()) -> Output {
    ctx.create_timer_after(Duration::from_hours(1)).wait()
}

fn noop_of(ctx: &Context) -> Task<()> {
    ctx.call_activity("noop", ())
}

fn noop(_: &ActivityContext, (): ()) -> Output {
    Ok(())
}
