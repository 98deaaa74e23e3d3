use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use tokio::task::yield_now;
use wasmtime::{ResourceLimiter, UpdateDeadline};

use crate::WasmSettings;
use crate::line::Line;
use crate::ticker::TICK;
use crate::trap::Stop;

/// Bounds the memory and the tables of one guest.
#[derive(Debug)]
pub(crate) struct Limits {
    memory_bytes_max: usize,
    table_elements_max: usize,
    /// All linear memories of the guest together, in bytes.
    memory: Arc<AtomicUsize>,
    refused: bool,
}

impl Limits {
    pub(crate) fn new(settings: &WasmSettings, memory: Arc<AtomicUsize>) -> Self {
        Self {
            memory_bytes_max: settings.memory_bytes_max,
            table_elements_max: settings.table_elements_max,
            memory,
            refused: false,
        }
    }

    /// The limit, if the guest was refused memory or table space: if it trapped, that is likely why.
    pub(crate) fn refused(&self) -> Option<usize> {
        self.refused.then_some(self.memory_bytes_max)
    }
}

impl ResourceLimiter for Limits {
    fn memory_growing(
        &mut self,
        current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        let held = self.memory.load(Ordering::Relaxed);
        let wanted = held.saturating_add(desired.saturating_sub(current));
        if wanted > self.memory_bytes_max {
            self.refused = true;
            return Ok(false);
        }
        if maximum.is_some_and(|maximum| desired > maximum) {
            return Ok(false);
        }
        self.memory.store(wanted, Ordering::Relaxed);
        Ok(true)
    }

    fn memory_grow_failed(&mut self, error: wasmtime::Error) -> wasmtime::Result<()> {
        tracing::debug!(%error, "a guest's memory could not grow");
        self.refused = true;
        Ok(())
    }

    fn table_growing(
        &mut self,
        _current: usize,
        desired: usize,
        maximum: Option<usize>,
    ) -> wasmtime::Result<bool> {
        if desired > self.table_elements_max {
            self.refused = true;
            return Ok(false);
        }
        Ok(maximum.is_none_or(|maximum| desired <= maximum))
    }
}

/// Bounds how long a guest computes. It is asked once a tick, while the guest itself runs: waiting for other guests, for
/// the disk or for the world does not count.
#[derive(Debug)]
pub(crate) struct Computing {
    limit: Duration,
    ticks: u32,
    line: Line,
}

impl Computing {
    pub(crate) fn new(limit: Duration, line: Line) -> Self {
        Self {
            limit,
            ticks: 0,
            line,
        }
    }

    /// Begins to count anew.
    pub(crate) fn restart(&mut self) {
        self.ticks = 0;
    }

    /// One more tick: lets others run, or stops the guest.
    pub(crate) fn tick(&mut self) -> Result<UpdateDeadline, Stop> {
        let is_first = self.ticks == 0;
        // More than one has passed if the host worked long for the guest.
        let passed = self.line.ticks.of_this_guest().max(1);
        self.ticks = self.ticks.saturating_add(passed);
        if TICK.saturating_mul(self.ticks) > self.limit {
            return Err(Stop::Overrun(self.limit));
        }
        // The first tick may come just after the guest began: it has not computed for long.
        Ok(if is_first {
            UpdateDeadline::YieldCustom(1, Box::pin(yield_now()))
        } else {
            UpdateDeadline::YieldCustom(1, Box::pin(self.line.clone().wait()))
        })
    }
}
