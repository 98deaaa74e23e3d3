use std::cell::Cell;
use std::time::Duration;

use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::durable;
use crate::{Failure, HttpRequest, HttpResponse, RetryPolicy, Task, TaskId, Timestamp};

/// All that an orchestrator can do.
///
/// Everything here is recorded in history and replayed from it, so an orchestrator must be deterministic: time
/// comes from [`Context::current_time`], random identifiers from [`Context::new_guid`], and every side effect
/// belongs in an activity. Calls return at once; the step runs while the orchestrator goes on, until it waits.
///
/// # Panics
/// What is given to an activity, a child, an event, the status or the next execution must fit JSON. A map whose
/// keys are no strings, or a `Serialize` that fails, panics: it is a mistake in the program, the same each time.
#[derive(Debug)]
pub struct Context {
    continued: Cell<bool>,
}

/// What becomes of the events that have happened and were not waited for, when an execution ends in the next.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Events {
    /// The next execution gets them.
    Keep,
    /// They are gone. Later ones are carried over all the same.
    Drop,
}

/// Which of two tasks was answered first.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Either<A, B> {
    /// The first one, and its answer.
    First(A),
    /// The second one, and its answer.
    Second(B),
}

/// How loud a log line is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Level {
    /// Every detail.
    Trace,
    /// What a developer wants to see.
    Debug,
    /// What an operator wants to see.
    Info,
    /// Something is odd.
    Warn,
    /// Something failed.
    Error,
}

/// How a child is started. See [`Context::call_orchestrator_with`].
#[derive(Debug, Clone, Default, PartialEq)]
pub struct OrchestratorOptions {
    instance_id: Option<String>,
    retry: Option<RetryPolicy>,
}

impl OrchestratorOptions {
    /// An ID of the host's choice, and no retry.
    pub fn new() -> Self {
        Self::default()
    }

    /// Gives the child an ID of your own.
    #[must_use]
    pub fn instance_id(mut self, id: impl Into<String>) -> Self {
        self.instance_id = Some(id.into());
        self
    }

    /// Starts the child again when it fails.
    #[must_use]
    pub fn retry(mut self, policy: RetryPolicy) -> Self {
        self.retry = Some(policy);
        self
    }
}

/// Ask.
impl Context {
    pub(crate) fn new() -> Self {
        Self {
            continued: Cell::new(false),
        }
    }

    /// Asks for an activity.
    ///
    /// ```no_run
    /// # use soloist::{Context, Failure};
    /// # fn greet(ctx: &Context) -> Result<String, Failure> {
    /// let greeting: String = ctx.call_activity("say-hello", "Tokyo").wait()?;
    /// # Ok(greeting) }
    /// ```
    pub fn call_activity<T>(&self, name: &str, input: impl Serialize) -> Task<T> {
        Task::new(durable::call_activity(name, &json(&input), None))
    }

    /// Asks for an activity that the host tries again when it fails.
    pub fn call_activity_with_retry<T>(
        &self,
        name: &str,
        input: impl Serialize,
        policy: &RetryPolicy,
    ) -> Task<T> {
        Task::new(durable::call_activity(
            name,
            &json(&input),
            Some(policy.into()),
        ))
    }

    /// Asks for a child: an instance of another orchestrator. The host derives its ID from this execution.
    ///
    /// A child that nobody awaits runs to its end. One that fails answers with its own failure; one that is terminated with
    /// `Terminated`; giving up the task terminates it.
    ///
    /// ```no_run
    /// # use soloist::{Context, Failure};
    /// # fn total(ctx: &Context) -> Result<u64, Failure> {
    /// let regions = ["north", "south"];
    /// let reports: Vec<_> = regions.map(|region| ctx.call_orchestrator("report", region)).into();
    /// let totals: Vec<u64> = ctx.try_await_all(&reports)?;
    /// # Ok(totals.iter().sum()) }
    /// ```
    pub fn call_orchestrator<T>(&self, name: &str, input: impl Serialize) -> Task<T> {
        self.call_orchestrator_with(name, input, &OrchestratorOptions::new())
    }

