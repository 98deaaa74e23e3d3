//! A plain HTTP client for a running host.

use std::time::Duration;

use anyhow::{Context, Result, bail};
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Deserialize;
use ureq::Agent;
use ureq::http::{Method, Request, StatusCode};

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
pub(crate) const COMPONENT: &str = "application/wasm";

/// The running host that a command is for.
pub(crate) struct Host {
    agent: Agent,
    origin: String,
}

/// What a host answered.
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) location: Option<String>,
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

impl Host {
    pub(crate) fn at(origin: &str) -> Result<Self> {
        let origin = origin.trim_end_matches('/');
        if !origin.starts_with("http://") {
            return Err(Usage(format!(
                "'{origin}' is no address of a host: write http://127.0.0.1:7071"
            ))
            .into());
        }
        let config = Agent::config_builder()
            .http_status_as_error(false)
            .proxy(None)
            .max_redirects(0)
            .timeout_connect(Some(Duration::from_secs(10)))
            .build();
        Ok(Self {
            agent: config.into(),
            origin: origin.to_owned(),
        })
    }

    /// Sends a request. Any answer is an answer, also one that refuses.
    pub(crate) fn send(
        &self,
        method: &Method,
        path: &str,
        content_type: &str,
        body: &[u8],
    ) -> Result<Answer> {
        let url = match path.strip_prefix('/') {
            Some(path) => format!("{}/{path}", self.origin),
            None => path.to_owned(),
        };
        let request = Request::builder()
            .method(method)
            .uri(url)
            .header("content-type", content_type)
            .body(body)
            .context("the request cannot be written")?;
        let mut answer = self.agent.run(request).with_context(|| {
            format!(
                "no host answers at {}: start one with `soloist serve`, or name another with --host",
                self.origin
            )
        })?;
        let text = answer
            .body_mut()
            .with_config()
            .limit(u64::MAX)
            .read_to_string()
            .context("the host's answer broke off")?;
        let location = answer.headers().get("location");
        Ok(Answer {
            status: answer.status(),
            location: location.and_then(|url| Some(url.to_str().ok()?.to_owned())),
            text,
        })
    }

    pub(crate) fn get(&self, path: &str) -> Result<Answer> {
        self.send(&Method::GET, path, JSON, &[])
    }

    pub(crate) fn post(&self, path: &str, json: &str) -> Result<Answer> {
        self.send(&Method::POST, path, JSON, json.as_bytes())
    }

    pub(crate) fn delete(&self, path: &str) -> Result<Answer> {
        self.send(&Method::DELETE, path, JSON, &[])
    }
}

impl Answer {
    /// The answer, if it does not refuse.
    pub(crate) fn accepted(self) -> Result<Self> {
        if self.status.is_success() {
            return Ok(self);
        }
        bail!(self.sentence())
    }

    /// What the host said against it.
    pub(crate) fn sentence(&self) -> String {
        let body: ErrorBody = serde_json::from_str(&self.text).unwrap_or_default();
        body.detail
            .or(body.exception_message)
            .or_else(|| Some(self.text.trim().to_owned()).filter(|text| !text.is_empty()))
            .unwrap_or_else(|| format!("the host answered {}", self.status))
    }

    pub(crate) fn json<'a, T: Deserialize<'a>>(&'a self) -> Result<T> {
        serde_json::from_str(&self.text)
            .context("the host's answer cannot be read: is it a Soloist?")
    }
}
