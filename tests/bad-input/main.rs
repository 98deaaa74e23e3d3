//! Bad input, row by row as `README.md` lists it: each has a status or an exit code and one sentence that says what to do,
//! the host lives on, and nothing is half-written.

mod bodies;
mod command;
mod compiler;
mod data;
mod disk;
mod functions;
mod ids;
mod instances;
mod modules;
mod mount;
mod process;
mod serve;
mod settings;
mod table;
mod wire;

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{Answer, Client, Connection, Guest, Host, HostOptions, eventually};

/// Where instances are managed.
const INSTANCES: &str = "/runtime/webhooks/durabletask/instances";
/// The three places where instances are started.
const STARTS: [&str; 3] = [
    "/api/orchestrators",
    "/runtime/webhooks/durabletask/orchestrators",
    "/durabletask/orchestrators",
];

/// A host to which bad things are sent, and what it must still be afterwards.
struct World {
    host: Host,
    /// The functions as they were listed at first.
    functions: String,
}

impl World {
    /// A host without functions.
    async fn empty() -> Result<Self> {
        Self::with(HostOptions::default(), &[]).await
    }

    /// A host with these orchestrators of the component for tests, and its activity `echo`.
    async fn of(orchestrators: &[&str]) -> Result<Self> {
        Self::with(HostOptions::default(), orchestrators).await
    }

    async fn with(options: HostOptions, orchestrators: &[&str]) -> Result<Self> {
        Self::at(Host::start(options)?, orchestrators).await
    }

    async fn at(host: Host, orchestrators: &[&str]) -> Result<Self> {
        let client = host.client();
        for name in orchestrators {
            client
                .deploy(name, Guest::Scenarios, Some("orchestrator"))
                .await?;
        }
        if !orchestrators.is_empty() {
            client
                .deploy("echo", Guest::Scenarios, Some("activity"))
                .await?;
        }
        let functions = client.get("/admin/functions").await?.text().await?;
        Ok(Self { host, functions })
    }

    fn client(&self) -> Client {
        self.host.client()
    }

    /// Sends a request, with no client library to repair it.
    async fn ask(&self, method: &str, path: &str, body: &[u8]) -> Result<Answer> {
        self.ask_with(method, path, "content-type: application/json\r\n", body)
            .await
    }

    /// The same with these header lines, each with its end.
    async fn ask_with(
        &self,
        method: &str,
        path: &str,
        headers: &str,
        body: &[u8],
    ) -> Result<Answer> {
        let address = self.host.address();
        let length = body.len();
        let key = self.host.key_line();
        let head = format!(
            "{method} {path} HTTP/1.1\r\nhost: {address}\r\ncontent-length: {length}\r\n{key}{headers}\r\n"
        );
        let mut connection = Connection::open(address).await?;
        connection.send(&[head.as_bytes(), body].concat()).await?;
        connection.answer().await
    }

    /// Uploads a component that is refused, and returns the sentence: with this status, or, where it took long to compile, in
    /// the state of its module.
    async fn upload_refused(&self, path: &str, bytes: &[u8], status: u16) -> Result<String> {
        let answer = self.ask("PUT", path, bytes).await?;
        if answer.status != 202 {
            ensure!(answer.status == status, "{status} is wanted: {answer:?}");
            return sentence(&answer);
        }
        let module = answer.header("location").context("no Location")?;
        let refusal = eventually("the component is compiled", async || {
            let answer = self.ask("GET", module, b"").await?;
            let module: Value = serde_json::from_str(&answer.body)?;
            Ok((module["state"] != "compiling").then_some(module))
        });
        let refusal = refusal.await?;
        ensure!(
            refusal["state"] == "refused",
            "it is not refused: {refusal}"
        );
        Ok(refusal["error"].as_str().context("no error")?.to_owned())
    }

    /// The same, and checks the sentence.
    async fn assert_upload_refused(
        &self,
        path: &str,
        bytes: &[u8],
        status: u16,
        part: &str,
    ) -> Result<()> {
        let sentence = self.upload_refused(path, bytes, status).await?;
        assert_sentence(&sentence, part)
    }

    /// Checks that the host lives, that its functions are what they were, and that there are no such instances.
    async fn stands(&self, without: &[&str]) -> Result<()> {
        ensure!(self.ask("GET", "/healthz", b"").await?.status == 200);
        ensure!(self.ask("GET", "/readyz", b"").await?.status == 200);
        let functions = self.ask("GET", "/admin/functions", b"").await?.body;
        ensure!(functions == self.functions, "now there are {functions}");
        for id in without {
            let status = self.status(id).await?;
            ensure!(
                status.status == 404,
                "there is an instance {id}: {status:?}"
            );
        }
        Ok(())
    }

    /// The status of an instance.
    async fn status(&self, id: &str) -> Result<Answer> {
        self.ask("GET", &format!("{INSTANCES}/{id}"), b"").await
    }

    /// Starts an instance that waits for events, and sees it wait.
    async fn start_waiting(&self, id: &str) -> Result<()> {
        let client = self.client();
        client
            .start("events", id, &serde_json::json!({"n": 1}))
            .await?;
        client
            .history_shows(id, "a wait", |events| {
                events.iter().any(|event| event["type"] == "EventAwaited")
            })
            .await?;
        Ok(())
    }
}

/// The sentence of a refusal, in either of the host's two shapes.
fn sentence(answer: &Answer) -> Result<String> {
    let body: Value = serde_json::from_str(&answer.body)
        .with_context(|| format!("{answer:?} is no refusal in JSON"))?;
    let shape = [("detail", "code"), ("ExceptionMessage", "ExceptionType")];
    let sentence = shape
        .iter()
        .find(|(sentence, kind)| body[sentence].is_string() && body[kind].is_string())
        .and_then(|(sentence, _)| body[sentence].as_str());
    Ok(sentence
        .with_context(|| format!("{answer:?} has no sentence"))?
        .to_owned())
}

/// Checks the status and the sentence of a refusal.
fn assert_refused(answer: &Answer, status: u16, part: &str) -> Result<()> {
    let sentence = sentence(answer)?;
    ensure!(answer.status == status, "{status} is wanted: {answer:?}");
    assert_sentence(&sentence, part)
}

/// Checks a sentence for people: it says this, in one line of a length that can be read.
fn assert_sentence(sentence: &str, part: &str) -> Result<()> {
    ensure!(sentence.contains(part), "{part:?} is not in {sentence:?}");
    ensure!(!sentence.contains('\n'), "{sentence:?} has many lines");
    ensure!(sentence.len() < 600, "{sentence:?} is long");
    Ok(())
}

/// Checks that an answer has no body: what the management API of Durable Functions says of what it does not know.
fn assert_empty(answer: &Answer, status: u16) -> Result<()> {
    ensure!(answer.status == status, "{status} is wanted: {answer:?}");
    ensure!(answer.body.is_empty(), "{answer:?} has a body");
    Ok(())
}

/// The most memory that a process has had so far, in bytes.
fn memory_peak(pid: u32) -> Result<u64> {
    let status = std::fs::read_to_string(format!("/proc/{pid}/status"))?;
    let line = status.lines().find(|line| line.starts_with("VmHWM:"));
    let kib = line
        .and_then(|line| line.split_whitespace().nth(1))
        .context("no VmHWM")?;
    Ok(kib.parse::<u64>()? * 1024)
}
