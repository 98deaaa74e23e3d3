//! Runs activities and HTTP calls, at most so many at once, and fairly: instances take turns.

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::{Arc, Mutex, MutexGuard};
use std::task::Poll;
use std::time::Duration;

use soloist_core::{
    Dispatch, EventId, ExecutionId, HostError, InstanceId, Payload, RetryPolicy, TaskKey,
    TaskResult, Work,
};
use tokio_util::sync::CancellationToken;

use crate::mailbox::Mail;
use crate::shared::Shared;
use crate::{ActivityCall, FunctionKind, Guests, HttpCall, Platform, TaskHub};

type Key = (ExecutionId, EventId);

/// The work that was handed out and whose end is not durable yet.
#[derive(Debug)]
pub(crate) struct Dispatcher {
    running_max: usize,
    starting_max: usize,
    state: Mutex<State>,
}

#[derive(Debug, Default)]
struct State {
    /// By instance: what waits, what runs, and what has ended but is not recorded.
    instances: HashMap<InstanceId, BTreeMap<Key, Entry>>,
    /// What waits, by instance in the order asked for.
    waiting: HashMap<InstanceId, VecDeque<Key>>,
    /// The instances of `waiting`, in the order in which they take turns.
    turns: VecDeque<InstanceId>,
    running: usize,
    /// How many of them no thread has polled yet.
    starting: usize,
}

#[derive(Debug)]
struct Entry {
    call: Call,
    interrupt: CancellationToken,
}

/// What is to be called.
#[derive(Debug, Clone)]
enum Call {
    Activity(Activity),
    Http(HttpCall),
}

#[derive(Debug, Clone)]
struct Activity {
    name: String,
    input: Payload,
    /// From 1.
    attempt: u32,
    /// The longest that this attempt may take, where its policy says.
    timeout: Option<Duration>,
}

/// A call that is to be run now.
#[derive(Debug)]
struct Next {
    instance: InstanceId,
    key: Key,
    call: Call,
    interrupt: CancellationToken,
}

impl Dispatcher {
    pub(crate) fn new(running_max: usize, starting_max: usize) -> Self {
        Self {
            running_max,
            starting_max,
            state: Mutex::default(),
        }
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state
            .lock()
            .expect("no code panics while it holds the dispatcher")
    }

    /// How many instances have work that waits.
    pub(crate) fn len(&self) -> usize {
        self.lock().waiting.len()
    }

    /// The end of this work is durable, or nobody wants it any more.
    pub(crate) fn done(&self, instance: &InstanceId, key: Key) {
        self.lock().remove(instance, key);
    }

    /// Stops work: running calls are dropped, waiting ones never begin.
    pub(crate) fn interrupt(&self, instance: &InstanceId, key: Key) {
        if let Some(entry) = self.lock().remove(instance, key) {
            entry.interrupt.cancel();
        }
    }

    /// Stops all work of an instance, of this and of earlier executions.
    pub(crate) fn interrupt_all(&self, instance: &InstanceId) {
        let mut state = self.lock();
        state.waiting.remove(instance);
        for entry in state
            .instances
            .remove(instance)
            .into_iter()
            .flat_map(BTreeMap::into_values)
        {
            entry.interrupt.cancel();
        }
    }

    /// The next call, if there is room for it.
    fn next(&self) -> Option<Next> {
        let mut state = self.lock();
        while state.running < self.running_max && state.starting < self.starting_max {
            let instance = state.turns.pop_front()?;
            let Some(queue) = state.waiting.get_mut(&instance) else {
                continue;
            };
            let key = queue.pop_front();
            if queue.is_empty() {
                state.waiting.remove(&instance);
            } else {
                state.turns.push_back(instance.clone());
            }
            // What was interrupted while it waited has no entry any more.
            let entry = key.and_then(|key| Some((key, state.instances.get(&instance)?.get(&key)?)));
            if let Some((key, entry)) = entry {
                let call = entry.call.clone();
                let interrupt = entry.interrupt.clone();
                state.running += 1;
                state.starting += 1;
                return Some(Next {
                    instance,
                    key,
                    call,
                    interrupt,
                });
            }
        }
        None
    }

    fn begun(&self) {
        self.lock().starting -= 1;
    }

    fn ended(&self) {
        self.lock().running -= 1;
    }
}

impl State {
    fn remove(&mut self, instance: &InstanceId, key: Key) -> Option<Entry> {
        let entries = self.instances.get_mut(instance)?;
        let entry = entries.remove(&key);
        if entries.is_empty() {
            self.instances.remove(instance);
        }
        entry
    }

