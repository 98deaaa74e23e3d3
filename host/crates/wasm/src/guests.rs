use std::sync::Arc;

use moka::sync::Cache as ModuleCache;
use sha2::{Digest, Sha256};
use soloist_core::{ModuleDigest, TaskResult};
use soloist_engine::{
    ActivityCall, BoxError, Exports, GuestError, Guests, HttpAnswer, HttpCall, ModuleError,
    SharedExecution,
};
use wasmtime::Engine;
use wasmtime::component::Component;

use crate::cache::{Cache, Cached};
use crate::compiler::Compiler;
use crate::module::{Linkers, Module};
use crate::outgoing::Client;
use crate::room::Room;
use crate::settings::{Runtime, Totals, mappings_max, runtime};
use crate::ticker::Ticker;
use crate::{WasmError, WasmOrchestrator, WasmSettings, activity, check, heap, http_call};

/// Runs guests with wasmtime. One of these per process: it reserves the address space for all guests.
#[derive(Debug)]
pub struct WasmGuests {
    modules: Arc<Modules>,
    compiler: Compiler,
    ticker: Arc<Ticker>,
    client: Client,
    settings: WasmSettings,
    orchestrators: Room,
    activities: Room,
}

/// Compiled modules: those in use in memory, all on disk.
struct Modules {
    engine: Engine,
    linkers: Linkers,
    cache: Cache,
    ready: ModuleCache<ModuleDigest, Arc<Module>>,
}

/// A module does not have the export that it was to be begun by.
#[derive(Debug, thiserror::Error)]
#[error("it cannot be begun as an {0}")]
struct NotExported(&'static str);

impl WasmGuests {
    /// Sets up the engine, its slots for guests and the cache of compiled modules.
    pub fn new(settings: WasmSettings) -> Result<Self, WasmError> {
        heap::set_up();
        let mut settings = settings.fitted(mappings_max());
        let Runtime {
            engine,
            fingerprint,
        } = runtime(&settings)?;
        let modules = Arc::new(Modules {
            linkers: Linkers::new(&engine)?,
            cache: Cache::open(&settings.cache_dir, &fingerprint)?,
            ready: ModuleCache::new(settings.modules_max),
            engine: engine.clone(),
        });
        let compiler = Compiler::start({
            let modules = Arc::clone(&modules);
            move |digest, bytes| modules.compile(digest, bytes)
        })?;
        Ok(Self {
            modules,
            compiler,
            ticker: Arc::new(Ticker::start(engine)?),
            orchestrators: Room::new(Totals::of(settings.hot_guests_max)),
            activities: Room::new(Totals::of(settings.activities_max)),
            // Trusted certificates are large, and no other has a use for them.
            client: Client::new(std::mem::take(&mut settings.http)),
            settings,
        })
    }

    async fn module(&self, digest: ModuleDigest) -> Result<Arc<Module>, GuestError> {
        self.modules
            .find(digest)
            .await
            .ok_or(GuestError::NotPrepared(digest))
    }
}

impl Modules {
    /// The module, if it is in memory or on disk.
    async fn find(self: &Arc<Self>, digest: ModuleDigest) -> Option<Arc<Module>> {
        if let Some(module) = self.ready.get(&digest) {
            return Some(module);
        }
        let modules = Arc::clone(self);
        let load = move || {
            modules
                .ready
                .optionally_get_with(digest, || modules.load(digest))
        };
        // It reads a file of up to a hundred megabytes.
        tokio::task::spawn_blocking(load).await.ok().flatten()
    }

    fn load(&self, digest: ModuleDigest) -> Option<Arc<Module>> {
        let Cached {
            component,
            component_bytes,
        } = self.cache.load(&self.engine, digest)?;
        match self.linkers.link(&component, component_bytes) {
            Ok(module) => Some(Arc::new(module)),
            Err(error) => {
                // It was linked before it was kept.
                tracing::warn!(module = %digest, %error, "a compiled module can no longer be linked");
                None
            }
        }
    }

    fn compile(&self, digest: ModuleDigest, bytes: &[u8]) -> Result<Arc<Module>, ModuleError> {
        // Two callers may have asked for the same.
        if let Some(module) = self.ready.get(&digest) {
            return Ok(module);
        }
        let component =
            Component::from_binary(&self.engine, bytes).map_err(|error| check::unusable(&error))?;
        let module = Arc::new(self.linkers.link(&component, bytes.len())?);
        match self.cache.store(digest, &component, bytes.len()) {
            // Code that is mapped from a file costs the machine less than code on the heap.
            Ok(()) => {
                let module = self.load(digest).unwrap_or(module);
                self.ready.insert(digest, Arc::clone(&module));
                Ok(module)
            }
            Err(error) => {
                tracing::warn!(
                    module = %digest,
                    error = format!("{error:#}"),
                    "a compiled module could not be kept; it will be compiled again when it is next needed"
                );
                self.ready.insert(digest, Arc::clone(&module));
                Ok(module)
            }
        }
    }
}

impl std::fmt::Debug for Modules {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Modules")
            .field("cache", &self.cache)
            .field("ready", &self.ready.entry_count())
            .finish_non_exhaustive()
    }
}

impl Guests for WasmGuests {
    type Orchestrator = WasmOrchestrator;

    async fn prepare(
        &self,
        digest: ModuleDigest,
        bytes: Arc<[u8]>,
    ) -> Result<Exports, ModuleError> {
        if let Some(module) = self.modules.find(digest).await {
            return Ok(module.exports);
        }
        check::header(&bytes)?;
        Ok(self.compiler.compile(digest, bytes).await?.exports)
    }

    fn digest(&self, bytes: &[u8]) -> ModuleDigest {
        ModuleDigest::new(Sha256::digest(bytes).into())
    }

    fn forget(&self, digest: ModuleDigest) {
        self.modules.ready.invalidate(&digest);
        self.modules.cache.remove(digest);
    }

    async fn orchestrator(
        &self,
        module: ModuleDigest,
        execution: SharedExecution,
    ) -> Result<WasmOrchestrator, GuestError> {
        let ready = self.module(module).await?;
        if ready.orchestrator.is_none() {
            return Err(not_exported(module, "orchestrator"));
        }
        let place = self.orchestrators.take(ready.needs).map_err(busy)?;
        let ticker = Arc::clone(&self.ticker);
        Ok(WasmOrchestrator::new(
            ready,
            execution,
            &self.settings,
            ticker,
            place,
        ))
    }

    async fn activity(
        &self,
        module: ModuleDigest,
        call: ActivityCall,
    ) -> Result<TaskResult, GuestError> {
        let ready = self.module(module).await?;
        if ready.activity.is_none() {
            return Err(not_exported(module, "activity"));
        }
        let _place = self.activities.take(ready.needs).map_err(busy)?;
        activity::run(ready, call, &self.settings, &self.client, &self.ticker)
            .await
            .map_err(|shortage| GuestError::Busy(shortage.0.into()))
    }

    async fn http(&self, call: HttpCall) -> HttpAnswer {
        http_call::run(call, &self.settings, &self.client).await
    }
}

fn busy(full: crate::room::Full) -> GuestError {
    GuestError::Busy(BoxError::from(full))
}

fn not_exported(module: ModuleDigest, noun: &'static str) -> GuestError {
    GuestError::Failed {
        module,
        cause: NotExported(noun).into(),
    }
}
