//! Plays one case, a script and what happens to it, in one of several manners.

use super::run::{Outside, Run, deliver};
use super::script::{Seen, Step, json, oops};
use crate::task::TaskKind;
use crate::{End, EventKind, Execution, Timestamp};

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) script: Vec<Step>,
    /// How many happenings stand before the first turn.
    pub(super) begin: usize,
    pub(super) happenings: Vec<(Choice, Moves)>,
}

/// What happens next, if it can. Tasks are counted among those that are open, and round.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Choice {
    Answer(u8),
    Fail(u8),
    Fire(u8),
    Raise(&'static str),
    Suspend,
    Resume,
    Terminate,
}

/// What the owner makes of a happening, where the manner leaves it to the case.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) struct Moves {
    /// It comes so many milliseconds after the one before.
    pub(super) apart: u8,
    /// It comes while the guest is in its turn, if it is.
    pub(super) amid: bool,
    pub(super) then: Then,
    /// The guest is thrown out of memory, if all is committed.
    pub(super) evict: bool,
}

/// What follows a happening.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Then {
    /// The next one.
    More,
    /// A commit, without a turn.
    Keep,
    /// The guest may go on.
    Turn,
    /// The same, and the facts are committed ahead of it.
    SlowTurn,
}

impl Then {
    fn is_turn(self) -> bool {
        match self {
            Self::More | Self::Keep => false,
            Self::Turn | Self::SlowTurn => true,
        }
    }
}

#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum When {
    Never,
    AsTheCaseSays,
    Always,
}

impl When {
    fn is_now(self, as_the_case_says: bool) -> bool {
        match self {
            Self::Never => false,
            Self::AsTheCaseSays => as_the_case_says,
            Self::Always => true,
        }
    }
}

/// How a case is played.
#[derive(Debug, Clone, Copy)]
pub(super) struct Manner {
    /// After which happenings the guest may go on: `Never` is as late as the happenings allow.
    pub(super) turns: When,
    pub(super) slow: When,
    pub(super) evict: When,
}

/// A happening as it took place; nothing, if the choice was impossible.
#[derive(Debug, Clone)]
pub(super) struct Told {
    pub(super) at: Timestamp,
    pub(super) what: Option<Outside>,
}

/// How far the guest had come at a moment between two turns.
#[derive(Debug, Clone, Copy)]
pub(super) struct Progress {
    pub(super) happenings: usize,
    pub(super) seen: usize,
    /// The guest had its chance to go on.
    pub(super) caught_up: bool,
}

/// A guest that was run from the beginning over what was stored while the execution was suspended.
pub(super) struct Warmed {
    pub(super) happenings: usize,
    pub(super) seen: Vec<Seen>,
}

pub(super) struct Played {
    pub(super) run: Run,
    pub(super) told: Vec<Told>,
    pub(super) progress: Vec<Progress>,
    pub(super) warmed: Vec<Warmed>,
    /// How many happenings had been told when the execution had ended.
    pub(super) ended_at: usize,
}

/// Plays `case`: what happens is `told`, or else it is chosen as the execution of this very run allows.
pub(super) fn play(case: &Case, told: Option<&[Told]>, manner: Manner) -> Played {
    let mut owner = Owner {
        case,
        manner,
        run: Run::of(&case.script[..]),
        outside: Happenings {
            case,
            told: told.unwrap_or_default().to_vec(),
            next: 0,
        },
        progress: Vec::new(),
        warmed: Vec::new(),
        ended_at: None,
    };
    while owner.outside.next <= case.happenings.len() {
        owner.between_happenings();
        owner.hear();
    }
    owner.turn();
    Played {
        ended_at: owner.ended_at.unwrap_or(owner.outside.next),
        run: owner.run,
        told: owner.outside.told,
        progress: owner.progress,
        warmed: owner.warmed,
    }
}

struct Owner<'c> {
    case: &'c Case,
    manner: Manner,
    run: Run,
    outside: Happenings<'c>,
    progress: Vec<Progress>,
    warmed: Vec<Warmed>,
    ended_at: Option<usize>,
}

