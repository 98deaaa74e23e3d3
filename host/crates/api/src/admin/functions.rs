use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use soloist_core::{FunctionName, InvalidFunctionName};
use soloist_engine::{Bound, Deployment, FunctionKind, FunctionRecord, Guests, Platform, TaskHub};

use super::modules::{ModuleBody, module_path};
use crate::app::App;
use crate::body;
use crate::caller::Caller;
use crate::moment::whole_seconds;
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::{empty, json, located};

/// A function as callers see it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct FunctionBody {
    name: FunctionName,
    kind: FunctionKind,
    digest: String,
    size: u64,
    created_time: String,
}

impl From<FunctionRecord> for FunctionBody {
    fn from(record: FunctionRecord) -> Self {
        Self {
            name: record.name,
            kind: record.kind,
            digest: record.digest.to_string(),
            size: record.size,
            created_time: whole_seconds(record.created),
        }
    }
}

/// `GET /admin/functions`
pub(crate) async fn list<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
) -> Response {
    let functions = app.engine.functions().into_iter();
    let bodies: Vec<FunctionBody> = functions.map(Into::into).collect();
    json(StatusCode::OK, &bodies)
}

/// `PUT /admin/functions/`: the name is missing.
pub(crate) async fn deploy_nameless() -> Problem {
    invalid_name(&"".parse::<FunctionName>().expect_err("it has no letter"))
}

/// `GET /admin/functions/{name}`
pub(crate) async fn show<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(name): Segments<String>,
) -> Result<Response, Problem> {
    let record = name
        .parse()
        .ok()
        .and_then(|name| app.engine.function(&name))
        .ok_or_else(|| no_function(&name))?;
    Ok(json(StatusCode::OK, &FunctionBody::from(record)))
}

/// `PUT /admin/functions/{name}[?kind=..]`: binds the name to the component in the body.
pub(crate) async fn deploy<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(name): Segments<String>,
    request: Request,
) -> Result<Response, Problem> {
    let settings = &app.shared.settings;
    let name: FunctionName = name.parse().map_err(|error| invalid_name(&error))?;
    let (parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query());
    let caller = Caller::new(&parts, &query);
    let kind = kind(&query)?;
    let _place = app.shared.uploads.acquire().await;
    let body = body::read(
        &parts.headers,
        body,
        settings.module_limit(),
        settings.body_timeout,
    );
    let bytes: Arc<[u8]> = body.await?.into();
    let deployment = app
        .engine
        .deploy(name, kind, bytes, settings.deploy_patience)
        .await?;
    Ok(match deployment {
        Deployment::Bound(record, bound) => {
            let status = match bound {
                Bound::New => StatusCode::CREATED,
                Bound::Anew => StatusCode::OK,
            };
            let url = format!("{}/admin/functions/{}", caller.base(), record.name);
            located(json(status, &FunctionBody::from(record)), &url)
        }
        Deployment::Compiling(digest) => {
            let body = ModuleBody::compiling(digest, settings.deploy_patience);
            let url = format!("{}{}", caller.base(), module_path(digest));
            located(json(StatusCode::ACCEPTED, &body), &url)
        }
    })
}

/// `DELETE /admin/functions/{name}`
pub(crate) async fn remove<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(name): Segments<String>,
) -> Result<Response, Problem> {
    let Ok(bound) = name.parse() else {
        return Err(no_function(&name));
    };
    if app.engine.unbind(&bound).await? {
        Ok(empty(StatusCode::NO_CONTENT))
    } else {
        Err(no_function(&name))
    }
}

fn invalid_name(error: &InvalidFunctionName) -> Problem {
    let code = "invalid-function-name";
    Problem::new(StatusCode::BAD_REQUEST, code, error.to_string())
}

fn no_function(name: &str) -> Problem {
    Problem::not_found(format!("there is no function '{name}'"))
}

/// The kind that an upload names; here a value that cannot be read is an error, for the caller meant something.
fn kind(query: &Query) -> Result<Option<FunctionKind>, Problem> {
    match query.words("kind") {
        None => Ok(None),
        Some("orchestrator") => Ok(Some(FunctionKind::Orchestrator)),
        Some("activity") => Ok(Some(FunctionKind::Activity)),
        Some(other) => Err(Problem::new(
            StatusCode::BAD_REQUEST,
            "invalid-kind",
            format!("'{other}' is no kind of function: use orchestrator or activity"),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_that_cannot_be_read_is_refused() {
        let kind = |text| kind(&Query::parse(Some(text)));
        assert_eq!(kind("kind=activity"), Ok(Some(FunctionKind::Activity)));
        assert_eq!(
            kind("Kind=orchestrator"),
            Ok(Some(FunctionKind::Orchestrator))
        );
        assert_eq!(kind(""), Ok(None));
        assert_eq!(kind("kind=entity").unwrap_err().status(), 400);
    }

    #[test]
    fn a_function_is_written_in_the_words_of_its_page() {
        let record = FunctionRecord {
            name: "Hello".parse().unwrap(),
            kind: FunctionKind::Orchestrator,
            digest: soloist_core::ModuleDigest::new([1; 32]),
            size: 7,
            created: soloist_core::Timestamp::from_millis(999),
        };
        assert_eq!(
            serde_json::to_string(&FunctionBody::from(record)).unwrap(),
            format!(
                "{{\"name\":\"Hello\",\"kind\":\"orchestrator\",\"digest\":\"{}\",\"size\":7,\
                 \"createdTime\":\"1970-01-01T00:00:00Z\"}}",
                "01".repeat(32)
            )
        );
    }
}
