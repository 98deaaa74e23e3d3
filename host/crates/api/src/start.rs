use axum::body::Body;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::request::Parts;
use axum::response::{IntoResponse, Response};
use soloist_core::{FunctionName, InstanceId, InvalidInstanceId, Timestamp};
use soloist_engine::{
    FunctionKind, Guests, HubError, OnExisting, Platform, Start, StartError, Started, TaskHub,
};
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::body::{self, BodyError};
use crate::caller::{Caller, ManagementPayload};
use crate::description;
use crate::moment::{self, Rounding};
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::{bytes, json, located, retry_after};
use crate::tags::{InvalidTags, Tag, tags};

/// Why a start was refused, before a surface puts it into its own shape.
pub(crate) enum Refused {
    Id(InvalidInstanceId),
    Tags(InvalidTags),
    /// An option of the query makes no sense.
    Option(String),
    UnknownFunction {
        name: String,
        is_activity: bool,
        known: Vec<FunctionName>,
    },
    Body(BodyError),
    Hub(HubError),
}

/// What became of a start.
pub(crate) enum Outcome {
    /// This caller began a new execution.
    Started(InstanceId),
    /// One is live, and the caller wanted it as well as a new one.
    Attached(InstanceId),
    /// One is live.
    Exists(InstanceId),
    /// As many of the function as may be are live.
    Full {
        function: FunctionName,
        holder: InstanceId,
    },
}

/// The query of a start.
#[derive(IntoParams)]
#[into_params(parameter_in = Query, rename_all = "camelCase")]
#[expect(
    dead_code,
    reason = "the description reads it; a start reads the query"
)]
pub(crate) struct StartQuery {
    /// What happens where an execution of the ID is live: the start is refused (which is the default), it is answered with the links of
    /// the live one, or that one is ended and another begins in one commit.
    #[param(inline)]
    on_existing: Option<OnLive>,
    /// Pending till then; it never begins early.
    #[param(format = "date-time")]
    start_at: Option<String>,
    /// `name:value`, as often as there are tags, 16 at most. A name has up to 64 bytes and no colon, a value up to 256.
    #[param(inline, max_items = 16)]
    tag: Option<Vec<Tag>>,
    /// Also after continue-as-new the instance stays with the component that it began with.
    pin: Option<bool>,
    /// Clients send it. It means nothing here: a start takes what is deployed.
    version: Option<String>,
}

/// What a caller wants where an execution of the id is live.
#[derive(Clone, Copy, PartialEq, Eq, ToSchema)]
#[schema(rename_all = "camelCase")]
enum OnLive {
    Reject,
    Attach,
    Replace,
}

fn on_live(query: &Query) -> Result<OnLive, Refused> {
    match query.words("onExisting") {
        None => Ok(OnLive::Reject),
        Some(text) if text.eq_ignore_ascii_case("reject") => Ok(OnLive::Reject),
        Some(text) if text.eq_ignore_ascii_case("attach") => Ok(OnLive::Attach),
        Some(text) if text.eq_ignore_ascii_case("replace") => Ok(OnLive::Replace),
        Some(text) => Err(Refused::Option(format!(
            "onExisting is '{text}', but must be reject, attach or replace"
        ))),
    }
}

fn start_at(query: &Query) -> Result<Option<Timestamp>, Refused> {
    let Some(text) = query.words("startAt") else {
        return Ok(None);
    };
    // The instance never begins early.
    match moment::read(text, Rounding::Up) {
        Some(at) => Ok(Some(at)),
        None => Err(Refused::Option(format!(
            "startAt is '{text}', but must be a time like 2026-01-02T03:04:05Z"
        ))),
    }
}

/// Starts an instance as a request asks for it. Without an id, or with an empty one, it gets a new one.
pub(crate) async fn start<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    parts: &Parts,
    query: &Query,
    body: Body,
    function: &str,
    instance: Option<&str>,
) -> Result<Outcome, Refused> {
    let settings = &app.shared.settings;
    let instance = instance
        .map(str::parse::<InstanceId>)
        .transpose()
        .map_err(Refused::Id)?;
    let tags = tags(query).map_err(Refused::Tags)?;
    let (on_live, start_at) = (on_live(query)?, start_at(query)?);
    let Ok(function) = function.parse::<FunctionName>() else {
        return Err(Refused::UnknownFunction {
            name: function.to_owned(),
            is_activity: false,
            known: orchestrators(app),
        });
    };
    let body = body::read(
        &parts.headers,
        body,
        settings.json_limit(),
        settings.body_timeout,
    );
    let input = body.await.and_then(body::payload).map_err(Refused::Body)?;
    let start = Start {
        function,
        instance,
        input,
        pin: query.flag("pin", false),
        start_at,
        tags,
        on_existing: match on_live {
            OnLive::Reject | OnLive::Attach => OnExisting::Reject,
            OnLive::Replace => OnExisting::Replace,
        },
    };
    let started = app.engine.start(start).await;
    Ok(match started.map_err(Refused::from)?.into() {
        Outcome::Exists(instance) if on_live == OnLive::Attach => Outcome::Attached(instance),
        outcome => outcome,
    })
}

