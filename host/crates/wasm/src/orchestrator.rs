use std::fmt;
use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, MutexGuard};
use std::task::Poll;

use soloist_core::{Execution, HostError, Position};
use soloist_engine::{Orchestrator, SharedExecution, Turn};
use wasmtime::component::{HasSelf, Linker};
use wasmtime::{Engine, Store, UpdateDeadline};

use crate::bindings::soloist::orchestration::{activity_context, durable, types};
use crate::limits::{Computing, Limits};
use crate::module::{Module, OrchestratorPre};
use crate::room::Place;
use crate::ticker::Ticker;
use crate::trap::{Kind, Shortage, Stop, Stopped};
use crate::wasi::{self, Wasi};
use crate::{WasmSettings, arguments};

/// What a parked guest takes that hardly uses its memory: its stack, its page tables and our bookkeeping. Measured.
const PARKED_BYTES: usize = 48 * 1024;

/// The first step by which most allocators grow memory: little of it is written.
const FIRST_GROWTH_BYTES: usize = 64 * 1024;

/// One in so many bytes of a component is data that the guest changes, roughly: measured 1 in 10 to 1 in 25.
const COMPONENT_BYTES_PER_WRITTEN: usize = 8;

/// An orchestrator in memory. It owns its store; dropping it evicts it.
pub struct WasmOrchestrator {
    /// The guest from its first instruction to its return, parked wherever it waits.
    run: Pin<Box<dyn Future<Output = Turn> + Send>>,
    turn: Arc<TurnState>,
    ticker: Arc<Ticker>,
    component_bytes: usize,
    ended: bool,
    /// Given back after the store is gone.
    _place: Place,
}

/// What an orchestrator's owner and its store share.
#[derive(Debug, Default)]
pub(crate) struct TurnState {
    /// The guest waits for something that has not happened.
    pub(crate) parked: AtomicBool,
    /// A turn has begun and the limit on computing has not been told yet.
    begun: AtomicBool,
    /// Linear memory, in bytes.
    memory: Arc<AtomicUsize>,
    /// How much of it the guest had before its first instruction.
    memory_at_start: AtomicUsize,
}

/// What the store of an orchestrator holds.
pub(crate) struct OrchestratorState {
    execution: SharedExecution,
    pub(crate) turn: Arc<TurnState>,
    limits: Limits,
    computing: Computing,
    /// Where the guest stood when it was last seen computing.
    position: Option<Position>,
    pub(crate) payload_bytes_max: usize,
    pub(crate) memory_bytes_max: usize,
    /// Made when the guest first asks for anything of WASI: many orchestrators import nothing of it.
    wasi: Option<Box<Wasi>>,
}

impl OrchestratorState {
    pub(crate) fn wasi(&mut self) -> &mut Wasi {
        let execution = &self.execution;
        self.wasi
            .get_or_insert_with(|| Box::new(Wasi::new(execution)))
    }

    pub(crate) fn execution(&self) -> MutexGuard<'_, Execution> {
        self.execution
            .lock()
            .expect("an execution is not used again after a panic")
    }

    /// Asked once a tick of computing. A guest that moves forward in its history may go on: a long replay is no overrun.
    fn tick(&mut self) -> Result<UpdateDeadline, Stop> {
        let position = self.execution().position();
        let resumed = self.turn.begun.swap(false, Ordering::Relaxed);
        if resumed || position != self.position {
            self.position = position;
            self.computing.restart();
        }
        if resumed {
            // The epoch moved on while the guest was parked. Nothing has been computed yet.
            return Ok(UpdateDeadline::Continue(1));
        }
        self.computing.tick()
    }
}

/// A linker with all that an orchestrator may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<OrchestratorState>> {
    let mut linker = Linker::new(engine);
    types::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    durable::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    activity_context::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    wasi::add_to_linker(&mut linker)?;
    Ok(linker)
}

