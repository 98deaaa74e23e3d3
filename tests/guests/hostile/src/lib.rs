//! Does what a guest must not, over the raw interface of `wit/soloist.wit`: the input, a JSON string, names what.
//!
//! An orchestrator first shows that it runs: it sets the custom status `"armed"` and rests for no time, so that this is
//! durable before the rest begins. `call A X` makes it call the activity `A` with the input `X`.

#![allow(clippy::unnecessary_wraps, reason = "all deeds have one signature")]

mod floods;
mod loops;
mod memory;
mod texts;

use soloist::bindings::activity::exports::soloist::orchestration::activity;
use soloist::bindings::orchestrator::exports::soloist::orchestration::orchestrator;
use soloist::bindings::orchestrator::soloist::orchestration::durable;
use soloist::bindings::orchestrator::soloist::orchestration::types::Failure;

/// What `run` returns.
type Answer = Result<String, Failure>;

/// The activity that floods and large texts go to.
const ACTIVITY: &str = "hostile-activity";

/// The guest.
#[derive(Debug)]
pub struct Hostile;

#[cfg(target_arch = "wasm32")]
#[allow(unsafe_code, reason = "an export is a symbol by name")]
const _: () = {
    soloist::bindings::orchestrator::export_orchestrator!(Hostile);
    soloist::bindings::activity::export_activity!(Hostile);
};

impl orchestrator::Guest for Hostile {
    fn run(input: String) -> Answer {
        let deed = name(&input);
        if deed == "continue-for-ever" {
            durable::continue_as_new(&input, false);
            return done();
        }
        arm();
        let call = deed.strip_prefix("call ");
        if let Some((activity, input)) = call.and_then(|call| call.split_once(' ')) {
            let task = durable::call_activity(activity, &format!("\"{input}\""), None);
            return durable::await_task(task);
        }
        let deeds = [
            loops::of_orchestrators,
            floods::named,
            texts::named,
            either_kind,
        ];
        perform(deed, deeds.iter().find_map(|named| named(deed)))
    }
}

impl activity::Guest for Hostile {
    fn run(input: String) -> Answer {
        let deed = name(&input);
        match deed {
            "compute" => loops::compute(),
            // Anything else that is JSON: it is given back.
            _ if !input.starts_with('"') => Ok(input),
            _ => {
                let found = loops::of_activities(deed).or_else(|| either_kind(deed));
                perform(deed, found)
            }
        }
    }
}

/// What both kinds can do.
fn either_kind(deed: &str) -> Option<fn() -> Answer> {
    Some(match deed {
        "spin" => loops::spin,
        "grow-doubling" => memory::grow_doubling,
        "grow-by-pages" => memory::grow_by_pages,
        "recurse" => memory::recurse,
        "panic" => || panic!("as the test asked"),
        "abort" => || std::process::abort(),
        "output-too-large" => texts::output_too_large,
        "output-large" => texts::output_large,
        "output-deep" => texts::output_deep,
        _ => return None,
    })
}

fn perform(deed: &str, found: Option<fn() -> Answer>) -> Answer {
    match found {
        Some(deed) => deed(),
        None => Err(Failure {
            error_type: "UnknownDeed".to_owned(),
            message: format!("this guest does not do `{deed}`"),
            details: None,
            non_retriable: true,
        }),
    }
}

/// What a JSON string without escapes holds.
fn name(input: &str) -> &str {
    input.trim_matches('"')
}

fn done() -> Answer {
    Ok("null".to_owned())
}

fn arm() {
    durable::set_custom_status("\"armed\"");
    rest();
}

/// Waits for a timer whose time has come, and returns its task.
fn rest() -> durable::TaskId {
    let timer = durable::create_timer(durable::current_time());
    drop(durable::await_task(timer));
    timer
}
