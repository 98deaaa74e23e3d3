use std::sync::Arc;
use std::thread::JoinHandle;

use rusqlite::Connection;
use tokio::sync::{Semaphore, oneshot};

use crate::open::{Database, OpenError};
use crate::queue::{Queue, Taker};

type Read = Box<dyn FnOnce(&mut Connection) + Send>;

/// The threads that read, each with a connection that cannot write.
pub(crate) struct Readers {
    queue: Arc<Queue<Read>>,
    places: Arc<Semaphore>,
    threads: Vec<JoinHandle<()>>,
}

/// The hub closes.
pub(crate) struct Closed;

impl Readers {
    pub(crate) fn start(database: &Database) -> Result<Self, OpenError> {
        let settings = database.settings();
        let mut readers = Self {
            queue: Arc::new(Queue::new()),
            places: Arc::new(Semaphore::new(settings.pending_reads_max.get())),
            threads: Vec::new(),
        };
        for _ in 0..settings.readers.get() {
            let queue = Taker(Arc::clone(&readers.queue));
            let mut connection = database.reader()?;
            let thread = std::thread::Builder::new()
                .name("hub-reader".to_owned())
                .spawn(move || {
                    while let Some(read) = queue.take() {
                        read(&mut connection);
                    }
                })
                .map_err(|cause| database.thread_refused(cause))?;
            readers.threads.push(thread);
        }
        Ok(readers)
    }

    /// Reads. What was committed before the call is seen.
    pub(crate) async fn read<T, F>(&self, read: F) -> Result<T, Closed>
    where
        F: FnOnce(&mut Connection) -> T + Send + 'static,
        T: Send + 'static,
    {
        let places = Arc::clone(&self.places);
        let place = places.acquire_owned().await.map_err(|_| Closed)?;
        let (reply, answer) = oneshot::channel();
        let job: Read = Box::new(move |connection| {
            if !reply.is_closed() {
                // Whoever asked may have gone.
                drop(reply.send(read(connection)));
            }
            drop(place);
        });
        self.queue.push(job).map_err(|_| Closed)?;
        answer.await.map_err(|_| Closed)
    }
}

impl Drop for Readers {
    fn drop(&mut self) {
        self.queue.close();
        for thread in self.threads.drain(..) {
            if thread.join().is_err() {
                tracing::error!("a reader of the task hub panicked");
            }
        }
    }
}