impl WasmOrchestrator {
    pub(crate) fn new(
        module: Arc<Module>,
        execution: SharedExecution,
        settings: &WasmSettings,
        ticker: Arc<Ticker>,
        place: Place,
    ) -> Self {
        let component_bytes = module.component_bytes;
        let turn = Arc::new(TurnState::default());
        let state = OrchestratorState {
            execution,
            turn: Arc::clone(&turn),
            limits: Limits::new(settings, Arc::clone(&turn.memory)),
            computing: Computing::new(settings.turn_timeout, ticker.line()),
            position: None,
            payload_bytes_max: settings.payload_bytes_max,
            memory_bytes_max: settings.memory_bytes_max,
            wasi: None,
        };
        Self {
            run: Box::pin(run(module, state)),
            turn,
            ticker,
            component_bytes,
            ended: false,
            _place: place,
        }
    }
}

/// The guest's whole life.
async fn run(module: Arc<Module>, state: OrchestratorState) -> Turn {
    let bytes_max = state.payload_bytes_max;
    let pre = module
        .orchestrator
        .as_ref()
        .expect("only a module that orchestrates is begun as an orchestrator");
    let mut store = Store::new(pre.instance.engine(), state);
    store.limiter(|state| &mut state.limits);
    store.epoch_deadline_callback(|mut context| Ok(context.data_mut().tick()?));
    store.set_epoch_deadline(1);
    let result = call(pre, &mut store).await;
    let wasi = store.data().wasi.as_ref();
    let said = wasi.map(|wasi| wasi.finish()).unwrap_or_default();
    let error = match result {
        Ok(Ok(result)) => return Turn::Returned(arguments::returned(result, bytes_max)),
        Ok(Err(error)) => error,
        Err(Shortage(error)) => {
            // The owner tries once more before it records this.
            let message = format!("the host had no memory for the orchestrator: {error:#}");
            let error = HostError::OutOfMemory;
            let failure = error.failure(message);
            return Turn::Stopped { error, failure };
        }
    };
    let refused = store.data().limits.refused();
    let Stopped { error, failure } = Stopped::of(&error, Kind::Orchestrator, refused, &said);
    Turn::Stopped { error, failure }
}

async fn call(
    pre: &OrchestratorPre,
    store: &mut Store<OrchestratorState>,
) -> Result<wasmtime::Result<Result<String, types::Failure>>, Shortage> {
    let instance = match pre.instance.instantiate_async(&mut *store).await {
        Ok(instance) => instance,
        Err(error) => return Shortage::or_of_guest(error, &store.data().limits).map(Err),
    };
    let guest = match pre.indices.load(&mut *store, &instance) {
        Ok(guest) => guest,
        Err(error) => return Ok(Err(error)),
    };
    let turn = &store.data().turn;
    let memory = turn.memory.load(Ordering::Relaxed);
    turn.memory_at_start.store(memory, Ordering::Relaxed);
    let input = store.data().execution().started().input.clone();
    let input = input.as_str().to_owned();
    Ok(guest.call_run(&mut *store, &input).await)
}

impl Orchestrator for WasmOrchestrator {
    async fn turn(&mut self) -> Turn {
        assert!(!self.ended, "a guest that has ended has no more turns");
        self.turn.begun.store(true, Ordering::Relaxed);
        let turn = poll_fn(|context| {
            self.turn.parked.store(false, Ordering::Relaxed);
            match self.ticker.poll(self.run.as_mut(), context) {
                Poll::Ready(turn) => Poll::Ready(turn),
                Poll::Pending if self.turn.parked.load(Ordering::Relaxed) => {
                    Poll::Ready(Turn::Parked)
                }
                // It computes, and lets others run.
                Poll::Pending => Poll::Pending,
            }
        })
        .await;
        self.ended = !matches!(turn, Turn::Parked);
        turn
    }

    /// Pages that were never written take no memory of their own, and nobody can count them cheaply. What a guest has asked
    /// for while it ran is mostly written; of what it began with, a part that goes with the size of its component.
    fn weight(&self) -> usize {
        let memory = self.turn.memory.load(Ordering::Relaxed);
        let at_start = self.turn.memory_at_start.load(Ordering::Relaxed);
        let grown = memory.saturating_sub(at_start.saturating_add(FIRST_GROWTH_BYTES));
        let written = self.component_bytes / COMPONENT_BYTES_PER_WRITTEN;
        PARKED_BYTES + grown + at_start.min(written)
    }
}

impl fmt::Debug for WasmOrchestrator {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("WasmOrchestrator")
            .field("turn", &self.turn)
            .field("ended", &self.ended)
            .finish_non_exhaustive()
    }
}
