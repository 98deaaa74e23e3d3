use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use soloist_core::FunctionName;
use soloist_engine::{
    Guests, KeyError, KeyKind, KeyName, KeyRecord, NewKey, Platform, Revoked, TaskHub,
};
use utoipa::openapi::schema::Object;
use utoipa::{IntoParams, ToSchema};

use crate::app::App;
use crate::description::one_of;
use crate::moment::whole_seconds;
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::{empty, json, located};

/// A key as an operator sees it. The key itself is there once: in the answer to whoever made or rolled it.
#[derive(Debug, Serialize, ToSchema)]
#[serde(rename_all = "camelCase")]
#[schema(as = Key)]
pub(crate) struct KeyBody {
    #[schema(value_type = String)]
    name: KeyName,
    #[schema(schema_with = kinds)]
    kind: &'static str,
    /// The one function that it is for; only a function key may have one.
    #[schema(value_type = Option<String>, required)]
    function: Option<FunctionName>,
    /// When it was made, or rolled.
    #[schema(format = "date-time")]
    created_time: String,
    /// The key itself: only in the answer to whoever made or rolled it.
    #[schema(nullable = false)]
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
}

fn kinds() -> Object {
    one_of(["master", "system", "function"])
}

/// The name of a key in a path.
#[derive(IntoParams)]
#[into_params(parameter_in = Path)]
#[expect(dead_code, reason = "the description reads it")]
struct Name {
    /// A letter or digit, then letters, digits, `_` and `-`, at most 64 characters in all.
    #[param(pattern = "^[A-Za-z0-9][A-Za-z0-9_-]{0,63}$")]
    name: String,
}

/// What a key is to be good for.
#[derive(IntoParams)]
#[into_params(parameter_in = Query)]
#[expect(dead_code, reason = "the description reads it; see `kind`")]
struct KindQuery {
    /// All, the instances of all functions, or starts and what they started.
    #[param(schema_with = kinds, required)]
    kind: String,
    /// The one function that a function key is for.
    function: Option<String>,
}

impl From<KeyRecord> for KeyBody {
    fn from(record: KeyRecord) -> Self {
        let (kind, function) = match record.kind {
            KeyKind::Master => ("master", None),
            KeyKind::System => ("system", None),
            KeyKind::Function(function) => ("function", function),
        };
        Self {
            name: record.name,
            kind,
            function,
            created_time: whole_seconds(record.created),
            key: None,
        }
    }
}

impl From<NewKey> for KeyBody {
    fn from(new: NewKey) -> Self {
        Self {
            key: Some(new.secret.reveal().to_owned()),
            ..new.record.into()
        }
    }
}

/// List the keys, without what they are
#[utoipa::path(
    get, path = "/admin/keys", operation_id = "listKeys",
    responses((status = 200, description = "All keys, by name.", body = [KeyBody]))
)]
pub(crate) async fn list<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
) -> Response {
    let keys = app.engine.keys().into_iter();
    let bodies: Vec<KeyBody> = keys.map(Into::into).collect();
    json(StatusCode::OK, &bodies)
}

/// Make a key, and show it this once
#[utoipa::path(
    post, path = "/admin/keys/{name}", operation_id = "createKey",
    params(Name, KindQuery),
    responses(
        (status = 201, description = "The key is in the answer.", body = KeyBody, headers(
            ("Location" = String, description = "Its path."))),
        (status = 400, description = "The name or the kind is none.", body = Problem),
        (status = 409, description = "There is one of this name, or there are too many.", body = Problem),
    )
)]
pub(crate) async fn create<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(name): Segments<String>,
    RawQuery(query): RawQuery,
) -> Result<Response, Problem> {
    let name: KeyName = name
        .parse()
        .map_err(|error: soloist_engine::InvalidKeyName| {
            Problem::new(
                StatusCode::BAD_REQUEST,
                "invalid-key-name",
                error.to_string(),
            )
        })?;
    let kind = kind(&Query::parse(query.as_deref()))?;
    let path = format!("/admin/keys/{name}");
    let created = app.engine.create_key(name, kind).await?;
    Ok(located(
        json(StatusCode::CREATED, &KeyBody::from(created)),
        &path,
    ))
}

