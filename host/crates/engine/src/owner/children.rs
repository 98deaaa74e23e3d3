//! What the owner of a child does with the wish of a parent to start it.

use soloist_core::{EventKind, Failure, HostError};
use tokio::sync::OwnedSemaphorePermit;

use super::batch::Batch;
use super::{Owner, Standing};
use crate::child;
use crate::mailbox::Mail;
use crate::{ChildStart, Guests, HubError, Message, Platform, TaskHub, Told};

/// What becomes of the wish.
enum Wish {
    /// The child begins, with the commit of the turn that follows.
    Begins,
    /// It does not, and the wish goes; the parent is told, where it does not hear of it by other ways.
    Goes(Option<Message>),
    /// It went before. A rewound parent may wish for the same child again, so nothing is taken away.
    Gone,
}

/// The wish, as the mail brought it.
pub(super) struct Wished {
    pub(super) start: Box<ChildStart>,
    pub(super) is_new: bool,
    pub(super) refused: Option<Failure>,
    pub(super) permit: Option<OwnedSemaphorePermit>,
}

impl From<Wished> for Mail {
    fn from(wished: Wished) -> Self {
        Self::StartChild {
            start: wished.start,
            is_new: wished.is_new,
            refused: wished.refused,
            permit: wished.permit,
        }
    }
}

impl<H: TaskHub, G: Guests, P: Platform> Owner<H, G, P> {
    /// Starts a child, or answers its parent that it cannot be. Returns true if a turn must be taken before more mail is
    /// looked at.
    pub(super) async fn take_child(
        &mut self,
        wished: Wished,
        batch: &mut Batch,
    ) -> Result<bool, HubError> {
        let taken = match self.decide_child(&wished).await {
            Ok(Wish::Begins) => Ok(true),
            Ok(Wish::Goes(answer)) => {
                let (execution, scheduled) = wished.start.key();
                let is_told = answer.is_some();
                let hub = &self.desk.shared.hub;
                let refused = hub.refuse_child(execution, scheduled, answer).await;
                if refused.is_ok() && is_told {
                    self.desk
                        .shared
                        .send(&wished.start.parent.instance, Mail::Inbox);
                }
                refused.map(|()| false)
            }
            Ok(Wish::Gone) => Ok(false),
            Err(error) => Err(error),
        };
        if !matches!(taken, Ok(false)) {
            batch.keep(wished.into());
        }
        taken
    }

    async fn decide_child(&mut self, wished: &Wished) -> Result<Wish, HubError> {
        let start = &*wished.start;
        let (execution, scheduled) = start.key();
        if let Some(failure) = &wished.refused {
            return Ok(Wish::Goes(Some(start.refusal(failure.clone()))));
        }
        match &self.standing {
            // The child of an earlier attempt was rewound: its end is the answer to this one too.
            Standing::Live(live) if live.execution().is_child_of(execution, scheduled) => {
                return Ok(Wish::Goes(None));
            }
            Standing::Live(_) | Standing::NotLoaded => {
                let message = format!("an instance with ID '{}' already exists", start.instance);
                let failure = HostError::InstanceExists.failure(message);
                return Ok(Wish::Goes(Some(start.refusal(failure))));
            }
            Standing::NotLive(_) => {}
        }
        // After a fall, or a commit that was refused, it may be done already: an ended child may be this very one.
        let hub = &self.desk.shared.hub;
        let has_ended = matches!(self.standing, Standing::NotLive(Told::Ended));
        let is_wanted = wished.is_new && self.failures == 0 && !has_ended
            || hub.has_child_start(execution, scheduled).await?;
        if !is_wanted {
            return Ok(Wish::Gone);
        }
        if has_ended && let Some(wish) = self.resume_child(start).await? {
            return Ok(wish);
        }
        let admitted = match self.desk.shared.admit_child(start) {
            Ok(admitted) => admitted,
            Err(failure) => return Ok(Wish::Goes(Some(start.refusal(failure)))),
        };
        self.standing = Standing::Live(self.desk.begin(&admitted));
        Ok(Wish::Begins)
    }

    /// If the parent was rewound, its child answers again, or is rewound too and goes on from its own last failure. `None` if it
    /// is to begin anew.
    async fn resume_child(&mut self, start: &ChildStart) -> Result<Option<Wish>, HubError> {
        let Some(loaded) = self.desk.shared.hub.load(&self.desk.id).await? else {
            return Ok(None);
        };
        let parent = loaded.history.started().parent.as_ref();
        let has_run = parent.is_some_and(|parent| {
            (parent.execution, parent.scheduled) == start.key()
                && parent.attempt >= start.parent.attempt
        });
        if !has_run {
            return Ok(None);
        }
        let end = loaded.history.events().last().map(|event| &event.kind);
        if let Some(EventKind::ExecutionCompleted { output }) = end {
            let answer = child::answer(&start.parent, Ok(output.clone()));
            return Ok(Some(Wish::Goes(Some(answer))));
        }
        let reason = Some("the orchestrator that called it was rewound".to_owned());
        let rewound = self.rewind_loaded(loaded, reason).await? == crate::Rewound::Accepted;
        if rewound {
            self.backlog.push_front(Mail::Wake { permit: None });
        }
        Ok(rewound.then_some(Wish::Goes(None)))
    }
}
