//! How the guest waits. `None` parks it; what it waits for is remembered, so that its owner can tell whether a new fact
//! lets it go on without waking it.

use super::Execution;
use crate::task::TaskKind;
use crate::{EventKind, Position, Refusal, TaskId, TaskResult, Timestamp};

/// What a parked guest waits for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Waiting {
    /// The answer of one task.
    Task(TaskId),
    /// The first answer of several.
    Any(Vec<TaskId>),
    /// All answers.
    All {
        /// The tasks.
        tasks: Vec<TaskId>,
        /// How many of them, from the first, are known to have answers.
        answered: usize,
    },
}

impl Execution {
    /// The answer of `task`, or `None` if the code must park.
    ///
    /// # Errors
    /// If no request made this task.
    pub fn await_task(&mut self, task: TaskId) -> Result<Option<TaskResult>, Refusal> {
        self.check_task(task)?;
        if self.standing(task).is_none() {
            self.waiting = Some(Waiting::Task(task));
            return Ok(None);
        }
        self.waiting = None;
        Ok(Some(self.consume(task)))
    }

    /// The index of the task whose answer stands earliest in history, or `None` if the code must park. "Earliest" is by
    /// place in history, never by arrival in memory, so that a race has the same winner on every replay.
    ///
    /// # Errors
    /// If the list is empty, or no request made one of the tasks.
    pub fn await_any(&mut self, tasks: &[TaskId]) -> Result<Option<u32>, Refusal> {
        if tasks.is_empty() {
            return Err(self.refuse(Refusal::NothingToAwait));
        }
        for task in tasks {
            self.check_task(*task)?;
        }
        let answered = tasks
            .iter()
            .enumerate()
            .filter_map(|(index, task)| Some((self.standing(*task)?, index)));
        let Some((_, winner)) = answered.min() else {
            self.waiting = Some(Waiting::Any(tasks.to_vec()));
            return Ok(None);
        };
        self.waiting = None;
        // The winner is consumed here: its answer must stay the same however often it is asked for.
        drop(self.consume(tasks[winner]));
        Ok(u32::try_from(winner).ok())
    }

    /// All answers, in the order of `tasks`, or `None` if the code must park.
    ///
    /// # Errors
    /// If no request made one of the tasks.
    pub fn await_all(&mut self, tasks: &[TaskId]) -> Result<Option<Vec<TaskResult>>, Refusal> {
        let known = match &self.waiting {
            Some(Waiting::All {
                tasks: before,
                answered,
            }) if before == tasks => *answered,
            _ => 0,
        };
        for task in &tasks[known..] {
            self.check_task(*task)?;
        }
        let answered = self.answered_from(tasks, known);
        if answered < tasks.len() {
            self.waiting = Some(Waiting::All {
                tasks: tasks.to_vec(),
                answered,
            });
            return Ok(None);
        }
        self.waiting = None;
        Ok(Some(tasks.iter().map(|task| self.consume(*task)).collect()))
    }

    /// True if the guest would do something if it ran: its first turn is due, or what it waits for has come.
    pub fn is_runnable(&mut self) -> bool {
        if self.ended || self.suspended || self.is_delayed() {
            return false;
        }
        match self.waiting.take() {
            None => true,
            Some(waiting) => {
                let (waiting, runnable) = match waiting {
                    Waiting::Task(task) => (Waiting::Task(task), self.standing(task).is_some()),
                    Waiting::Any(tasks) => {
                        let any = tasks.iter().any(|task| self.standing(*task).is_some());
                        (Waiting::Any(tasks), any)
                    }
                    Waiting::All { tasks, answered } => {
                        let answered = self.answered_from(&tasks, answered);
                        let all = answered == tasks.len();
                        (Waiting::All { tasks, answered }, all)
                    }
                };
                self.waiting = Some(waiting);
                runnable
            }
        }
    }

    /// What the guest is parked on, if it is parked.
    pub fn waiting(&self) -> Option<&Waiting> {
        self.waiting.as_ref()
    }

    /// Where the guest waits for timers and nothing else: when the first of them fires that has not.
    pub fn sleeps_until(&self) -> Option<Timestamp> {
        let tasks = match self.waiting.as_ref()? {
            Waiting::Task(task) => std::slice::from_ref(task),
            Waiting::Any(tasks) | Waiting::All { tasks, .. } => &tasks[..],
        };
        let mut first = None;
        for task in tasks {
            let task = &self.tasks[task.0 as usize];
            let EventKind::TimerCreated { fire_at } = self.event(task.request)?.kind else {
                return None;
            };
            if !task.is_closed() {
                first = Some(first.map_or(fire_at, |first: Timestamp| first.min(fire_at)));
            }
        }
        first
    }

    fn answered_from(&self, tasks: &[TaskId], known: usize) -> usize {
        known
            + tasks[known..]
                .iter()
                .take_while(|task| self.standing(**task).is_some())
                .count()
    }

    /// A task that the guest has asked for, or a refusal.
    pub(super) fn check_task(&mut self, task: TaskId) -> Result<(), Refusal> {
        if (task.0 as usize) < self.performed {
            return Ok(());
        }
        Err(self.refuse(Refusal::UnknownTask(task, self.performed)))
    }

    /// Where the answer of `task` stands, if there is one.
    pub(super) fn standing(&self, id: TaskId) -> Option<Position> {
        let task = &self.tasks[id.0 as usize];
        match (&task.answer, task.kind) {
            (Some((position, _)), _) => Some(*position),
            (None, TaskKind::EventWait) => {
                Some(self.external.owned_by(self.wait_name(id), id)?.position)
            }
            (None, TaskKind::Work | TaskKind::Child | TaskKind::Timer) => None,
        }
    }

    /// Takes the answer that `task` has; the guest's position moves to it.
    fn consume(&mut self, id: TaskId) -> TaskResult {
        let index = id.0 as usize;
        if self.tasks[index].answer.is_none() {
            let name = self.wait_name(id).to_owned();
            let event = self
                .external
                .consume(&name, id)
                .expect("a task is consumed only where its answer stands");
            self.tasks[index].answer = Some((event.position, Ok(event.data)));
        }
        let (position, result) = self.tasks[index]
            .answer
            .clone()
            .expect("the answer was just found");
        if self.position < Some(position) {
            self.position = Some(position);
            self.asked_at_once = 0;
        }
        result
    }

    /// The name that an event wait waits for.
    pub(super) fn wait_name(&self, id: TaskId) -> &str {
        match self
            .event(self.tasks[id.0 as usize].request)
            .map(|event| &event.kind)
        {
            Some(EventKind::EventAwaited { name }) => name,
            _ => unreachable!("an event wait was recorded as one"),
        }
    }
}
