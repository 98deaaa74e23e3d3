use std::net::{Ipv4Addr, Ipv6Addr, SocketAddr};

use axum::extract::{ConnectInfo, Request, State};
use axum::http::StatusCode;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};
use soloist_engine::{Guests, Platform, TaskHub};

use crate::ApiSettings;
use crate::access::{self, Denied, Holder, Need, need};
use crate::app::App;
use crate::arrival::Arrival;
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
    request: Request,
    next: Next,
) -> Response {
    // Cheaper than its text: the target of a request is shared.
    let uri = request.uri().clone();
    let path = uri.path();
    let need = need(request.method(), path);
    let holder = match check(&app, &request, &need) {
        Ok(holder) => holder,
        Err(Refusal::Problem(problem)) => return problem.into_response(),
        Err(Refusal::Denied(denied)) => return denied.answer(path),
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
        Ok(true) => next.run(request).await,
        Ok(false) => Denied::OtherKind.answer(path),
        Err(error) if management::is_below_a_base(path) => management::trouble(error),
        Err(error) => Problem::from(error).into_response(),
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
    let settings = &app.shared.settings;
    check_address(request, settings).map_err(Refusal::Problem)?;
    let keys_required = settings.keys_required;
    if keys_required && *need == Need::Nothing {
        return Ok(Holder::Anybody);
    }
    let query = Query::parse(request.uri().query());
    let presented = access::presented(request.headers(), &query);
    access::holder(app, presented.as_ref(), is_local(request)).map_err(|denied| {
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

/// Refuses what comes from a foreign page, or names no host.
pub(crate) fn check_address(request: &Request, settings: &ApiSettings) -> Result<(), Problem> {
    let headers = request.headers();
    let mut hosts = headers.get_all(HOST).iter();
    match (hosts.next(), hosts.next()) {
        (Some(_), None) => {}
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
    }
    let (_, target) = addressed(request);
    for origin in headers.get_all(ORIGIN) {
        let origin = origin.to_str().unwrap_or_default();
        if !is_own(origin, target) && !settings.welcomes(origin) {
            return Err(Problem::new(
                StatusCode::FORBIDDEN,
                "foreign-origin",
                "this host does not answer pages of other origins: call it from a program, or from a page that it served, or list the \
                 origin in cors-origins where the host is started",
            ));
        }
    }
    Ok(())
}

/// The `Host` of a request, and what it is addressed to, which is mostly the same.
fn addressed(request: &Request) -> (&str, &str) {
    let host = request.headers().get(HOST);
    let host = host.map_or("", |host| host.to_str().unwrap_or_default());
    let target = request.uri().authority();
    (host, target.map_or(host, |authority| authority.as_str()))
}

/// True if a request is addressed to this machine by someone on it, and passed no proxy.
fn is_local(request: &Request) -> bool {
    let extensions = request.extensions();
    let is_proxied = extensions.get().is_some_and(Arrival::is_proxied);
    let peer = extensions.get::<ConnectInfo<SocketAddr>>();
    let is_near = peer.is_none_or(|ConnectInfo(peer)| peer.ip().to_canonical().is_loopback());
    let (host, target) = addressed(request);
    is_loopback(host) && is_loopback(target) && is_near && !is_proxied
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
    use axum::body::Body;

    use super::*;

    fn status_of(target: &str, headers: &[(&str, &str)]) -> u16 {
        status_under(&ApiSettings::default(), target, headers)
    }

    fn status_under(settings: &ApiSettings, target: &str, headers: &[(&str, &str)]) -> u16 {
        let request = Request::builder().uri(target);
        let request = headers.iter().fold(request, |request, (name, value)| {
            request.header(*name, *value)
        });
        let request = request.body(Body::empty()).unwrap();
        match check_address(&request, settings) {
            Err(problem) => problem.status(),
            Ok(()) if is_local(&request) => 200,
            Ok(()) => 403,
        }
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

    #[test]
    fn pages_that_are_listed_or_come_from_the_public_url_are_answered() {
        let settings = ApiSettings {
            public_url: Some("https://example.com/jobs".parse().unwrap()),
            cors_origins: vec!["https://app.example.com".parse().unwrap()],
            ..ApiSettings::default()
        };
        let status = |origin| {
            let headers = [("host", "127.0.0.1:7071"), ("origin", origin)];
            status_under(&settings, "/", &headers)
        };
        for welcome in [
            "https://app.example.com",
            "https://example.com",
            "http://localhost:7071",
        ] {
            assert_eq!(status(welcome), 200, "{welcome}");
        }
        for foreign in [
            "http://app.example.com",
            "https://app.example.com:8443",
            "https://app.example.com.evil.example",
            "https://evil.example.com",
            "null",
            "*",
        ] {
            assert_eq!(status(foreign), 403, "{foreign}");
        }
    }
}
