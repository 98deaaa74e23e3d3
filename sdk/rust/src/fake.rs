//! A host for the unit tests: it notes what is asked, and answers what the test has put in.

use std::cell::RefCell;
use std::collections::HashMap;

pub(crate) use crate::bindings::orchestrator::soloist::orchestration::durable::Level;
use crate::bindings::orchestrator::soloist::orchestration::types::{Failure, RetryPolicy};

#[derive(Default)]
pub(crate) struct Fake {
    /// What was asked, in order.
    pub(crate) asked: Vec<String>,
    /// Answers by task.
    pub(crate) answers: HashMap<u32, Result<String, Failure>>,
    /// The task that stands earliest in history.
    pub(crate) earliest: u32,
    /// How many tasks there are.
    pub(crate) tasks: u32,
}

thread_local! {
    static FAKE: RefCell<Fake> = RefCell::default();
}

pub(crate) fn with<T>(f: impl FnOnce(&mut Fake) -> T) -> T {
    FAKE.with_borrow_mut(f)
}

fn ask(what: String) -> u32 {
    with(|fake| {
        fake.asked.push(what);
        fake.tasks += 1;
        fake.tasks - 1
    })
}

fn tell(what: String) {
    with(|fake| fake.asked.push(what));
}

pub(crate) fn call_activity(name: &str, input: &str, retry: Option<RetryPolicy>) -> u32 {
    ask(format!(
        "activity {name} {input} {}",
        retry.map_or(1, |policy| policy.max_attempts)
    ))
}

pub(crate) fn call_orchestrator(
    name: &str,
    input: &str,
    id: Option<&str>,
    retry: Option<RetryPolicy>,
) -> u32 {
    let attempts = retry.map_or(1, |policy| policy.max_attempts);
    ask(format!("orchestrator {name} {input} {id:?} {attempts}"))
}

pub(crate) fn call_http(request: &str, retry: Option<RetryPolicy>) -> u32 {
    ask(format!(
        "http {request} {}",
        retry.map_or(1, |policy| policy.max_attempts)
    ))
}

pub(crate) fn create_timer(fire_at: f64) -> u32 {
    ask(format!("timer {fire_at}"))
}

pub(crate) fn wait_for_event(name: &str) -> u32 {
    ask(format!("event {name}"))
}

pub(crate) fn cancel(task: u32) {
    tell(format!("cancel {task}"));
}

pub(crate) fn await_task(task: u32) -> Result<String, Failure> {
    with(|fake| fake.answers[&task].clone())
}

pub(crate) fn await_any(tasks: &[u32]) -> u32 {
    let earliest = with(|fake| fake.earliest);
    let index = tasks
        .iter()
        .position(|task| *task == earliest)
        .expect("the earliest is among them");
    u32::try_from(index).expect("a test has few tasks")
}

pub(crate) fn await_all(tasks: &[u32]) -> Vec<Result<String, Failure>> {
    tasks.iter().map(|task| await_task(*task)).collect()
}

pub(crate) fn send_event(instance_id: &str, name: &str, data: &str) {
    tell(format!("send {instance_id} {name} {data}"));
}

pub(crate) fn set_custom_status(status: &str) {
    tell(format!("status {status}"));
}

pub(crate) fn continue_as_new(input: &str, keep_events: bool) {
    tell(format!("continue {input} {keep_events}"));
}

pub(crate) fn instance_id() -> String {
    "night-7".to_owned()
}

pub(crate) fn function_name() -> String {
    "orchestrator".to_owned()
}

pub(crate) fn parent_instance_id() -> Option<String> {
    None
}

pub(crate) fn current_time() -> f64 {
    1000.0
}

pub(crate) fn new_guid() -> String {
    "5b0a3c0e-0000-5000-8000-000000000000".to_owned()
}

pub(crate) fn is_replaying() -> bool {
    false
}

pub(crate) fn log(level: Level, message: &str) {
    tell(format!("log {level:?} {message}"));
}
