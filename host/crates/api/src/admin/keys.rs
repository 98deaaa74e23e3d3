use axum::extract::{RawQuery, State};
use axum::http::StatusCode;
use axum::response::Response;
use serde::Serialize;
use soloist_core::FunctionName;
use soloist_engine::{
    Guests, KeyError, KeyKind, KeyName, KeyRecord, NewKey, Platform, Revoked, TaskHub,
};

use crate::app::App;
use crate::moment::whole_seconds;
use crate::path::Segments;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::{empty, json, located};

/// A key as an operator sees it. The key itself is there once: in the answer to whoever made or rolled it.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct KeyBody {
    name: KeyName,
    kind: &'static str,
    /// The one function that it is for; only a function key may have one.
    function: Option<FunctionName>,
    created_time: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    key: Option<String>,
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

/// `GET /admin/keys`
pub(crate) async fn list<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
) -> Response {
    let keys = app.engine.keys().into_iter();
    let bodies: Vec<KeyBody> = keys.map(Into::into).collect();
    json(StatusCode::OK, &bodies)
}

/// `POST /admin/keys/{name}?kind=master|system|function[&function=NAME]`: makes a key, and shows it this once.
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

/// `POST /admin/keys/{name}/roll`: the key is another one from now on, which is shown this once.
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

/// `DELETE /admin/keys/{name}`: from now on the key opens nothing.
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