impl From<Started> for Outcome {
    fn from(started: Started) -> Self {
        match started {
            Started::Started { instance, .. } => Self::Started(instance),
            Started::Exists { instance } => Self::Exists(instance),
            Started::Full { function, holder } => Self::Full { function, holder },
        }
    }
}

impl From<StartError> for Refused {
    fn from(error: StartError) -> Self {
        match error {
            StartError::UnknownFunction {
                name,
                is_activity,
                known,
            } => Self::UnknownFunction {
                name: name.to_string(),
                is_activity,
                known,
            },
            StartError::Hub(error) => Self::Hub(error),
        }
    }
}

fn orchestrators<H: TaskHub, G: Guests, P: Platform>(app: &App<H, G, P>) -> Vec<FunctionName> {
    let functions = app.engine.functions().into_iter();
    functions
        .filter(|function| function.kind == FunctionKind::Orchestrator)
        .map(|function| function.name)
        .collect()
}

/// The reply to the one caller who won.
pub(crate) fn accepted(caller: &Caller, instance: &InstanceId) -> Response {
    let payload = caller.management_payload(instance);
    let reply = json(StatusCode::ACCEPTED, &payload);
    retry_after(located(reply, &payload.status_query_get_uri), 10)
}

/// The reply to a caller who is shown the one that is live.
pub(crate) fn attached(caller: &Caller, instance: &InstanceId) -> Response {
    let payload = caller.management_payload(instance);
    located(
        json(StatusCode::OK, &payload),
        &payload.status_query_get_uri,
    )
}

/// The sentence by which Durable Functions refuses a second live execution of an id.
pub(crate) fn exists(id: &InstanceId) -> String {
    format!("An instance with ID '{id}' already exists.")
}

/// The sentence by which a start beyond the limit of its function is refused.
pub(crate) fn full(function: &FunctionName, holder: &InstanceId) -> String {
    format!(
        "The function '{function}' has as many live instances as it may, among them '{holder}': try again when one has ended."
    )
}

/// Start an instance under a new ID
#[utoipa::path(
    post, path = "/api/orchestrators/{function}", operation_id = "startNew",
    params(description::Function, StartQuery),
    request_body(content = Option<Value>, description = "The input; none is `null`.", content_type = "application/json"),
    responses(
        (status = 202, description = "It is started.", body = ManagementPayload, headers(
            ("Location" = String, description = "Where its status is."),
            ("Retry-After" = u64, description = "When to ask for it, in seconds."))),
        (status = 400, description = "An option or a tag is none, or the body is not JSON.", body = Problem),
        (status = 404, description = "There is no orchestrator of this name: `detail` lists those that there are.", body = Problem),
        (status = 409, description = "As many of the function are live as may be.", body = Problem, headers(
            ("Location" = String, description = "Where the status of one of them is."))),
    )
)]
pub(crate) async fn start_new<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(function): Segments<String>,
    request: Request,
) -> Result<Response, Problem> {
    answer(app, &function, None, request).await
}

/// Start an instance under an ID of your own
///
/// Exactly one of any number of concurrent callers gets 202; all others learn who won.
#[utoipa::path(
    post, path = "/api/orchestrators/{function}/{instance}", operation_id = "startSingleton",
    params(description::Function, description::Instance, StartQuery),
    request_body(content = Option<Value>, description = "The input; none is `null`.", content_type = "application/json"),
    responses(
        (status = 202, description = "It is started.", body = ManagementPayload, headers(
            ("Location" = String, description = "Where its status is."),
            ("Retry-After" = u64, description = "When to ask for it, in seconds."))),
        (status = 200, description = "One is live, and `onExisting` says `attach`.", body = ManagementPayload, headers(
            ("Location" = String, description = "Where its status is."))),
        (status = 400, description = "The ID, an option or a tag is none, or the body is not JSON.", body = Problem),
        (status = 404, description = "There is no orchestrator of this name: `detail` lists those that there are.", body = Problem),
        (status = 409, description = "One is live; or, as a problem, as many of the function are live as may be.",
            content((String = "text/plain"), (Problem = "application/problem+json")),
            headers(("Location" = String, description = "Where the status of the live one is."))),
    )
)]
pub(crate) async fn start_singleton<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments((function, instance)): Segments<(String, String)>,
    request: Request,
) -> Result<Response, Problem> {
    answer(app, &function, Some(&instance), request).await
}

async fn answer<H: TaskHub, G: Guests, P: Platform>(
    app: App<H, G, P>,
    function: &str,
    instance: Option<&str>,
    request: Request,
) -> Result<Response, Problem> {
    let (parts, body) = request.into_parts();
    let query = Query::parse(parts.uri.query());
    let caller = Caller::new(&parts, &query);
    Ok(
        match start(&app, &parts, &query, body, function, instance).await? {
            Outcome::Started(instance) => accepted(&caller, &instance),
            Outcome::Attached(instance) => attached(&caller, &instance),
            Outcome::Exists(instance) => {
                let reply = bytes(
                    StatusCode::CONFLICT,
                    "text/plain; charset=utf-8",
                    exists(&instance),
                );
                located(reply, &caller.status_url(&instance))
            }
            Outcome::Full { function, holder } => {
                let problem = Problem::new(
                    StatusCode::CONFLICT,
                    "function-full",
                    full(&function, &holder),
                );
                located(problem.into_response(), &caller.status_url(&holder))
            }
        },
    )
}