    /// Asks for a child with an ID of your own, or with retries. If an instance of that ID is live, the answer is the failure
    /// `InstanceExists`.
    ///
    /// ```no_run
    /// # use soloist::{Context, Failure, OrchestratorOptions, RetryPolicy};
    /// # use std::time::Duration;
    /// # fn sync(ctx: &Context, customer: &str) -> Result<(), Failure> {
    /// let options = OrchestratorOptions::new()
    ///     .instance_id(format!("sync-{customer}"))
    ///     .retry(RetryPolicy::new(3, Duration::from_secs(10)));
    /// ctx.call_orchestrator_with::<()>("sync", customer, &options).wait()
    /// # }
    /// ```
    pub fn call_orchestrator_with<T>(
        &self,
        name: &str,
        input: impl Serialize,
        options: &OrchestratorOptions,
    ) -> Task<T> {
        let retry = options.retry.as_ref().map(Into::into);
        let id = options.instance_id.as_deref();
        Task::new(durable::call_orchestrator(name, &json(&input), id, retry))
    }

    /// Asks the host to send an HTTP request, once its asking is recorded: to a host that the operator lists in `allow_hosts` of
    /// this orchestrator's function.
    ///
    /// Any status is an answer. One of 202 with a `Location` is followed, by durable timers, until the work behind it is
    /// done, unless [`HttpRequest::async_pattern`] says otherwise; no redirect is followed. After a crash the request may be
    /// sent a second time: send a header such as `idempotency-key` with a [`Context::new_guid`] where that matters.
    ///
    /// ```no_run
    /// # use soloist::{Context, Failure, HttpRequest};
    /// # fn order(ctx: &Context) -> Result<u64, Failure> {
    /// let request = HttpRequest::post("https://api.example.com/orders")
    ///     .header("idempotency-key", ctx.new_guid())
    ///     .json(&["tea", "milk"]);
    /// let response = ctx.call_http(&request).wait()?;
    /// if !response.is_success() {
    ///     return Err(Failure::new("OrderRefused", format!("status {}", response.status_code)));
    /// }
    /// let number: u64 = response.json()?;
    /// # Ok(number) }
    /// ```
    ///
    /// What ends without an answer is a failure: `InvalidRequest`, `NotAllowed`, `HttpTimeout`, `LimitExceeded`, and
    /// `HttpCallFailed` where a server cannot be reached or its answer is no text.
    pub fn call_http(&self, request: &HttpRequest) -> Task<HttpResponse> {
        Task::new(durable::call_http(&json(request), None))
    }

    /// Asks the host to send an HTTP request, and to send it again when that fails, or is answered by 408, 429 or 5xx: the last
    /// status is then the answer.
    pub fn call_http_with_retry(
        &self,
        request: &HttpRequest,
        policy: &RetryPolicy,
    ) -> Task<HttpResponse> {
        Task::new(durable::call_http(&json(request), Some(policy.into())))
    }

    /// Asks to be woken at a moment. One that is past is answered at once.
    pub fn create_timer(&self, fire_at: Timestamp) -> Task<()> {
        Task::new(durable::create_timer(fire_at.to_host()))
    }

    /// Asks to be woken after a length of time, counted from [`Context::current_time`].
    pub fn create_timer_after(&self, length: Duration) -> Task<()> {
        self.create_timer(self.current_time() + length)
    }

    /// Waits for an event that somebody raises or has raised. Names compare without regard to ASCII case.
    ///
    /// The k-th wait of a name gets the k-th event of that name. A wait that you give up must be cancelled with
    /// [`Task::cancel`], or it takes the next event with it; [`Context::wait_for_event_within`] sees to that.
    pub fn wait_for_event<T>(&self, name: &str) -> Task<T> {
        Task::new(durable::wait_for_event(name))
    }
}

/// Wait.
impl Context {
    /// Parks until one of `tasks` is answered, and returns the index of the one whose answer stands earliest in
    /// history. [`Task::wait`] on it then returns at once.
    ///
    /// Tasks of one type are given as they are; of several types, by [`Task::id`].
    ///
    /// ```no_run
    /// # use soloist::{Context, Failure, Task};
    /// # use std::time::Duration;
    /// # fn quote(ctx: &Context) -> Result<Option<u32>, Failure> {
    /// let offers: Vec<Task<u32>> =
    ///     ["north", "south"].iter().map(|shop| ctx.call_activity("ask-price", shop)).collect();
    /// let timer = ctx.create_timer_after(Duration::from_secs(5));
    /// let winner = ctx.await_any(offers.iter().map(Task::id).chain([timer.id()]));
    /// offers.get(winner).map(Task::wait).transpose()
    /// # }
    /// ```
    ///
    /// # Panics
    /// The host traps if there are no tasks: nothing could ever answer.
    pub fn await_any<I>(&self, tasks: I) -> usize
    where
        I: IntoIterator,
        I::Item: Into<TaskId>,
    {
        durable::await_any(&ids(tasks)) as usize
    }

