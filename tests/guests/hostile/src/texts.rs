//! Texts that are too large or too deep.

use soloist::bindings::orchestrator::soloist::orchestration::durable;

use crate::{ACTIVITY, Answer, done, rest};

/// Almost all the memory that a guest has.
const HUGE: usize = 60 << 20;

/// The largest document that the host takes.
const LARGE: usize = 16 << 20;

const DEEP: usize = 100_000;

/// As deep as fits into a custom status.
const STATUS_DEEP: usize = 8_000;

pub(crate) fn named(deed: &str) -> Option<fn() -> Answer> {
    Some(match deed {
        "name-too-large" => || durable::await_task(durable::call_activity(&huge(), "null", None)),
        "event-too-large" => || durable::await_task(durable::wait_for_event(&huge())),
        "input-too-large" => || {
            let input = string(LARGE + 1);
            durable::await_task(durable::call_activity(ACTIVITY, &input, None))
        },
        "status-too-large" => || {
            durable::set_custom_status(&string(LARGE));
            done()
        },
        "status-deep" => || {
            durable::set_custom_status(&deep(STATUS_DEEP));
            rest();
            done()
        },
        "input-deep" => || durable::await_task(durable::call_activity(ACTIVITY, &deep(DEEP), None)),
        _ => return None,
    })
}

pub(crate) fn output_too_large() -> Answer {
    Ok(string(HUGE))
}

pub(crate) fn output_large() -> Answer {
    Ok(string(LARGE))
}

pub(crate) fn output_deep() -> Answer {
    Ok(deep(DEEP))
}

fn huge() -> String {
    "x".repeat(HUGE)
}

/// A JSON string of so many bytes.
fn string(bytes: usize) -> String {
    let mut text = "x".repeat(bytes);
    text.replace_range(..1, "\"");
    text.replace_range(bytes - 1.., "\"");
    text
}

/// So many arrays, one in the other.
fn deep(depth: usize) -> String {
    let mut text = "[".repeat(depth);
    text.extend(std::iter::repeat_n(']', depth));
    text
}
