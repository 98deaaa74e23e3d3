//! WASI 0.2 as an orchestrator sees it: the same on every replay.
//!
//! Clocks tell orchestration time, random numbers come from the execution's nonce, what is printed goes to the log of the
//! instance, and sleeping is a durable timer. There is no environment, there are no arguments and no files; the network is
//! refused with a sentence.

mod clocks;
mod network;
mod poll;
mod random;

use std::collections::HashMap;

use soloist_core::{LogLevel, TaskId};
use soloist_engine::SharedExecution;
use wasmtime::component::{HasSelf, Linker, ResourceTable};
use wasmtime_wasi::cli::{WasiCli, WasiCliView};
use wasmtime_wasi::filesystem::{WasiFilesystem, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::{
    cli, clocks as clock_bindings, filesystem, random as random_bindings, sockets,
};
use wasmtime_wasi::sockets::{WasiSockets, WasiSocketsView};
use wasmtime_wasi::{WasiCtx, WasiCtxView, WasiView};
use wasmtime_wasi_http::{WasiHttpCtxView, WasiHttpView};
use wasmtime_wasi_io::bindings::wasi::io;

use crate::orchestrator::OrchestratorState;
use crate::output::Output;
use random::Random;

/// The largest block of random bytes that a guest may ask for at once.
pub(crate) const RANDOM_BYTES_MAX: u64 = 1 << 20;

/// The most handles that one guest may have: streams, and what it polls.
const HANDLES_MAX: usize = 16_384;

/// What the store of an orchestrator keeps for WASI.
pub(crate) struct Wasi {
    context: WasiCtx,
    table: ResourceTable,
    random: Random,
    http: network::Http,
    /// The timers behind pollables, by the handle of the pollable. One that is not here is ready.
    sleeps: HashMap<u32, TaskId>,
    stdout: Output,
    stderr: Output,
}

impl Wasi {
    pub(crate) fn new(execution: &SharedExecution) -> Self {
        let stdout = Output::of_orchestrator(execution.clone(), LogLevel::Info);
        let stderr = Output::of_orchestrator(execution.clone(), LogLevel::Warn);
        let context = WasiCtx::builder()
            .stdout(stdout.clone())
            .stderr(stderr.clone())
            .allow_tcp(false)
            .allow_udp(false)
            .allow_ip_name_lookup(false)
            .build();
        let mut table = ResourceTable::new();
        table.set_max_capacity(HANDLES_MAX);
        let random = {
            let execution = execution
                .lock()
                .expect("an execution is not used again after a panic");
            Random::new(execution.id(), execution.started().nonce)
        };
        Self {
            context,
            table,
            random,
            http: network::Http::default(),
            sleeps: HashMap::new(),
            stdout,
            stderr,
        }
    }

    /// Ends the last lines, and returns what was printed last to standard error.
    pub(crate) fn finish(&self) -> String {
        self.stdout.finish();
        self.stderr.finish()
    }
}

impl WasiView for OrchestratorState {
    fn ctx(&mut self) -> WasiCtxView<'_> {
        let Wasi { context, table, .. } = self.wasi();
        WasiCtxView {
            ctx: context,
            table,
        }
    }
}

impl WasiHttpView for OrchestratorState {
    fn http(&mut self) -> WasiHttpCtxView<'_> {
        let Wasi { http, table, .. } = self.wasi();
        http.view(table)
    }
}

/// Offers all of WASI 0.2 to orchestrators.
pub(crate) fn add_to_linker(linker: &mut Linker<OrchestratorState>) -> wasmtime::Result<()> {
    type State = OrchestratorState;
    type Own = HasSelf<State>;
    type Table = HasSelf<ResourceTable>;
    let own: fn(&mut State) -> &mut State = |state| state;
    clock_bindings::wall_clock::add_to_linker::<_, Own>(linker, own)?;
    clock_bindings::monotonic_clock::add_to_linker::<_, Own>(linker, own)?;
    random_bindings::random::add_to_linker::<_, Own>(linker, own)?;
    random_bindings::insecure::add_to_linker::<_, Own>(linker, own)?;
    random_bindings::insecure_seed::add_to_linker::<_, Own>(linker, own)?;
    io::poll::add_to_linker::<_, Own>(linker, own)?;
    io::error::add_to_linker::<_, Table>(linker, |state| &mut state.wasi().table)?;
    io::streams::add_to_linker::<_, Table>(linker, |state| &mut state.wasi().table)?;
    cli::exit::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::environment::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::stderr::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_input::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_output::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdin::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stdout::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    cli::terminal_stderr::add_to_linker::<_, WasiCli>(linker, State::cli)?;
    filesystem::preopens::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    filesystem::types::add_to_linker::<_, WasiFilesystem>(linker, State::filesystem)?;
    let options = sockets::network::LinkOptions::default();
    sockets::network::add_to_linker::<_, WasiSockets>(linker, &options, State::sockets)?;
    sockets::instance_network::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::tcp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::udp::add_to_linker::<_, WasiSockets>(linker, State::sockets)?;
    sockets::tcp_create_socket::add_to_linker::<_, Own>(linker, own)?;
    sockets::udp_create_socket::add_to_linker::<_, Own>(linker, own)?;
    sockets::ip_name_lookup::add_to_linker::<_, Own>(linker, own)?;
    wasmtime_wasi_http::p2::add_only_http_to_linker_async(linker)?;
    network::refuse_http(linker)
}
