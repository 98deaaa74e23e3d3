//! What callers may be told: whatever it is, it follows from what is durable.

use soloist_core::{ExecutionId, InstanceId};
use soloist_engine::{
    HubError, InstanceStatus, OnExisting, Purged, Reach, Restarted, Rewound, Started, Told,
};

use crate::callers::{Ask, Heard};
use crate::invariants::Invariant;
use crate::world::State;

impl State {
    /// Holds what a caller was told against the books.
    pub(crate) fn told(&mut self, id: &InstanceId, ask: &Ask, asked: u64, heard: Heard) {
        let wrong = match (ask, heard) {
            (
                _,
                Heard::Started(Ok(Started::Started { execution, .. }))
                | Heard::Restarted(Ok(Restarted::Started(Started::Started { execution, .. }))),
            ) => self.told_started(id, ask, execution),
            (
                Ask::Start {
                    on_existing: OnExisting::Replace,
                    ..
                },
                Heard::Started(Ok(Started::Exists { .. })),
            ) => Some("not replaced".to_owned()),
            (
                _,
                Heard::Started(Ok(Started::Exists { .. }))
                | Heard::Restarted(Ok(Restarted::Started(Started::Exists { .. }))),
            ) => {
                self.told_refused(ask);
                let live = &self.ledger.standing(id).live;
                (!live.held_since(asked)).then(|| "told that it exists, not live".to_owned())
            }
            (_, Heard::Rewound(Ok(rewound))) => self.told_rewound(id, asked, &rewound),
            (_, Heard::Started(Err(_))) => {
                self.told_refused(ask);
                None
            }
            (Ask::Raise { data, .. }, Heard::Told(told)) => {
                self.told_raised(id, data, asked, &told)
            }
            (_, Heard::Told(Ok(Told::Accepted))) => self.told_accepted(id, ask, asked),
            (_, Heard::Told(Ok(Told::Ended))) => self.told_ended(id, asked),
            (_, Heard::Told(Ok(Told::Unknown)) | Heard::Restarted(Ok(Restarted::Unknown))) => {
                self.told_unknown(id, asked)
            }
            (_, Heard::Purged(Ok(Purged::Live))) => {
                let live = &self.ledger.standing(id).live;
                (!live.held_since(asked)).then(|| "not purged, though not live".to_owned())
            }
            (Ask::Purge(reach), Heard::Purged(Ok(purged))) => {
                if purged == Purged::Purged {
                    self.told_below(id, ask, asked, *reach);
                }
                let exists = &self.ledger.standing(id).exists;
                (!exists.failed_since(asked)).then(|| "told purged, but is there".to_owned())
            }
            (_, Heard::Status(Ok(status))) => self.told_status(id, asked, status.as_ref()),
            (Ask::Wait(_), Heard::Waited(Ok(status))) => {
                self.told_status(id, asked, status.as_ref())
            }
            (
                _,
                Heard::Restarted(_)
                | Heard::Rewound(Err(_))
                | Heard::Told(Err(_))
                | Heard::Purged(Err(_))
                | Heard::Status(Err(_))
                | Heard::Waited(_)
                | Heard::Deployed(_)
                | Heard::Removed(_),
            ) => None,
            (ask, heard) => unreachable!("{ask:?} is not answered with {heard:?}"),
        };
        if let Some(wrong) = wrong {
            self.broke(
                Invariant::AnswerAfterCommit,
                format!("{id}, {ask:?}: {wrong}"),
            );
        }
    }

    fn told_started(
        &mut self,
        id: &InstanceId,
        ask: &Ask,
        execution: ExecutionId,
    ) -> Option<String> {
        let input = match ask {
            Ask::Start { input, .. } => Some(input),
            _ => None,
        };
        match self.ledger.executions.get_mut(&execution) {
            None => Some(format!("{execution} is started, but not durable")),
            Some(begun) if begun.instance != *id => Some("another instance".to_owned()),
            Some(begun) if begun.is_told => Some(format!("{execution} was started twice")),
            Some(begun) => {
                begun.is_told = true;
                // An execution that continues as new in its first turn is never stored; its successor has another input.
                let is_given = input.is_none_or(|input| begun.input == *input);
                let is_own = is_given || begun.generation > 0;
                (!is_own).then(|| format!("{execution} was given {}", begun.input))
            }
        }
    }

