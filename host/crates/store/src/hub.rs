use std::path::Path;
use std::sync::Arc;

use rusqlite::Connection;
use soloist_core::{
    EventId, ExecutionId, FunctionName, History, InstanceId, ModuleDigest, Timestamp,
};
use soloist_engine::{
    Bound, BoxError, ChildStart, Committed, CountQuery, DueTimer, EarlierExecution, EndPlace,
    EndedInstance, FunctionRecord, HubError, InboxMessage, InstanceCounts, InstanceLimits,
    InstancePage, InstanceQuery, InstanceStatus, KeyName, KeyRecord, KeyStore, Loaded, Logs,
    Message, ModuleRecord, NewModule, Operation, Orphan, Purged, RemovedModule, TaskHub,
    TimerCursor, Unfinished,
};

use tokio::sync::Semaphore;
use tokio::task::spawn_blocking;

use crate::change::Change;
use crate::earlier::Keeping;
use crate::instances::Unreadable;
use crate::lock::DirectoryLock;
use crate::open::Database;
use crate::readers::Readers;
use crate::write::Refused;
use crate::writer::Writer;
use crate::{
    OpenError, StoreSettings, children, count, earlier, functions, instances, keys, lists, open,
    query, slots,
};

/// From this number of events on, an operation is made ready on a thread of its own, so that others need not wait for it.
const LARGE_EVENTS: usize = 1_000;

/// The task hub in the file `soloist.db` of a data directory, which no other process can open while this lives.
///
/// Dropping it waits until what was put in is committed. A call whose future is dropped may still take effect.
pub struct SqliteHub {
    // In the order in which they go: the writer leaves a clean file once nobody reads, and the lock goes last.
    pub(crate) readers: Readers,
    pub(crate) writer: Writer,
    keeping: Keeping,
    /// The right to count what must be looked at.
    counts: Semaphore,
    _lock: DirectoryLock,
}

/// Why nothing could be done, where the database is not at fault.
#[derive(Debug, thiserror::Error)]
pub(crate) enum Cause {
    #[error("the task hub is closed")]
    Closed,
    #[error("module {0} is not stored")]
    NoModule(ModuleDigest),
    /// The whole commit failed, so it is the cause of many.
    #[error(transparent)]
    Database(Arc<rusqlite::Error>),
}

impl SqliteHub {
    /// Opens the hub of a data directory; makes both if there are none.
    pub fn open(dir: &Path, settings: StoreSettings) -> Result<Self, OpenError> {
        std::fs::create_dir_all(dir).map_err(|cause| OpenError::Unusable {
            path: dir.to_owned(),
            cause,
        })?;
        let lock = DirectoryLock::acquire(dir)?;
        let database = Database::in_directory(dir, settings);
        let connection = database.writer()?;
        let keeping = database.keeping(&connection)?;
        let readers = Readers::start(&database)?;
        let writer = Writer::start(&database, connection)?;
        open::keep_entries(dir)?;
        Ok(Self {
            readers,
            writer,
            keeping,
            counts: Semaphore::new(1),
            _lock: lock,
        })
    }

    async fn write<T, F>(&self, doing: &'static str, change: F) -> Result<T, HubError>
    where
        F: FnOnce(&Connection) -> Result<T, Refused> + Send + 'static,
        T: Send + 'static,
    {
        let written = self.writer.write(change).await;
        written.map_err(|refused| unavailable(doing, refused))
    }

    async fn read<T, F>(&self, doing: &'static str, read: F) -> Result<T, HubError>
    where
        F: FnOnce(&mut Connection) -> rusqlite::Result<T> + Send + 'static,
        T: Send + 'static,
    {
        match self.readers.read(read).await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(error)) => Err(unavailable(doing, error.into())),
            Err(_) => Err(unavailable(doing, Refused::Closed)),
        }
    }

    async fn read_instance<T, F>(
        &self,
        doing: &'static str,
        id: &InstanceId,
        read: F,
    ) -> Result<T, HubError>
    where
        F: FnOnce(&mut Connection, &InstanceId) -> Result<T, Unreadable> + Send + 'static,
        T: Send + 'static,
    {
        let instance = id.clone();
        let found = self
            .readers
            .read(move |connection| read(connection, &instance));
        match found.await {
            Ok(Ok(found)) => Ok(found),
            Ok(Err(Unreadable::Database(error))) => Err(unavailable(doing, error.into())),
            Ok(Err(Unreadable::Corrupt(cause))) => Err(HubError::Corrupt {
                instance: id.clone(),
                cause,
            }),
            Err(_) => Err(unavailable(doing, Refused::Closed)),
        }
    }
}

