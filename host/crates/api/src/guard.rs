use std::net::{Ipv4Addr, Ipv6Addr};

use axum::extract::{Request, State};
use axum::http::header::{HOST, ORIGIN};
use axum::http::{HeaderMap, StatusCode, Uri};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use soloist_engine::{Guests, Platform, TaskHub};

use crate::access::{self, Denied, Holder, Need, need};
use crate::app::App;
use crate::management;
use crate::problem::Problem;
use crate::query::Query;
use crate::reply::retry_after;

/// Lets a request in: it must come from no foreign page, bring the key that it needs, and find a free place.
///
/// Where keys are not required the host is open to whoever reaches its port, and a page in a browser on this machine reaches
/// it. Such a page cannot choose its `Origin`, and a name that an attacker points at 127.0.0.1 stands in `Host`.
pub(crate) async fn admit<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
    mut request: Request,
    next: Next,
) -> Response {
    let path = request.uri().path().to_owned();
    let need = need(request.method(), &path);
    let holder = match check(&app, &request, &need) {
        Ok(holder) => holder,
        Err(Refusal::Problem(problem)) => return problem.into_response(),
        Err(Refusal::Denied(denied)) => return denied.answer(&path),
    };
    let Ok(_place) = app.shared.requests.try_acquire() else {
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-many-requests",
            "this host serves as many requests as it may; try again later",
        );
        return retry_after(problem.into_response(), 1);
    };
    match access::may(&app, &holder, &need).await {
        Ok(true) => {
            request.extensions_mut().insert(holder);
            next.run(request).await
        }
        Ok(false) => Denied::OtherKind.answer(&path),
        // Only an instance is looked at, and those are of the management API.
        Err(error) => management::trouble(error),
    }
}

/// Why a request is turned away at the door.
enum Refusal {
    /// It says the same on every surface.
    Problem(Problem),
    /// It is told in the shape of the surface.
    Denied(Denied),
}

/// Who asks.
fn check<H: TaskHub, G: Guests, P: Platform>(
    app: &App<H, G, P>,
    request: &Request,
    need: &Need<'_>,
) -> Result<Holder, Refusal> {
    let (uri, headers) = (request.uri(), request.headers());
    let is_local = check_address(uri, headers).map_err(Refusal::Problem)?;
    let keys_required = app.shared.settings.keys_required;
    if keys_required && *need == Need::Nothing {
        return Ok(Holder::Anybody);
    }
    let query = Query::parse(uri.query());
    let presented = access::presented(headers, &query);
    access::holder(app, presented.as_ref(), is_local).map_err(|denied| {
        if denied == Denied::NoKey && !keys_required {
            Refusal::Problem(not_local())
        } else {
            Refusal::Denied(denied)
        }
    })
}

fn not_local() -> Problem {
    let detail = "without a key this host answers only requests that are addressed to localhost, 127.0.0.0/8 or [::1] and \
         passed no proxy: bring a key";
    Problem::new(StatusCode::FORBIDDEN, "host-not-loopback", detail)
}

/// What proxies write, for the one behind them.
const PROXIED: [&str; 4] = [
    "forwarded",
    "x-forwarded-for",
    "x-forwarded-host",
    "x-forwarded-proto",
];

/// Refuses what comes from a foreign page, or names no host. True if the request is addressed to this machine by one on it.
fn check_address(uri: &Uri, headers: &HeaderMap) -> Result<bool, Problem> {
    let mut hosts = headers.get_all(HOST).iter();
    let host = match (hosts.next(), hosts.next()) {
        (Some(host), None) => host.to_str().unwrap_or_default(),
        (None, _) => {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "host-missing",
                "the request has no Host header: send one, such as `Host: 127.0.0.1:7071`",
            ));
        }
        (Some(_), Some(_)) => {
            return Err(Problem::new(
                StatusCode::BAD_REQUEST,
                "host-doubled",
                "the request has more than one Host header: send one",
            ));
        }
    };
    let target = uri.authority().map_or(host, |authority| authority.as_str());
    for origin in headers.get_all(ORIGIN) {
        if !is_own(origin.to_str().unwrap_or_default(), target) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "foreign-origin",
                "this host does not answer pages of other origins: call it from a program, or from a page that it served",
            ));
        }
    }
    let was_proxied = PROXIED.iter().any(|name| headers.contains_key(*name));
    Ok(is_loopback(host) && is_loopback(target) && !was_proxied)
}

