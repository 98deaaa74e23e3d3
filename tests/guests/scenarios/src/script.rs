//! A scenario that does what its input says, step by step.

use std::time::Duration;

use serde::Deserialize;
use serde_json::{Value, json};
use soloist::{Context, Events, Failure, OrchestratorOptions, RetryPolicy, Task};

use crate::{Output, read, write};

/// One step. Tasks are named by their ordinal among those of the script: 0, 1, 2.
#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
enum Step {
    /// Asks for an activity: `{"activity": ["echo", 1]}`.
    Activity(String, Value),
    /// The same, tried up to so often, ten milliseconds apart at first.
    Tried(String, Value, u32),
    /// Calls an orchestrator: `{"child": ["script", {"steps": []}]}`.
    Child(String, Value),
    /// The same, under an ID, tried up to so often, ten milliseconds apart at first.
    ChildOf(String, Value, String, u32),
    /// Notes the instance that called this one.
    Parent,
    /// Sends an event to an instance: `{"send": ["other", "Go", 1]}`.
    Send(String, String, Value),
    /// Asks for a timer in so many milliseconds.
    Timer(u64),
    /// Waits for an event of that name.
    Event(String),
    /// Cancels a task.
    Cancel(usize),
    /// Waits for one, and fails if it fails; notes its value.
    Needed(usize),
    /// Waits for one; notes `{"value"}` or `{"failure"}`.
    Await(usize),
    /// Waits for the first; notes its task.
    Any(Vec<usize>),
    /// Waits for all; notes the list.
    All(Vec<usize>),
    /// Sets the custom status.
    Status(Value),
    /// Notes a new GUID.
    Guid,
    /// Notes orchestration time.
    Time,
    /// Goes on as a new execution with that input.
    Continue(Value, bool),
    /// Ends in that failure.
    Fail(String, String),
}

#[derive(Deserialize)]
struct Script {
    steps: Vec<Step>,
}

/// The list of what the steps noted.
pub(crate) fn script(ctx: &Context, input: Value) -> Output {
    let Script { steps } = read(input)?;
    let mut tasks: Vec<Task<Value>> = Vec::new();
    let mut notes = Vec::new();
    for step in steps {
        match step {
            Step::Activity(name, input) => tasks.push(ctx.call_activity(&name, input)),
            Step::Tried(name, input, attempts) => {
                let policy = RetryPolicy::new(attempts, Duration::from_millis(10));
                tasks.push(ctx.call_activity_with_retry(&name, input, &policy));
            }
            Step::Child(name, input) => tasks.push(ctx.call_orchestrator(&name, input)),
            Step::ChildOf(name, input, id, attempts) => {
                let policy = RetryPolicy::new(attempts, Duration::from_millis(10));
                let options = OrchestratorOptions::new().instance_id(id).retry(policy);
                tasks.push(ctx.call_orchestrator_with(&name, input, &options));
            }
            Step::Parent => notes.push(json!(ctx.parent_instance_id())),
            Step::Send(instance, name, data) => ctx.send_event(&instance, &name, data),
            Step::Timer(ms) => {
                let fire_at = ctx.current_time() + Duration::from_millis(ms);
                tasks.push(ctx.create_timer(fire_at).answering());
            }
            Step::Event(name) => tasks.push(ctx.wait_for_event(&name)),
            Step::Cancel(task) => one(&tasks, task)?.cancel(),
            Step::Needed(task) => notes.push(one(&tasks, task)?.wait()?),
            Step::Await(task) => notes.push(note(one(&tasks, task)?.wait())),
            Step::Any(chosen) => {
                let chosen_tasks = several(&tasks, &chosen)?;
                notes.push(json!(chosen[ctx.await_any(chosen_tasks)]));
            }
            Step::All(chosen) => {
                let answers = ctx.await_all(several(&tasks, &chosen)?);
                notes.push(answers.into_iter().map(note).collect());
            }
            Step::Status(status) => ctx.set_custom_status(status),
            Step::Guid => notes.push(json!(ctx.new_guid())),
            Step::Time => notes.push(json!(ctx.current_time())),
            Step::Continue(input, keep) => {
                let events = if keep { Events::Keep } else { Events::Drop };
                return ctx.continue_as_new(input, events);
            }
            Step::Fail(error_type, message) => return Err(Failure::new(error_type, message)),
        }
    }
    write(notes)
}

fn one(tasks: &[Task<Value>], task: usize) -> Result<&Task<Value>, Failure> {
    tasks
        .get(task)
        .ok_or_else(|| Failure::new("BadScript", format!("there is no task {task}")))
}

fn several<'t>(
    tasks: &'t [Task<Value>],
    chosen: &[usize],
) -> Result<Vec<&'t Task<Value>>, Failure> {
    chosen.iter().map(|task| one(tasks, *task)).collect()
}

fn note(answer: Result<Value, Failure>) -> Value {
    match answer {
        Ok(value) => json!({"value": value}),
        Err(failure) => json!({"failure": failure}),
    }
}
