//! An orchestrator has no network: what it learned there would not be in its history.

use std::future::Future;

use http::Request;
use wasmtime::component::{Linker, Resource, ResourceTable};
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{
    self, HostResolveAddressStream, IpAddress, Network, ResolveAddressStream,
};
use wasmtime_wasi::p2::bindings::sockets::network::{self, ErrorCode, IpAddressFamily};
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{DynPollable, IoError, SocketError, SocketResult, TcpSocket, UdpSocket};
use wasmtime_wasi::sockets::WasiSocketsView as _;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
};

use crate::orchestrator::OrchestratorState;
use crate::outgoing::{Sending, not_sent};
use crate::trap::Stop;

fn refused() -> SocketError {
    SocketError::trap(Stop::NotReplayable("the network"))
}

impl network::Host for OrchestratorState {
    fn convert_error_code(&mut self, error: SocketError) -> wasmtime::Result<ErrorCode> {
        network::Host::convert_error_code(&mut self.sockets(), error)
    }

    fn network_error_code(
        &mut self,
        error: Resource<IoError>,
    ) -> wasmtime::Result<Option<ErrorCode>> {
        self.sockets().network_error_code(error)
    }
}

impl network::HostNetwork for OrchestratorState {
    fn drop(&mut self, network: Resource<Network>) -> wasmtime::Result<()> {
        network::HostNetwork::drop(&mut self.sockets(), network)
    }
}

impl tcp_create_socket::Host for OrchestratorState {
    fn create_tcp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        Err(refused())
    }
}

impl udp_create_socket::Host for OrchestratorState {
    async fn create_udp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        Err(refused())
    }
}

impl ip_name_lookup::Host for OrchestratorState {
    fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        _: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        Err(refused())
    }
}

/// There are no such streams, for nothing resolves.
impl HostResolveAddressStream for OrchestratorState {
    fn resolve_next_address(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        self.sockets().resolve_next_address(stream)
    }

    fn subscribe(
        &mut self,
        stream: Resource<ResolveAddressStream>,
    ) -> wasmtime::Result<Resource<DynPollable>> {
        self.sockets().subscribe(stream)
    }

    fn drop(&mut self, stream: Resource<ResolveAddressStream>) -> wasmtime::Result<()> {
        HostResolveAddressStream::drop(&mut self.sockets(), stream)
    }
}

/// What the store of an orchestrator holds for `wasi:http`. Nothing is ever sent.
#[derive(Default)]
pub(super) struct Http {
    context: WasiHttpCtx,
    hooks: Nothing,
}

impl Http {
    pub(super) fn view<'v>(&'v mut self, table: &'v mut ResourceTable) -> WasiHttpCtxView<'v> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table,
            ctx: &mut self.context,
        }
    }
}

#[derive(Default)]
struct Nothing;

impl WasiHttpHooks for Nothing {
    fn send_request(
        &mut self,
        _: Request<WasiBody>,
        _: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Sending {
        not_sent(Error::HttpRequestDenied)
    }
}

/// A request is refused where it begins to be made, in place of what was linked before: its body would wait for somebody
/// to send it.
pub(super) fn refuse_http(linker: &mut Linker<OrchestratorState>) -> wasmtime::Result<()> {
    linker.allow_shadowing(true);
    for (interface, function) in [
        ("wasi:http/types@0.2.12", "[constructor]outgoing-request"),
        ("wasi:http/outgoing-handler@0.2.12", "handle"),
    ] {
        linker
            .instance(interface)?
            .func_new(function, |_, _, _, _| {
                Err(Stop::NotReplayable("the network").into())
            })?;
    }
    linker.allow_shadowing(false);
    Ok(())
}
