//! What a guest polls is a timer, or ready: its streams never make it wait.

use soloist_core::TaskId;
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::{DynPollable, Pollable, subscribe};
use wasmtime_wasi_io::bindings::wasi::io::poll::{Host, HostPollable};

use crate::orchestrator::OrchestratorState;
use crate::trap::Stop;

/// What stands in the table behind a pollable of a clock.
struct Clock;

#[wasmtime_wasi::async_trait]
impl Pollable for Clock {
    // Nobody waits here: the execution says when a timer has fired.
    async fn ready(&mut self) {}
}

impl OrchestratorState {
    /// A pollable that is ready once `timer` has fired for the guest, or at once.
    pub(super) fn pollable(&mut self, timer: Option<TaskId>) -> Result<Resource<DynPollable>> {
        let wasi = self.wasi();
        let clock = wasi.table.push(Clock)?;
        let pollable = subscribe(&mut wasi.table, clock)?;
        if let Some(timer) = timer {
            wasi.sleeps.insert(pollable.rep(), timer);
        }
        Ok(pollable)
    }

    fn sleep(&mut self, pollable: &Resource<DynPollable>) -> Option<TaskId> {
        self.wasi().sleeps.get(&pollable.rep()).copied()
    }

    /// Whether each is ready, as far as the guest has seen.
    fn ready(&mut self, sleeps: &[Option<TaskId>]) -> Result<Vec<u32>> {
        let mut ready = Vec::new();
        for (index, sleep) in (0..).zip(sleeps) {
            if match sleep {
                Some(timer) => self.ask(|execution| execution.is_done(*timer))?,
                None => true,
            } {
                ready.push(index);
            }
        }
        Ok(ready)
    }
}

impl Host for OrchestratorState {
    async fn poll(&mut self, pollables: Vec<Resource<DynPollable>>) -> Result<Vec<u32>> {
        if pollables.is_empty() {
            return Err(Stop::EmptyPoll.into());
        }
        let sleeps: Vec<_> = pollables
            .iter()
            .map(|pollable| self.sleep(pollable))
            .collect();
        let ready = self.ready(&sleeps)?;
        if !ready.is_empty() {
            return Ok(ready);
        }
        // None is ready, so each is a timer.
        let timers: Vec<TaskId> = sleeps.iter().copied().flatten().collect();
        self.wait(|execution| execution.await_any(&timers)).await?;
        self.ready(&sleeps)
    }
}

impl HostPollable for OrchestratorState {
    async fn ready(&mut self, pollable: Resource<DynPollable>) -> Result<bool> {
        match self.sleep(&pollable) {
            Some(timer) => self.ask(|execution| execution.is_done(timer)),
            None => Ok(true),
        }
    }

    async fn block(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        if let Some(timer) = self.sleep(&pollable) {
            self.wait(|execution| execution.await_any(&[timer])).await?;
        }
        Ok(())
    }

    /// A timer that nobody can wait for any more is given up.
    fn drop(&mut self, pollable: Resource<DynPollable>) -> Result<()> {
        if let Some(timer) = self.wasi().sleeps.remove(&pollable.rep()) {
            self.ask(|execution| execution.cancel(timer))?;
        }
        HostPollable::drop(&mut self.wasi().table, pollable)
    }
}
