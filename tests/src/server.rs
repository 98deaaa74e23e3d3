use std::net::SocketAddr;
use std::path::Path;
use std::sync::{Arc, Mutex, PoisonError};

use anyhow::{Context, Result, bail};
use rcgen::{BasicConstraints, CertificateParams, IsCa, Issuer, KeyPair};
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::TcpListener;
use tokio::task::JoinHandle;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::pki_types::PrivatePkcs8KeyDer;

/// A server on a free port of loopback, for guests to call. What it does is in the path:
///
/// | Path | Answer |
/// |---|---|
/// | `/hello` | the text `hello` |
/// | `/count` | how many bytes the request's body has |
/// | `/redirect/URL` | 302 to the URL |
/// | `/status/CODE` | that status |
/// | `/accepted/URL` | 202: ask there, in a second |
/// | `/step/N` | 202: ask at `/step/` and one less, in the end at `/hello`, in a second |
/// | `/large/BYTES`, `/chunked/BYTES` | as many bytes, with their number ahead or not |
/// | `/never` | nothing |
/// | `/drip` | ten bytes are announced, one comes |
/// | `/half` | ten bytes are announced, one comes, and the connection is closed |
/// | `/hang-up` | the connection is closed |
#[derive(Debug)]
pub struct Server {
    address: SocketAddr,
    scheme: &'static str,
    seen: Seen,
    accepting: JoinHandle<()>,
}

/// The heads of all requests, in the order of their arrival.
type Seen = Arc<Mutex<Vec<String>>>;

impl Server {
    /// Starts one that speaks HTTP.
    ///
    /// # Errors
    /// If there is no port.
    pub async fn start() -> Result<Self> {
        Self::with(None).await
    }

    /// Starts one that speaks HTTPS, as `localhost`.
    ///
    /// # Errors
    /// If there is no port, or the certificate is not made.
    pub async fn secure(authority: &Authority) -> Result<Self> {
        Self::with(Some(authority.acceptor()?)).await
    }

    async fn with(tls: Option<TlsAcceptor>) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let seen = Seen::default();
        Ok(Self {
            address: listener.local_addr()?,
            scheme: if tls.is_some() { "https" } else { "http" },
            seen: Arc::clone(&seen),
            accepting: tokio::spawn(accept(listener, tls, seen)),
        })
    }

    /// `127.0.0.1:port`
    pub fn address(&self) -> SocketAddr {
        self.address
    }

    /// The port.
    pub fn port(&self) -> u16 {
        self.address.port()
    }

    /// The URL of `path`, by the address.
    pub fn url(&self, path: &str) -> String {
        format!("{}://{}{path}", self.scheme, self.address)
    }

    /// The URL of `path`, by the name `localhost`.
    pub fn named_url(&self, path: &str) -> String {
        format!("{}://localhost:{}{path}", self.scheme, self.port())
    }

    /// The heads of all requests so far.
    pub fn seen(&self) -> Vec<String> {
        self.seen
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
            .clone()
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}

async fn accept(listener: TcpListener, tls: Option<TlsAcceptor>, seen: Seen) {
    while let Ok((stream, _)) = listener.accept().await {
        let tls = tls.clone();
        let seen = Arc::clone(&seen);
        tokio::spawn(async move {
            // A client that goes away is what some tests are about.
            drop(match tls {
                None => answer(stream, &seen).await,
                Some(tls) => match tls.accept(stream).await {
                    Ok(stream) => answer(stream, &seen).await,
                    Err(error) => Err(error.into()),
                },
            });
        });
    }
}

