//! The guest that plays a script: the engine cannot tell it from a component, and a replay not from a first run.

use std::future::poll_fn;
use std::num::NonZeroU32;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::task::Poll;
use std::time::Duration;

use soloist_core::{
    Action, Execution, Failure, HostError, LogLevel, Payload, Refusal, RetryPolicy, TaskId,
    TaskResult,
};
use soloist_engine::SharedExecution;

use crate::scripts::{Child, Finish, Script, Step, Then, hash};
use crate::world::World;

pub(crate) type Output = Result<Payload, Failure>;

/// What one run of a script has seen.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    /// Answers, in the order in which they were consumed, and other things that a replay must repeat.
    pub(crate) lines: Vec<String>,
    /// What the events carried that were consumed.
    pub(crate) consumed: Vec<(TaskId, String)>,
    pub(crate) keeps_events: Option<bool>,
}

pub(crate) struct Guest {
    pub(crate) execution: SharedExecution,
    pub(crate) parked: Arc<AtomicBool>,
    /// None where only the execution is looked at: such a guest does not think.
    pub(crate) world: Option<Arc<World>>,
    /// A guest with a fault: in a replay it does more than in its first run.
    pub(crate) peeks: bool,
    pub(crate) seen: Seen,
    tasks: Vec<(TaskId, bool)>,
    sent: u32,
}

impl Guest {
    pub(crate) fn new(
        execution: SharedExecution,
        parked: Arc<AtomicBool>,
        world: Option<Arc<World>>,
    ) -> Self {
        Self {
            execution,
            parked,
            world,
            peeks: false,
            seen: Seen::default(),
            tasks: Vec::new(),
            sent: 0,
        }
    }

    fn with<T>(&self, f: impl FnOnce(&mut Execution) -> T) -> T {
        f(&mut self.execution.lock().unwrap())
    }

    fn ask(&mut self, action: Action) -> Result<TaskId, Failure> {
        let is_event = matches!(action, Action::WaitForEvent { .. });
        let task = self.with(|execution| execution.perform(action));
        let task = task.map_err(|refusal| refusal.failure())?;
        self.tasks.push((task, is_event));
        Ok(task)
    }

    fn activity(&mut self, name: &str, retry: Option<RetryPolicy>) -> Result<TaskId, Failure> {
        let input = Payload::string(&format!("step {}", self.tasks.len()));
        let name = name.to_owned();
        self.ask(Action::ScheduleTask { name, input, retry })
    }

    fn timer(&mut self, millis: u64) -> Result<TaskId, Failure> {
        let now = self.with(|execution| execution.current_time());
        let fire_at = now.plus(Duration::from_millis(millis));
        self.ask(Action::CreateTimer { fire_at })
    }

    fn event(&mut self, name: &str) -> Result<TaskId, Failure> {
        let name = name.to_owned();
        self.ask(Action::WaitForEvent { name })
    }

    /// Parks until `get` has something.
    async fn park<T>(
        &self,
        mut get: impl FnMut(&mut Execution) -> Result<Option<T>, Refusal>,
    ) -> Result<T, Failure> {
        poll_fn(|_| match self.with(&mut get) {
            Ok(Some(answer)) => Poll::Ready(Ok(answer)),
            Ok(None) => {
                self.parked.store(true, Ordering::Relaxed);
                Poll::Pending
            }
            Err(refusal) => Poll::Ready(Err(refusal.failure())),
        })
        .await
    }

    async fn wait(&mut self, task: TaskId) -> Result<(), Failure> {
        self.answer(task).await.map(drop)
    }

    async fn answer(&mut self, task: TaskId) -> Result<TaskResult, Failure> {
        let answer = self.park(|execution| execution.await_task(task)).await?;
        self.note(task, &answer);
        Ok(answer)
    }

    async fn any(&mut self, tasks: Vec<TaskId>) -> Result<TaskId, Failure> {
        let winner = self.park(|execution| execution.await_any(&tasks)).await?;
        let winner = tasks[winner as usize];
        // What won is answered, and stays so.
        self.wait(winner).await?;
        Ok(winner)
    }

    async fn all(&mut self, tasks: Vec<TaskId>) -> Result<(), Failure> {
        let answers = self.park(|execution| execution.await_all(&tasks)).await?;
        for (task, answer) in tasks.into_iter().zip(&answers) {
            self.note(task, answer);
        }
        Ok(())
    }

    fn note(&mut self, task: TaskId, answer: &TaskResult) {
        let is_event = self.tasks.contains(&(task, true));
        if let (true, Ok(data)) = (is_event, answer)
            && !self.seen.consumed.iter().any(|(seen, _)| *seen == task)
        {
            self.seen.consumed.push((task, data.as_str().to_owned()));
        }
        let now = self.with(|execution| execution.current_time()).as_millis();
        let line = match answer {
            Ok(output) => format!("{task}={} at {now}", output.as_str()),
            Err(failure) => format!("{task}: {} at {now}", failure.error_type),
        };
        self.seen.lines.push(line);
    }

