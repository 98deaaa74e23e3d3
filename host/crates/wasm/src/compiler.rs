use std::panic::{AssertUnwindSafe, catch_unwind};
use std::sync::Arc;

use rayon::{ThreadPool, ThreadPoolBuilder};
use soloist_core::ModuleDigest;
use soloist_engine::ModuleError;
use tokio::sync::{mpsc, oneshot};

use crate::module::Module;
use crate::{WasmError, heap};

/// How many components may wait to be compiled; callers beyond wait themselves.
const QUEUE_MAX: usize = 16;

/// The nicest that a thread can be: it runs where nothing else wants to.
const LOWEST_PRIORITY: i32 = 19;

/// Compiles components one after the other, each on all processors, at the lowest priority.
#[derive(Debug)]
pub(crate) struct Compiler {
    jobs: mpsc::Sender<Job>,
}

/// What `compile` of [`Compiler::start`] returns.
pub(crate) type Compiled = Result<Arc<Module>, ModuleError>;

struct Job {
    digest: ModuleDigest,
    bytes: Arc<[u8]>,
    done: oneshot::Sender<Compiled>,
}

impl Compiler {
    /// `compile` runs on threads of low priority.
    pub(crate) fn start(
        compile: impl Fn(ModuleDigest, &[u8]) -> Compiled + Send + Sync + 'static,
    ) -> Result<Self, WasmError> {
        let (jobs, mut queue) = mpsc::channel::<Job>(QUEUE_MAX);
        std::thread::Builder::new()
            .name("soloist-compiler".to_owned())
            .spawn(move || {
                be_nice();
                let mut threads = None;
                while let Some(job) = queue.blocking_recv() {
                    if !job.done.is_closed() {
                        let threads = threads.get_or_insert_with(threads_for_compiling);
                        let compiled = run(threads.as_ref(), || compile(job.digest, &job.bytes));
                        // Whoever asked may have given up; the result is kept all the same.
                        drop(job.done.send(compiled));
                    }
                    if queue.is_empty() {
                        threads = None;
                        // It leaves hundreds of megabytes with the allocator, which would keep them.
                        heap::give_back();
                    }
                }
            })
            .map_err(|cause| WasmError::Thread {
                what: "compiling",
                cause,
            })?;
        Ok(Self { jobs })
    }

    /// Waits until `bytes` are compiled.
    pub(crate) async fn compile(&self, digest: ModuleDigest, bytes: Arc<[u8]>) -> Compiled {
        let (done, compiled) = oneshot::channel();
        let job = Job {
            digest,
            bytes,
            done,
        };
        if self.jobs.send(job).await.is_ok()
            && let Ok(compiled) = compiled.await
        {
            return compiled;
        }
        Err(ModuleError(
            "the host's compiler is gone: restart the host".to_owned(),
        ))
    }
}

fn run(threads: Option<&ThreadPool>, compile: impl Fn() -> Compiled + Send + Sync) -> Compiled {
    let compiled = catch_unwind(AssertUnwindSafe(|| match threads {
        Some(threads) => threads.install(&compile),
        None => compile(),
    }));
    compiled.unwrap_or_else(|_| {
        Err(ModuleError(
            "the compiler of this host failed on this component: see the host's log".to_owned(),
        ))
    })
}

/// Threads are there only while something compiles: an idle host has none.
fn threads_for_compiling() -> Option<ThreadPool> {
    ThreadPoolBuilder::new()
        .thread_name(|index| format!("soloist-compiler-{index}"))
        .start_handler(|_| be_nice())
        .build()
        .inspect_err(|error| tracing::warn!(%error, "compiling on one thread"))
        .ok()
}

/// Lowers the priority of this thread, where the system does that by the thread.
fn be_nice() {
    #[cfg(target_os = "linux")]
    if let Err(error) = rustix::process::setpriority_process(None, LOWEST_PRIORITY) {
        tracing::debug!(%error, "compiling at normal priority");
    }
}
