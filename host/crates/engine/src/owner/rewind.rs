//! A failed instance goes on.

use super::{Owner, Standing};
use crate::child::take_children;
use crate::mailbox::{Mail, Reply};
use crate::{
    Expects, Guests, HubError, Loaded, Operation, Platform, Rewound, RuntimeStatus, TaskHub, Voids,
};

impl<H: TaskHub, G: Guests, P: Platform> Owner<H, G, P> {
    /// Returns true if a turn must be taken before more mail is looked at.
    pub(super) async fn take_rewind(
        &mut self,
        reason: Option<String>,
        reply: Reply<Rewound>,
    ) -> bool {
        let rewound = self.rewind(reason).await;
        let may_live = matches!(rewound, Ok(Rewound::Accepted) | Err(_));
        // Whoever hung up does not want to know.
        drop(reply.send(rewound));
        if may_live {
            self.backlog.push_front(Mail::Wake { permit: None });
        }
        may_live
    }

    /// Undoes the end of the execution and its last failure, durably. The next load goes on from there.
    async fn rewind(&mut self, reason: Option<String>) -> Result<Rewound, HubError> {
        if matches!(self.standing, Standing::Live(_)) {
            return Ok(Rewound::NotFailed);
        }
        match self.desk.shared.hub.load(&self.desk.id).await? {
            Some(loaded) => self.rewind_loaded(loaded, reason).await,
            None => Ok(Rewound::Unknown),
        }
    }

    pub(super) async fn rewind_loaded(
        &mut self,
        loaded: Loaded,
        reason: Option<String>,
    ) -> Result<Rewound, HubError> {
        let (id, shared) = (&self.desk.id, &self.desk.shared);
        let started = loaded.history.started();
        let (execution, module) = (started.execution, self.desk.newest_module(started));
        let now = shared.platform.now();
        let Ok(mut rewind) = loaded.history.rewind(id.clone(), reason, module, now) else {
            return Ok(Rewound::NotFailed);
        };
        let children = take_children(id, started, &mut rewind.children, now);
        let operation = Operation {
            instance: id.clone(),
            expects: Expects::Ended {
                execution,
                next: rewind.event.id,
            },
            events: vec![rewind.event],
            begins: None,
            status: if rewind.is_suspended {
                RuntimeStatus::Suspended
            } else {
                RuntimeStatus::Running
            },
            custom_status: None,
            ready: true,
            open_work: rewind.open_work,
            timers: rewind.timers.clone(),
            timers_done: Vec::new(),
            orphans: Vec::new(),
            // What outlived its end is open work again.
            drop_orphans: true,
            logs: Vec::new(),
            last_logs: Vec::new(),
            messages: Vec::new(),
            children: children.clone(),
            children_closed: Vec::new(),
            voids: Some(Voids {
                events: rewind.voided,
                logs_from: rewind.logs_from,
                module,
            }),
            inbox_taken: Vec::new(),
            now,
        };
        match shared.commit(operation).await {
            Ok(_) => {}
            Err(HubError::Full { function, holder }) => {
                return Ok(Rewound::Full { function, holder });
            }
            Err(error) => {
                // Perhaps it is durable all the same.
                self.standing = Standing::NotLoaded;
                return Err(error);
            }
        }
        shared.start_children(children);
        for timer in rewind.timers {
            self.desk.keep_timer(execution, timer);
        }
        self.standing = Standing::NotLoaded;
        Ok(Rewound::Accepted)
    }
}