impl Owner<'_> {
    /// The moves after the last happening.
    fn moves(&self) -> Moves {
        moves(self.case, self.outside.next.wrapping_sub(1))
    }

    fn between_happenings(&mut self) {
        let moves = self.moves();
        let may_turn = if self.run.execution.has_begun() {
            self.outside.next > 0 && self.manner.turns.is_now(moves.then.is_turn())
        } else {
            // When the first turn begins is itself a fact: it is the same in all manners.
            self.outside.next >= self.case.begin && self.run.execution.is_runnable()
        };
        if may_turn {
            self.turn();
        } else if self.manner.turns == When::AsTheCaseSays && moves.then == Then::Keep {
            self.run.keep();
            self.note(false);
        }
        if self.manner.evict.is_now(moves.evict) {
            self.evict();
        }
    }

    fn hear(&mut self) {
        let told = self.outside.peek(&self.run.execution);
        if self.manner.turns == When::Never && self.run.execution.has_begun() {
            let asked = self.run.execution.tasks.len();
            let must_turn = match told.what {
                Some(Outside::Answered(task, _) | Outside::Fired(task)) => task as usize >= asked,
                Some(Outside::Suspended) => true,
                _ => false,
            };
            if must_turn {
                self.turn();
            }
        }
        self.outside.next(&mut self.run.execution);
        self.run.now = told.at;
        self.note_end();
    }

    fn turn(&mut self) {
        let slow = self.manner.slow.is_now(self.moves().then == Then::SlowTurn);
        if !self.run.execution.is_runnable() {
            self.run.keep();
            let execution = &self.run.execution;
            self.note(!execution.is_suspended() && !execution.is_ended());
            return;
        }
        self.run.execution.begin_turn(self.run.now);
        if slow {
            self.run.keep_facts();
            if self.manner.evict == When::Always {
                self.evict();
                self.run.execution.begin_turn(self.run.now);
            }
        }
        let mut due = self.run.steps_at_park + 1;
        let amid = self.manner.turns == When::AsTheCaseSays;
        let outside = &mut self.outside;
        self.run.go_on(|execution, steps| {
            while amid && steps >= due && outside.next_is_amid() {
                outside.next(execution);
                due += 1;
            }
        });
        if let Some(told) = self.outside.last() {
            self.run.now = told.at;
        }
        self.note(!matches!(self.run.stored.end, Some(End::Terminated(_))));
        self.note_end();
    }

    fn evict(&mut self) {
        let execution = &self.run.execution;
        let kept = execution.taken > 0 && execution.taken == execution.events.len();
        if !kept || execution.is_ended() {
            return;
        }
        if execution.is_suspended() && execution.has_begun() {
            self.warmed.push(Warmed {
                happenings: self.outside.next,
                seen: self.run.replay(&self.run.stored),
            });
        }
        self.run.evict();
    }

    fn note(&mut self, caught_up: bool) {
        self.progress.push(Progress {
            happenings: self.outside.next,
            seen: self.run.seen_so_far().len(),
            caught_up,
        });
    }

    fn note_end(&mut self) {
        if self.run.execution.is_ended() {
            self.ended_at.get_or_insert(self.outside.next);
        }
    }
}

fn moves(case: &Case, index: usize) -> Moves {
    case.happenings.get(index).map_or(
        Moves {
            apart: 0,
            amid: false,
            then: Then::Turn,
            evict: false,
        },
        |(_, moves)| *moves,
    )
}

/// What happens, in order; the last thing is that whoever is suspended is resumed.
struct Happenings<'c> {
    case: &'c Case,
    told: Vec<Told>,
    next: usize,
}

impl Happenings<'_> {
    fn last(&self) -> Option<&Told> {
        self.told.get(self.next.checked_sub(1)?)
    }

    fn next_is_amid(&self) -> bool {
        moves(self.case, self.next).amid
    }

    fn peek(&mut self, execution: &Execution) -> Told {
        if self.next == self.told.len() {
            let before = self.last().map_or(execution.clock, |told| told.at);
            let millis = before.as_millis() + i64::from(moves(self.case, self.next).apart);
            let choice = self.case.happenings.get(self.next);
            let choice = choice.map_or(Choice::Resume, |(choice, _)| *choice);
            self.told
                .push(chosen(choice, execution, Timestamp::from_millis(millis)));
        }
        self.told[self.next].clone()
    }

    fn next(&mut self, execution: &mut Execution) {
        let told = self.peek(execution);
        self.next += 1;
        if let Some(what) = told.what {
            deliver(execution, &what, told.at);
        }
    }
}

/// What `choice` comes to for an execution. Only tasks whose requests are committed can have begun.
fn chosen(choice: Choice, execution: &Execution, at: Timestamp) -> Told {
    let open = |kind: TaskKind, number: u8| {
        let open = || {
            execution
                .tasks
                .iter()
                .enumerate()
                .filter(|(_, task)| task.kind == kind && !task.is_closed())
                .filter(|(_, task)| task.request.get() <= execution.taken as u64)
        };
        let nth = usize::from(number).checked_rem(open().count())?;
        let (task, _) = open().nth(nth)?;
        u32::try_from(task).ok()
    };
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
