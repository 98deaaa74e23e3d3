use std::time::Duration;

use axum::extract::State;
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use soloist_core::{FunctionName, InstanceId, ModuleDigest};
use soloist_engine::{Guests, ModuleRecord, ModuleState, Platform, RemovedModule, TaskHub};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::moment::whole_seconds;
use crate::path::Segments;
use crate::problem::{Problem, quoted};
use crate::reply::{empty, json, retry_after};

/// A module as callers see it. Which keys there are depends on its state.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Module)]
pub(crate) struct ModuleBody {
    #[schema(pattern = "^[0-9a-f]{64}$")]
    digest: String,
    #[serde(flatten)]
    state: StateBody,
}

/// What belongs to the state of a module.
#[derive(Debug, Serialize, ToSchema)]
#[serde(tag = "state", rename_all = "camelCase")]
#[schema(as = ModuleState)]
pub(crate) enum StateBody {
    #[serde(rename_all = "camelCase")]
    Compiling { elapsed_seconds: f64 },
    #[serde(rename_all = "camelCase")]
    Refused { error: String },
    #[serde(rename_all = "camelCase")]
    Ready {
        /// Of the component, in bytes.
        size: u64,
        #[schema(format = "date-time")]
        created_time: String,
        /// Those that are bound to it.
        #[schema(value_type = Vec<String>)]
        functions: Vec<FunctionName>,
        /// Some of those that need it.
        #[schema(value_type = Vec<String>)]
        instances: Vec<InstanceId>,
    },
}

impl ModuleBody {
    pub(crate) fn compiling(digest: ModuleDigest, elapsed: Duration) -> Self {
        Self::new(digest, ModuleState::Compiling(elapsed))
    }

    fn new(digest: ModuleDigest, state: ModuleState) -> Self {
        Self {
            digest: digest.to_string(),
            state: match state {
                ModuleState::Compiling(elapsed) => StateBody::Compiling {
                    elapsed_seconds: elapsed.as_secs_f64(),
                },
                ModuleState::Refused(error) => StateBody::Refused { error },
                ModuleState::Ready(record) => StateBody::Ready {
                    size: record.size,
                    created_time: whole_seconds(record.created),
                    functions: record.functions,
                    instances: record.instances,
                },
            },
        }
    }
}

/// Where a module is found.
pub(crate) fn module_path(digest: ModuleDigest) -> String {
    format!("/admin/modules/{digest}")
}

/// The module in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "the description reads it; handlers read the path")]
struct Digest {
    /// The SHA-256 of a component, in hexadecimal digits.
    #[param(pattern = "^[0-9a-f]{64}$")]
    digest: String,
}

/// Show a module
#[utoipa::path(
    get, path = "/admin/modules/{digest}", operation_id = "showModule",
    params(Digest),
    responses(
        (status = 200, description = "What there is to say of it in its state.", body = ModuleBody, headers(
            ("Retry-After" = u64, description = "Where it compiles: when to ask again, in seconds."))),
        (status = 404, description = "There is no such module.", body = Problem),
    )
)]
pub(crate) async fn show<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(digest): Segments<String>,
) -> Result<Response, Problem> {
    let known = digest_of(&digest)?;
    let state = app.engine.module(known).await?;
    let state = state.ok_or_else(|| no_module(&digest))?;
    let compiles = matches!(state, ModuleState::Compiling(_));
    let reply = json(StatusCode::OK, &ModuleBody::new(known, state));
    Ok(if compiles {
        retry_after(reply, 1)
    } else {
        reply
    })
}

/// Remove a module
#[utoipa::path(
    delete, path = "/admin/modules/{digest}", operation_id = "removeModule",
    params(Digest),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is no such module.", body = Problem),
        (status = 409, description = "It is needed: `detail` says by what.", body = Problem),
    )
)]
pub(crate) async fn remove<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(digest): Segments<String>,
) -> Result<Response, Problem> {
    match app.engine.remove_module(digest_of(&digest)?).await? {
        RemovedModule::Removed => Ok(empty(StatusCode::NO_CONTENT)),
        RemovedModule::Unknown => Err(no_module(&digest)),
        RemovedModule::Needed(record) => Err(needed(&record)),
    }
}

fn digest_of(text: &str) -> Result<ModuleDigest, Problem> {
    text.parse().map_err(|_| no_module(text))
}

fn no_module(digest: &str) -> Problem {
    Problem::not_found(format!("there is no module '{digest}'"))
}

fn needed(record: &ModuleRecord) -> Problem {
    let mut by = Vec::new();
    if !record.functions.is_empty() {
        by.push(format!("bound to {}", quoted(&record.functions)));
    }
    if !record.instances.is_empty() {
        by.push(format!(
            "needed by the instances {}",
            quoted(&record.instances)
        ));
    }
    let detail = if by.is_empty() {
        "the module is still needed: try again later".to_owned()
    } else {
        format!(
            "the module is {}: remove or rebind the functions and purge the instances first",
            by.join(" and ")
        )
    };
    Problem::new(StatusCode::CONFLICT, "module-needed", detail)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn record(functions: &[&str], instances: &[&str]) -> ModuleRecord {
        ModuleRecord {
            digest: ModuleDigest::new([0; 32]),
            size: 12,
            created: soloist_core::Timestamp::from_millis(0),
            functions: functions.iter().map(|f| f.parse().unwrap()).collect(),
            instances: instances.iter().map(|i| i.parse().unwrap()).collect(),
        }
    }

    #[test]
    fn a_refusal_names_what_needs_the_module() {
        let text = |functions: &[&str], instances: &[&str]| {
            serde_json::to_value(needed(&record(functions, instances))).unwrap()["detail"]
                .as_str()
                .map(str::to_owned)
                .unwrap()
        };
        let first = "remove or rebind the functions and purge the instances first";
        assert_eq!(
            text(&["A", "B"], &[]),
            format!("the module is bound to 'A', 'B': {first}")
        );
        assert_eq!(
            text(&["A"], &["x"]),
            format!("the module is bound to 'A' and needed by the instances 'x': {first}")
        );
        assert_eq!(
            text(&[], &[]),
            "the module is still needed: try again later"
        );
    }

    #[test]
    fn a_state_says_what_belongs_to_it() {
        let text = |state| {
            serde_json::to_string(&ModuleBody::new(ModuleDigest::new([0; 32]), state)).unwrap()
        };
        let digest = "0".repeat(64);
        assert_eq!(
            text(ModuleState::Compiling(Duration::from_millis(2500))),
            format!("{{\"digest\":\"{digest}\",\"state\":\"compiling\",\"elapsedSeconds\":2.5}}")
        );
        assert_eq!(
            text(ModuleState::Refused("no".to_owned())),
            format!("{{\"digest\":\"{digest}\",\"state\":\"refused\",\"error\":\"no\"}}")
        );
        assert_eq!(
            text(ModuleState::Ready(record(&["A"], &["x"]))),
            format!(
                "{{\"digest\":\"{digest}\",\"state\":\"ready\",\"size\":12,\
                 \"createdTime\":\"1970-01-01T00:00:00Z\",\"functions\":[\"A\"],\"instances\":[\"x\"]}}"
            )
        );
    }
}
