//! Texts that are too large or too deep.

use anyhow::Result;

use crate::lane::{End, activity, orchestrator};
use crate::stage::Stage;

#[tokio::test]
async fn names_of_60_mib() -> Result<()> {
    let end = End::Fails(
        "LimitExceeded",
        "has 62914560 bytes; at most 1024 are allowed",
    );
    let lanes = ["name-too-large", "event-too-large"].map(|deed| orchestrator(deed, end));
    Stage::set("names of 60 MiB")
        .await?
        .endure(&[lanes.clone(), lanes.clone(), lanes.clone(), lanes].concat())
        .await
}

#[tokio::test]
async fn outputs_of_60_mib() -> Result<()> {
    let end = End::Fails(
        "LimitExceeded",
        "the output has 62914560 bytes; at most 16777216",
    );
    let lanes = [
        orchestrator("output-too-large", end),
        activity("output-too-large", end),
    ];
    Stage::set("outputs of 60 MiB")
        .await?
        .endure(&[lanes.clone(), lanes.clone(), lanes.clone(), lanes].concat())
        .await
}

#[tokio::test]
async fn outputs_of_16_mib() -> Result<()> {
    let end = End::Completes("\"xxxx");
    let lanes = [
        orchestrator("output-large", end),
        activity("output-large", end),
    ];
    Stage::set("outputs of 16 MiB, which are allowed")
        .await?
        .endure(&[lanes.clone(), lanes].concat())
        .await
}

#[tokio::test]
async fn statuses_and_inputs_of_16_mib() -> Result<()> {
    let status = End::Fails(
        "LimitExceeded",
        "the custom status has 16777216 bytes; at most 16384",
    );
    let input = End::Fails(
        "LimitExceeded",
        "the input of an activity has 16777217 bytes",
    );
    let lanes = [
        orchestrator("status-too-large", status),
        orchestrator("input-too-large", input),
    ];
    Stage::set("custom statuses and inputs of 16 MiB")
        .await?
        .endure(&[lanes.clone(), lanes.clone(), lanes.clone(), lanes].concat())
        .await
}

#[tokio::test]
async fn documents_of_100_000_nested_arrays() -> Result<()> {
    let deep = End::Completes("[[[[");
    let lanes = [
        orchestrator("output-deep", deep),
        activity("output-deep", deep),
        orchestrator("input-deep", deep),
        orchestrator("status-deep", End::Completes("null")),
    ];
    Stage::set("100,000 nested arrays, which are allowed")
        .await?
        .endure(&[lanes.clone(), lanes].concat())
        .await
}
