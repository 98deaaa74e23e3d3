//! Both clocks read orchestration time, which stands still while the guest computes and never goes back.

use soloist_core::{Action, Timestamp};
use wasmtime::Result;
use wasmtime::component::Resource;
use wasmtime_wasi::p2::DynPollable;
use wasmtime_wasi::p2::bindings::clocks::monotonic_clock::{self, Duration, Instant};
use wasmtime_wasi::p2::bindings::clocks::wall_clock::{self, Datetime};

use crate::orchestrator::OrchestratorState;

const NANOS_PER_MILLI: u64 = 1_000_000;

impl OrchestratorState {
    fn millis(&self) -> u64 {
        // A clock of before 1970 is none.
        u64::try_from(self.execution().current_time().as_millis()).unwrap_or(0)
    }
}

impl wall_clock::Host for OrchestratorState {
    fn now(&mut self) -> Result<Datetime> {
        Ok(datetime(self.millis()))
    }

    fn resolution(&mut self) -> Result<Datetime> {
        Ok(datetime(1))
    }
}

fn datetime(millis: u64) -> Datetime {
    let nanoseconds = u32::try_from(millis % 1_000 * NANOS_PER_MILLI)
        .expect("less than a second in nanoseconds fits");
    Datetime {
        seconds: millis / 1_000,
        nanoseconds,
    }
}

impl monotonic_clock::Host for OrchestratorState {
    /// Counted from 1970, so that instants of different turns compare.
    fn now(&mut self) -> Result<Instant> {
        Ok(self.millis().saturating_mul(NANOS_PER_MILLI))
    }

    fn resolution(&mut self) -> Result<Duration> {
        Ok(NANOS_PER_MILLI)
    }

    /// A durable timer, unless the time has come.
    fn subscribe_instant(&mut self, when: Instant) -> Result<Resource<DynPollable>> {
        let fire_at = when.div_ceil(NANOS_PER_MILLI);
        if fire_at <= self.millis() {
            return self.pollable(None);
        }
        let fire_at = Timestamp::from_millis(i64::try_from(fire_at).unwrap_or(i64::MAX));
        let timer = self.ask(|execution| execution.perform(Action::CreateTimer { fire_at }))?;
        self.pollable(Some(timer))
    }

    fn subscribe_duration(&mut self, length: Duration) -> Result<Resource<DynPollable>> {
        let now = self.millis().saturating_mul(NANOS_PER_MILLI);
        self.subscribe_instant(now.saturating_add(length))
    }
}