/// Reads one request, and answers it.
async fn answer(mut stream: impl AsyncRead + AsyncWrite + Unpin, seen: &Seen) -> Result<()> {
    let mut received = Vec::new();
    let head_bytes = loop {
        if stream.read_buf(&mut received).await? == 0 {
            bail!("no request came");
        }
        let end = received.windows(4).position(|bytes| bytes == b"\r\n\r\n");
        if let Some(end) = end {
            break end + 4;
        }
    };
    let body = received.split_off(head_bytes);
    let head = String::from_utf8(received)?;
    seen.lock()
        .unwrap_or_else(PoisonError::into_inner)
        .push(head.clone());
    let path = head.split(' ').nth(1).context("a request has a path")?;
    let (verb, argument) = path[1..].split_once('/').unwrap_or((&path[1..], ""));
    let whole = |status: &str, body: &str| {
        let length = body.len();
        format!("HTTP/1.1 {status}\r\ncontent-length: {length}\r\n\r\n{body}")
    };
    let text = match verb {
        "hello" => whole("200 OK", "hello"),
        "count" => {
            let bytes = count(&mut stream, &head, body).await?;
            whole("200 OK", &bytes.to_string())
        }
        "redirect" => {
            format!("HTTP/1.1 302 Found\r\nlocation: {argument}\r\ncontent-length: 0\r\n\r\n")
        }
        "status" => whole(&format!("{argument} As asked"), ""),
        "accepted" => accepted(argument),
        "step" => match argument.parse::<u32>()? {
            0 | 1 => accepted("/hello"),
            more => accepted(&format!("/step/{}", more - 1)),
        },
        "large" => whole("200 OK", &"x".repeat(argument.parse()?)),
        "chunked" => {
            let bytes: usize = argument.parse()?;
            let text = "x".repeat(bytes);
            format!(
                "HTTP/1.1 200 OK\r\ntransfer-encoding: chunked\r\n\r\n{bytes:x}\r\n{text}\r\n0\r\n\r\n"
            )
        }
        "drip" | "half" => "HTTP/1.1 200 OK\r\ncontent-length: 10\r\n\r\nx".to_owned(),
        "never" | "hang-up" => String::new(),
        other => bail!("there is no /{other}"),
    };
    stream.write_all(text.as_bytes()).await?;
    stream.flush().await?;
    if matches!(verb, "never" | "drip") {
        // Until the client goes away.
        while stream.read_buf(&mut Vec::new()).await? > 0 {}
    }
    stream.shutdown().await?;
    Ok(())
}

fn accepted(location: &str) -> String {
    format!(
        "HTTP/1.1 202 Accepted\r\nlocation: {location}\r\nretry-after: 1\r\ncontent-length: 0\r\n\r\n"
    )
}

/// Reads the rest of a body, and returns how long it is.
async fn count(
    stream: &mut (impl AsyncRead + Unpin),
    head: &str,
    mut body: Vec<u8>,
) -> Result<usize> {
    let head = head.to_ascii_lowercase();
    if let Some((_, length)) = head.split_once("content-length: ") {
        let length: usize = length.lines().next().unwrap_or_default().parse()?;
        while body.len() < length {
            if stream.read_buf(&mut body).await? == 0 {
                bail!("the body breaks off");
            }
        }
        return Ok(body.len());
    }
    if !head.contains("transfer-encoding: chunked") {
        return Ok(0);
    }
    let mut at = 0;
    let mut bytes = 0;
    loop {
        match httparse::parse_chunk_size(&body[at.min(body.len())..]) {
            Ok(httparse::Status::Complete((_, 0))) => return Ok(bytes),
            Ok(httparse::Status::Complete((line, length))) => {
                let length = usize::try_from(length)?;
                bytes += length;
                // The chunk and the end of its line.
                at += line + length + 2;
            }
            Ok(httparse::Status::Partial) => {
                if stream.read_buf(&mut body).await? == 0 {
                    bail!("the body breaks off");
                }
            }
            Err(_) => bail!("this is no chunk"),
        }
    }
}

/// Who signs certificates that a test's host may trust.
#[derive(Debug)]
pub struct Authority {
    issuer: Issuer<'static, KeyPair>,
    pem: String,
}

impl Authority {
    /// A new one, that nobody trusts yet.
    ///
    /// # Errors
    /// If there is no key.
    pub fn new() -> Result<Self> {
        let mut params = CertificateParams::new(Vec::new())?;
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate()?;
        let pem = params.self_signed(&key)?.pem();
        Ok(Self {
            issuer: Issuer::new(params, key),
            pem,
        })
    }

    /// Writes its certificate, as `SSL_CERT_FILE` wants it.
    ///
    /// # Errors
    /// If the file cannot be written.
    pub fn write(&self, path: &Path) -> Result<()> {
        Ok(std::fs::write(path, &self.pem)?)
    }

    /// Who speaks TLS as `localhost`.
    pub(crate) fn acceptor(&self) -> Result<TlsAcceptor> {
        let key = KeyPair::generate()?;
        let params = CertificateParams::new(vec!["localhost".to_owned()])?;
        let certificate = params.signed_by(&key, &self.issuer)?;
        let key = PrivatePkcs8KeyDer::from(key.serialize_der());
        let provider = tokio_rustls::rustls::crypto::ring::default_provider();
        let config = ServerConfig::builder_with_provider(Arc::new(provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth()
            .with_single_cert(vec![certificate.der().clone()], key.into())?;
        Ok(TlsAcceptor::from(Arc::new(config)))
    }
}
