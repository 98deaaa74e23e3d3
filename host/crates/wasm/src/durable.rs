//! The imports of an orchestrator: each asks the execution.

use std::future::poll_fn;
use std::sync::atomic::Ordering;
use std::task::Poll;

use soloist_core::{Action, Execution, Refusal, TaskId};
use wasmtime::Result;

use crate::arguments;
use crate::bindings::soloist::orchestration::durable::{
    Host, Json, Level, Milliseconds, Timestamp,
};
use crate::bindings::soloist::orchestration::{activity_context, durable, types};
use crate::orchestrator::OrchestratorState;
use crate::trap::Stop;

impl OrchestratorState {
    /// Lets `ask` have the execution. What `ask` refuses stops the guest, and the execution remembers it.
    pub(crate) fn ask<R>(
        &mut self,
        ask: impl FnOnce(&mut Execution) -> Result<R, Refusal>,
    ) -> Result<R> {
        let mut execution = self.execution();
        let answer = ask(&mut execution).map_err(|refusal| execution.refuse(refusal));
        Ok(answer.map_err(Stop::from)?)
    }

    fn perform(&mut self, action: impl FnOnce() -> Result<Action, Refusal>) -> Result<u32> {
        self.ask(|execution| execution.perform(action()?))
            .map(|task| task.0)
    }

    /// Parks the guest until `ask` has an answer. The owner delivers facts and polls again: there is nobody to wake.
    pub(crate) async fn wait<R>(
        &mut self,
        mut ask: impl FnMut(&mut Execution) -> Result<Option<R>, Refusal>,
    ) -> Result<R> {
        poll_fn(|_| match self.ask(&mut ask) {
            Ok(Some(answer)) => Poll::Ready(Ok(answer)),
            Ok(None) => {
                self.turn.parked.store(true, Ordering::Relaxed);
                Poll::Pending
            }
            Err(error) => Poll::Ready(Err(error)),
        })
        .await
    }
}

impl types::Host for OrchestratorState {}

impl Host for OrchestratorState {
    fn call_activity(
        &mut self,
        name: String,
        input: Json,
        retry: Option<durable::RetryPolicy>,
    ) -> Result<u32> {
        let bytes_max = self.payload_bytes_max;
        self.perform(|| {
            Ok(Action::ScheduleTask {
                name: arguments::name("the name of an activity", name)?,
                input: arguments::json("the input of an activity", &input, bytes_max)?,
                retry: retry.as_ref().map(arguments::retry).transpose()?,
            })
        })
    }

    fn call_orchestrator(
        &mut self,
        name: String,
        input: Json,
        instance_id: Option<String>,
        retry: Option<durable::RetryPolicy>,
    ) -> Result<u32> {
        let bytes_max = self.payload_bytes_max;
        self.perform(|| {
            Ok(Action::StartChild {
                name: arguments::name("the name of an orchestrator", name)?,
                input: arguments::json("the input of an orchestrator", &input, bytes_max)?,
                instance_id: instance_id.map(arguments::child_id).transpose()?,
                retry: retry.as_ref().map(arguments::retry).transpose()?,
            })
        })
    }

    fn call_http(&mut self, request: Json, retry: Option<durable::RetryPolicy>) -> Result<u32> {
        let bytes_max = self.payload_bytes_max;
        self.perform(|| {
            Ok(Action::CallHttp {
                request: arguments::json("the request", &request, bytes_max)?,
                retry: retry.as_ref().map(arguments::retry).transpose()?,
            })
        })
    }

    fn create_timer(&mut self, fire_at: Milliseconds) -> Result<u32> {
        self.perform(|| {
            Ok(Action::CreateTimer {
                fire_at: arguments::time("fire-at", fire_at)?,
            })
        })
    }

    fn wait_for_event(&mut self, name: String) -> Result<u32> {
        self.perform(|| {
            Ok(Action::WaitForEvent {
                name: arguments::name("the name of an event", name)?,
            })
        })
    }

    fn cancel(&mut self, task: u32) -> Result<()> {
        self.ask(|execution| execution.cancel(TaskId(task)))
    }

    async fn await_task(&mut self, task: u32) -> Result<Result<Json, types::Failure>> {
        self.wait(|execution| execution.await_task(TaskId(task)))
            .await
            .map(arguments::answer)
    }

