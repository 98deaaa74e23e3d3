use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use soloist_core::{FunctionName, InvalidFunctionName};
use soloist_engine::{Bound, Deployment, FunctionKind, FunctionRecord, Guests, Platform, TaskHub};
use utoipa::{IntoParams, ToSchema};

use super::modules::{ModuleBody, module_path};
use crate::app::App;
use crate::body;
use crate::caller::Caller;
use crate::description::Function;
use crate::moment::whole_seconds;
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::{empty, json, located};

/// A bound name.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Function)]
pub(crate) struct FunctionBody {
    #[schema(value_type = String)]
    name: FunctionName,
    #[schema(inline, value_type = Kind)]
    kind: FunctionKind,
    /// Of the component that it is bound to.
    #[schema(pattern = "^[0-9a-f]{64}$")]
    digest: String,
    /// Of the component, in bytes.
    size: u64,
    #[schema(format = "date-time")]
    created_time: String,
}

/// What a function is.
#[derive(ToSchema)]
#[schema(rename_all = "camelCase")]
#[expect(dead_code, reason = "the description reads it")]
enum Kind {
    Orchestrator,
    Activity,
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

/// List the functions
#[utoipa::path(
    get, path = "/admin/functions", operation_id = "listFunctions",
    responses((status = 200, description = "All functions, by name.", body = [FunctionBody]))
)]
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

/// Show a function
#[utoipa::path(
    get, path = "/admin/functions/{function}", operation_id = "showFunction",
    params(Function),
    responses(
        (status = 200, description = "The function.", body = FunctionBody),
        (status = 404, description = "There is no such function.", body = Problem),
    )
)]
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

/// What of the component is meant.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description reads it; see `kind`")]
struct KindQuery {
    /// Needed only where the component exports both.
    #[param(inline, value_type = Option<Kind>)]
    kind: Option<FunctionKind>,
}

/// Bind a name to the component in the body
///
/// Instances that there are stay with the component that they began with.
#[utoipa::path(
    put, path = "/admin/functions/{function}", operation_id = "deployFunction",
    params(Function, KindQuery),
    request_body(description = "A WebAssembly component.", content_type = "application/wasm"),
    responses(
        (status = 201, description = "The name is new.", body = FunctionBody, headers(
            ("Location" = String, description = "Where the function is."))),
        (status = 200, description = "The name is bound anew.", body = FunctionBody, headers(
            ("Location" = String, description = "Where the function is."))),
        (status = 202, description = "It compiles longer than a request waits, and is bound then.", body = ModuleBody, headers(
            ("Location" = String, description = "Where its module is."))),
        (status = 400, description = "The name or the kind is none, or the kind is needed.", body = Problem),
        (status = 422, description = "This is not a component that can be used: `detail` says what to do.", body = Problem),
    )
)]
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

/// Unbind a name
///
/// Instances that there are go on.
#[utoipa::path(
    delete, path = "/admin/functions/{function}", operation_id = "removeFunction",
    params(Function),
    responses(
        (status = 204, description = "It is gone."),
        (status = 404, description = "There is no such function.", body = Problem),
    )
)]
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
