use std::hash::{Hash, Hasher};
use std::time::Duration;

use camino::Utf8PathBuf;
use sha2::{Digest, Sha256};
use soloist_engine::BoxError;
use wasmtime::{
    Config, Enabled, Engine, InstanceAllocationStrategy, ModuleVersionStrategy,
    PoolingAllocationConfig, WasmBacktraceDetails,
};

use crate::{Grants, HttpSettings};

/// What guests may use, and how much of the machine the host spends on them.
#[derive(Debug, Clone)]
pub struct WasmSettings {
    /// Where compiled components are kept. Whoever can write there can run code in this process.
    pub cache_dir: Utf8PathBuf,
    /// The most modules that are held ready in memory; others are loaded again from `cache_dir`.
    pub modules_max: u64,
    /// The most orchestrators that are in memory at once, parked or running.
    pub hot_guests_max: u32,
    /// The most activities that run at once.
    pub activities_max: u32,
    /// The most linear memory of one guest, in bytes.
    pub memory_bytes_max: usize,
    /// The most elements of one table of a guest.
    pub table_elements_max: usize,
    /// The most stack of one guest, in bytes.
    pub stack_bytes_max: usize,
    /// The largest JSON document that a guest may pass to the host, in bytes.
    pub payload_bytes_max: usize,
    /// How long an orchestrator may compute without consuming an answer.
    pub turn_timeout: Duration,
    /// How long one call of an activity may take.
    pub activity_timeout: Duration,
    /// How long one call of an activity may compute.
    pub activity_computing_max: Duration,
    /// How many slots of guests that are gone are kept for their module, which is then faster to begin again, before one is
    /// taken for another module. A slot that was ever used keeps up to 336 KiB of memory; of a small guest, about 50 KiB.
    pub warm_slots_max: u32,
    /// How long one HTTP call of an orchestration may take, from its first byte to the last of the answer.
    pub http_timeout: Duration,
    /// How guests may use HTTP.
    pub http: HttpSettings,
    /// What guests may do, by function.
    pub grants: Grants,
}

impl WasmSettings {
    /// The defaults, with compiled components kept in `cache_dir`.
    pub fn new(cache_dir: impl Into<Utf8PathBuf>) -> Self {
        Self {
            cache_dir: cache_dir.into(),
            modules_max: 256,
            hot_guests_max: 4_096,
            activities_max: 512,
            memory_bytes_max: 64 << 20,
            table_elements_max: 100_000,
            stack_bytes_max: 512 << 10,
            payload_bytes_max: 16 << 20,
            turn_timeout: Duration::from_secs(5),
            activity_timeout: Duration::from_mins(5),
            activity_computing_max: Duration::from_mins(1),
            warm_slots_max: 64,
            http_timeout: Duration::from_secs(100),
            http: HttpSettings::default(),
            grants: Grants::default(),
        }
    }
}

