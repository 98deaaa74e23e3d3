//! The host's HTTP surface, as far as the demo needs it.

use std::fs;
use std::path::Path;
use std::thread;
use std::time::Duration;

use anyhow::{Context as _, Result, bail};
use serde_json::Value;
use ureq::Agent;
use ureq::Body;
use ureq::http::Response;

use super::history::History;
use crate::project::now;

/// The largest components carry an interpreter.
const COMPILE_PATIENCE: Duration = Duration::from_mins(5);

pub(crate) struct Client {
    agent: Agent,
    url: String,
}

impl Client {
    pub(crate) fn new(url: &str) -> Self {
        let settings = Agent::config_builder()
            .http_status_as_error(false)
            .timeout_global(Some(Duration::from_mins(1)));
        Self {
            agent: settings.build().into(),
            url: url.to_owned(),
        }
    }

    /// Deploys a component under `name`, and returns its size once it can be started.
    pub(crate) fn deploy(&self, name: &str, component: &Path) -> Result<usize> {
        let bytes =
            fs::read(component).with_context(|| format!("cannot read {}", component.display()))?;
        let request = self
            .agent
            .put(format!("{}/admin/functions/{name}", self.url));
        let mut response = request
            .send(&bytes)
            .with_context(|| format!("cannot deploy {name}"))?;
        match response.status().as_u16() {
            200 | 201 => {}
            202 => {
                let location = response
                    .headers()
                    .get("location")
                    .context("202 without Location")?;
                let location = location
                    .to_str()
                    .context("Location is not text")?
                    .to_owned();
                self.compiled(&location)?;
            }
            status => bail!("{name} is refused with {status}: {}", text(&mut response)?),
        }
        Ok(bytes.len())
    }

    /// Starts an instance: status and text.
    pub(crate) fn start(&self, function: &str, id: &str, input: &Value) -> Result<(u16, String)> {
        let url = format!("{}/api/orchestrators/{function}/{id}", self.url);
        let request = self
            .agent
            .post(url)
            .header("content-type", "application/json");
        self.answer(request.send(input.to_string()))
    }

    /// The instance's status code and status.
    pub(crate) fn status(&self, id: &str) -> Result<(u16, Value)> {
        self.get(&format!("/runtime/webhooks/durabletask/instances/{id}"))
    }

    /// The history of the instance's latest execution.
    pub(crate) fn history(&self, id: &str) -> Result<History> {
        let (status, body) = self.get(&format!("/admin/instances/{id}/history"))?;
        if status != 200 {
            bail!("there is no history of {id}, but {status}: {body}");
        }
        History::latest(&body)
    }

    fn compiled(&self, location: &str) -> Result<()> {
        let path = location.strip_prefix(&self.url).unwrap_or(location);
        within(COMPILE_PATIENCE, || {
            let (_, module) = self.get(path)?;
            match module["state"].as_str() {
                Some("ready") => Ok(Some(())),
                Some("compiling") => Ok(None),
                _ => bail!("the module does not compile: {module}"),
            }
        })
    }

    /// What is under a path: status and JSON.
    pub(crate) fn get(&self, path: &str) -> Result<(u16, Value)> {
        let url = format!("{}{path}", self.url);
        let (status, text) = self.answer(self.agent.get(&url).call())?;
        let body = serde_json::from_str(&text)
            .with_context(|| format!("{url} answers {status}, and no JSON: {text}"))?;
        Ok((status, body))
    }

    fn answer(&self, response: Result<Response<Body>, ureq::Error>) -> Result<(u16, String)> {
        let mut response = response.with_context(|| format!("no answer from {}", self.url))?;
        Ok((response.status().as_u16(), text(&mut response)?))
    }
}

fn text(response: &mut Response<Body>) -> Result<String> {
    response
        .body_mut()
        .read_to_string()
        .context("cannot read an answer")
}

/// Asks again until there is something, but not longer than `limit`.
pub(crate) fn within<T>(limit: Duration, mut look: impl FnMut() -> Result<Option<T>>) -> Result<T> {
    let start = now();
    while start.elapsed() < limit {
        if let Some(found) = look()? {
            return Ok(found);
        }
        thread::sleep(Duration::from_millis(50));
    }
    bail!("not seen within {} s", limit.as_secs())
}
