//! Plays one case, a script and what happens to it, in one of several manners.

use super::happenings::{Choice, Happenings, Told};
use super::run::{Outside, Run};
use super::script::{Seen, Step};
use crate::End;

#[derive(Debug, Clone)]
pub(super) struct Case {
    pub(super) script: Vec<Step>,
    /// How many happenings stand before the first turn.
    pub(super) begin: usize,
    pub(super) happenings: Vec<(Choice, Moves)>,
}

impl Case {
    /// What follows the happening `index`; after the last there is a turn.
    pub(super) fn moves(&self, index: usize) -> Moves {
        let last = Moves {
            apart: 0,
            amid: false,
            then: Then::Turn,
            evict: false,
        };
        self.happenings.get(index).map_or(last, |(_, moves)| *moves)
    }
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
        self.case.moves(self.outside.next.wrapping_sub(1))
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
                Some(
                    Outside::Answered(task, _)
                    | Outside::Accepted(task, _)
                    | Outside::Unsuccessful(task)
                    | Outside::Fired(task),
                ) => task as usize >= asked,
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
        let start = self.run.steps_at_park;
        let mut facts_at = slow.then_some(start + 2);
        if slow && self.manner.evict == When::Always {
            // The host falls when the facts are committed, and before the turn is.
            facts_at = None;
            self.run.keep_facts();
            self.evict();
            self.run.execution.begin_turn(self.run.now);
        }
        let mut due = start + 1;
        let amid = self.manner.turns == When::AsTheCaseSays;
        let outside = &mut self.outside;
        self.run.go_on_slowly(facts_at, |execution, steps| {
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
