//! Asks for far too much.

use soloist::bindings::orchestrator::soloist::orchestration::durable;

use crate::{ACTIVITY, Answer, done, rest};

const MILLION: u32 = 1_000_000;

/// How wide a fan-out is that is still allowed.
const WIDE: u32 = 10_000;

/// How many endless loops one instance begins: fewer than the activities that the host runs at once.
const LOOPS: usize = 200;

pub(crate) fn named(deed: &str) -> Option<fn() -> Answer> {
    Some(match deed {
        "million-activities" => || million(|| durable::call_activity("nothing", "null", None)),
        "million-timers" => || million(|| durable::create_timer(far())),
        "million-waits" => || million(|| durable::wait_for_event("never")),
        "million-cancels" => || {
            million(|| {
                let task = durable::call_activity("nothing", "null", None);
                durable::cancel(task);
                task
            })
        },
        "million-statuses" => || {
            million(|| {
                durable::set_custom_status("\"again\"");
                0
            })
        },
        "unknown-await" => || durable::await_task(u32::MAX),
        "unknown-any" => || Ok(durable::await_any(&[0, u32::MAX]).to_string()),
        "unknown-all" => || all(&[0, u32::MAX]),
        "unknown-cancel" => || {
            durable::cancel(u32::MAX);
            done()
        },
        "any-of-a-million" => {
            || Ok(durable::await_any(&vec![rest(); MILLION as usize]).to_string())
        }
        "all-of-a-million" => || all(&vec![rest(); MILLION as usize]),
        "all-of-many-pending" => || {
            let timer = durable::create_timer(far());
            all(&vec![timer; 100_000])
        },
        "many-activities" => || wide(|| durable::call_activity(ACTIVITY, "\"compute\"", None)),
        "many-loops" => {
            || all(&[(); LOOPS].map(|()| durable::call_activity(ACTIVITY, "\"spin\"", None)))
        }
        "many-timers" => || wide(|| durable::create_timer(durable::current_time())),
        _ => return None,
    })
}

/// An hour from now.
fn far() -> f64 {
    durable::current_time() + 3_600_000.0
}

fn million(mut ask: impl FnMut() -> u32) -> Answer {
    let last = (0..MILLION).fold(0, |_, _| ask());
    Ok(last.to_string())
}

fn wide(mut ask: impl FnMut() -> u32) -> Answer {
    let tasks: Vec<_> = (0..WIDE).map(|_| ask()).collect();
    all(&tasks)
}

/// How many answers there were.
fn all(tasks: &[u32]) -> Answer {
    let answers = durable::await_all(tasks);
    let count = answers.into_iter().collect::<Result<Vec<_>, _>>()?.len();
    Ok(count.to_string())
}
