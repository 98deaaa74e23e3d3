//! A plain HTTP client for a running host.

use std::fs::File;
use std::io::ErrorKind;
use std::sync::Arc;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use ureq::http::request::Builder;
use ureq::http::{HeaderValue, Method, Request, StatusCode, Uri};
use ureq::tls::{Certificate, RootCerts, TlsConfig, TlsProvider};
use ureq::{Agent, AsSendBody, SendBody};

use crate::authorities;
use crate::failure::Usage;

/// What is left as it is in a segment of a path.
const KEPT: AsciiSet = NON_ALPHANUMERIC
    .remove(b'-')
    .remove(b'_')
    .remove(b'.')
    .remove(b'~');

/// The media type of all bodies but components.
pub(crate) const JSON: &str = "application/json";
/// That of components.
const COMPONENT: &str = "application/wasm";

/// The header that leads from page to page.
const TOKEN: &str = "x-ms-continuation-token";

/// How long a host may take to answer. It answers at once, and within 2 s where it compiles.
const ANSWER_PATIENCE: Duration = Duration::from_mins(1);
/// How long an upload may take. The host's own patience is not longer.
const UPLOAD_PATIENCE: Duration = Duration::from_mins(2);

/// The running host that a command is for.
pub(crate) struct Host {
    agent: Agent,
    origin: String,
    key: Option<HeaderValue>,
}

/// What a host answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
    /// Where the next page goes on, of what comes in pages.
    pub(crate) token: Option<String>,
    /// What the host's log has of this request.
    request_id: Option<String>,
    pub(crate) text: String,
}

/// The sentence of an error answer, in whichever of the host's two shapes.
#[derive(Deserialize, Default)]
#[serde(default)]
struct ErrorBody {
    detail: Option<String>,
    #[serde(rename = "ExceptionMessage")]
    exception_message: Option<String>,
}

/// One segment of a path.
pub(crate) fn segment(text: &str) -> String {
    utf8_percent_encode(text, &KEPT).to_string()
}

/// A path with its query.
#[derive(Debug)]
pub(crate) struct Target(String);

impl Target {
    /// A path that has no query yet.
    pub(crate) fn new(path: impl Into<String>) -> Self {
        Self(path.into())
    }

    pub(crate) fn add(&mut self, key: &str, value: &str) {
        self.0.push(if self.0.contains('?') { '&' } else { '?' });
        self.0.push_str(key);
        self.0.push('=');
        self.0.push_str(&segment(value));
    }
}

impl std::fmt::Display for Target {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.0)
    }
}

impl Host {
    /// The host at an origin, asked with a key or without one.
    pub(crate) fn at(origin: &str, key: Option<&str>) -> Result<Self> {
        let mut host = Self::answering_within(ANSWER_PATIENCE, origin)?;
        host.key = key.map(header_of).transpose()?;
        Ok(host)
    }

    fn answering_within(patience: Duration, origin: &str) -> Result<Self> {
        if !is_origin(origin) {
            return Err(Usage(format!(
                "'{origin}' is no address of a host: write http://127.0.0.1:7071, or https://jobs.example.com"
            ))
            .into());
        }
        let mut builder = Agent::config_builder();
        if origin.starts_with("https:") {
            builder = builder.tls_config(trusting_this_machines_authorities());
        }
        let config = builder
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(10)))
            .timeout_send_body(Some(UPLOAD_PATIENCE))
            .timeout_recv_response(Some(patience))
            .timeout_recv_body(Some(patience))
            .build();
        Ok(Self {
            agent: config.into(),
            origin: origin.trim_end_matches('/').to_owned(),
            key: None,
        })
    }

    /// Puts a component. The host is asked first whether it takes one of this size: while it is being sent, its refusal would
    /// not be heard.
    pub(crate) fn upload(&self, path: &str, file: File) -> Result<Answer> {
        let request = self
            .request(&Method::PUT, path, COMPONENT)
            .header("expect", "100-continue");
        if file.metadata().is_ok_and(|metadata| metadata.is_file()) {
            self.run(request, &file)
        } else {
            // Nobody knows how much will come out of a pipe.
            self.run(request, SendBody::from_owned_reader(file))
        }
    }

    fn request(&self, method: &Method, path: &str, content_type: &str) -> Builder {
        let url = match path.strip_prefix('/') {
            Some(path) => format!("{}/{path}", self.origin),
            None => path.to_owned(),
        };
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("content-type", content_type);
        match &self.key {
            Some(key) => request.header("x-functions-key", key),
            None => request,
        }
    }

    /// Sends a request. Any answer is an answer, also one that refuses.
    fn run(&self, request: Builder, body: impl AsSendBody) -> Result<Answer> {
        let request = request
            .body(body)
            .context("the request cannot be written")?;
        let mut answer = self.agent.run(request).map_err(|error| {
            let sentence = self.unanswered(&error);
            anyhow::Error::new(error).context(sentence)
        })?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_to_string()
            .context("the host's answer broke off")?;
        let header = |name| {
            let value = answer.headers().get(name)?;
            Some(value.to_str().ok()?.to_owned())
        };
        Ok(Answer {
            status: answer.status(),
            location: header("location"),
            token: header(TOKEN),
            request_id: header("x-request-id"),
            text,
        })
    }

    /// Why there is no answer.
    fn unanswered(&self, error: &ureq::Error) -> String {
        let origin = &self.origin;
        let went_away = format!(
            "what answers at {origin} is no Soloist, or went away: name another with --host, or try again"
        );
        match error {
            ureq::Error::Io(cause) => match cause.kind() {
                ErrorKind::BrokenPipe
                | ErrorKind::ConnectionReset
                | ErrorKind::ConnectionAborted
                | ErrorKind::UnexpectedEof => went_away,
                ErrorKind::InvalidData => self.not_trusted(),
                _ => format!(
                    "no host answers at {origin}: start one with `soloist serve`, or name another with --host"
                ),
            },
            ureq::Error::Rustls(_) => self.not_trusted(),
            ureq::Error::HostNotFound => format!(
                "no host answers at {origin}: start one with `soloist serve`, or name another with --host"
            ),
            ureq::Error::Timeout(_) => format!(
                "the host at {origin} does not answer in time: look at its log, or try again"
            ),
            _ => went_away,
        }
    }

    fn not_trusted(&self) -> String {
        format!(
            "the certificate of {} is not trusted: name a file of its authorities in SSL_CERT_FILE, or install them",
            self.origin
        )
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        self.run(self.request(&Method::GET, path, JSON), ())
    }

    /// The page that goes on where `token` says, of what comes in pages.
    pub(crate) fn get_page(&self, path: &str, token: &str) -> Result<Answer> {
        let request = self.request(&Method::GET, path, JSON).header(TOKEN, token);
        self.run(request, ())
    }

    pub(crate) fn post(&self, path: &str, json: &str) -> Result<Answer> {
        self.run(self.request(&Method::POST, path, JSON), json.as_bytes())
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Answer> {
        self.run(self.request(&Method::DELETE, path, JSON), ())
    }
}