    async fn await_any(&mut self, tasks: Vec<u32>) -> Result<u32> {
        let tasks = self.ask(|_| arguments::tasks(tasks))?;
        self.wait(|execution| execution.await_any(&tasks)).await
    }

    async fn await_all(&mut self, tasks: Vec<u32>) -> Result<Vec<Result<Json, types::Failure>>> {
        let tasks = self.ask(|_| arguments::tasks(tasks))?;
        let answers = self.wait(|execution| execution.await_all(&tasks)).await?;
        let bytes_max = self.memory_bytes_max;
        self.ask(|_| arguments::answers(answers, bytes_max))
    }

    fn send_event(&mut self, instance_id: String, name: String, data: Json) -> Result<()> {
        let bytes_max = self.payload_bytes_max;
        self.ask(|execution| {
            let instance_id = arguments::name("an instance ID", instance_id)?;
            let name = arguments::name("the name of an event", name)?;
            let data = arguments::json("the data of an event", &data, bytes_max)?;
            execution.send_event(instance_id, name, data)
        })
    }

    fn set_custom_status(&mut self, status: Json) -> Result<()> {
        let bytes_max = self.payload_bytes_max;
        self.ask(|execution| {
            let status = arguments::json("the custom status", &status, bytes_max)?;
            execution.set_custom_status(status)
        })
    }

    fn continue_as_new(&mut self, input: Json, keep_events: bool) -> Result<()> {
        let bytes_max = self.payload_bytes_max;
        self.ask(|execution| {
            let input = arguments::json("the next input", &input, bytes_max)?;
            execution.continue_as_new(input, keep_events);
            Ok(())
        })
    }

    fn instance_id(&mut self) -> Result<String> {
        Ok(self.execution().instance().to_string())
    }

    fn function_name(&mut self) -> Result<String> {
        Ok(self.execution().started().function.to_string())
    }

    fn parent_instance_id(&mut self) -> Result<Option<String>> {
        let execution = self.execution();
        let parent = execution.started().parent.as_ref();
        Ok(parent.map(|parent| parent.instance.to_string()))
    }

    fn current_time(&mut self) -> Result<Timestamp> {
        Ok(self.execution().current_time().to_guest())
    }

    fn new_guid(&mut self) -> Result<String> {
        Ok(self.execution().new_guid().to_string())
    }

    fn is_replaying(&mut self) -> Result<bool> {
        Ok(self.execution().is_replaying())
    }

    fn log(&mut self, level: Level, message: String) -> Result<()> {
        self.execution().log(arguments::level(level), message);
        Ok(())
    }
}

/// An application's orchestrator imports what its activities need; it may not use it.
impl activity_context::Host for OrchestratorState {
    fn function_name(&mut self) -> Result<String> {
        Err(activities_only("activity-context's function-name").into())
    }

    fn instance_id(&mut self) -> Result<String> {
        Err(activities_only("activity-context's instance-id").into())
    }

    fn task_key(&mut self) -> Result<String> {
        Err(activities_only("task-key").into())
    }

    fn attempt(&mut self) -> Result<u32> {
        Err(activities_only("attempt").into())
    }
}

fn activities_only(what: &'static str) -> Stop {
    Stop::OtherKind(what, "activities")
}

/// The name under which components import what [`Host`] offers.
pub(crate) const INTERFACE: &str = "soloist:orchestration/durable@0.1.0";

/// The functions of that interface, for a linker in which each only traps.
pub(crate) const FUNCTIONS: [&str; 19] = [
    "call-activity",
    "call-orchestrator",
    "call-http",
    "create-timer",
    "wait-for-event",
    "cancel",
    "await-task",
    "await-any",
    "await-all",
    "send-event",
    "set-custom-status",
    "continue-as-new",
    "instance-id",
    "function-name",
    "parent-instance-id",
    "current-time",
    "new-guid",
    "is-replaying",
    "log",
];

#[cfg(test)]
mod tests {
    use super::FUNCTIONS;

    #[test]
    fn every_function_of_the_interface_is_known() {
        let wit = include_str!("../../../../wit/soloist.wit");
        let durable = wit
            .split_once("interface durable {")
            .and_then(|(_, rest)| rest.split_once("\n}"))
            .expect("the interface is there")
            .0;
        let functions: Vec<&str> = durable
            .lines()
            .filter_map(|line| Some(line.trim().split_once(": func(")?.0))
            .collect();
        assert_eq!(functions, FUNCTIONS);
    }
}
