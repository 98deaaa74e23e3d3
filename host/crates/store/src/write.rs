use std::sync::Arc;

use rusqlite::Connection;
use soloist_core::{FunctionName, InstanceId, ModuleDigest};
use tokio::sync::{OwnedSemaphorePermit, oneshot};

/// Why a write did nothing.
#[derive(Debug, Clone)]
pub(crate) enum Refused {
    /// Its condition did not hold.
    Conflict,
    /// It pins an instance to a module that is not there.
    NoModule(ModuleDigest),
    /// As many instances of a function are live as may be, among them this one.
    Full(FunctionName, InstanceId),
    /// The database failed.
    Database(Arc<rusqlite::Error>),
    /// The hub closes; what became of the write is not known.
    Closed,
}

impl From<rusqlite::Error> for Refused {
    fn from(error: rusqlite::Error) -> Self {
        Self::Database(Arc::new(error))
    }
}

/// One write on its way through a commit: applied in it, settled after it.
pub(crate) trait Write: Send {
    /// Changes the database, inside a savepoint. Called at most once.
    fn apply(&mut self, database: &Connection) -> Result<(), Refused>;

    /// Answers whoever waits: with what `apply` said if the commit is durable, else with why it is not.
    fn settle(self: Box<Self>, commit: Result<(), Refused>);
}

/// A write made of a closure.
pub(crate) struct Job<F, T> {
    change: Option<F>,
    outcome: Result<T, Refused>,
    reply: oneshot::Sender<Result<T, Refused>>,
    /// Its place in the queue's bound.
    _permit: OwnedSemaphorePermit,
}

impl<F, T> Job<F, T> {
    pub(crate) fn new(
        change: F,
        reply: oneshot::Sender<Result<T, Refused>>,
        permit: OwnedSemaphorePermit,
    ) -> Self {
        Self {
            change: Some(change),
            outcome: Err(Refused::Closed),
            reply,
            _permit: permit,
        }
    }
}

impl<F, T> Write for Job<F, T>
where
    F: FnOnce(&Connection) -> Result<T, Refused> + Send,
    T: Send,
{
    fn apply(&mut self, database: &Connection) -> Result<(), Refused> {
        let change = self.change.take().expect("a write is applied once");
        self.outcome = change(database);
        match &self.outcome {
            Ok(_) => Ok(()),
            Err(refused) => Err(refused.clone()),
        }
    }

    fn settle(self: Box<Self>, commit: Result<(), Refused>) {
        // Whoever asked may have gone; the write stands all the same.
        drop(self.reply.send(commit.and(self.outcome)));
    }
}
