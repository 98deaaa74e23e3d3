use std::io;
use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use http::header::{self, HeaderName, HeaderValue};
use http::uri::PathAndQuery;
use http::{Method, Request, Response, Uri, Version};
use http_body::Body;
use hyper::client::conn::http1;
use hyper_util::rt::TokioIo;
use rustls::ClientConfig;
use rustls::pki_types::ServerName;
use soloist_engine::BoxError;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::TcpStream;
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tokio::time::{Instant, timeout, timeout_at};
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use tokio_util::task::AbortOnDropHandle;

use super::allow::AllowList;
use super::body::{AnswerBody, Quota, RequestBody};
use super::error::{Phase, SendError};
use super::resolver::Resolver;
use super::settings::HttpSettings;
use super::target::{Host, Scheme, Target};
use super::tls;

/// The most of a name's addresses that are tried.
const ADDRESSES_MAX: usize = 16;

/// Headers that are about the connection, which is the host's.
const OF_CONNECTION: [HeaderName; 9] = [
    header::CONNECTION,
    header::HOST,
    header::PROXY_AUTHENTICATE,
    header::PROXY_AUTHORIZATION,
    header::TRANSFER_ENCODING,
    header::UPGRADE,
    HeaderName::from_static("http2-settings"),
    HeaderName::from_static("keep-alive"),
    HeaderName::from_static("proxy-connection"),
];

/// Sends requests over HTTP/1.1, each on a connection of its own. It follows no redirect and asks no proxy.
#[derive(Debug, Clone)]
pub(crate) struct Client(Arc<Shared>);

#[derive(Debug)]
struct Shared {
    settings: HttpSettings,
    tls: Arc<ClientConfig>,
    resolver: Resolver,
    places: Arc<Semaphore>,
}

/// How long one request may wait; never longer than the settings allow.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct Waits {
    pub(crate) connect: Duration,
    pub(crate) first_byte: Duration,
    pub(crate) between_bytes: Duration,
}

/// The way out for one call of a function.
#[derive(Debug, Clone)]
pub(crate) struct Caller {
    client: Client,
    allowed: AllowList,
    places: Arc<Semaphore>,
}

/// Leave to hold one connection, given back when it is closed.
pub(crate) struct Place {
    _of_call: OwnedSemaphorePermit,
    _of_host: OwnedSemaphorePermit,
}

impl Client {
    pub(crate) fn new(settings: HttpSettings) -> Self {
        Self::with(settings, Resolver::System)
    }

    pub(super) fn with(mut settings: HttpSettings, resolver: Resolver) -> Self {
        Self(Arc::new(Shared {
            tls: tls::config(&std::mem::take(&mut settings.roots)),
            places: semaphore(settings.connections_max),
            settings,
            resolver,
        }))
    }

    /// The way out for one call, to the hosts that its function may call.
    pub(crate) fn caller(&self, allowed: AllowList) -> Caller {
        Caller {
            client: self.clone(),
            allowed,
            places: semaphore(self.0.settings.connections_per_call_max),
        }
    }
}

fn semaphore(places: usize) -> Arc<Semaphore> {
    Arc::new(Semaphore::new(places.min(Semaphore::MAX_PERMITS)))
}

impl Caller {
    /// Leave to send one request to `uri`, if its host is listed.
    pub(crate) fn way(&self, uri: &Uri) -> Result<Way, SendError> {
        let target = target(uri)?;
        self.allowed.check(&target).map_err(SendError::Refused)?;
        Ok(Way {
            caller: self.clone(),
            target,
        })
    }
}

/// Leave to send one request to a host that is listed.
#[derive(Debug)]
pub(crate) struct Way {
    caller: Caller,
    target: Target,
}

impl Way {
    /// Where it leads.
    pub(crate) fn target(&self) -> Target {
        self.target.clone()
    }

