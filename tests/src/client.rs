use std::time::Duration;

use anyhow::{Context, Result, bail, ensure};
use reqwest::header::HeaderMap;
use reqwest::{Response, StatusCode};
use serde_json::Value;

use crate::guests::{Guest, component};

/// How long anything in a test may take before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(90);

/// How long a component may take to compile: the largest carry an interpreter, and the machine may be busy.
const COMPILE_PATIENCE: Duration = Duration::from_mins(5);

/// How often something is looked at that cannot be awaited.
const LOOK_AGAIN: Duration = Duration::from_millis(10);

/// What a caller sees of an instance that has ended.
#[derive(Debug, Clone, PartialEq)]
pub struct Ended {
    /// `Completed`, `Failed` or `Terminated`.
    pub status: String,
    /// Its output, or why it failed.
    pub output: Value,
}

/// A plain HTTP client for one host.
#[derive(Debug, Clone)]
pub struct Client {
    http: reqwest::Client,
    origin: String,
}

impl Client {
    pub(crate) fn new(origin: String, key: Option<&str>) -> Self {
        let mut headers = HeaderMap::new();
        if let Some(key) = key {
            let key = key.parse().expect("a key of a test is a header's value");
            headers.insert("x-functions-key", key);
        }
        let http = reqwest::Client::builder()
            .no_proxy()
            .default_headers(headers)
            .timeout(PATIENCE)
            .build();
        Self {
            http: http.expect("a client without TLS can always be built"),
            origin,
        }
    }

    /// The URL of `path` on the host.
    pub fn url(&self, path: &str) -> String {
        format!("{}{path}", self.origin)
    }

    /// The client, for requests of one's own.
    pub fn http(&self) -> &reqwest::Client {
        &self.http
    }