    /// Parks until one of two tasks is answered, and returns its answer.
    ///
    /// # Errors
    /// The failure of the task that was answered first.
    pub fn await_either<A, B>(
        &self,
        first: &Task<A>,
        second: &Task<B>,
    ) -> Result<Either<A, B>, Failure>
    where
        A: DeserializeOwned,
        B: DeserializeOwned,
    {
        if self.await_any([first.id(), second.id()]) == 0 {
            first.wait().map(Either::First)
        } else {
            second.wait().map(Either::Second)
        }
    }

    /// Parks until all of `tasks` are answered, and returns what each answered, in their order.
    pub fn await_all<'t, T: DeserializeOwned + 't>(
        &self,
        tasks: impl IntoIterator<Item = &'t Task<T>>,
    ) -> Vec<Result<T, Failure>> {
        let tasks: Vec<_> = tasks.into_iter().collect();
        let answers = durable::await_all(&ids(tasks.iter().copied()));
        tasks
            .iter()
            .zip(answers)
            .map(|(task, answer)| task.read(answer))
            .collect()
    }

    /// Parks until all of `tasks` are answered, and returns their answers in their order.
    ///
    /// ```no_run
    /// # use soloist::{Context, Failure, Task};
    /// # fn sizes(ctx: &Context, names: Vec<String>) -> Result<u64, Failure> {
    /// let tasks: Vec<Task<u64>> = names.iter().map(|name| ctx.call_activity("measure", name)).collect();
    /// let total = ctx.try_await_all(&tasks)?.iter().sum();
    /// # Ok(total) }
    /// ```
    ///
    /// # Errors
    /// The first failure in the order of `tasks`, once all are answered.
    pub fn try_await_all<'t, T: DeserializeOwned + 't>(
        &self,
        tasks: impl IntoIterator<Item = &'t Task<T>>,
    ) -> Result<Vec<T>, Failure> {
        self.await_all(tasks).into_iter().collect()
    }

    /// Waits for an event, but not longer than `limit`: `None` if time was up first.
    ///
    /// Neither is left behind: the wait is cancelled if the timer wins, so that a late event goes to the next
    /// wait of its name, and the timer if the event does.
    ///
    /// # Errors
    /// [`Failure::INVALID_ANSWER`] if the event's data is not a `T`.
    ///
    /// ```no_run
    /// # use soloist::{Context, Failure};
    /// # use std::time::Duration;
    /// # fn ask(ctx: &Context) -> Result<&'static str, Failure> {
    /// let day = Duration::from_secs(24 * 60 * 60);
    /// Ok(match ctx.wait_for_event_within::<bool>("Approval", day)? {
    ///     Some(true) => "approved",
    ///     Some(false) => "rejected",
    ///     None => "nobody answered",
    /// })
    /// # }
    /// ```
    pub fn wait_for_event_within<T: DeserializeOwned>(
        &self,
        name: &str,
        limit: Duration,
    ) -> Result<Option<T>, Failure> {
        let event = self.wait_for_event(name);
        let timer = self.create_timer_after(limit);
        if self.await_any([event.id(), timer.id()]) == 0 {
            timer.cancel();
            event.wait().map(Some)
        } else {
            event.cancel();
            Ok(None)
        }
    }
}

/// Tell.
impl Context {
    /// Raises an event at another instance, exactly once. One that does not exist, or has ended, does not get it.
    ///
    /// ```no_run
    /// # use soloist::Context;
    /// # fn tell(ctx: &Context) {
    /// ctx.send_event("stock-keeper", "Reserved", ("tea", 3));
    /// # }
    /// ```
    pub fn send_event(&self, instance_id: &str, name: &str, data: impl Serialize) {
        durable::send_event(instance_id, name, &json(&data));
    }