/// An authority in its two parts; `None` if it is not `host` or `host:port`.
fn split_authority(authority: &str) -> Option<(&str, Option<u16>)> {
    let colon = match authority.rfind(']') {
        Some(bracket) => authority[bracket..].find(':').map(|at| bracket + at),
        None => authority.find(':'),
    };
    match colon {
        None => Some((authority, None)),
        Some(at) => Some((&authority[..at], Some(authority[at + 1..].parse().ok()?))),
    }
}

fn is_loopback(authority: &str) -> bool {
    let Some((host, _)) = split_authority(authority) else {
        return false;
    };
    if let Some(inner) = host.strip_prefix('[').and_then(|h| h.strip_suffix(']')) {
        return inner.parse::<Ipv6Addr>().is_ok_and(|ip| ip.is_loopback());
    }
    host.eq_ignore_ascii_case("localhost")
        || host.parse::<Ipv4Addr>().is_ok_and(|ip| ip.is_loopback())
}

/// A page that this host itself served, under any of the machine's own names.
fn is_own(origin: &str, host: &str) -> bool {
    let port = |authority| split_authority(authority).map(|(_, port)| port.unwrap_or(80));
    let page = origin.strip_prefix("http://");
    page.is_some_and(|page| {
        page == host || (is_loopback(page) && is_loopback(host) && port(page) == port(host))
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn status_of(target: &str, headers: &[(&str, &str)]) -> u16 {
        let mut map = HeaderMap::new();
        for (name, value) in headers {
            map.append(
                axum::http::HeaderName::try_from(*name).unwrap(),
                value.parse().unwrap(),
            );
        }
        check_address(&target.parse().unwrap(), &map).map_or_else(
            |problem| problem.status(),
            |is_local| if is_local { 200 } else { 403 },
        )
    }

    #[test]
    fn only_loopback_hosts_are_served() {
        for host in [
            "localhost",
            "LocalHost:7071",
            "127.0.0.1:80",
            "127.1.2.3",
            "[::1]:7071",
            "[::1]",
        ] {
            assert_eq!(status_of("/", &[("host", host)]), 200, "{host}");
        }
        for host in [
            "example.com",
            "localhost.example.com",
            "127.0.0.1.example.com",
            "10.0.0.1:7071",
            "[::2]",
            "0.0.0.0:7071",
            "localhost:port",
            "user@localhost",
            "127.0.0.1:1:2",
            "[::1]x",
            "",
        ] {
            assert_eq!(status_of("/", &[("host", host)]), 403, "{host}");
        }
    }

    #[test]
    fn a_request_says_exactly_one_host() {
        assert_eq!(status_of("/", &[]), 400);
        let twice = [("host", "localhost"), ("host", "localhost")];
        assert_eq!(status_of("/", &twice), 400);
    }

    #[test]
    fn an_absolute_target_counts_as_the_host() {
        let host = [("host", "localhost")];
        assert_eq!(status_of("http://example.com/", &host), 403);
        assert_eq!(status_of("http://localhost/", &host), 200);
    }

    #[test]
    fn only_own_pages_are_answered() {
        let status = |origin| status_of("/", &[("host", "127.0.0.1:7071"), ("origin", origin)]);
        assert_eq!(status("http://127.0.0.1:7071"), 200);
        assert_eq!(status("http://localhost:7071"), 200);
        for foreign in [
            "null",
            "",
            "http://localhost",
            "http://localhost:3000",
            "https://localhost:7071",
            "http://example.com:7071",
            "file://",
        ] {
            assert_eq!(status(foreign), 403, "{foreign}");
        }
    }
}