    fn add(&mut self, instance: &InstanceId, key: Key, entry: Entry) {
        let entries = self.instances.entry(instance.clone()).or_default();
        if entries.contains_key(&key) {
            return;
        }
        entries.insert(key, entry);
        let queue = self.waiting.entry(instance.clone()).or_insert_with(|| {
            self.turns.push_back(instance.clone());
            VecDeque::new()
        });
        queue.push_back(key);
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Shared<H, G, P> {
    /// Begins work that is durably asked for. What was handed out already is not begun twice.
    pub(crate) fn dispatch(
        self: &Arc<Self>,
        instance: &InstanceId,
        execution: ExecutionId,
        work: Vec<Dispatch>,
    ) {
        if work.is_empty() || self.stopping.is_cancelled() {
            return;
        }
        let mut state = self.dispatcher.lock();
        for Dispatch {
            scheduled,
            attempt,
            work,
        } in work
        {
            let entry = Entry {
                call: call_of(instance, work, attempt),
                interrupt: CancellationToken::new(),
            };
            state.add(instance, (execution, scheduled), entry);
        }
        drop(state);
        self.run_next();
    }

    fn run_next(self: &Arc<Self>) {
        while let Some(next) = self.dispatcher.next() {
            let shared = Arc::clone(self);
            self.tasks.spawn(async move { shared.run(next).await });
        }
    }

    async fn run(self: Arc<Self>, next: Next) {
        let Next {
            instance,
            key: (execution, scheduled),
            call,
            interrupt,
        } = next;
        let mut running = pin!(async {
            tokio::select! {
                biased;
                () = interrupt.cancelled() => None,
                () = self.stopping.cancelled() => None,
                came = self.call(&instance, (execution, scheduled), call) => Some(came),
            }
        });
        let first = poll_fn(|context| Poll::Ready(running.as_mut().poll(context))).await;
        self.dispatcher.begun();
        let came = match first {
            Poll::Ready(came) => came,
            Poll::Pending => {
                self.run_next();
                running.await
            }
        };
        self.dispatcher.ended();
        if let Some(came) = came {
            self.send(&instance, came);
        }
        self.run_next();
    }

    /// Makes a call, and returns what its instance is told of it.
    async fn call(&self, instance: &InstanceId, (execution, scheduled): Key, call: Call) -> Mail {
        match call {
            Call::Activity(call) => {
                let key = execution.task_key(scheduled);
                let result = self.call_activity(instance, key, call).await;
                Mail::Answer {
                    execution,
                    scheduled,
                    result,
                }
            }
            Call::Http(call) => Mail::HttpAnswer {
                execution,
                scheduled,
                answer: Box::new(self.guests.http(call).await),
            },
        }
    }

    /// Calls an activity, until it answers: a busy host is no answer.
    async fn call_activity(
        &self,
        instance: &InstanceId,
        key: TaskKey,
        call: Activity,
    ) -> TaskResult {
        let name = &call.name;
        for trial in 0.. {
            let function = name.parse().ok().and_then(|name| self.functions.get(&name));
            let function = match function {
                Some(function) if function.kind == FunctionKind::Activity => function,
                other => {
                    let message = if other.is_some() {
                        format!("'{name}' is an orchestrator, not an activity; call an activity")
                    } else {
                        format!("no activity function '{name}'; upload one under this name")
                    };
                    return Err(HostError::UnknownFunction.failure(message));
                }
            };
            let activity = ActivityCall {
                function: function.name,
                instance: instance.clone(),
                key,
                attempt: call.attempt,
                timeout: call.timeout,
                input: call.input.clone(),
            };
            match self.guests.activity(function.digest, activity).await {
                Ok(result) => return result,
                Err(error) => self.recover_from(error, trial).await,
            }
        }
        unreachable!("the loop above ends only with an answer")
    }
}

/// The call to make.
fn call_of(instance: &InstanceId, work: Work, attempt: u32) -> Call {
    match work {
        Work::Activity { name, input, retry } => Call::Activity(Activity {
            name,
            input,
            attempt,
            timeout: timeout(retry),
        }),
        Work::Child { .. } => unreachable!("children are stored, not dispatched"),
        Work::Http {
            function,
            request,
            poll,
            retry,
        } => Call::Http(HttpCall {
            function,
            instance: instance.clone(),
            request,
            poll,
            timeout: timeout(retry),
        }),
    }
}

/// The longest that an attempt may take, where its policy says.
fn timeout(retry: Option<RetryPolicy>) -> Option<Duration> {
    retry?.attempt_timeout.map(Duration::from_millis)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_flood_begins_as_its_first_calls_get_their_turn() {
        let dispatcher = Dispatcher::new(4, 2);
        let instance: InstanceId = "flood".parse().expect("a good id");
        for number in 1..=9 {
            let call = Call::Activity(Activity {
                name: "a".to_owned(),
                input: Payload::null(),
                attempt: 1,
                timeout: None,
            });
            let entry = Entry {
                call,
                interrupt: CancellationToken::new(),
            };
            let key = (ExecutionId::new(uuid::Uuid::nil()), EventId::new(number));
            dispatcher.lock().add(&instance, key, entry);
        }
        let begin = || std::iter::from_fn(|| dispatcher.next()).count();
        assert_eq!(begin(), 2);
        dispatcher.begun();
        assert_eq!(begin(), 1);
        dispatcher.begun();
        dispatcher.begun();
        assert_eq!(begin(), 1, "four run");
        dispatcher.ended();
        assert_eq!(begin(), 1);
    }
}