    /// Sets what the status of this instance shows as `customStatus`: at most 16 KiB of JSON.
    ///
    /// ```no_run
    /// # use soloist::{Context, Level};
    /// # fn progress(ctx: &Context, done: u32, all: u32) {
    /// ctx.set_custom_status((done, all));
    /// ctx.log(Level::Info, format!("{done} of {all}"));
    /// # }
    /// ```
    pub fn set_custom_status(&self, status: impl Serialize) {
        durable::set_custom_status(&json(&status));
    }

    /// Ends this execution when the orchestrator returns, and starts the next with `input` and an empty history.
    ///
    /// What comes back is an `Err` to return with, whatever the orchestrator's output is; it is never recorded.
    ///
    /// ```no_run
    /// use soloist::{Context, Events, Failure};
    ///
    /// #[soloist::orchestrator]
    /// fn counter(ctx: &Context, count: u64) -> Result<u64, Failure> {
    ///     match ctx.wait_for_event::<String>("step").wait()?.as_str() {
    ///         "stop" => Ok(count),
    ///         _ => ctx.continue_as_new(count + 1, Events::Keep),
    ///     }
    /// }
    /// ```
    ///
    /// # Errors
    /// Always: it is the way out of the orchestrator, also through `?`.
    pub fn continue_as_new<T>(&self, input: impl Serialize, events: Events) -> Result<T, Failure> {
        durable::continue_as_new(&json(&input), events == Events::Keep);
        self.continued.set(true);
        Err(Failure::new(
            "ContinuedAsNew",
            "this execution goes on in the next",
        ))
    }

    pub(crate) fn continues_as_new(&self) -> bool {
        self.continued.get()
    }
}

/// Know. The same answers on every replay.
impl Context {
    /// The ID that this instance was started with.
    pub fn instance_id(&self) -> String {
        durable::instance_id()
    }

    /// The name that this orchestrator was started under.
    pub fn function_name(&self) -> String {
        durable::function_name()
    }

    /// The instance that called this one, if one did.
    pub fn parent_instance_id(&self) -> Option<String> {
        durable::parent_instance_id()
    }

    /// Orchestration time: the moment of the last answer that this orchestrator has consumed.
    ///
    /// `std::time::SystemTime::now` and `Instant::now` panic in a component without WASI.
    pub fn current_time(&self) -> Timestamp {
        Timestamp::from_host(durable::current_time())
    }

    /// A new version 5 UUID, derived from the execution and a counter.
    pub fn new_guid(&self) -> String {
        durable::new_guid()
    }

    /// True while this call repeats what an earlier run recorded. For diagnostics only: an orchestrator that
    /// decides by it fails as non-deterministic.
    pub fn is_replaying(&self) -> bool {
        durable::is_replaying()
    }

    /// Writes a line to the instance's log, once however often it is replayed.
    pub fn log(&self, level: Level, message: impl AsRef<str>) {
        durable::log(level.into(), message.as_ref());
    }

    /// [`Context::log`] at [`Level::Trace`].
    pub fn trace(&self, message: impl AsRef<str>) {
        self.log(Level::Trace, message);
    }

    /// [`Context::log`] at [`Level::Debug`].
    pub fn debug(&self, message: impl AsRef<str>) {
        self.log(Level::Debug, message);
    }

    /// [`Context::log`] at [`Level::Info`].
    pub fn info(&self, message: impl AsRef<str>) {
        self.log(Level::Info, message);
    }

    /// [`Context::log`] at [`Level::Warn`].
    pub fn warn(&self, message: impl AsRef<str>) {
        self.log(Level::Warn, message);
    }

    /// [`Context::log`] at [`Level::Error`].
    pub fn error(&self, message: impl AsRef<str>) {
        self.log(Level::Error, message);
    }
}

fn ids<I>(tasks: I) -> Vec<u32>
where
    I: IntoIterator,
    I::Item: Into<TaskId>,
{
    tasks.into_iter().map(|task| task.into().0).collect()
}

fn json(value: &impl Serialize) -> String {
    serde_json::to_string(value).expect("what crosses to the host fits JSON")
}

impl From<Level> for durable::Level {
    fn from(level: Level) -> Self {
        match level {
            Level::Trace => Self::Trace,
            Level::Debug => Self::Debug,
            Level::Info => Self::Info,
            Level::Warn => Self::Warn,
            Level::Error => Self::Error,
        }
    }
}

#[cfg(test)]
mod tests;