    /// Sends a request, and returns the answer as soon as its headers are there. Only the path of its URI counts.
    pub(crate) async fn send<B>(
        self,
        request: Request<B>,
        waits: Waits,
    ) -> Result<Response<AnswerBody>, SendError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let deadline = Instant::now() + self.connect_max(waits);
        let place = timeout_at(deadline, self.place())
            .await
            .map_err(|_| SendError::NoPlace {
                target: self.target(),
            })?;
        self.send_until(deadline, place, request, waits).await
    }

    /// The same, for whom a place was found before.
    pub(crate) async fn send_from<B>(
        self,
        place: Place,
        request: Request<B>,
        waits: Waits,
    ) -> Result<Response<AnswerBody>, SendError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let deadline = Instant::now() + self.connect_max(waits);
        self.send_until(deadline, place, request, waits).await
    }

    fn connect_max(&self, waits: Waits) -> Duration {
        waits.connect.min(self.caller.client.0.settings.connect_max)
    }

    /// `deadline` is for the connection.
    async fn send_until<B>(
        self,
        deadline: Instant,
        place: Place,
        request: Request<B>,
        waits: Waits,
    ) -> Result<Response<AnswerBody>, SendError>
    where
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let settings = &self.caller.client.0.settings;
        let target = &self.target;
        let request = prepare(request, target, settings)?;
        let late = |_| SendError::TimedOut {
            target: target.clone(),
            phase: Phase::Connected,
            limit: self.connect_max(waits),
        };
        let stream = timeout_at(deadline, self.connect(deadline))
            .await
            .map_err(late)??;
        let exchange = Exchange {
            first_byte: waits.first_byte.min(settings.wait_max),
            between_bytes: waits.between_bytes.min(settings.wait_max),
            target,
            settings,
            place,
        };
        match target.scheme {
            Scheme::Http => exchange.run(stream, request).await,
            Scheme::Https => {
                let stream = timeout_at(deadline, self.secure(stream))
                    .await
                    .map_err(late)??;
                exchange.run(stream, request).await
            }
        }
    }

    /// Waits until there is room for one more connection.
    pub(crate) async fn place(&self) -> Place {
        const OPEN: &str = "a semaphore of ours is never closed";
        Place {
            _of_call: Arc::clone(&self.caller.places)
                .acquire_owned()
                .await
                .expect(OPEN),
            _of_host: Arc::clone(&self.caller.client.0.places)
                .acquire_owned()
                .await
                .expect(OPEN),
        }
    }

    /// Looks the name up once, and connects to what was found and checked: another answer to the same question later makes no
    /// difference.
    async fn connect(&self, deadline: Instant) -> Result<TcpStream, SendError> {
        let target = &self.target;
        let found = match &target.host {
            Host::Address(address) => vec![*address],
            Host::Name(name) => {
                let resolver = &self.caller.client.0.resolver;
                let found = resolver.look_up(name).await;
                found.map_err(|cause| SendError::Lookup {
                    target: target.clone(),
                    cause,
                })?
            }
        };
        let mut allowed = Vec::new();
        let mut refused = None;
        for address in found.into_iter().take(ADDRESSES_MAX) {
            match self.caller.allowed.check_address(target, address) {
                Ok(()) => allowed.push(SocketAddr::new(address, target.port)),
                Err(error) => refused = Some(error),
            }
        }
        let failed = |cause| SendError::Connect {
            target: target.clone(),
            cause,
        };
        let mut last = refused.map_or_else(
            || failed(io::Error::other("its name leads to no address")),
            SendError::Refused,
        );
        let mut tries = u32::try_from(allowed.len()).unwrap_or(u32::MAX);
        for address in allowed {
            // One that does not answer leaves time for the others.
            let share = deadline.saturating_duration_since(Instant::now()) / tries.max(1);
            tries -= 1;
            match timeout(share, TcpStream::connect(address)).await {
                Ok(Ok(stream)) => {
                    stream.set_nodelay(true).map_err(failed)?;
                    return Ok(stream);
                }
                Ok(Err(cause)) => last = failed(cause),
                Err(_) => last = failed(io::ErrorKind::TimedOut.into()),
            }
        }
        Err(last)
    }

    async fn secure(&self, stream: TcpStream) -> Result<TlsStream<TcpStream>, SendError> {
        let target = &self.target;
        let failed = |cause| SendError::Tls {
            target: target.clone(),
            cause,
        };
        let name = match &target.host {
            Host::Address(address) => ServerName::from(*address),
            Host::Name(name) => ServerName::try_from(name.as_str().to_owned())
                .map_err(|error| failed(io::Error::other(error)))?,
        };
        let connector = TlsConnector::from(Arc::clone(&self.caller.client.0.tls));
        connector.connect(name, stream).await.map_err(failed)
    }
}

