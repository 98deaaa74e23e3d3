//! Loops without end.

use std::hint::black_box;

use soloist::bindings::activity::soloist::orchestration::activity_context;
use soloist::bindings::orchestrator::soloist::orchestration::durable;

use crate::{Answer, done, rest};

pub(crate) fn of_orchestrators(deed: &str) -> Option<fn() -> Answer> {
    Some(match deed {
        "ask-the-time" => || for_ever(durable::current_time),
        "ask-for-guids" => || for_ever(durable::new_guid),
        "ask-whether-it-replays" => || for_ever(durable::is_replaying),
        "log-for-ever" => || for_ever(|| durable::log(durable::Level::Info, "again")),
        "log-long-lines" => log_long_lines,
        "set-statuses" => || for_ever(|| durable::set_custom_status("\"again\"")),
        "await-what-is-done" => || {
            let timer = rest();
            for_ever(|| durable::await_task(timer))
        },
        "await-any-done" => || {
            let tasks = vec![rest(); 10_000];
            for_ever(|| durable::await_any(&tasks))
        },
        _ => return None,
    })
}

pub(crate) fn of_activities(deed: &str) -> Option<fn() -> Answer> {
    Some(match deed {
        "ask-the-attempt" => || for_ever(activity_context::attempt),
        "ask-the-key" => || for_ever(activity_context::task_key),
        _ => return None,
    })
}

fn for_ever<T>(mut step: impl FnMut() -> T) -> Answer {
    loop {
        black_box(step());
    }
}

pub(crate) fn spin() -> Answer {
    let mut n = 0_u64;
    for_ever(|| {
        n = black_box(n.wrapping_add(1));
    })
}

fn log_long_lines() -> Answer {
    let line = "x".repeat(16 << 20);
    for_ever(|| durable::log(durable::Level::Info, &line))
}

/// Computes for some ten microseconds.
pub(crate) fn compute() -> Answer {
    let mut n = 0_u32;
    while n < 20_000 {
        n = black_box(n + 1);
    }
    done()
}
