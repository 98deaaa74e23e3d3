use std::any::type_name;
use std::fmt;
use std::marker::PhantomData;

use serde::de::DeserializeOwned;

use crate::Failure;
use crate::decode::decode;
use crate::durable;

/// The ordinal of a request in its execution: 0, 1, 2, the same on every replay.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct TaskId(pub(crate) u32);

impl TaskId {
    /// The ordinal itself.
    pub const fn ordinal(self) -> u32 {
        self.0
    }
}

impl fmt::Display for TaskId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl<T> From<&Task<T>> for TaskId {
    fn from(task: &Task<T>) -> Self {
        task.id
    }
}

/// Something that the orchestrator asked for and whose answer is a `T`.
///
/// It runs from the moment it was asked for. Dropping the handle takes nothing back: an activity runs all the
/// same. Use [`Task::cancel`] to give it up.
#[must_use = "ask for the answer with `wait`, or say `let _ =` where none is needed"]
pub struct Task<T> {
    id: TaskId,
    answer: PhantomData<fn() -> T>,
}

impl<T> Task<T> {
    pub(crate) fn new(id: u32) -> Self {
        Self {
            id: TaskId(id),
            answer: PhantomData,
        }
    }

    /// What names this task in [`Context::await_any`](crate::Context::await_any) among tasks of other types.
    pub fn id(&self) -> TaskId {
        self.id
    }

    /// The same task, its answer read as another type: so that tasks of several kinds fit one list.
    pub fn answering<U>(self) -> Task<U> {
        Task::new(self.id.0)
    }

    /// Gives up a task that is not done, and records that.
    ///
    /// It then answers the failure `Canceled`. A running activity is interrupted, a child is terminated, and an
    /// event that the task would have owned goes to the next wait of its name. A task that is done stays done.
    pub fn cancel(&self) {
        durable::cancel(self.id.0);
    }
}

impl<T: DeserializeOwned> Task<T> {
    /// Parks the orchestrator until history holds the answer, and returns it: at once if it is there already,
    /// and the same each time.
    ///
    /// # Errors
    /// The failure of the task, or [`Failure::INVALID_ANSWER`] if its answer is not a `T`.
    pub fn wait(&self) -> Result<T, Failure> {
        self.read(durable::await_task(self.id.0))
    }

    pub(crate) fn read(
        &self,
        answer: Result<
            String,
            crate::bindings::orchestrator::soloist::orchestration::types::Failure,
        >,
    ) -> Result<T, Failure> {
        let json = answer.map_err(Failure::from_host)?;
        decode(&json).map_err(|error| {
            Failure::new(
                Failure::INVALID_ANSWER,
                format!(
                    "the answer of task {} is not a {}: {error}",
                    self.id,
                    type_name::<T>()
                ),
            )
            .with_details(json)
        })
    }
}

impl<T> fmt::Debug for Task<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Task").field("id", &self.id.0).finish()
    }
}