    pub(crate) async fn play(&mut self) -> Output {
        let started = self.with(|execution| execution.started().clone());
        let script = Script::of(&started);
        if self.peeks && self.with(|execution| execution.is_replaying()) {
            self.with(|execution| execution.log(LogLevel::Info, "a replay".to_owned()));
        }
        let mut steps = script.steps.iter();
        while let Some(step) = steps.next() {
            if *step == Step::Unless {
                let last = self.seen.lines.last().map_or("", String::as_str);
                if hash(last) % 2 == 1 {
                    steps.next();
                }
            } else {
                self.take(step).await?;
            }
        }
        // What others are answered with is like no other's, and does not grow from parent to parent.
        let saw = hash(&self.seen.lines.join(", "));
        let output = format!("{} saw {saw:x}", started.execution);
        match script.finish {
            Finish::Return => Ok(Payload::string(&output)),
            Finish::Fail => Err(HostError::Trap.failure(output)),
            Finish::ContinueAsNew { keep_events } => {
                self.seen.keeps_events = Some(keep_events);
                let input = format!("after {}", started.input.as_str()).replace(['"', '\\'], "");
                let input = Payload::string(&input);
                self.with(|execution| execution.continue_as_new(input, keep_events));
                Ok(Payload::null())
            }
        }
    }

    async fn take(&mut self, step: &Step) -> Result<(), Failure> {
        let count = self.tasks.len();
        match step {
            Step::Activity(name) => self.activity(name, None).map(drop),
            Step::Tried(attempts) => self.activity("flaky", Some(policy(*attempts))).map(drop),
            Step::Fan(width) => {
                let tasks = (0..*width).map(|_| self.activity("slow", None));
                let tasks = tasks.collect::<Result<Vec<_>, _>>()?;
                self.all(tasks).await
            }
            Step::Timer(millis) => self.timer(*millis).map(drop),
            Step::Event(name) => self.event(name).map(drop),
            Step::Race(millis, name) => {
                let (timer, event) = (self.timer(*millis)?, self.event(name)?);
                let winner = self.any(vec![timer, event]).await?;
                self.cancel(if winner == timer { event } else { timer })
            }
            Step::GiveUp(name) => {
                let (first, second) = (self.event(name)?, self.event(name)?);
                self.cancel(first)?;
                self.wait(second).await
            }
            Step::Cancel(index) if count > 0 => self.cancel(self.tasks[index % count].0),
            Step::Await(index) if count > 0 => self.wait(self.tasks[index % count].0).await,
            Step::Need(index) if count > 0 => {
                let needed = self.answer(self.tasks[index % count].0).await?;
                needed.map(drop)
            }
            Step::Any if count > 0 => {
                let tasks = self.tasks.iter().map(|(task, _)| *task).collect();
                self.any(tasks).await.map(drop)
            }
            Step::All => {
                let tasks = self.tasks.iter().map(|(task, _)| *task).collect();
                self.all(tasks).await
            }
            Step::Child(child) => {
                let task = self.child(child)?;
                match child.then {
                    Then::GoOn => Ok(()),
                    Then::Need => self.answer(task).await?.map(drop),
                    Then::GiveUp(millis) => {
                        let timer = self.timer(millis)?;
                        self.any(vec![task, timer]).await?;
                        self.cancel(task)
                    }
                }
            }
            Step::Send(number, name) => self.send(*number, name),
            Step::Status => {
                let status = Payload::string(&format!("{:?}", self.seen.lines.last()));
                let set = self.with(|execution| execution.set_custom_status(status));
                set.map_err(|refusal| refusal.failure())
            }
            Step::Log => {
                let line = format!("{count} asked, {} answered", self.seen.lines.len());
                self.with(|execution| execution.log(LogLevel::Info, line));
                Ok(())
            }
            Step::Guid => {
                let guid = self.with(Execution::new_guid);
                self.seen.lines.push(guid.to_string());
                Ok(())
            }
            Step::Think => {
                if let Some(world) = self.world.clone() {
                    world.closed_gate("a guest thinks".to_owned()).await;
                }
                Ok(())
            }
            Step::Cancel(_) | Step::Await(_) | Step::Need(_) | Step::Any | Step::Unless => Ok(()),
        }
    }

    fn child(&mut self, child: &Child) -> Result<TaskId, Failure> {
        let id = self.with(|execution| execution.id());
        let input = Payload::string(&format!("child {} of {id}", self.tasks.len()));
        let instance_id = child
            .instance
            .map(|number| instance_name(number).parse().unwrap());
        self.ask(Action::StartChild {
            name: child.function.to_owned(),
            input,
            instance_id,
            retry: (child.attempts > 1).then(|| RetryPolicy {
                attempt_timeout: (child.attempts > 2).then_some(20_000),
                ..policy(child.attempts)
            }),
        })
    }

    fn cancel(&mut self, task: TaskId) -> Result<(), Failure> {
        self.with(|execution| execution.cancel(task))
            .map_err(|refusal| refusal.failure())
    }

    fn send(&mut self, number: u32, name: &str) -> Result<(), Failure> {
        self.sent += 1;
        let id = self.with(|execution| execution.id());
        let data = Payload::string(&format!("{id} sends {}", self.sent));
        let to = instance_name(number);
        self.with(|execution| execution.send_event(to, name.to_owned(), data))
            .map_err(|refusal| refusal.failure())
    }
}

/// The id of an instance by its number; there are fewer than some scripts think.
pub(crate) fn instance_name(number: u32) -> String {
    format!("instance-{number}")
}

fn policy(attempts: u32) -> RetryPolicy {
    RetryPolicy {
        max_attempts: NonZeroU32::new(attempts).expect("scripts try once at least"),
        first_retry_interval: 700,
        backoff_coefficient: 3.0,
        max_retry_interval: Some(90_000),
        retry_timeout: None,
        attempt_timeout: None,
    }
}