/// Why no guests can run in this process.
#[derive(Debug, thiserror::Error)]
pub enum WasmError {
    /// The engine refused its settings.
    #[error("cannot set up the WebAssembly engine")]
    Engine(#[source] BoxError),
    /// The cache is not usable.
    #[error("cannot use the directory {dir} for compiled modules")]
    Cache {
        /// The directory.
        dir: Utf8PathBuf,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
    /// A thread could not be started.
    #[error("cannot start a thread for {what}")]
    Thread {
        /// What it was for.
        what: &'static str,
        /// What the system said.
        #[source]
        cause: std::io::Error,
    },
}

/// An engine, and the name of its compiled form: modules compiled under another name do not fit.
pub(crate) struct Runtime {
    pub(crate) engine: Engine,
    pub(crate) fingerprint: String,
}

/// Memories that the pool has for each guest: one of its own and one for a garbage-collected heap.
const MEMORIES_PER_GUEST: u32 = 2;
const TABLES_PER_GUEST: u32 = 4;
/// So that a few large components fit even where few guests are allowed.
const TABLES_EXTRA: u32 = 64;

/// What a number of guests may use together.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Totals {
    pub(crate) guests: u32,
    pub(crate) memories: u32,
    pub(crate) tables: u32,
}

impl Totals {
    pub(crate) fn of(guests: u32) -> Self {
        Self {
            guests,
            memories: guests.saturating_mul(MEMORIES_PER_GUEST),
            tables: guests
                .saturating_mul(TABLES_PER_GUEST)
                .saturating_add(TABLES_EXTRA),
        }
    }
}

/// Mappings of memory that one guest takes, at most: measured with and without a pool.
const MAPPINGS_PER_GUEST: u32 = 7;

impl WasmSettings {
    /// These settings, with no more guests than the system has mappings of memory for: past that it is out of memory in the
    /// middle of a turn.
    pub(crate) fn fitted(mut self, mappings_max: Option<u32>) -> Self {
        let Some(mappings_max) = mappings_max else {
            return self;
        };
        // A tenth is left to the rest of the host.
        let fits = mappings_max / 10 * 9 / MAPPINGS_PER_GUEST;
        let wanted = self.hot_guests_max.saturating_add(self.activities_max);
        if wanted > fits {
            let share = |count: u32| {
                let share = u64::from(count) * u64::from(fits) / u64::from(wanted);
                u32::try_from(share).unwrap_or(fits).max(1)
            };
            self.hot_guests_max = share(self.hot_guests_max);
            self.activities_max = share(self.activities_max);
            tracing::warn!(
                mappings_max,
                orchestrators = self.hot_guests_max,
                activities = self.activities_max,
                "fewer guests fit into memory than the settings allow: raise vm.max_map_count to have more"
            );
        }
        self
    }
}

/// How many mappings of memory a process may have, where that is known.
pub(crate) fn mappings_max() -> Option<u32> {
    let text = std::fs::read_to_string("/proc/sys/vm/max_map_count").ok()?;
    text.trim().parse().ok()
}

/// The process's engine: with a pool of slots where the address space allows it, else without.
pub(crate) fn runtime(settings: &WasmSettings) -> Result<Runtime, WasmError> {
    let mut config = shared_config(settings);
    config.allocation_strategy(InstanceAllocationStrategy::Pooling(pool(settings)));
    match build(config, settings) {
        Ok(runtime) => Ok(runtime),
        Err(error) => {
            tracing::warn!(
                error = &*BoxError::from(error),
                "no address space for a pool of guests; each guest gets memory of its own, which is slower"
            );
            let mut config = shared_config(settings);
            config.allocation_strategy(InstanceAllocationStrategy::OnDemand);
            // The usual reservation of 4 GiB a guest would not fit either.
            config.memory_reservation(settings.memory_bytes_max as u64);
            config.memory_guard_size(64 << 10);
            config.memory_reservation_for_growth(0);
            build(config, settings).map_err(|error| WasmError::Engine(error.into()))
        }
    }
}

fn build(mut config: Config, settings: &WasmSettings) -> wasmtime::Result<Runtime> {
    // wasmtime checks the major version alone. Its own hash covers the full version and all that shapes the code.
    let mut hasher = Fingerprint(Sha256::new());
    let mut probe = config.clone();
    probe.allocation_strategy(InstanceAllocationStrategy::OnDemand);
    Engine::new(&probe)?
        .precompile_compatibility_hash()
        .hash(&mut hasher);
    settings.memory_bytes_max.hash(&mut hasher);
    let sum: [u8; 32] = hasher.0.finalize().into();
    let fingerprint = format!(
        "{:032x}",
        u128::from_be_bytes(*sum.first_chunk().expect("16 are fewer than 32"))
    );
    config.module_version(ModuleVersionStrategy::Custom(format!(
        "soloist-{fingerprint}"
    )))?;
    Ok(Runtime {
        engine: Engine::new(&config)?,
        fingerprint,
    })
}

/// What holds for every guest, however its memory is found.
fn shared_config(settings: &WasmSettings) -> Config {
    let mut config = Config::new();
    config.concurrency_support(false);
    // Orchestrators must replay bit for bit, and a component is compiled once for both kinds.
    config.cranelift_nan_canonicalization(true);
    config.wasm_relaxed_simd(false);
    config.wasm_threads(false);
    config.epoch_interruption(true);
    config.max_wasm_stack(settings.stack_bytes_max);
    config.async_stack_size(settings.stack_bytes_max.saturating_mul(4));
    // Without this, stacks that are kept resident would not be.
    config.async_stack_zeroing(true);
    config.memory_init_cow(true);
    // Debug information would be read whenever a guest is evicted, too.
    config.wasm_backtrace_details(WasmBacktraceDetails::Disable);
    config
}

fn pool(settings: &WasmSettings) -> PoolingAllocationConfig {
    let hot = Totals::of(settings.hot_guests_max);
    let activities = Totals::of(settings.activities_max);
    let mut pool = PoolingAllocationConfig::new();
    pool.total_stacks(hot.guests.saturating_add(activities.guests))
        .total_memories(hot.memories.saturating_add(activities.memories))
        .total_gc_heaps(hot.guests.saturating_add(activities.guests))
        .total_tables(hot.tables.saturating_add(activities.tables))
        // Of these the pool only keeps count; memories, tables and stacks bound them.
        .total_component_instances(u32::MAX)
        .total_core_instances(u32::MAX)
        .max_memory_size(settings.memory_bytes_max)
        .table_elements(settings.table_elements_max)
        .max_memories_per_module(MEMORIES_PER_GUEST)
        .max_tables_per_module(TABLES_PER_GUEST * 2)
        .max_core_instance_size(4 << 20)
        .max_component_instance_size(4 << 20)
        // Resetting a slot by system calls costs as much as a whole turn; a stack is rarely used deeper than this.
        .linear_memory_keep_resident(256 << 10)
        .table_keep_resident(64 << 10)
        .async_stack_keep_resident(16 << 10)
        // In larger batches, the last guests that were large would keep their memory until others come.
        .decommit_batch_size(1)
        .max_unused_warm_slots(settings.warm_slots_max)
        .pagemap_scan(Enabled::Auto);
    pool
}

/// A hash that stays the same from one process and one Rust release to the next.
struct Fingerprint(Sha256);

impl Hasher for Fingerprint {
    fn write(&mut self, bytes: &[u8]) {
        self.0.update(bytes);
    }

    fn finish(&self) -> u64 {
        unreachable!("the digest is taken as a whole")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_guests_are_allowed_than_fit() {
        let mut settings = WasmSettings::new("unused");
        settings.hot_guests_max = 9_000;
        settings.activities_max = 1_000;
        let fitted = settings.clone().fitted(Some(7_000));
        assert_eq!(fitted.hot_guests_max, 810);
        assert_eq!(fitted.activities_max, 90);
        let fitted = settings.fitted(Some(1_000_000));
        assert_eq!(fitted.hot_guests_max, 9_000);
    }
}
