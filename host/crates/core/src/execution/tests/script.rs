//! An orchestrator as data, and the guest that plays it.

use std::num::NonZeroU32;
use std::rc::Rc;
use std::time::Duration;

use uuid::Uuid;

use crate::{
    Action, Execution, Failure, HostError, LogLevel, Payload, Refusal, RetryPolicy, TaskId,
    TaskResult,
};

/// One line of an orchestrator's program.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Step {
    Activity(&'static str),
    /// An activity that is tried up to three times, so many milliseconds apart.
    Tried(&'static str, u16),
    Child(&'static str),
    Http,
    /// An HTTP call that is tried up to three times, so many milliseconds apart.
    HttpTried(u16),
    /// A timer, so many milliseconds after the guest's time.
    Timer(u16),
    Wait(&'static str),
    Cancel(Pick),
    /// Sends an event to an instance of this id.
    Send(&'static str, &'static str),
    /// Asks whether the task is done, without waiting.
    Done(Pick),
    Await(Pick),
    Any(Vec<Pick>),
    All(Vec<Pick>),
    Now,
    Guid,
    Log,
    Status,
    ContinueAsNew {
        keep_events: bool,
    },
    /// Leaves out so many steps if what the guest has seen so far comes to an odd number.
    SkipIfOdd(u8),
    Return,
    Fail,
}

/// One of the tasks that the guest has asked for; numbers beyond the last begin again from the first.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Pick {
    Task(u8),
    /// Counted from a place that depends on all that the guest has seen.
    FromSeen(u8),
}

pub(super) fn cancel(task: u8) -> Step {
    Step::Cancel(Pick::Task(task))
}

pub(super) fn wait_for(task: u8) -> Step {
    Step::Await(Pick::Task(task))
}

pub(super) fn any<const N: usize>(tasks: [u8; N]) -> Step {
    Step::Any(tasks.map(Pick::Task).to_vec())
}

pub(super) fn all<const N: usize>(tasks: [u8; N]) -> Step {
    Step::All(tasks.map(Pick::Task).to_vec())
}

/// What a guest can tell of its run.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum Seen {
    Asked(u32),
    Got(u32, TaskResult),
    First(u32),
    All(Vec<TaskResult>),
    Done(bool),
    Now(i64),
    Guid(Uuid),
}

pub(super) fn got(task: u32, output: &str) -> Seen {
    Seen::Got(task, Ok(json(output)))
}

pub(super) fn got_canceled(task: u32) -> Seen {
    Seen::Got(task, Err(canceled()))
}

pub(super) fn canceled() -> Failure {
    HostError::Canceled.failure("the task was cancelled by the orchestrator")
}

/// How the guest left its turn.
#[derive(Debug)]
pub(super) enum Left {
    Parked,
    Returned(TaskResult),
    /// The host refused it something.
    Stopped,
}

/// A guest in memory. All that it does depends on its script and on what it has seen.
#[derive(Debug)]
pub(super) struct Guest {
    script: Rc<[Step]>,
    next: usize,
    asked: u32,
    hash: u64,
    pub(super) seen: Vec<Seen>,
    /// How many steps it has taken: the same number at the same place of every run.
    pub(super) steps: usize,
}

impl Guest {
    pub(super) fn new(script: Rc<[Step]>) -> Self {
        Self {
            script,
            next: 0,
            asked: 0,
            hash: 0,
            seen: Vec::new(),
            steps: 0,
        }
    }

    /// Runs to the next wait. `between` is called before each step.
    pub(super) fn run(
        &mut self,
        execution: &mut Execution,
        mut between: impl FnMut(&mut Execution, usize),
    ) -> Left {
        loop {
            between(execution, self.steps);
            let script = Rc::clone(&self.script);
            let step = script.get(self.next).unwrap_or(&Step::Return);
            let left = match step {
                Step::Return => Left::Returned(Ok(self.number())),
                Step::Fail => Left::Returned(Err(oops())),
                step => match self.step(step, execution) {
                    Ok(true) => {
                        self.next += 1;
                        self.steps += 1;
                        continue;
                    }
                    Ok(false) => Left::Parked,
                    Err(_) => Left::Stopped,
                },
            };
            return left;
        }
    }

    /// Takes one step; false if it has to park.
    fn step(&mut self, step: &Step, execution: &mut Execution) -> Result<bool, Refusal> {
        let seen = match step {
            Step::Activity(_)
            | Step::Tried(..)
            | Step::Child(_)
            | Step::Http
            | Step::HttpTried(_)
            | Step::Timer(_)
            | Step::Wait(_) => {
                let action = self.action(step, execution);
                let TaskId(task) = execution.perform(action)?;
                self.asked += 1;
                Seen::Asked(task)
            }
            Step::Send(instance, name) => {
                let data = self.number();
                execution.send_event((*instance).to_owned(), (*name).to_owned(), data)?;
                return Ok(true);
            }
            Step::Cancel(pick) => {
                if let Some(task) = self.pick(*pick) {
                    execution.cancel(task)?;
                }
                return Ok(true);
            }
            Step::Done(pick) => {
                let Some(task) = self.pick(*pick) else {
                    return Ok(true);
                };
                Seen::Done(execution.is_done(task)?)
            }
            Step::Await(pick) => {
                let Some(task) = self.pick(*pick) else {
                    return Ok(true);
                };
                let Some(result) = execution.await_task(task)? else {
                    return Ok(false);
                };
                Seen::Got(task.0, result)
            }
            Step::Any(picks) => {
                let tasks = self.picks(picks);
                if tasks.is_empty() {
                    return Ok(true);
                }
                let Some(first) = execution.await_any(&tasks)? else {
                    return Ok(false);
                };
                Seen::First(first)
            }
            Step::All(picks) => {
                let Some(results) = execution.await_all(&self.picks(picks))? else {
                    return Ok(false);
                };
                Seen::All(results)
            }
            Step::Now => Seen::Now(execution.current_time().as_millis()),
            Step::Guid => Seen::Guid(execution.new_guid()),
            Step::Log => {
                execution.log(LogLevel::Info, self.hash.to_string());
                return Ok(true);
            }
            Step::Status => {
                execution.set_custom_status(self.number())?;
                return Ok(true);
            }
            Step::ContinueAsNew { keep_events } => {
                execution.continue_as_new(self.number(), *keep_events);
                return Ok(true);
            }
            Step::SkipIfOdd(steps) => {
                if self.hash % 2 == 1 {
                    self.next += usize::from(*steps);
                }
                return Ok(true);
            }
            Step::Return | Step::Fail => unreachable!("`run` handles these"),
        };
        self.hash = mixed(self.hash, &seen);
        self.seen.push(seen);
        Ok(true)
    }

    fn action(&self, step: &Step, execution: &Execution) -> Action {
        let (input, retry) = (self.number(), None);
        match step {
            Step::Activity(name) => Action::ScheduleTask {
                name: (*name).to_owned(),
                input,
                retry,
            },
            Step::Tried(name, interval) => Action::ScheduleTask {
                name: (*name).to_owned(),
                input,
                retry: Some(thrice(*interval)),
            },
            Step::Child(name) => Action::StartChild {
                name: (*name).to_owned(),
                input,
                instance_id: None,
                retry,
            },
            Step::Http => Action::CallHttp {
                request: input,
                retry,
            },
            Step::HttpTried(interval) => Action::CallHttp {
                request: input,
                retry: Some(thrice(*interval)),
            },
            Step::Timer(millis) => Action::CreateTimer {
                fire_at: execution
                    .current_time()
                    .plus(Duration::from_millis(u64::from(*millis))),
            },
            Step::Wait(name) => Action::WaitForEvent {
                name: (*name).to_owned(),
            },
            step => unreachable!("{step:?} asks for nothing"),
        }
    }

    fn pick(&self, pick: Pick) -> Option<TaskId> {
        let number = match pick {
            Pick::Task(number) => u64::from(number),
            Pick::FromSeen(number) => self.hash.wrapping_add(u64::from(number)),
        };
        let task = number.checked_rem(u64::from(self.asked))?;
        Some(TaskId(u32::try_from(task).expect("less than a u32")))
    }

    fn picks(&self, picks: &[Pick]) -> Vec<TaskId> {
        picks.iter().filter_map(|pick| self.pick(*pick)).collect()
    }

    /// What the guest has seen so far, as one number.
    fn number(&self) -> Payload {
        json(&self.hash.to_string())
    }
}

pub(super) fn thrice(interval: u16) -> RetryPolicy {
    RetryPolicy {
        max_attempts: NonZeroU32::new(3).expect("not zero"),
        first_retry_interval: u64::from(interval),
        backoff_coefficient: 2.0,
        max_retry_interval: None,
        retry_timeout: None,
        attempt_timeout: None,
    }
}

pub(super) fn oops() -> Failure {
    Failure {
        error_type: "Oops".to_owned(),
        message: "it went wrong".to_owned(),
        details: None,
        non_retriable: false,
    }
}

pub(super) fn json(text: &str) -> Payload {
    Payload::parse(text).expect("tests write JSON")
}

/// FNV-1a: histories in `tests/histories` hold its numbers, so it must be the same for ever.
fn mixed(hash: u64, seen: &Seen) -> u64 {
    let mut hash = hash ^ 0xcbf2_9ce4_8422_2325;
    let mut add = |bytes: &[u8]| {
        for byte in bytes {
            hash = (hash ^ u64::from(*byte)).wrapping_mul(0x100_0000_01b3);
        }
    };
    let text = |result: &TaskResult| match result {
        Ok(output) => format!("={}", output.as_str()),
        Err(failure) => format!("!{}", failure.error_type),
    };
    match seen {
        Seen::Got(_, result) => add(text(result).as_bytes()),
        Seen::All(results) => results
            .iter()
            .for_each(|result| add(text(result).as_bytes())),
        Seen::Asked(number) | Seen::First(number) => add(&number.to_be_bytes()),
        Seen::Done(done) => add(&[u8::from(*done)]),
        Seen::Now(millis) => add(&millis.to_be_bytes()),
        Seen::Guid(guid) => add(guid.as_bytes()),
    }
    hash
}
