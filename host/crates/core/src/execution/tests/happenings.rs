//! What happens to an execution: chosen as a run of it allows, then told again to other runs.

use super::play::Case;
use super::run::{Outside, deliver};
use super::script::{json, oops};
use crate::task::TaskKind;
use crate::{EventKind, Execution, Timestamp};

/// What happens next, if it can. Tasks are counted among those that are open, and round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Choice {
    Answer(u8),
    Fail(u8),
    /// Of the HTTP calls alone, and below.
    Accept(u8),
    Rebuff(u8),
    Fire(u8),
    Raise(&'static str),
    Suspend,
    Resume,
    Terminate,
}

/// A happening as it took place; nothing, if the choice was impossible.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) at: Timestamp,
    pub(super) what: Option<Outside>,
}

/// What happens, in order; the last thing is that whoever is suspended is resumed.
pub(super) struct Happenings<'c> {
    pub(super) case: &'c Case,
    pub(super) told: Vec<Told>,
    pub(super) next: usize,
}

impl Happenings<'_> {
    pub(super) fn last(&self) -> Option<&Told> {
        self.told.get(self.next.checked_sub(1)?)
    }

    pub(super) fn next_is_amid(&self) -> bool {
        self.case.moves(self.next).amid
    }

    pub(super) fn peek(&mut self, execution: &Execution) -> Told {
        if self.next == self.told.len() {
            let before = self.last().map_or(execution.clock, |told| told.at);
            let millis = before.as_millis() + i64::from(self.case.moves(self.next).apart);
            let choice = self.case.happenings.get(self.next);
            let choice = choice.map_or(Choice::Resume, |(choice, _)| *choice);
            self.told
                .push(chosen(choice, execution, Timestamp::from_millis(millis)));
        }
        self.told[self.next].clone()
    }

    pub(super) fn next(&mut self, execution: &mut Execution) {
        let told = self.peek(execution);
        self.next += 1;
        if let Some(what) = told.what {
            deliver(execution, &what, told.at);
        }
    }
}

/// What `choice` comes to for an execution. Only tasks whose requests are committed can have begun.
fn chosen(choice: Choice, execution: &Execution, at: Timestamp) -> Told {
    let is_http = |request| {
        let request = execution.event(request);
        request.is_some_and(|event| matches!(event.kind, EventKind::HttpScheduled { .. }))
    };
    let open_of = |kind: TaskKind, number: u8, http_only: bool| {
        let open = || {
            execution
                .tasks
                .iter()
                .enumerate()
                .filter(|(_, task)| task.kind == kind && !task.is_closed())
                .filter(|(_, task)| task.request.get() <= execution.taken as u64)
                .filter(|(_, task)| !http_only || is_http(task.request))
        };
        let nth = usize::from(number).checked_rem(open().count())?;
        let (task, _) = open().nth(nth)?;
        u32::try_from(task).ok()
    };
    let open = |kind, number| open_of(kind, number, false);
    let http = |number| open_of(TaskKind::Work, number, true);
    let live = !execution.ended;
    let (what, at) = match choice {
        Choice::Answer(number) => {
            let task = open(TaskKind::Work, number).filter(|_| live);
            (
                task.map(|task| Outside::Answered(task, Ok(json(&number.to_string())))),
                at,
            )
        }
        Choice::Fail(number) => {
            let task = open(TaskKind::Work, number).filter(|_| live);
            (task.map(|task| Outside::Answered(task, Err(oops()))), at)
        }
        Choice::Accept(number) => {
            let task = http(number).filter(|_| live);
            (task.map(|task| Outside::Accepted(task, number)), at)
        }
        Choice::Rebuff(number) => {
            let task = http(number).filter(|_| live);
            (task.map(Outside::Unsuccessful), at)
        }
        Choice::Fire(number) => match open(TaskKind::Timer, number).filter(|_| live) {
            Some(task) => {
                let request = execution.tasks[task as usize].request;
                let due = match execution.event(request).map(|event| &event.kind) {
                    Some(EventKind::TimerCreated { fire_at }) => at.max(*fire_at),
                    kind => unreachable!("{kind:?} is no timer"),
                };
                (Some(Outside::Fired(task)), due)
            }
            None => (None, at),
        },
        // An event is raised whatever has become of the execution: the next one may get it.
        Choice::Raise(name) => {
            let data = json(&execution.events.len().to_string());
            (Some(Outside::Raised(name, data)), at)
        }
        Choice::Suspend => {
            let can = live && !execution.suspended;
            (can.then_some(Outside::Suspended), at)
        }
        Choice::Resume => {
            let can = live && execution.suspended;
            (can.then_some(Outside::Resumed), at)
        }
        Choice::Terminate => (live.then_some(Outside::Terminated), at),
    };
    Told { at, what }
}
