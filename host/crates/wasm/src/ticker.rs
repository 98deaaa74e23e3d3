use std::cell::Cell;
use std::future::Future;
use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, AtomicUsize, Ordering};
use std::task::{Context, Poll};
use std::thread::JoinHandle;
use std::time::Duration;

use wasmtime::Engine;

use crate::WasmError;
use crate::heap::Heap;
use crate::line::Line;

/// The length of one tick of the engine's epoch: the longest that a guest computes before it lets others run.
pub(crate) const TICK: Duration = Duration::from_millis(1);

/// After so many ticks in which no guest ran, the ticker stops, so that an idle host has no wake-ups.
const IDLE_TICKS: u32 = 100;

/// How long the ticker rests, once no guest runs, before it sees to the heap: what guests asked for may still be on its way
/// to the disk. Then it stops.
const RESTS: [Duration; 4] = [
    Duration::from_secs(1),
    Duration::from_secs(2),
    Duration::from_secs(4),
    Duration::from_secs(8),
];

/// Moves the engine's epoch on while guests run.
#[derive(Debug)]
pub(crate) struct Ticker {
    shared: Arc<Shared>,
    thread: Option<JoinHandle<()>>,
    line: Line,
}

thread_local! {
    /// The tick at which this thread began to poll a guest.
    static BEGAN: Cell<u64> = const { Cell::new(0) };
}

/// Counts ticks.
#[derive(Debug, Clone, Default)]
pub(crate) struct Ticks(Arc<AtomicU64>);

impl Ticks {
    /// How long the guest that this thread runs has been running, in ticks: also while the host worked for it.
    pub(crate) fn of_this_guest(&self) -> u32 {
        let now = self.0.load(Ordering::Relaxed);
        let ticks = now.saturating_sub(BEGAN.get());
        u32::try_from(ticks).unwrap_or(u32::MAX)
    }
}

#[derive(Debug, Default)]
struct Shared {
    ticks: Ticks,
    /// How many guests run at this moment.
    running: AtomicUsize,
    /// Some guest ran since the last tick.
    busy: AtomicBool,
    /// The thread sleeps until it is told to go on.
    parked: AtomicBool,
    stop: AtomicBool,
}

impl Ticker {
    pub(crate) fn start(engine: Engine) -> Result<Self, WasmError> {
        let shared = Arc::new(Shared::default());
        let line = Line::new(shared.ticks.clone());
        let thread = std::thread::Builder::new()
            .name("soloist-ticker".to_owned())
            .spawn({
                let shared = Arc::clone(&shared);
                move || shared.tick(&engine)
            })
            .map_err(|cause| WasmError::Thread {
                what: "the limit on computing",
                cause,
            })?;
        Ok(Self {
            shared,
            thread: Some(thread),
            line,
        })
    }

    /// Where guests wait that have computed for a tick.
    pub(crate) fn line(&self) -> Line {
        self.line.clone()
    }

    /// Polls what runs a guest; the ticker ticks meanwhile.
    pub(crate) fn poll<F: Future + ?Sized>(
        &self,
        future: Pin<&mut F>,
        context: &mut Context<'_>,
    ) -> Poll<F::Output> {
        let _running = self.enter();
        BEGAN.set(self.shared.ticks.0.load(Ordering::Relaxed));
        future.poll(context)
    }

    fn enter(&self) -> Running<'_> {
        let shared = &*self.shared;
        shared.running.fetch_add(1, Ordering::SeqCst);
        if !shared.busy.load(Ordering::Relaxed) {
            shared.busy.store(true, Ordering::Relaxed);
        }
        // Either this sees that the thread parks, or the thread sees that a guest runs.
        if shared.parked.load(Ordering::SeqCst) {
            self.unpark();
        }
        Running(shared)
    }

    fn unpark(&self) {
        if let Some(thread) = &self.thread {
            thread.thread().unpark();
        }
    }
}

struct Running<'t>(&'t Shared);

impl Drop for Running<'_> {
    fn drop(&mut self) {
        self.0.running.fetch_sub(1, Ordering::SeqCst);
    }
}

impl Shared {
    /// No guest runs, or has run since the last tick.
    fn is_idle(&self) -> bool {
        self.running.load(Ordering::SeqCst) == 0
            && !self.busy.load(Ordering::Relaxed)
            && !self.stop.load(Ordering::SeqCst)
    }

    fn tick(&self, engine: &Engine) {
        let mut idle = 0;
        let mut heap = Heap::default();
        while !self.stop.load(Ordering::SeqCst) {
            if idle >= IDLE_TICKS {
                self.parked.store(true, Ordering::SeqCst);
                for rest in RESTS {
                    if self.is_idle() {
                        std::thread::park_timeout(rest);
                    }
                    if self.is_idle() {
                        heap.tidy();
                    }
                }
                if self.is_idle() {
                    heap.settle();
                    std::thread::park();
                }
                self.parked.store(false, Ordering::SeqCst);
                idle = 0;
                continue;
            }
            std::thread::sleep(TICK);
            self.ticks.0.fetch_add(1, Ordering::Relaxed);
            engine.increment_epoch();
            let was_busy = self.busy.swap(false, Ordering::Relaxed);
            let is_busy = was_busy || self.running.load(Ordering::SeqCst) > 0;
            idle = if is_busy { 0 } else { idle + 1 };
        }
    }
}

impl Drop for Ticker {
    fn drop(&mut self) {
        self.shared.stop.store(true, Ordering::SeqCst);
        self.unpark();
        if let Some(thread) = self.thread.take() {
            // A panic of the ticker has been reported by its thread.
            drop(thread.join());
        }
    }
}

#[cfg(test)]
mod tests {
    use std::future::{pending, poll_fn, ready};
    use std::pin::pin;
    use std::task::Waker;

    use super::*;

    fn wait_until(condition: impl Fn() -> bool) {
        while !condition() {
            std::thread::yield_now();
        }
    }

    #[test]
    fn the_ticker_sleeps_while_no_guest_runs_and_wakes_for_the_next() {
        let ticker = Ticker::start(Engine::default()).expect("there is a thread");
        let parked = || ticker.shared.parked.load(Ordering::SeqCst);
        wait_until(parked);

        let mut context = Context::from_waker(Waker::noop());
        let running = poll_fn(|_| {
            wait_until(|| !parked());
            Poll::Ready(())
        });
        assert!(ticker.poll(pin!(running), &mut context).is_ready());
        wait_until(parked);

        // A guest that is parked itself does not keep it awake.
        assert!(
            ticker
                .poll(pin!(pending::<()>()), &mut context)
                .is_pending()
        );
        assert!(ticker.poll(pin!(ready(())), &mut context).is_ready());
        wait_until(parked);
    }
}