    fn told_raised(
        &mut self,
        id: &InstanceId,
        data: &str,
        asked: u64,
        told: &Result<Told, HubError>,
    ) -> Option<String> {
        let is_placed = self.ledger.placed.contains_key(data);
        match told {
            Ok(Told::Accepted) => {
                return (!is_placed).then(|| "accepted, but not durable".to_owned());
            }
            // Who is told while the host stops cannot know.
            Err(_) if self.closing => return None,
            Err(_) | Ok(Told::Ended | Told::Unknown) if is_placed => {
                let what = format!("{data} was refused, but came to {id}");
                self.broke(Invariant::RefusedIsVoid, what);
            }
            Err(_) | Ok(Told::Ended | Told::Unknown) => {
                self.ledger.refused.insert(data.to_owned());
            }
        }
        match told {
            Ok(Told::Ended) => self.told_ended(id, asked),
            Ok(Told::Unknown) => self.told_unknown(id, asked),
            Ok(Told::Accepted) | Err(_) => None,
        }
    }

    /// What was refused begins nowhere. Who is told while the host stops cannot know.
    fn told_refused(&mut self, ask: &Ask) {
        if let Ask::Start { input, .. } = ask
            && !self.closing
        {
            self.ledger.refused.insert(input.clone());
        }
    }

    fn told_rewound(&mut self, id: &InstanceId, asked: u64, told: &Rewound) -> Option<String> {
        let standing = self.ledger.standing(id);
        let holds = match told {
            Rewound::Accepted => standing.last_rewound > asked,
            Rewound::NotFailed => standing.failed.failed_since(asked),
            Rewound::Unknown => standing.exists.failed_since(asked),
            Rewound::Full { .. } => true,
        };
        (!holds).then(|| format!("{told:?}"))
    }

    /// What reached an instance has reached the children that it had all the while.
    fn told_below(&mut self, id: &InstanceId, ask: &Ask, asked: u64, reach: Reach) {
        if reach == Reach::Alone {
            return;
        }
        let all = self.ledger.instances.iter();
        let missed = all.filter(|(child, standing)| {
            let parent = self.ledger.parent_of(child);
            let is_below = parent.is_some_and(|parent| parent.instance == *id);
            let live = standing.live.holds() && !standing.live.failed_since(asked);
            let ended = standing.exists.holds()
                && !standing.exists.failed_since(asked)
                && !standing.live.held_since(asked);
            is_below
                && match ask {
                    Ask::Terminate(_) => live,
                    Ask::Suspend(_) => live && !standing.suspended.held_since(asked),
                    Ask::Resume(_) => live && !standing.suspended.failed_since(asked),
                    Ask::Purge(_) => ended,
                    _ => false,
                }
        });
        let missed: Vec<_> = missed.map(|(child, _)| child.clone()).collect();
        if !missed.is_empty() {
            let what = format!("{id}, {ask:?}: {missed:?} are not reached");
            self.broke(Invariant::AnswerAfterCommit, what);
        }
    }

    fn told_accepted(&mut self, id: &InstanceId, ask: &Ask, asked: u64) -> Option<String> {
        let standing = self.ledger.standing(id);
        let (holds, reach) = match ask {
            Ask::Terminate(reach) => (standing.last_terminated > asked, *reach),
            Ask::Suspend(reach) => (standing.suspended.held_since(asked), *reach),
            Ask::Resume(reach) => (standing.suspended.failed_since(asked), *reach),
            _ => (true, Reach::Alone),
        };
        self.told_below(id, ask, asked, reach);
        (!holds).then(|| "accepted, but not durable".to_owned())
    }

    fn told_ended(&mut self, id: &InstanceId, asked: u64) -> Option<String> {
        let live = &self.ledger.standing(id).live;
        (!live.failed_since(asked)).then(|| "told that it has ended, but is live".to_owned())
    }

    fn told_unknown(&mut self, id: &InstanceId, asked: u64) -> Option<String> {
        let exists = &self.ledger.standing(id).exists;
        (!exists.failed_since(asked)).then(|| "told that it is unknown, but is there".to_owned())
    }

    fn told_status(
        &mut self,
        id: &InstanceId,
        asked: u64,
        status: Option<&InstanceStatus>,
    ) -> Option<String> {
        let standing = self.ledger.standing(id);
        let holds = match status {
            None => standing.exists.failed_since(asked),
            Some(status) if status.status.is_live() => standing.live.held_since(asked),
            Some(_) => standing.live.failed_since(asked),
        };
        (!holds).then(|| format!("{:?}", status.map(|status| status.status)))
    }
}
