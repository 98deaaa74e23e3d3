use std::borrow::Cow;

use axum::http::Method;
use percent_encoding::percent_decode_str;

use crate::caller::WEBHOOK_BASE;

/// The second base of the management API, which Durable Functions' clients call.
pub(crate) const RPC_BASE: &str = "/durabletask";

/// What a request to the management API asks for.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Route<'p> {
    Start {
        function: Cow<'p, str>,
        instance: Option<Cow<'p, str>>,
    },
    /// All instances that a filter lets through.
    List,
    /// Those that have ended go.
    PurgeAll,
    Status(Cow<'p, str>),
    Purge(Cow<'p, str>),
    RaiseEvent {
        instance: Cow<'p, str>,
        event: Cow<'p, str>,
    },
    Terminate(Cow<'p, str>),
    Suspend(Cow<'p, str>),
    Resume(Cow<'p, str>),
    Rewind(Cow<'p, str>),
    Restart(Cow<'p, str>),
    /// A start whose function or instance is no text.
    NotUtf8,
    /// Durable Functions has it, this host does not have it yet.
    NotSupported(&'static str),
}

/// Finds what a request asks for. Literals match whatever their case, a trailing slash does not matter, and a known path
/// with another method is as unknown as any other path.
pub(crate) fn route<'p>(method: &Method, path: &'p str) -> Option<Route<'p>> {
    let rest = below_base(path)?;
    let segments: Vec<&str> = rest.trim_matches('/').split('/').collect();
    let (noun, rest) = segments.split_first()?;
    let get = method == Method::GET;
    let post = method == Method::POST;
    let delete = method == Method::DELETE;
    if noun.eq_ignore_ascii_case("orchestrators") {
        return match rest {
            [function] if post => start(function, None),
            [function, instance] if post => start(function, Some(instance)),
            _ => None,
        };
    }
    if noun.eq_ignore_ascii_case("instances") {
        return match rest {
            [] if get => Some(Route::List),
            [] if delete => Some(Route::PurgeAll),
            [id] if get => decoded(id).map(Route::Status),
            [id] if delete => decoded(id).map(Route::Purge),
            [id, verb, event] if post && verb.eq_ignore_ascii_case("raiseEvent") => {
                Some(Route::RaiseEvent {
                    instance: decoded(id)?,
                    event: decoded(event)?,
                })
            }
            // Without this, the name would be missing because the slash after it does not matter.
            [id, verb] if post && verb.eq_ignore_ascii_case("raiseEvent") => {
                Some(Route::RaiseEvent {
                    instance: decoded(id)?,
                    event: Cow::Borrowed(""),
                })
            }
            [id, verb] if post => operation(verb, decoded(id)?),
            _ => None,
        };
    }
    let is_entities = noun.eq_ignore_ascii_case("entities");
    if is_entities && (get || (rest.len() == 2 && (post || delete))) && rest.len() < 3 {
        return Some(Route::NotSupported("entities"));
    }
    let is_lease = noun.eq_ignore_ascii_case("makeprimary") && rest.is_empty();
    is_lease.then_some(Route::NotSupported("app leases"))
}

fn start<'p>(function: &'p str, instance: Option<&'p str>) -> Option<Route<'p>> {
    let is_text = |segment: &str| percent_decode_str(segment).decode_utf8().is_ok();
    if !is_text(function) || !instance.is_none_or(is_text) {
        return Some(Route::NotUtf8);
    }
    Some(Route::Start {
        function: decoded(function)?,
        instance: match instance {
            Some(instance) => Some(decoded(instance)?),
            None => None,
        },
    })
}

fn operation<'p>(verb: &str, id: Cow<'p, str>) -> Option<Route<'p>> {
    match verb.to_ascii_lowercase().as_str() {
        "terminate" => Some(Route::Terminate(id)),
        "suspend" => Some(Route::Suspend(id)),
        "resume" => Some(Route::Resume(id)),
        "rewind" => Some(Route::Rewind(id)),
        "restart" => Some(Route::Restart(id)),
        _ => None,
    }
}

/// True if a path belongs to the management API, known or not.
pub(crate) fn is_below_a_base(path: &str) -> bool {
    below_base(path).is_some()
}

fn below_base(path: &str) -> Option<&str> {
    strip_base(path, WEBHOOK_BASE).or_else(|| strip_base(path, RPC_BASE))
}

fn strip_base<'p>(path: &'p str, base: &str) -> Option<&'p str> {
    let (head, rest) = path.split_at_checked(base.len())?;
    (head.eq_ignore_ascii_case(base) && rest.starts_with('/')).then_some(rest)
}

/// A segment as text. In a path, `+` is a plus sign.
fn decoded(segment: &str) -> Option<Cow<'_, str>> {
    percent_decode_str(segment)
        .decode_utf8()
        .ok()
        .filter(|text| !text.is_empty())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(method: &str, path: &str) -> Option<Route<'static>> {
        route(&method.parse().unwrap(), path.to_owned().leak())
    }

    fn start(instance: Option<&'static str>) -> Route<'static> {
        Route::Start {
            function: "F".into(),
            instance: instance.map(Into::into),
        }
    }

    #[test]
    fn both_bases_lead_to_the_same_place() {
        for base in ["/runtime/webhooks/durabletask", "/durabletask"] {
            let at = |path: &str| format!("{base}/{path}");
            assert_eq!(of("POST", &at("orchestrators/F/a")), Some(start(Some("a"))));
            assert_eq!(
                of("GET", &at("instances/a")),
                Some(Route::Status("a".into()))
            );
        }
        for path in [
            "/",
            "/durabletaskx/instances/a",
            "/x/durabletask/instances/a",
        ] {
            assert_eq!(of("GET", path), None, "{path}");
        }
    }

    #[test]
    fn case_and_trailing_slashes_do_not_matter() {
        let raised = |path| of("POST", path);
        let expected = Some(Route::RaiseEvent {
            instance: "Id".into(),
            event: "Go".into(),
        });
        assert_eq!(raised("/DurableTask/Instances/Id/RAISEEVENT/Go/"), expected);
        assert_eq!(raised("/durabletask/instances/Id/raiseevent/Go"), expected);
        let nameless = Some(Route::RaiseEvent {
            instance: "Id".into(),
            event: "".into(),
        });
        assert_eq!(raised("/durabletask/instances/Id/raiseEvent"), nameless);
        assert_eq!(raised("/durabletask/instances/Id/raiseEvent/"), nameless);
        assert_eq!(
            of("POST", "/durabletask/orchestrators/F/"),
            Some(start(None))
        );
        assert_eq!(
            of("POST", "/durabletask/instances/a/Suspend/"),
            Some(Route::Suspend("a".into()))
        );
    }

    #[test]
    fn segments_are_decoded_after_they_were_split() {
        assert_eq!(
            of("DELETE", "/durabletask/instances/a%2Fb%20c+d%C3%BC"),
            Some(Route::Purge("a/b c+dü".into()))
        );
        assert_eq!(of("GET", "/durabletask/instances/%FF"), None);
        for path in ["F/%FF", "%FF", "%FF/a"] {
            let found = of("POST", &format!("/durabletask/orchestrators/{path}"));
            assert_eq!(found, Some(Route::NotUtf8), "{path}");
        }
    }

    #[test]
    fn all_instances_are_under_a_path_of_their_own() {
        for path in ["/durabletask/instances", "/durabletask/Instances/"] {
            assert_eq!(of("GET", path), Some(Route::List));
            assert_eq!(of("DELETE", path), Some(Route::PurgeAll));
            assert_eq!(of("POST", path), None);
        }
    }

    #[test]
    fn a_known_path_with_another_method_is_unknown() {
        for (method, path) in [
            ("PUT", "/durabletask/instances/a"),
            ("POST", "/durabletask/instances/a"),
            ("GET", "/durabletask/orchestrators/F"),
            ("GET", "/durabletask/instances/a/terminate"),
            ("POST", "/durabletask/instances/a/explode"),
            ("POST", "/durabletask/instances//terminate"),
            ("POST", "/durabletask/orchestrators"),
            ("POST", "/durabletask/orchestrators/F/a/b"),
            ("DELETE", "/durabletask/entities/E"),
            ("GET", "/durabletask/"),
        ] {
            assert_eq!(of(method, path), None, "{method} {path}");
        }
    }

    #[test]
    fn what_is_not_served_yet_is_told_apart_from_the_unknown() {
        for (method, path) in [
            ("GET", "/durabletask/entities"),
            ("GET", "/durabletask/entities/E/k"),
            ("POST", "/durabletask/entities/E/k"),
            ("PATCH", "/durabletask/makeprimary"),
        ] {
            let found = of(method, path);
            assert!(
                matches!(found, Some(Route::NotSupported(_))),
                "{method} {path}"
            );
        }
    }
}
