//! What an owner is sent, and where it waits.

use std::collections::{BTreeMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Mutex, MutexGuard};

use soloist_core::{
    EventId, ExecutionId, Fact, Failure, FunctionName, ModuleDigest, Parent, Payload, TaskResult,
    Timestamp,
};
use tokio::sync::{Notify, OwnedSemaphorePermit, oneshot};

use crate::{ChildStart, HttpAnswer, HubError, OnExisting, Orphan, Purged, Rewound, Started, Told};

/// Where an answer goes once it is durable.
pub(crate) type Reply<T> = oneshot::Sender<Result<T, HubError>>;

/// A message to the owner of an instance.
#[derive(Debug)]
pub(crate) enum Mail {
    /// A caller wants to start the instance.
    Start {
        start: Box<AdmittedStart>,
        reply: Reply<Started>,
    },
    /// A caller tells the instance something.
    Tell { fact: Fact, reply: Reply<Told> },
    /// A caller wants all of it gone; where an execution is named, only that one.
    Purge {
        execution: Option<ExecutionId>,
        reply: Reply<Purged>,
    },
    /// A caller wants the failed instance to go on.
    Rewind {
        reason: Option<String>,
        reply: Reply<Rewound>,
    },
    /// Work that this instance asked for, in this or an earlier execution, has ended.
    Answer {
        execution: ExecutionId,
        scheduled: EventId,
        result: TaskResult,
    },
    /// An HTTP call that this instance asked for has come to something, perhaps not to its end.
    HttpAnswer {
        execution: ExecutionId,
        scheduled: EventId,
        /// Boxed, for it is larger than all other mail.
        answer: Box<HttpAnswer>,
    },
    /// A timer's time has come. The permit bounds how many instances are woken at once.
    TimerFired {
        execution: ExecutionId,
        timer: EventId,
        fire_at: Timestamp,
        permit: Option<OwnedSemaphorePermit>,
    },
    /// There is something in the hub that no turn has seen.
    Wake {
        permit: Option<OwnedSemaphorePermit>,
    },
    /// A child is to be started. If it is not new, somebody may have started or refused it already.
    StartChild {
        start: Box<ChildStart>,
        is_new: bool,
        /// Why it cannot be started, where that is known.
        refused: Option<Failure>,
        permit: Option<OwnedSemaphorePermit>,
    },
    /// This execution was queued, and has got a slot.
    Promoted { execution: ExecutionId },
    /// An activity that outlived its execution was found at start-up. Somebody may have ended it since.
    Orphan {
        orphan: Box<Orphan>,
        permit: Option<OwnedSemaphorePermit>,
    },
    /// There is a message in the inbox.
    Inbox,
    /// Room is needed: leave memory if nothing is going on.
    Evict,
}

/// A start whose function was found.
#[derive(Debug, Clone)]
pub(crate) struct AdmittedStart {
    pub(crate) function: FunctionName,
    pub(crate) module: ModuleDigest,
    pub(crate) input: Payload,
    pub(crate) pin: bool,
    pub(crate) start_at: Option<Timestamp>,
    pub(crate) tags: BTreeMap<String, String>,
    pub(crate) parent: Option<Parent>,
    pub(crate) on_existing: OnExisting,
}

/// The queue of one owner. Closed when its owner retires; whoever finds it closed makes a new owner.
#[derive(Debug, Default)]
pub(crate) struct Mailbox {
    queue: Mutex<Queue>,
    arrived: Notify,
    /// A committed execution is live. Set after the commit that began it, unset before the commit that ends it, so that
    /// whoever reads true may refuse a start at once.
    live: AtomicBool,
}

#[derive(Debug, Default)]
struct Queue {
    mail: VecDeque<Mail>,
    closed: bool,
}

/// Why mail was not taken.
#[derive(Debug)]
pub(crate) enum Undelivered {
    /// The owner has retired.
    Closed(Mail),
    /// Too much waits already.
    Full,
}

impl Mailbox {
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue
            .lock()
            .expect("no code panics while it holds a mailbox")
    }

    /// Puts mail at the end, if the owner has not retired and fewer than `max` wait.
    pub(crate) fn put(&self, mail: Mail, max: usize) -> Result<(), Undelivered> {
        let mut queue = self.lock();
        if queue.closed {
            return Err(Undelivered::Closed(mail));
        }
        if matches!((&mail, queue.mail.back()), (Mail::Inbox, Some(Mail::Inbox))) {
            // One look at the inbox finds all that is in it.
            return Ok(());
        }
        if queue.mail.len() >= max {
            return Err(Undelivered::Full);
        }
        queue.mail.push_back(mail);
        drop(queue);
        self.arrived.notify_one();
        Ok(())
    }

    /// All that waits.
    pub(crate) fn take(&self) -> VecDeque<Mail> {
        std::mem::take(&mut self.lock().mail)
    }

    /// Returns when mail has arrived since the last `take`.
    pub(crate) async fn arrival(&self) {
        self.arrived.notified().await;
    }

    /// Closes the mailbox if it is empty.
    pub(crate) fn close_if_empty(&self) -> bool {
        let mut queue = self.lock();
        queue.closed = queue.mail.is_empty();
        queue.closed
    }

    /// Closes the mailbox; callers whose mail is in it learn that nobody will answer.
    pub(crate) fn close(&self) {
        let mut queue = self.lock();
        queue.closed = true;
        queue.mail.clear();
    }

    /// True if someone wants the instance terminated, or replaced.
    pub(crate) fn has_termination(&self) -> bool {
        self.lock().mail.iter().any(|mail| match mail {
            Mail::Tell { fact, .. } => matches!(fact, Fact::Terminated { .. }),
            Mail::Start { start, .. } => start.on_existing == OnExisting::Replace,
            _ => false,
        })
    }

    pub(crate) fn is_live(&self) -> bool {
        self.live.load(Ordering::Acquire)
    }

    pub(crate) fn set_live(&self, live: bool) {
        self.live.store(live, Ordering::Release);
    }
}