/// A key as a header that no log shows.
fn header_of(key: &str) -> Result<HeaderValue> {
    let mut key = HeaderValue::try_from(key)
        .map_err(|_| Usage("the key has characters that no key has: copy it anew".to_owned()))?;
    key.set_sensitive(true);
    Ok(key)
}

/// TLS as guests have it.
fn trusting_this_machines_authorities() -> TlsConfig {
    let authorities = authorities::load();
    let authorities: Vec<_> = authorities
        .iter()
        .map(|der| Certificate::from_der(der).to_owned())
        .collect();
    TlsConfig::builder()
        .provider(TlsProvider::Rustls)
        .unversioned_rustls_crypto_provider(Arc::new(rustls::crypto::ring::default_provider()))
        .root_certs(RootCerts::new_with_certs(&authorities))
        .build()
}

/// `http://host` or `http://host:port`, or both with `https`, with or without a slash behind.
fn is_origin(text: &str) -> bool {
    let Ok(uri) = text.parse::<Uri>() else {
        return false;
    };
    let (Some("http" | "https"), Some(authority)) = (uri.scheme_str(), uri.authority()) else {
        return false;
    };
    let whole = match authority.port_u16() {
        Some(port) => format!("{}:{port}", authority.host()),
        None => authority.host().to_owned(),
    };
    whole == authority.as_str() && uri.path() == "/" && uri.query().is_none()
}

impl Answer {
    /// The answer, if it does not refuse.
    pub(crate) fn accepted(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        bail!(self.sentence())
    }

    /// The answer, if it is of this kind. Another may be that of some other program.
    pub(crate) fn exactly(self, status: StatusCode) -> Result<Self> {
        let answer = self.accepted()?;
        if answer.status == status {
            return Ok(answer);
        }
        bail!("the host answered {}: is it a Soloist?", answer.status)
    }

    /// What the host said against it.
    pub(crate) fn sentence(&self) -> String {
        let body: ErrorBody = serde_json::from_str(&self.text).unwrap_or_default();
        // The only refusal in plain text; that of another program may be a whole page.
        let plain = || (self.status == StatusCode::CONFLICT).then(|| self.text.clone());
        let text = || {
            let is_text = self.status == StatusCode::PRECONDITION_FAILED;
            is_text.then(|| serde_json::from_str(&self.text).ok())?
        };
        let sentence = body
            .detail
            .or(body.exception_message)
            .or_else(text)
            .or_else(plain)
            .unwrap_or_else(|| format!("the host answered {}: is it a Soloist?", self.status));
        match &self.request_id {
            Some(id) if self.status == StatusCode::INTERNAL_SERVER_ERROR => {
                format!("{sentence} ({id})")
            }
            _ => sentence,
        }
    }

    pub(crate) fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        serde_json::from_str(&self.text)
            .context("the host's answer cannot be read: is it a Soloist?")
    }
}

#[cfg(test)]
mod tests {
    use std::net::TcpListener;

    use super::*;

    #[test]
    fn an_origin_is_a_scheme_a_host_and_a_port() {
        for good in [
            "http://127.0.0.1:7071",
            "http://localhost/",
            "https://jobs.example.com",
            "http://[::1]:80",
        ] {
            assert!(is_origin(good), "{good}");
        }
        for bad in [
            "",
            "127.0.0.1:7071",
            "ftp://localhost",
            "http://",
            "http://a b",
            "http://127.0.0.1:99999",
            "http://user@localhost",
            "http://localhost/path",
            "http://localhost?query",
        ] {
            assert!(!is_origin(bad), "{bad}");
        }
    }

    #[test]
    fn a_host_that_says_nothing_is_not_waited_for_for_ever() {
        let silent = TcpListener::bind("127.0.0.1:0").unwrap();
        let origin = format!("http://{}", silent.local_addr().unwrap());
        let host = Host::answering_within(Duration::from_millis(20), &origin).unwrap();
        let Err(error) = host.get("/healthz") else {
            panic!("nobody can have answered");
        };
        assert!(
            error.to_string().contains("does not answer in time"),
            "{error}"
        );
    }
}