/// Put a new key in the place of one, and show it this once
#[utoipa::path(
    post, path = "/admin/keys/{name}/roll", operation_id = "rollKey",
    params(Name),
    responses(
        (status = 200, description = "The new key is in the answer; the old one opens nothing any more.", body = KeyBody),
        (status = 404, description = "There is no such key.", body = Problem),
    )
)]
pub(crate) async fn roll<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(name): Segments<String>,
) -> Result<Response, Problem> {
    let Ok(known) = name.parse() else {
        return Err(no_key(&name));
    };
    let rolled = app.engine.roll_key(&known).await?;
    let rolled = rolled.ok_or_else(|| no_key(&name))?;
    Ok(json(StatusCode::OK, &KeyBody::from(rolled)))
}

/// Make a key void
#[utoipa::path(
    delete, path = "/admin/keys/{name}", operation_id = "revokeKey",
    params(Name),
    responses(
        (status = 204, description = "It opens nothing any more."),
        (status = 404, description = "There is no such key.", body = Problem),
        (status = 409, description = "It is the only master key, where keys are required.", body = Problem),
    )
)]
pub(crate) async fn revoke<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    Segments(name): Segments<String>,
) -> Result<Response, Problem> {
    let Ok(known) = name.parse() else {
        return Err(no_key(&name));
    };
    let settings = &app.shared.settings;
    let keeps_a_master = settings.keys_required && settings.master_key.is_none();
    match app.engine.revoke_key(&known, keeps_a_master).await? {
        Revoked::Revoked => Ok(empty(StatusCode::NO_CONTENT)),
        Revoked::Unknown => Err(no_key(&name)),
        Revoked::LastMaster => Err(Problem::new(
            StatusCode::CONFLICT,
            "last-master-key",
            format!(
                "'{name}' is the only master key, and nobody could make another without one: make that first, or roll this one"
            ),
        )),
    }
}

fn no_key(name: &str) -> Problem {
    Problem::not_found(format!("there is no key '{name}'"))
}

fn kind(query: &Query) -> Result<KeyKind, Problem> {
    let function = query.words("function");
    match (query.words("kind"), function) {
        (Some("master"), None) => Ok(KeyKind::Master),
        (Some("system"), None) => Ok(KeyKind::System),
        (Some("function"), None) => Ok(KeyKind::Function(None)),
        (Some("function"), Some(function)) => {
            let function: FunctionName =
                function
                    .parse()
                    .map_err(|error: soloist_core::InvalidFunctionName| {
                        let code = "invalid-function-name";
                        Problem::new(StatusCode::BAD_REQUEST, code, error.to_string())
                    })?;
            Ok(KeyKind::Function(Some(function)))
        }
        (Some("master" | "system"), Some(_)) => Err(invalid_kind(
            "only a key of the kind function is for one function: leave function out, or say kind=function",
        )),
        (Some(other), _) => Err(invalid_kind(format!(
            "'{other}' is no kind of key: use master, system or function"
        ))),
        (None, _) => Err(invalid_kind(
            "say what the key is for: kind=master, system or function",
        )),
    }
}

fn invalid_kind(detail: impl Into<std::borrow::Cow<'static, str>>) -> Problem {
    Problem::new(StatusCode::BAD_REQUEST, "invalid-kind", detail)
}

impl From<KeyError> for Problem {
    fn from(error: KeyError) -> Self {
        let code = match error {
            KeyError::Exists(_) => "key-exists",
            KeyError::TooMany => "too-many-keys",
            KeyError::Hub(error) => return error.into(),
        };
        Self::new(StatusCode::CONFLICT, code, error.to_string())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_kind_must_be_said_and_only_function_keys_are_for_one_function() {
        let kind = |query| kind(&Query::parse(Some(query))).map_err(|problem| problem.status());
        let nightly = KeyKind::Function(Some("nightly".parse().unwrap()));
        assert_eq!(kind("kind=master"), Ok(KeyKind::Master));
        assert_eq!(kind("kind=system"), Ok(KeyKind::System));
        assert_eq!(kind("kind=function"), Ok(KeyKind::Function(None)));
        assert_eq!(kind("kind=function&function=nightly"), Ok(nightly));
        for query in [
            "",
            "kind=",
            "kind=Master",
            "kind=entity",
            "kind=master&function=nightly",
            "kind=function&function=a%20b",
            "function=nightly",
        ] {
            assert_eq!(kind(query), Err(400), "{query}");
        }
    }
}
