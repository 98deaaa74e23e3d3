use std::borrow::Cow;

use axum::http::Method;

use crate::management::route::{Route, is_below_a_base, route};

/// What a request needs its caller to be allowed. Paths that nothing is under need some key too: whoever has none learns
/// nothing.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Need<'p> {
    /// Whoever reaches the host may ask.
    Nothing,
    /// Any key will do.
    AnyKey,
    /// The whole host.
    Host,
    /// Instances of all functions.
    Instances,
    /// A start of this function, under this id if it names one. `by_name` is under `/api`, which is not of the management API.
    Start {
        function: Cow<'p, str>,
        instance: Option<Cow<'p, str>>,
        by_name: bool,
    },
    /// This instance.
    Instance(Cow<'p, str>),
    /// What sets up a client, with the key that the client will bring.
    Binding,
}

/// What everybody may read.
const OPEN: [&str; 4] = ["/healthz", "/readyz", "/openapi.json", "/docs"];
const ADMIN: &str = "/admin";
const BINDING: &str = "/admin/host/binding";
const STARTS: &str = "/api/orchestrators/";

/// What a request needs. Paths are looked at as they came, as the router does.
pub(crate) fn need<'p>(method: &Method, path: &'p str) -> Need<'p> {
    if OPEN.contains(&path) {
        return Need::Nothing;
    }
    if path == BINDING {
        return Need::Binding;
    }
    if path == ADMIN
        || path
            .strip_prefix(ADMIN)
            .is_some_and(|rest| rest.starts_with('/'))
    {
        return Need::Host;
    }
    if let Some(rest) = path.strip_prefix(STARTS) {
        let mut segments = rest.split('/').map(decoded);
        return Need::Start {
            function: segments.next().unwrap_or_default(),
            instance: segments.next().filter(|id| !id.is_empty()),
            by_name: true,
        };
    }
    if !is_below_a_base(path) {
        return Need::AnyKey;
    }
    match route(method, path) {
        Some(Route::Start { function, instance }) => Need::Start {
            function,
            instance,
            by_name: false,
        },
        Some(
            Route::Status(id)
            | Route::Purge(id)
            | Route::RaiseEvent { instance: id, .. }
            | Route::Terminate(id)
            | Route::Suspend(id)
            | Route::Resume(id)
            | Route::Rewind(id)
            | Route::Restart(id),
        ) => Need::Instance(id),
        Some(Route::List | Route::PurgeAll | Route::NotSupported(_)) => Need::Instances,
        Some(Route::NotUtf8) | None => Need::AnyKey,
    }
}

fn decoded(segment: &str) -> Cow<'_, str> {
    percent_encoding::percent_decode_str(segment).decode_utf8_lossy()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_path_needs_what_it_gives() {
        let start = |function: &'static str, instance: Option<&'static str>, by_name| Need::Start {
            function: function.into(),
            instance: instance.map(Into::into),
            by_name,
        };
        let rows = [
            ("GET", "/healthz", Need::Nothing),
            ("GET", "/readyz", Need::Nothing),
            ("GET", "/healthz/", Need::AnyKey),
            ("GET", "/", Need::AnyKey),
            ("GET", "/nothing", Need::AnyKey),
            ("GET", "/admin", Need::Host),
            ("GET", "/admin/keys", Need::Host),
            ("GET", "/admin/nothing", Need::Host),
            ("GET", "/admin/host/binding", Need::Binding),
            ("GET", "/administration", Need::AnyKey),
            ("POST", "/api/orchestrators/F", start("F", None, true)),
            ("POST", "/api/orchestrators/F/", start("F", None, true)),
            (
                "POST",
                "/api/orchestrators/F/x",
                start("F", Some("x"), true),
            ),
            (
                "POST",
                "/api/orchestrators/%46/%78/",
                start("F", Some("x"), true),
            ),
            (
                "POST",
                "/durabletask/orchestrators/%46/x",
                start("F", Some("x"), false),
            ),
            (
                "POST",
                "/durabletask/Orchestrators/F/",
                start("F", None, false),
            ),
            ("GET", "/durabletask/orchestrators/F", Need::AnyKey),
            (
                "GET",
                "/DurableTask/instances/a%20b",
                Need::Instance("a b".into()),
            ),
            (
                "DELETE",
                "/durabletask/instances/x",
                Need::Instance("x".into()),
            ),
            (
                "POST",
                "/durabletask/instances/x/restart",
                Need::Instance("x".into()),
            ),
            (
                "POST",
                "/durabletask/instances/x/raiseEvent/e",
                Need::Instance("x".into()),
            ),
            ("POST", "/durabletask/instances/x/nothing", Need::AnyKey),
            ("GET", "/durabletask/instances/", Need::Instances),
            ("DELETE", "/durabletask/instances", Need::Instances),
            ("GET", "/durabletask/entities/a/b", Need::Instances),
        ];
        for (method, path, expected) in rows {
            let method = method.parse().unwrap();
            assert_eq!(need(&method, path), expected, "{method} {path}");
            if let Some(rest) = path.strip_prefix("/durabletask") {
                let twin = format!("/runtime/webhooks/durabletask{rest}");
                assert_eq!(need(&method, &twin), expected, "{method} {twin}");
            }
        }
    }
}
