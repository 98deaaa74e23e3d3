//! Many callers at once, spread over the places where instances are started, and what each is answered in the shape of its place.

use anyhow::{Context, Result, ensure};
use futures_util::future::{join_all, try_join_all};
use serde_json::Value;
use tests::{Answer, Connection, Host};
use tokio::sync::Barrier;

pub(crate) const CALLERS: usize = 64;

/// Where instances are started.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Place {
    /// Answers problems, and the sentence of Durable Functions as plain text.
    Api,
    /// The management API of Durable Functions.
    Webhooks,
    /// Its twin.
    Rpc,
}

impl Place {
    /// Callers are spread over the places, and are elsewhere in the next round.
    pub(crate) fn of(caller: usize, round: usize) -> Self {
        [Self::Api, Self::Webhooks, Self::Rpc][(caller + round) % 3]
    }

    pub(crate) fn start(self, function: &str, id: &str) -> String {
        let base = match self {
            Self::Api => "/api",
            Self::Webhooks => "/runtime/webhooks/durabletask",
            Self::Rpc => "/durabletask",
        };
        format!("{base}/orchestrators/{function}/{id}")
    }

    /// Checks a refusal of this place: its sentence, and where it leads.
    pub(crate) fn check_conflict(
        self,
        answer: &Answer,
        refusal: &Refusal,
        location: &str,
    ) -> Result<()> {
        ensure!(answer.status == 409, "{self:?}: {answer:?}");
        let leads_to = answer.header("location");
        ensure!(leads_to == Some(location), "{leads_to:?}, not {location}");
        let media_type = answer.header("content-type").unwrap_or_default();
        let sentence = refusal.sentence.as_str();
        match self {
            Self::Api if refusal.code.is_none() => {
                ensure!(media_type.starts_with("text/plain"), "{answer:?}");
                ensure!(answer.body == sentence, "{answer:?}, not {sentence:?}");
            }
            Self::Api => {
                ensure!(media_type == "application/problem+json", "{answer:?}");
                let body: Value = serde_json::from_str(&answer.body)?;
                ensure!(body["code"].as_str() == refusal.code, "{body}");
                ensure!(
                    body["detail"] == sentence && body["status"] == 409,
                    "{body}"
                );
            }
            Self::Webhooks | Self::Rpc => {
                ensure!(media_type.starts_with("application/json"), "{answer:?}");
                let body: Value = serde_json::from_str(&answer.body)?;
                for key in ["Message", "ExceptionMessage"] {
                    ensure!(body[key] == sentence, "{key}: {body}");
                }
                ensure!(body["ExceptionType"] == refusal.exception, "{body}");
            }
        }
        Ok(())
    }
}

/// How a start is refused, wherever it was asked for.
pub(crate) struct Refusal {
    sentence: String,
    /// Of the problem, where `/api` answers one.
    code: Option<&'static str>,
    exception: &'static str,
}

impl Refusal {
    /// One of this id is live.
    pub(crate) fn exists(id: &str) -> Self {
        Self {
            sentence: format!("An instance with ID '{id}' already exists."),
            code: None,
            exception: "DurableTask.Core.Exceptions.OrchestrationAlreadyExistsException",
        }
    }

    /// As many of the function are live as may be, among them this one.
    pub(crate) fn full(function: &str, holder: &str) -> Self {
        Self {
            sentence: format!(
                "The function '{function}' has as many live instances as it may, among them '{holder}': try again when one has ended."
            ),
            code: Some("function-full"),
            exception: "System.InvalidOperationException",
        }
    }
}

/// Checks that a caller is shown an instance: whoever started it, and whoever is attached to it.
pub(crate) fn check_shown(answer: &Answer, status: u16, id: &str) -> Result<()> {
    ensure!(answer.status == status, "{status} is due: {answer:?}");
    let body: Value = serde_json::from_str(&answer.body)?;
    let location = answer.header("location").context("it says where")?;
    ensure!(
        body["id"] == id && body["statusQueryGetUri"] == location,
        "{answer:?}"
    );
    Ok(())
}

pub(crate) fn count(answers: &[Answer], status: u16) -> usize {
    answers
        .iter()
        .filter(|answer| answer.status == status)
        .count()
}

pub(crate) async fn connect(host: &Host) -> Result<Vec<Connection>> {
    try_join_all((0..CALLERS).map(|_| Connection::open(host.address()))).await
}

/// Posts a path and a body from each connection, all at once.
pub(crate) async fn race(
    connections: &mut [Connection],
    request: impl Fn(usize) -> (String, String),
) -> Vec<Result<Answer>> {
    let barrier = Barrier::new(connections.len());
    let callers = connections
        .iter_mut()
        .enumerate()
        .map(|(number, connection)| {
            let (barrier, (path, body)) = (&barrier, request(number));
            async move {
                let prepared = connection.prepare_post(&path, &body).await;
                // All wait for all, whatever became of their first bytes.
                barrier.wait().await;
                connection.release(prepared?).await
            }
        });
    join_all(callers).await
}

/// The same, where each is answered.
pub(crate) async fn race_to_the_end(
    connections: &mut [Connection],
    request: impl Fn(usize) -> (String, String),
) -> Result<Vec<Answer>> {
    race(connections, request).await.into_iter().collect()
}
