mod refusals;
mod wasi;

use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use soloist_core::TaskResult;
use soloist_engine::ActivityCall;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};

use crate::bindings::soloist::orchestration::{activity_context, types};
use crate::grants::Grant;
use crate::limits::{Computing, Limits};
use crate::module::{ActivityPre, Module};
use crate::notes::Notes;
use crate::outgoing::{self, Client};
use crate::ticker::Ticker;
use crate::trap::{Kind, Shortage, Stop, Stopped};
use crate::{WasmSettings, arguments, durable};
use wasi::Wasi;

/// The most resources of WASI (files, requests, headers and the like) that one call may hold: they take the host's memory.
const RESOURCES_MAX: usize = 1024;

/// What the store of an activity holds.
pub(crate) struct ActivityState {
    call: ActivityCall,
    grant: Arc<Grant>,
    notes: Notes,
    client: Client,
    /// Made when the guest first asks for anything of WASI: many activities never do.
    wasi: Option<Wasi>,
    /// Made when the guest first asks for anything of HTTP.
    http: Option<outgoing::Http>,
    table: ResourceTable,
    limits: Limits,
    computing: Computing,
    /// Its own code runs, and not only what its language does when it starts.
    has_begun: bool,
}

impl WasiView for ActivityState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let function = &self.call.function;
        let wasi = self
            .wasi
            .get_or_insert_with(|| Wasi::new(function, &self.grant, &self.notes));
        WasiCtxView {
            ctx: &mut wasi.context,
            table: &mut self.table,
        }
    }
}

impl WasiHttpView for ActivityState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let http = self.http.get_or_insert_with(|| {
            let caller = self.client.caller(self.grant.allow_hosts.clone());
            outgoing::Http::new(caller, self.notes.clone())
        });
        http.view(&mut self.table)
    }
}

impl types::Host for ActivityState {}

impl activity_context::Host for ActivityState {
    fn function_name(&mut self) -> wasmtime::Result<String> {
        Ok(self.call.function.to_string())
    }

    fn instance_id(&mut self) -> wasmtime::Result<String> {
        Ok(self.call.instance.to_string())
    }

    fn task_key(&mut self) -> wasmtime::Result<String> {
        Ok(self.call.key.to_string())
    }

    fn attempt(&mut self) -> wasmtime::Result<u32> {
        Ok(self.call.attempt)
    }
}

/// A linker with all that an activity may import.
pub(crate) fn linker(engine: &Engine) -> wasmtime::Result<Linker<ActivityState>> {
    let mut linker = Linker::new(engine);
    types::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    activity_context::add_to_linker::<_, HasSelf<_>>(&mut linker, |state| state)?;
    wasmtime_wasi::p2::add_to_linker_async(&mut linker)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(&mut linker)?;
    refusals::link(&mut linker)?;
    // An application's activity imports what its orchestrators need; it may not use it.
    let mut instance = linker.instance(durable::INTERFACE)?;
    for function in durable::FUNCTIONS {
        instance.func_new(function, move |_, _, _, _| {
            Err(Stop::OtherKind(function, "orchestrators").into())
        })?;
    }
    Ok(linker)
}

/// Runs one call to its end. Dropping the future interrupts it.
pub(crate) async fn run(
    module: Arc<Module>,
    call: ActivityCall,
    settings: &WasmSettings,
    client: &Client,
    ticker: &Ticker,
) -> Result<TaskResult, Shortage> {
    let limit = call.timeout.map_or(settings.activity_timeout, |timeout| {
        timeout.min(settings.activity_timeout)
    });
    let notes = Notes::new(call.function.clone(), call.instance.clone());
    let computing = Computing::new(settings.activity_computing_max, ticker.line());
    let guest = guest(
        module,
        call,
        settings,
        client.clone(),
        notes.clone(),
        computing,
    );
    let mut guest = pin!(guest);
    let ticking = poll_fn(|context| ticker.poll(guest.as_mut(), context));
    let result = match tokio::time::timeout(limit, ticking).await {
        Ok(result) => result?,
        Err(_) => Err(arguments::activity_timeout(limit)),
    };
    Ok(result.map_err(|failure| notes.explain(failure)))
}

fn guest(
    module: Arc<Module>,
    call: ActivityCall,
    settings: &WasmSettings,
    client: Client,
    notes: Notes,
    computing: Computing,
) -> impl Future<Output = Result<TaskResult, Shortage>> + Send + use<> {
    let bytes_max = settings.payload_bytes_max;
    let input = call.input.clone();
    let mut table = ResourceTable::new();
    table.set_max_capacity(RESOURCES_MAX);
    let state = ActivityState {
        grant: settings.grants.of(&call.function),
        call,
        notes,
        client,
        wasi: None,
        http: None,
        table,
        limits: Limits::new(settings, Arc::default()),
        computing,
        has_begun: false,
    };
    async move {
        let pre = module
            .activity
            .as_ref()
            .expect("only a module that acts is begun as an activity");
        let mut store = Store::new(pre.instance.engine(), state);
        store.limiter(|state| &mut state.limits);
        store.epoch_deadline_callback(|mut context| Ok(context.data_mut().computing.tick()?));
        store.set_epoch_deadline(1);
        let result = call_run(pre, &mut store, input.as_str()).await?;
        let said = store.data().wasi.as_ref().map(Wasi::finish);
        Ok(match result {
            Ok(result) => arguments::returned(result, bytes_max),
            Err(error) => {
                let refused = store.data().limits.refused();
                let said = said.unwrap_or_default();
                Err(Stopped::of(&error, Kind::Activity, refused, &said).failure)
            }
        })
    }
}

async fn call_run(
    pre: &ActivityPre,
    store: &mut Store<ActivityState>,
    input: &str,
) -> Result<wasmtime::Result<Result<String, types::Failure>>, Shortage> {
    let instance = match pre.instance.instantiate_async(&mut *store).await {
        Ok(instance) => instance,
        Err(error) => return Shortage::or_of_guest(error, &store.data().limits).map(Err),
    };
    store.data_mut().has_begun = true;
    Ok(match pre.indices.load(&mut *store, &instance) {
        Ok(guest) => guest.call_run(&mut *store, &input.to_owned()).await,
        Err(error) => Err(error),
    })
}
