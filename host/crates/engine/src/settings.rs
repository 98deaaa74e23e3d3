use std::time::Duration;

use crate::InstanceLimits;

/// From this number of events on a history is long: the log warns of it, and the status tells how long it is.
pub const LONG_HISTORY: u64 = 100_000;

/// The engine's bounds.
#[derive(Debug, Clone)]
pub struct EngineSettings {
    /// The most memory that parked guests may hold, in bytes. At 0 every guest is evicted as soon as it parks.
    pub hot_bytes_max: usize,
    /// The most guests that are parked in memory.
    pub hot_guests_max: usize,
    /// The most activities that run at once.
    pub activities_max: usize,
    /// The most activities that wait for their first turn on a thread at once: in a flood of short ones all else then waits for
    /// so many, not for as many as may run.
    pub activities_starting_max: usize,
    /// The most instances that timers and recovery wake at once.
    pub wakes_max: usize,
    /// The most messages that may wait for one instance before callers are turned away.
    pub mailbox_max: usize,
    /// The most modules that wait to be compiled.
    pub compiles_max: usize,
    /// How many instances of a function may be live at once.
    pub limits: InstanceLimits,
    /// How long what has ended is kept before it is purged; for ever if nothing is said.
    pub retention: Option<Duration>,
    /// How long a fact waits for the turn that follows from it, before it is committed alone.
    pub turn_grace: Duration,
    /// The most events of one execution: it fails when it has more, and its code can go on in a fresh history before.
    pub history_events_max: u64,
    /// A guest that sleeps for longer leaves memory at once, unless its history is long: its replay costs less than its memory
    /// does meanwhile.
    pub nap_max: Duration,
    /// How far ahead timers are held in memory.
    pub timer_horizon: Duration,
    /// The most timers that are held in memory.
    pub timers_max: usize,
    /// The first delay before a failed commit is tried again; it doubles up to a hundred times this.
    pub retry_delay: Duration,
}

impl Default for EngineSettings {
    fn default() -> Self {
        Self {
            hot_bytes_max: 512 * 1024 * 1024,
            hot_guests_max: 2_000,
            activities_max: 256,
            activities_starting_max: 32,
            wakes_max: 256,
            mailbox_max: 10_000,
            compiles_max: 16,
            limits: InstanceLimits::new(),
            retention: None,
            turn_grace: Duration::from_millis(1),
            nap_max: Duration::from_secs(10),
            history_events_max: 1_000_000,
            timer_horizon: Duration::from_mins(1),
            timers_max: 100_000,
            retry_delay: Duration::from_millis(20),
        }
    }
}