    /// A GET.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn get(&self, path: &str) -> Result<Response> {
        Ok(self.http.get(self.url(path)).send().await?)
    }

    /// A POST with a JSON body.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn post(&self, path: &str, body: &Value) -> Result<Response> {
        Ok(self.http.post(self.url(path)).json(body).send().await?)
    }

    /// A DELETE.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn delete(&self, path: &str) -> Result<Response> {
        Ok(self.http.delete(self.url(path)).send().await?)
    }

    /// Binds `name` to a guest, and waits while it compiles.
    ///
    /// # Errors
    /// If it is not bound in the end.
    pub async fn deploy(&self, name: &str, guest: Guest, kind: Option<&str>) -> Result<String> {
        self.deploy_bytes(name, component(guest)?, kind).await
    }

    /// Binds `name` to a component, and waits while it compiles. Returns the digest.
    ///
    /// # Errors
    /// If it is not bound in the end.
    pub async fn deploy_bytes(
        &self,
        name: &str,
        bytes: Vec<u8>,
        kind: Option<&str>,
    ) -> Result<String> {
        let kind = kind.map(|kind| format!("?kind={kind}")).unwrap_or_default();
        let response = self
            .http
            .put(self.url(&format!("/admin/functions/{name}{kind}")))
            .body(bytes)
            .send()
            .await?;
        match response.status() {
            StatusCode::OK | StatusCode::CREATED => {}
            StatusCode::ACCEPTED => {
                let location = header(&response, "location")?;
                let path = location.trim_start_matches(&self.origin).to_owned();
                eventually_within(COMPILE_PATIENCE, "the module is compiled", async || {
                    let module: Value = self.get(&path).await?.json().await?;
                    match module["state"].as_str() {
                        Some("ready") => Ok(Some(())),
                        Some("compiling") => Ok(None),
                        _ => bail!("the module is refused: {module}"),
                    }
                })
                .await?;
            }
            status => bail!("deploying {name}: {status}: {}", response.text().await?),
        }
        let function: Value = self
            .get(&format!("/admin/functions/{name}"))
            .await?
            .json()
            .await?;
        Ok(function["digest"]
            .as_str()
            .context("a function has a digest")?
            .to_owned())
    }

    /// Starts an instance; exactly 202 will do.
    ///
    /// # Errors
    /// If it is not accepted.
    pub async fn start(&self, function: &str, id: &str, input: &Value) -> Result<Value> {
        let response = self
            .post(&format!("/api/orchestrators/{function}/{id}"), input)
            .await?;
        let status = response.status();
        let text = response.text().await?;
        ensure!(
            status == StatusCode::ACCEPTED,
            "starting {id}: {status}: {text}"
        );
        Ok(serde_json::from_str(&text)?)
    }

    /// The status document of an instance, or `None`.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn status(&self, id: &str) -> Result<Option<Value>> {
        let response = self
            .get(&format!("/runtime/webhooks/durabletask/instances/{id}"))
            .await?;
        if response.status() == StatusCode::NOT_FOUND {
            return Ok(None);
        }
        Ok(Some(response.json().await?))
    }

    /// Waits until an instance has ended.
    ///
    /// # Errors
    /// If it does not exist, or does not end.
    pub async fn ended(&self, id: &str) -> Result<Ended> {
        eventually(&format!("{id} ends"), async || {
            let status = self
                .status(id)
                .await?
                .with_context(|| format!("no instance {id}"))?;
            let runtime_status = status["runtimeStatus"]
                .as_str()
                .context("a status has a runtime status")?;
            Ok(match runtime_status {
                "Completed" | "Failed" | "Terminated" => Some(Ended {
                    status: runtime_status.to_owned(),
                    output: status["output"].clone(),
                }),
                _ => None,
            })
        })
        .await
    }

    /// Starts an instance and waits until it has ended.
    ///
    /// # Errors
    /// If it is not accepted, or does not end.
    pub async fn run(&self, function: &str, id: &str, input: &Value) -> Result<Ended> {
        self.start(function, id, input).await?;
        self.ended(id).await
    }

    /// Waits until the history of an instance holds something.
    ///
    /// # Errors
    /// If it never does.
    pub async fn history_shows(
        &self,
        id: &str,
        what: &str,
        holds: impl Fn(&[Value]) -> bool,
    ) -> Result<Vec<Value>> {
        eventually(&format!("the history of {id} shows {what}"), async || {
            let events = self.events(id).await?;
            Ok(holds(&events).then_some(events))
        })
        .await
    }

    /// The raw events of the current execution of an instance.
    ///
    /// # Errors
    /// If there is no such instance.
    pub async fn events(&self, id: &str) -> Result<Vec<Value>> {
        Ok(self.execution(id).await?.1)
    }

    /// The id and the raw events of the current execution of an instance.
    ///
    /// # Errors
    /// If there is no such instance.
    pub async fn execution(&self, id: &str) -> Result<(String, Vec<Value>)> {
        let response = self.get(&format!("/admin/instances/{id}/history")).await?;
        ensure!(
            response.status() == StatusCode::OK,
            "the history of {id}: {}",
            response.status()
        );
        let mut history: Value = response.json().await?;
        let mut execution = history["executions"]
            .as_array_mut()
            .and_then(Vec::pop)
            .context("no execution is kept")?;
        let id = execution["executionId"]
            .as_str()
            .context("an execution has an id")?
            .to_owned();
        match execution["events"].take() {
            Value::Array(events) => Ok((id, events)),
            other => bail!("events are no list: {other}"),
        }
    }

    /// Raises an event. Returns the status code.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn raise(&self, id: &str, event: &str, data: &Value) -> Result<StatusCode> {
        let path = format!("/runtime/webhooks/durabletask/instances/{id}/raiseEvent/{event}");
        Ok(self.post(&path, data).await?.status())
    }

    /// Does one of `terminate`, `suspend`, `resume`. Returns the status code.
    ///
    /// # Errors
    /// If there is no answer.
    pub async fn manage(&self, id: &str, verb: &str, reason: &str) -> Result<StatusCode> {
        let path = format!("/runtime/webhooks/durabletask/instances/{id}/{verb}?reason={reason}");
        Ok(self.http.post(self.url(&path)).send().await?.status())
    }
}

/// A header of an answer.
fn header(response: &Response, name: &str) -> Result<String> {
    let value = response
        .headers()
        .get(name)
        .with_context(|| format!("no header {name}"))?;
    Ok(value.to_str()?.to_owned())
}

/// Looks again and again until there is something; too long is an error.
///
/// # Errors
/// If looking fails, or takes too long.
pub async fn eventually<T>(what: &str, look: impl AsyncFnMut() -> Result<Option<T>>) -> Result<T> {
    eventually_within(PATIENCE, what, look).await
}

async fn eventually_within<T>(
    patience: Duration,
    what: &str,
    mut look: impl AsyncFnMut() -> Result<Option<T>>,
) -> Result<T> {
    let looking = async {
        loop {
            if let Some(found) = look().await? {
                return Ok(found);
            }
            tokio::time::sleep(LOOK_AGAIN).await;
        }
    };
    tokio::time::timeout(patience, looking)
        .await
        .with_context(|| format!("waited in vain: {what}"))?
}