/// One request on one connection.
struct Exchange<'c> {
    first_byte: Duration,
    between_bytes: Duration,
    target: &'c Target,
    settings: &'c HttpSettings,
    place: Place,
}

impl Exchange<'_> {
    async fn run<S, B>(
        self,
        stream: S,
        request: Request<RequestBody<B>>,
    ) -> Result<Response<AnswerBody>, SendError>
    where
        S: AsyncRead + AsyncWrite + Send + Unpin + 'static,
        B: Body<Data = Bytes> + Send + 'static,
        B::Error: Into<BoxError>,
    {
        let Self {
            first_byte,
            between_bytes,
            target,
            settings,
            place,
        } = self;
        let failed = |cause| SendError::exchange(target, cause);
        let (mut sender, connection) = http1::Builder::new()
            .max_buf_size(settings.head_bytes_max)
            .handshake(TokioIo::new(stream))
            .await
            .map_err(failed)?;
        // It ends when the answer has been read, or with this handle. What goes wrong in it is told to whoever waits for the
        // answer or reads its body.
        let connection = AbortOnDropHandle::new(tokio::spawn(async move {
            let _place = place;
            drop(connection.await);
        }));
        let answer = timeout(first_byte, sender.send_request(request))
            .await
            .map_err(|_| SendError::TimedOut {
                target: target.clone(),
                phase: Phase::Answered,
                limit: first_byte,
            })?
            .map_err(failed)?;
        let quota = Quota::new(settings.body_bytes_max);
        let (head, incoming) = answer.into_parts();
        if incoming.size_hint().lower() > quota.bytes_max {
            return Err(SendError::AnswerTooLarge {
                target: target.clone(),
                bytes_max: quota.bytes_max,
            });
        }
        let body = AnswerBody::new(incoming, quota, target.clone(), between_bytes, connection);
        Ok(Response::from_parts(head, body))
    }
}

/// Where a request to `uri` goes.
pub(crate) fn target(uri: &Uri) -> Result<Target, SendError> {
    let authority = uri.authority().map_or("", http::uri::Authority::as_str);
    let refused = |why| SendError::Target {
        authority: authority.to_owned(),
        why,
    };
    let scheme = uri.scheme_str().unwrap_or_default().parse::<Scheme>();
    let scheme = scheme.map_err(|_| refused("its scheme is neither http nor https"))?;
    Target::new(scheme, authority).map_err(refused)
}

/// The request as it goes over the wire.
fn prepare<B: Body>(
    request: Request<B>,
    target: &Target,
    settings: &HttpSettings,
) -> Result<Request<RequestBody<B>>, SendError> {
    let (mut head, body) = request.into_parts();
    if head.method == Method::CONNECT {
        // What came after it would go to another host than the one that was checked.
        return Err(SendError::Method(head.method));
    }
    let path = head.uri.path_and_query().map_or("/", PathAndQuery::as_str);
    if !path.starts_with('/') {
        // As a whole URI it could name another host than the one that was checked.
        return Err(SendError::Target {
            authority: format!("{target}{path}"),
            why: "its path does not begin with /",
        });
    }
    head.uri = Uri::try_from(path).expect("what was a path is a path");
    head.version = Version::HTTP_11;
    for name in &OF_CONNECTION {
        head.headers.remove(name);
    }
    let headers = head.headers.iter();
    let bytes = headers.fold(head.uri.to_string().len(), |bytes, (name, value)| {
        bytes + name.as_str().len() + value.len()
    });
    if bytes > settings.head_bytes_max {
        let bytes_max = settings.head_bytes_max;
        return Err(SendError::HeadTooLarge { bytes_max });
    }
    let host = HeaderValue::try_from(target.entry()).expect("a host is visible ASCII");
    head.headers.insert(header::HOST, host);
    head.headers
        .insert(header::CONNECTION, HeaderValue::from_static("close"));
    if body.size_hint().lower() > settings.body_bytes_max {
        return Err(SendError::RequestTooLarge {
            target: target.clone(),
            bytes_max: settings.body_bytes_max,
        });
    }
    let body = RequestBody {
        body: Box::pin(body),
        quota: Quota::new(settings.body_bytes_max),
        target: target.clone(),
    };
    Ok(Request::from_parts(head, body))
}

#[cfg(test)]
mod tests;