fn unavailable(doing: &'static str, refused: Refused) -> HubError {
    let cause: BoxError = match refused {
        Refused::Conflict | Refused::Full(..) => {
            unreachable!("only operations have conditions")
        }
        Refused::NoModule(digest) => Cause::NoModule(digest).into(),
        Refused::Database(error) => Cause::Database(error).into(),
        Refused::Closed => Cause::Closed.into(),
    };
    HubError::Unavailable { doing, cause }
}

impl KeyStore for SqliteHub {
    async fn keys(&self) -> Result<Vec<KeyRecord>, HubError> {
        self.read("listing keys", |database| keys::keys(database))
            .await
    }

    async fn put_key(&self, key: KeyRecord) -> Result<(), HubError> {
        self.write("keeping a key", move |database| keys::put(database, &key))
            .await
    }

    async fn remove_key(&self, name: &KeyName) -> Result<bool, HubError> {
        let name = name.clone();
        self.write("forgetting a key", move |database| {
            keys::remove(database, &name)
        })
        .await
    }
}

impl TaskHub for SqliteHub {
    async fn limit(&self, limits: &InstanceLimits) -> Result<(), HubError> {
        let doing = "setting limits";
        // A host whose limits are as they were writes nothing: it may have come up on a full disk.
        let as_they_were = self.read(doing, |database| slots::limits(database)).await?;
        if as_they_were == *limits {
            return Ok(());
        }
        let limits = limits.clone();
        self.write(doing, move |database| slots::limit(database, &limits))
            .await
    }

    async fn commit(&self, operation: Operation) -> Result<Committed, HubError> {
        let instance = operation.instance.clone();
        let keeping = self.keeping;
        let change = if operation.events.len() > LARGE_EVENTS {
            let ready = spawn_blocking(move || Change::new(operation, keeping)).await;
            ready.expect("making JSON does not panic, and nobody aborts it")
        } else {
            Change::new(operation, keeping)
        };
        let written = self.writer.write(move |database| change.apply(database));
        written.await.map_err(|refused| match refused {
            Refused::Conflict => HubError::Conflict(instance),
            Refused::Full(function, holder) => HubError::Full { function, holder },
            Refused::NoModule(_) | Refused::Database(_) | Refused::Closed => {
                unavailable("committing", refused)
            }
        })
    }

    async fn load(&self, id: &InstanceId) -> Result<Option<Loaded>, HubError> {
        self.read_instance("loading an instance", id, instances::load)
            .await
    }

    async fn inbox(&self, id: &InstanceId) -> Result<Vec<InboxMessage>, HubError> {
        let id = id.clone();
        self.read("reading an inbox", move |database| {
            instances::inbox_of(database, &id)
        })
        .await
    }

    async fn status(&self, id: &InstanceId) -> Result<Option<InstanceStatus>, HubError> {
        self.read_instance("reading a status", id, instances::status)
            .await
    }

    async fn logs(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
        after: Option<u32>,
        limit: usize,
    ) -> Result<Option<Logs>, HubError> {
        let id = id.clone();
        self.read("reading a log", move |database| {
            lists::logs(database, &id, execution, after, limit)
        })
        .await
    }

    async fn earlier(&self, id: &InstanceId) -> Result<Option<Vec<EarlierExecution>>, HubError> {
        let id = id.clone();
        self.read("listing earlier executions", move |database| {
            earlier::list(database, &id)
        })
        .await
    }

    async fn history(
        &self,
        id: &InstanceId,
        execution: ExecutionId,
    ) -> Result<Option<History>, HubError> {
        self.read_instance("reading a history", id, move |database, id| {
            earlier::history(database, id, &execution)
        })
        .await
    }

    async fn query(&self, query: InstanceQuery) -> Result<InstancePage, HubError> {
        self.read("finding instances", move |database| {
            query::query(database, &query)
        })
        .await
    }

