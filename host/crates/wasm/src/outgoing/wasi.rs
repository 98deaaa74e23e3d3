//! `wasi:http` over the client of the host.

use std::error::Error as _;
use std::future::{Future, ready};
use std::io::{self, ErrorKind};
use std::time::Duration;

use http::{Request, Response};
use http_body_util::BodyExt;
use wasmtime::component::ResourceTable;
use wasmtime_wasi_http::{
    Error, RequestOptions, WasiBody, WasiHttpCtx, WasiHttpCtxView, WasiHttpHooks,
};

use super::client::{Caller, Waits};
use super::error::{Phase, SendError};
use crate::notes::Notes;

/// The most memory that the headers of one request or answer may take in the host, in bytes: more than on the wire.
const FIELDS_BYTES_MAX: usize = 64 << 10;

/// The largest piece of a request's body that a guest hands over at once, in bytes.
const CHUNK_BYTES_MAX: usize = 64 << 10;

/// What the store of a guest holds for `wasi:http`.
pub(crate) struct Http {
    context: WasiHttpCtx,
    hooks: Hooks,
}

impl Http {
    /// Requests go out through `caller`. What is refused or fails is also noted.
    pub(crate) fn new(caller: Caller, notes: Notes) -> Self {
        let mut context = WasiHttpCtx::new();
        context.set_field_size_limit(FIELDS_BYTES_MAX);
        let hooks = Hooks { caller, notes };
        Self { context, hooks }
    }

    pub(crate) fn view<'v>(&'v mut self, table: &'v mut ResourceTable) -> WasiHttpCtxView<'v> {
        WasiHttpCtxView {
            hooks: &mut self.hooks,
            table,
            ctx: &mut self.context,
        }
    }
}

/// An answer that is awaited, with what is still to do once its headers are there.
pub(crate) type Sending = Box<
    dyn Future<
            Output = Result<
                (
                    Response<WasiBody>,
                    Box<dyn Future<Output = Result<(), Error>> + Send>,
                ),
                Error,
            >,
        > + Send,
>;

/// The answer to a request that is not sent: this error.
pub(crate) fn not_sent(error: Error) -> Sending {
    Box::new(ready(Err(error)))
}

struct Hooks {
    caller: Caller,
    notes: Notes,
}

impl WasiHttpHooks for Hooks {
    fn send_request(
        &mut self,
        request: Request<WasiBody>,
        options: Option<RequestOptions>,
        _: Box<dyn Future<Output = Result<(), Error>> + Send>,
    ) -> Sending {
        let way = match self.caller.way(request.uri()) {
            Ok(way) => way,
            Err(error) => return not_sent(told(&self.notes, &error)),
        };
        let notes = self.notes.clone();
        let waits = waits(options.unwrap_or_default());
        Box::new(async move {
            let sent = way.send(request, waits).await;
            let answer = sent.map_err(|error| told(&notes, &error))?;
            let answer = answer.map(|body| {
                body.map_err(move |error| told(&notes, &error))
                    .boxed_unsync()
            });
            // The connection lives in the body.
            let nothing: Box<dyn Future<Output = _> + Send> = Box::new(ready(Ok(())));
            Ok((answer, nothing))
        })
    }

    fn p2_outgoing_body_chunk_size(&mut self) -> usize {
        CHUNK_BYTES_MAX
    }
}

/// What the guest asks for; without limit where it says nothing.
fn waits(options: RequestOptions) -> Waits {
    Waits {
        connect: options.connect_timeout.unwrap_or(Duration::MAX),
        first_byte: options.first_byte_timeout.unwrap_or(Duration::MAX),
        between_bytes: options.between_bytes_timeout.unwrap_or(Duration::MAX),
    }
}

/// Notes what went wrong, and says it in the words of `wasi:http`.
fn told(notes: &Notes, error: &SendError) -> Error {
    match error {
        SendError::Refused(refused) => {
            let (what, entry) = refused.said();
            notes.not_granted(&what, "allow_hosts", &entry);
        }
        SendError::RequestTooLarge { .. } | SendError::AnswerTooLarge { .. } => notes.refused(
            format!("{error}: to allow more, raise http-body-bytes in the host's settings"),
        ),
        SendError::NoPlace { .. } => notes.refused(format!(
            "{error}: close those of this call, or raise http-connections in the host's settings"
        )),
        SendError::Target { .. }
        | SendError::Method(_)
        | SendError::HeadTooLarge { .. }
        | SendError::Lookup { .. }
        | SendError::Connect { .. }
        | SendError::Tls { .. }
        | SendError::TimedOut { .. }
        | SendError::RequestBody { .. }
        | SendError::Exchange { .. } => notes.failed(error.chain()),
    }
    code(error)
}

fn code(error: &SendError) -> Error {
    match error {
        SendError::Refused(_) => Error::HttpRequestDenied,
        SendError::Target { .. } => Error::HttpRequestUriInvalid,
        SendError::Method(_) => Error::HttpRequestMethodInvalid,
        SendError::HeadTooLarge { bytes_max } => {
            Error::HttpRequestHeaderSectionSize(u32::try_from(*bytes_max).ok())
        }
        SendError::NoPlace { .. } => Error::ConnectionLimitReached,
        SendError::Lookup { .. } => Error::DnsError {
            rcode: None,
            info_code: None,
        },
        SendError::Connect { cause, .. } => of_connect(cause),
        SendError::Tls { cause, .. } => of_tls(cause),
        SendError::TimedOut { phase, .. } => match phase {
            Phase::Connected => Error::ConnectionTimeout,
            Phase::Answered => Error::HttpResponseTimeout,
            Phase::Continued => Error::ConnectionReadTimeout,
        },
        SendError::RequestTooLarge { bytes_max, .. } => {
            Error::HttpRequestBodySize(Some(*bytes_max))
        }
        SendError::AnswerTooLarge { bytes_max, .. } => {
            Error::HttpResponseBodySize(Some(*bytes_max))
        }
        SendError::RequestBody { .. } => Error::HttpProtocolError,
        SendError::Exchange { cause, .. } => of_exchange(cause),
    }
}

fn of_connect(cause: &io::Error) -> Error {
    match cause.kind() {
        ErrorKind::ConnectionRefused => Error::ConnectionRefused,
        ErrorKind::TimedOut => Error::ConnectionTimeout,
        ErrorKind::HostUnreachable | ErrorKind::NetworkUnreachable => {
            Error::DestinationIpUnroutable
        }
        _ => Error::DestinationUnavailable,
    }
}

fn of_tls(cause: &io::Error) -> Error {
    let tls = cause.get_ref().and_then(|error| error.downcast_ref());
    if let Some(rustls::Error::InvalidCertificate(_)) = tls {
        return Error::TlsCertificateError;
    }
    match cause.kind() {
        ErrorKind::UnexpectedEof | ErrorKind::ConnectionReset => Error::ConnectionTerminated,
        _ => Error::TlsProtocolError,
    }
}

fn of_exchange(cause: &hyper::Error) -> Error {
    if cause.is_parse_too_large() {
        return Error::HttpResponseHeaderSectionSize(None);
    }
    if cause.is_incomplete_message() {
        return Error::HttpResponseIncomplete;
    }
    let broken = cause
        .source()
        .is_some_and(<dyn std::error::Error>::is::<io::Error>);
    if broken || cause.is_canceled() || cause.is_closed() {
        return Error::ConnectionTerminated;
    }
    Error::HttpProtocolError
}
