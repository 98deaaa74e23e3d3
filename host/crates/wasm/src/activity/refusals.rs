//! What WASI offers and activities do not get: each is refused with the error that WASI has for it, and with a note.

use wasmtime::Result;
use wasmtime::component::{HasData, Linker, Resource};
use wasmtime_wasi::filesystem::{Descriptor, WasiFilesystemView};
use wasmtime_wasi::p2::bindings::filesystem::preopens;
use wasmtime_wasi::p2::bindings::sockets::ip_name_lookup::{self, ResolveAddressStream};
use wasmtime_wasi::p2::bindings::sockets::network::{
    self, ErrorCode, IpAddress, IpAddressFamily, Network,
};
use wasmtime_wasi::p2::bindings::sockets::{tcp_create_socket, udp_create_socket};
use wasmtime_wasi::p2::{DynPollable, SocketError, SocketResult, TcpSocket, UdpSocket};

use super::ActivityState;

/// In place of what was linked before.
pub(super) fn link(linker: &mut Linker<ActivityState>) -> Result<()> {
    linker.allow_shadowing(true);
    preopens::add_to_linker::<_, Refusals>(linker, refusing)?;
    tcp_create_socket::add_to_linker::<_, Refusals>(linker, refusing)?;
    udp_create_socket::add_to_linker::<_, Refusals>(linker, refusing)?;
    ip_name_lookup::add_to_linker::<_, Refusals>(linker, refusing)?;
    linker.allow_shadowing(false);
    Ok(())
}

struct Refusals;

impl HasData for Refusals {
    type Data<'a> = Refusing<'a>;
}

struct Refusing<'a>(&'a mut ActivityState);

fn refusing(state: &mut ActivityState) -> Refusing<'_> {
    Refusing(state)
}

const UNREACHABLE: &str = "without a socket or a lookup there is nothing to ask about";

impl Refusing<'_> {
    fn refuse(&self, what: &str) -> SocketError {
        self.0.notes.refused(format!(
            "the activity '{}' may not {what}: no setting allows it; call hosts over HTTP (wasi:http), which allow_hosts of \
             [function.{0}] allows",
            self.0.call.function
        ));
        ErrorCode::AccessDenied.into()
    }
}

impl preopens::Host for Refusing<'_> {
    fn get_directories(&mut self) -> Result<Vec<(Resource<Descriptor>, String)>> {
        let function = &self.0.call.function;
        // Some languages always look when they start. Later it is a refusal only if the guest minds, which the host cannot see.
        if self.0.grant.dirs.is_empty() && self.0.has_begun {
            self.0.notes.failed(format!(
                "the activity '{function}' looked for directories, and has none: to give it some, list them in dirs of \
                 [function.{function}] in the host's settings"
            ));
        }
        self.0.filesystem().get_directories()
    }
}

impl tcp_create_socket::Host for Refusing<'_> {
    fn create_tcp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<TcpSocket>> {
        Err(self.refuse("open a TCP socket"))
    }
}

impl udp_create_socket::Host for Refusing<'_> {
    async fn create_udp_socket(&mut self, _: IpAddressFamily) -> SocketResult<Resource<UdpSocket>> {
        Err(self.refuse("open a UDP socket"))
    }
}

impl ip_name_lookup::Host for Refusing<'_> {
    fn resolve_addresses(
        &mut self,
        _: Resource<Network>,
        name: String,
    ) -> SocketResult<Resource<ResolveAddressStream>> {
        Err(self.refuse(&format!("look up the name {name:?}")))
    }
}

impl ip_name_lookup::HostResolveAddressStream for Refusing<'_> {
    fn resolve_next_address(
        &mut self,
        _: Resource<ResolveAddressStream>,
    ) -> SocketResult<Option<IpAddress>> {
        unreachable!("{UNREACHABLE}")
    }

    fn subscribe(&mut self, _: Resource<ResolveAddressStream>) -> Result<Resource<DynPollable>> {
        unreachable!("{UNREACHABLE}")
    }

    fn drop(&mut self, _: Resource<ResolveAddressStream>) -> Result<()> {
        unreachable!("{UNREACHABLE}")
    }
}

impl network::Host for Refusing<'_> {
    fn convert_error_code(&mut self, error: SocketError) -> Result<ErrorCode> {
        error.downcast()
    }

    fn network_error_code(&mut self, _: Resource<wasmtime::Error>) -> Result<Option<ErrorCode>> {
        unreachable!("{UNREACHABLE}")
    }
}

impl network::HostNetwork for Refusing<'_> {
    fn drop(&mut self, _: Resource<Network>) -> Result<()> {
        unreachable!("{UNREACHABLE}")
    }
}
