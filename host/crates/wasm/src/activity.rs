use std::future::{Future, poll_fn};
use std::pin::pin;
use std::sync::Arc;

use soloist_core::TaskResult;
use soloist_engine::ActivityCall;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime::{Engine, Store};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};

use crate::bindings::soloist::orchestration::{activity_context, types};
use crate::durable;
use crate::limits::{Computing, Limits};
use crate::module::{ActivityPre, Module};
use crate::output::Output;
use crate::ticker::Ticker;
use crate::trap::{Kind, Shortage, Stop, Stopped};
use crate::wasi::RANDOM_BYTES_MAX;
use crate::{WasmSettings, arguments};

/// What the store of an activity holds.
pub(crate) struct ActivityState {
    call: ActivityCall,
    /// Made when the guest first asks for anything of WASI: many activities never do.
    wasi: Option<Wasi>,
    table: ResourceTable,
    limits: Limits,
    computing: Computing,
}

struct Wasi {
    context: WasiCtx,
    stdout: Output,
    stderr: Output,
}

impl Wasi {
    /// Nothing is granted: no environment, arguments, directories or network. Clocks and random numbers are real.
    fn new(function: &str) -> Self {
        let stdout = Output::of_activity("stdout", function.to_owned());
        let stderr = Output::of_activity("stderr", function.to_owned());
        let context = WasiCtx::builder()
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .max_random_size(RANDOM_BYTES_MAX)
            .build();
        Self {
            context,
            stdout,
            stderr,
        }
    }
}

impl WasiView for ActivityState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let function = self.call.function.as_str();
        let wasi = self.wasi.get_or_insert_with(|| Wasi::new(function));
        WasiCtxView {
            ctx: &mut wasi.context,
            table: &mut self.table,
        }
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
    ticker: &Ticker,
) -> Result<TaskResult, Shortage> {
    let limit = settings.activity_timeout;
    let mut guest = pin!(guest(module, call, settings));
    let ticking = poll_fn(|context| ticker.poll(guest.as_mut(), context));
    match tokio::time::timeout(limit, ticking).await {
        Ok(result) => result,
        Err(_) => Ok(Err(arguments::activity_timeout(limit))),
    }
}

fn guest(
    module: Arc<Module>,
    call: ActivityCall,
    settings: &WasmSettings,
) -> impl Future<Output = Result<TaskResult, Shortage>> + Send + use<> {
    let bytes_max = settings.payload_bytes_max;
    let input = call.input.clone();
    let state = ActivityState {
        call,
        wasi: None,
        table: ResourceTable::new(),
        limits: Limits::new(settings, Arc::default()),
        computing: Computing::new(settings.activity_computing_max),
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
        let said = store.data().wasi.as_ref().map(|wasi| {
            wasi.stdout.finish();
            wasi.stderr.finish()
        });
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
    Ok(match pre.indices.load(&mut *store, &instance) {
        Ok(guest) => guest.call_run(&mut *store, &input.to_owned()).await,
        Err(error) => Err(error),
    })
}
