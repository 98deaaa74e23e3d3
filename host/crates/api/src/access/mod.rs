//! Who may do what.
//!
//! | Key | Good for |
//! |---|---|
//! | master | all |
//! | system | the management API, on all instances, and the binding |
//! | function | starts of one function (or of all), and the instances of it; no id that is another's |
//!
//! Where keys are not required, whoever is on this machine, and came by no proxy, needs none. A key that is brought all the same is looked at as soon as
//! there is any.

mod key;
mod need;

use axum::http::header::WWW_AUTHENTICATE;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse, Response};
use soloist_core::{FunctionName, InstanceId};
use soloist_engine::{Guests, HubError, KeyDigest, KeyKind, Platform, TaskHub};

use crate::app::App;
use crate::management;
use crate::problem::Problem;
pub(crate) use key::presented;
pub(crate) use need::{Need, need};

/// Why a request is not let in.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Denied {
    /// It brings no key, and needs one.
    NoKey,
    /// It brings one that this host does not know, or knows no more.
    UnknownKey,
    /// Its key is good for something else.
    OtherKind,
}

/// Who a request comes from.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) enum Holder {
    /// Whoever it is.
    Anybody,
    /// Someone on this machine, without a key.
    Local,
    /// Someone with a key of this kind.
    Key(KeyKind),
}

/// Who brings this key, or none. `is_local` is true of a request that comes from this machine and is addressed to it.
pub(crate) fn holder<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    presented: Option<&KeyDigest>,
    is_local: bool,
) -> Result<Holder, Denied> {
    let settings = &app.shared.settings;
    let needs_none = is_local && !settings.keys_required;
    let Some(presented) = presented else {
        return if needs_none {
            Ok(Holder::Local)
        } else {
            Err(Denied::NoKey)
        };
    };
    if settings
        .master_key
        .as_ref()
        .is_some_and(|master| master.is(presented))
    {
        return Ok(Holder::Key(KeyKind::Master));
    }
    match app.engine.key(presented) {
        Some(record) => Ok(Holder::Key(record.kind)),
        // Whoever calls a host without keys with those of another has nothing to fear from it.
        None if needs_none && settings.master_key.is_none() && app.engine.keys().is_empty() => {
            Ok(Holder::Local)
        }
        None => Err(Denied::UnknownKey),
    }
}

/// True if this is a master key.
pub(crate) fn is_master<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    key: &KeyDigest,
) -> bool {
    let is_of_file = |master: &KeyDigest| master.is(key);
    app.shared
        .settings
        .master_key
        .as_ref()
        .is_some_and(is_of_file)
        || app
            .engine
            .key(key)
            .is_some_and(|record| record.kind == KeyKind::Master)
}

/// True if a holder may do what a request asks for.
pub(crate) async fn may<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    holder: &Holder,
    need: &Need<'_>,
) -> Result<bool, HubError> {
    let kind = match holder {
        Holder::Anybody => return Ok(*need == Need::Nothing),
        Holder::Local | Holder::Key(KeyKind::Master) => return Ok(true),
        Holder::Key(kind) => kind,
    };
    Ok(match (kind, need) {
        (_, Need::Nothing | Need::AnyKey)
        | (KeyKind::System, Need::Instances | Need::Instance(_) | Need::Binding)
        | (KeyKind::Function(None), Need::Start { .. } | Need::Instance(_)) => true,
        (KeyKind::System, Need::Start { by_name, .. }) => !by_name,
        (
            KeyKind::Function(Some(own)),
            Need::Start {
                function, instance, ..
            },
        ) => {
            // A start may take the place of what is there.
            own.as_str() == *function
                && match instance {
                    Some(id) => is_of(app, id, own).await?,
                    None => true,
                }
        }
        (KeyKind::Function(Some(own)), Need::Instance(id)) => is_of(app, id, own).await?,
        _ => false,
    })
}

/// True if an instance is of a function, or not there: then there is nothing to hide.
async fn is_of<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    id: &str,
    function: &FunctionName,
) -> Result<bool, HubError> {
    let Ok(id) = id.parse::<InstanceId>() else {
        return Ok(true);
    };
    let status = app.engine.status(&id).await?;
    Ok(status.is_none_or(|status| status.function == *function))
}

impl Denied {
    /// The answer to a request of this path.
    pub(crate) fn answer(self, path: &str) -> Response {
        if management::is_below_a_base(path) {
            return self.challenged(management::denied(self));
        }
        self.challenged(Problem::from(self).into_response())
    }

    pub(crate) fn status(self) -> StatusCode {
        match self {
            Self::NoKey | Self::UnknownKey => StatusCode::UNAUTHORIZED,
            Self::OtherKind => StatusCode::FORBIDDEN,
        }
    }

    pub(crate) fn sentence(self) -> &'static str {
        match self {
            Self::NoKey => {
                "this request needs a key: send one in the header x-functions-key, or as code=KEY in the query"
            }
            Self::UnknownKey => {
                "this host does not know this key: it is mistyped, or was rolled or revoked"
            }
            Self::OtherKind => {
                "this key is not good for this: /admin takes a master key, listing and cleaning up a system key, a start the \
                 key of its function, and an instance any of them"
            }
        }
    }

    fn challenged(self, mut answer: Response) -> Response {
        if self.status() == StatusCode::UNAUTHORIZED {
            let challenge = HeaderValue::from_static("ApiKey realm=\"soloist\"");
            answer.headers_mut().insert(WWW_AUTHENTICATE, challenge);
        }
        answer
    }
}

impl From<Denied> for Problem {
    fn from(denied: Denied) -> Self {
        let code = match denied {
            Denied::NoKey => "key-missing",
            Denied::UnknownKey => "key-unknown",
            Denied::OtherKind => "key-of-another-kind",
        };
        Self::new(denied.status(), code, denied.sentence())
    }
}