    async fn count(&self, query: CountQuery) -> Result<Option<InstanceCounts>, HubError> {
        // One at a time: where there are tags, a count takes a reader for long.
        let _turn = if query.tags.is_empty() {
            None
        } else {
            self.counts.acquire().await.ok()
        };
        self.read("counting instances", move |database| {
            count::count(database, &query)
        })
        .await
    }

    async fn ended(
        &self,
        after: Option<EndPlace>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<EndedInstance>, HubError> {
        self.read("listing ended instances", move |database| {
            query::ended(database, after, until, limit)
        })
        .await
    }

    async fn purge(
        &self,
        id: &InstanceId,
        execution: Option<ExecutionId>,
    ) -> Result<Purged, HubError> {
        let (id, keeping) = (id.clone(), self.keeping);
        self.write("purging an instance", move |database| {
            instances::purge(database, &id, execution, keeping)
        })
        .await
    }

    async fn unfinished(
        &self,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<Unfinished>, HubError> {
        let after = after.cloned();
        self.read("listing unfinished instances", move |database| {
            lists::unfinished(database, after.as_ref(), limit)
        })
        .await
    }

    async fn orphans(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> Result<Vec<Orphan>, HubError> {
        self.read("listing orphans", move |database| {
            lists::orphans(database, after, limit)
        })
        .await
    }

    async fn finish_orphan(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> Result<(), HubError> {
        self.write("forgetting an orphan", move |database| {
            lists::finish_orphan(database, execution, scheduled)
        })
        .await
    }

    async fn child_starts(
        &self,
        after: Option<(ExecutionId, EventId)>,
        limit: usize,
    ) -> Result<Vec<ChildStart>, HubError> {
        self.read("listing children to start", move |database| {
            children::waiting(database, after, limit)
        })
        .await
    }

    async fn has_child_start(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
    ) -> Result<bool, HubError> {
        self.read("looking for a child to start", move |database| {
            children::waits(database, execution, scheduled)
        })
        .await
    }

    async fn refuse_child(
        &self,
        execution: ExecutionId,
        scheduled: EventId,
        answer: Option<Message>,
    ) -> Result<(), HubError> {
        self.write("refusing a child", move |database| {
            children::refuse(database, execution, scheduled, answer.as_ref())
        })
        .await
    }

    async fn children(
        &self,
        parent: &InstanceId,
        after: Option<&InstanceId>,
        limit: usize,
    ) -> Result<Vec<InstanceId>, HubError> {
        let (parent, after) = (parent.clone(), after.cloned());
        self.read("listing children", move |database| {
            children::of(database, &parent, after.as_ref(), limit)
        })
        .await
    }

    async fn timers(
        &self,
        after: Option<TimerCursor>,
        until: Timestamp,
        limit: usize,
    ) -> Result<Vec<DueTimer>, HubError> {
        self.read("listing timers", move |database| {
            lists::timers(database, after, until, limit)
        })
        .await
    }

    async fn next_timer(&self, after: Timestamp) -> Result<Option<Timestamp>, HubError> {
        self.read("looking for the next timer", move |database| {
            lists::next_timer(database, after)
        })
        .await
    }

    async fn bind(&self, function: FunctionRecord, module: NewModule) -> Result<Bound, HubError> {
        self.write("binding a function", move |database| {
            functions::bind(database, &function, &module)
        })
        .await
    }

    async fn unbind(&self, name: &FunctionName) -> Result<bool, HubError> {
        let name = name.clone();
        self.write("unbinding a function", move |database| {
            functions::unbind(database, &name)
        })
        .await
    }

    async fn functions(&self) -> Result<Vec<FunctionRecord>, HubError> {
        self.read("listing functions", |database| {
            functions::functions(database)
        })
        .await
    }

    async fn module(&self, digest: ModuleDigest) -> Result<Option<ModuleRecord>, HubError> {
        self.read("looking for a module", move |database| {
            // As of one moment.
            functions::module(&*database.transaction()?, digest)
        })
        .await
    }

    async fn module_bytes(&self, digest: ModuleDigest) -> Result<Option<Arc<[u8]>>, HubError> {
        self.read("reading a module", move |database| {
            functions::module_bytes(database, digest)
        })
        .await
    }

    async fn remove_module(&self, digest: ModuleDigest) -> Result<RemovedModule, HubError> {
        self.write("removing a module", move |database| {
            functions::remove_module(database, digest)
        })
        .await
    }
}
