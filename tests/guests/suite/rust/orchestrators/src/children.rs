//! Orchestrators that call others.

use serde::Deserialize;
use serde_json::json;
use soloist::{Context, Failure, OrchestratorOptions};

use crate::failures::{Fails, caught};

#[derive(Deserialize)]
#[serde(default)]
pub(crate) struct Child {
    n: u32,
    instance: Option<String>,
}

impl Default for Child {
    fn default() -> Self {
        Self {
            n: 21,
            instance: None,
        }
    }
}

pub(crate) fn child(ctx: &Context, input: Option<Child>) -> Result<u32, Failure> {
    let Child { n, instance } = input.unwrap_or_default();
    let mut options = OrchestratorOptions::new();
    if let Some(instance) = instance {
        options = options.instance_id(instance);
    }
    ctx.call_orchestrator_with("double", json!({"n": n}), &options)
        .wait()
}

#[derive(Deserialize)]
pub(crate) struct Double {
    n: u32,
}

pub(crate) fn double(ctx: &Context, Double { n }: Double) -> Result<u32, Failure> {
    ctx.call_activity("echo", 2 * n).wait()
}

pub(crate) fn child_fails(ctx: &Context, input: Option<Fails>) -> Result<Failure, Failure> {
    caught(
        ctx.call_orchestrator("fails", input.unwrap_or_default())
            .wait(),
    )
}
