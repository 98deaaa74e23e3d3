//! One hostile instance after another, until those beside them are through.

use anyhow::{Context, Result, ensure};
use serde_json::Value;
use tests::{Client, eventually};

use crate::stage::Siege;

/// What is started again and again, and how it must end.
#[derive(Debug, Clone)]
pub(crate) struct Lane {
    pub(crate) function: String,
    pub(crate) deed: String,
    pub(crate) end: End,
}

/// How a hostile instance ends.
#[derive(Debug, Clone, Copy)]
pub(crate) enum End {
    /// It fails with this error type, and a sentence with this in it.
    Fails(&'static str, &'static str),
    /// It fails with this in its sentence; its history is too long to be looked at.
    FailsLate(&'static str),
    /// It returns what this begins with.
    Completes(&'static str),
    /// Never, unless it is terminated.
    Never,
}

/// An orchestrator of the guest `hostile`.
pub(crate) fn orchestrator(deed: &str, end: End) -> Lane {
    Lane {
        function: "hostile".to_owned(),
        deed: deed.to_owned(),
        end,
    }
}

/// An orchestrator that calls the activity `hostile-activity`.
pub(crate) fn activity(deed: &str, end: End) -> Lane {
    orchestrator(&format!("call hostile-activity {deed}"), end)
}

impl Lane {
    /// Returns how often it ended.
    pub(crate) async fn run(&self, number: usize, siege: &Siege<'_>) -> Result<usize> {
        for round in 0.. {
            let id = format!("hostile-{number}-{round}");
            let deed = Value::from(self.deed.as_str());
            siege.client.start(&self.function, &id, &deed).await?;
            if round == 0 {
                self.seen(siege.client, &id).await?;
                siege.begun.wait().await;
            }
            if let End::Never = self.end {
                siege.is_over().await;
                ensure!(siege.client.manage(&id, "terminate", "enough").await? == 202);
            }
            self.check(siege.client, &id).await?;
            if *siege.over.borrow() {
                return Ok(round + 1);
            }
        }
        unreachable!("the loop above ends only with the siege")
    }

    /// Waits until it is known to run, or has run.
    async fn seen(&self, client: &Client, id: &str) -> Result<()> {
        eventually(&format!("{id} ({}) runs", self.deed), async || {
            let text = status(client, id).await?;
            let pending = text.contains(r#""runtimeStatus":"Pending""#);
            Ok((text.contains("armed") || !pending).then_some(()))
        })
        .await
    }

    async fn check(&self, client: &Client, id: &str) -> Result<()> {
        // As text: what a guest returned may be deeper than a parser here goes.
        let text = eventually(&format!("{id} ({}) ends", self.deed), async || {
            let text = status(client, id).await?;
            let ended = ["Completed", "Failed", "Terminated"]
                .iter()
                .any(|status| text.contains(&format!(r#""runtimeStatus":"{status}""#)));
            Ok(ended.then_some(text))
        })
        .await?;
        let has = |status: &str, part: &str| {
            text.contains(&format!(r#""runtimeStatus":"{status}""#)) && text.contains(part)
        };
        let good = match self.end {
            End::Fails(_, part) | End::FailsLate(part) => has("Failed", part),
            End::Completes(part) => has("Completed", &format!(r#""output":{part}"#)),
            End::Never => has("Terminated", "enough"),
        };
        let shown: String = text.chars().take(2_000).collect();
        ensure!(
            good,
            "{} should end as {:?}, but: {shown}",
            self.deed,
            self.end
        );
        if let End::Fails(error_type, _) = self.end {
            let last = client.events(id).await?.pop();
            let failure = last.context("a history is never empty")?["failure"].take();
            ensure!(
                failure["errorType"] == error_type,
                "{}: {failure}",
                self.deed
            );
        }
        Ok(())
    }
}

async fn status(client: &Client, id: &str) -> Result<String> {
    let path = format!("/runtime/webhooks/durabletask/instances/{id}?showInput=false");
    Ok(client.get(&path).await?.text().await?)
}
