use std::net::{Ipv4Addr, Ipv6Addr};
use std::sync::Arc;

use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::http::header::{HOST, ORIGIN};
use axum::middleware::Next;
use axum::response::{IntoResponse, Response};

use crate::ApiSettings;
use crate::app::Shared;
use crate::arrival::Arrival;
use crate::problem::Problem;
use crate::reply::retry_after;

/// Lets a request in: it must be addressed to this machine, come from no foreign page, and find a free place.
///
/// Without keys the host is open to whoever reaches its port, and a page in a browser on this machine reaches it. Such a
/// page cannot choose its `Origin`, and a name that an attacker points at 127.0.0.1 stands in `Host`.
pub(crate) async fn admit(
    State(shared): State<Arc<Shared>>,
    request: Request,
    next: Next,
) -> Response {
    if let Err(problem) = check_address(&request, &shared.settings) {
        return problem.into_response();
    }
    let Ok(_place) = shared.requests.try_acquire() else {
        let problem = Problem::new(
            StatusCode::SERVICE_UNAVAILABLE,
            "too-many-requests",
            "this host serves as many requests as it may; try again later",
        );
        return retry_after(problem.into_response(), 1);
    };
    next.run(request).await
}

pub(crate) fn check_address(request: &Request, settings: &ApiSettings) -> Result<(), Problem> {
    let (uri, headers) = (request.uri(), request.headers());
    let arrival = request.extensions().get::<Arrival>();
    let is_proxied = arrival.is_some_and(Arrival::is_proxied);
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
    if !is_loopback(host) || !is_loopback(target) {
        let detail = if is_proxied {
            "this host answers only requests that are addressed to localhost, 127.0.0.0/8 or [::1]: let the proxy send one of \
             them as Host"
        } else {
            "this host answers only requests that are addressed to localhost, 127.0.0.0/8 or [::1]"
        };
        let status = StatusCode::FORBIDDEN;
        return Err(Problem::new(status, "host-not-loopback", detail));
    }
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
    origin
        .strip_prefix("http://")
        .is_some_and(|page| is_loopback(page) && port(page) == port(host))
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
        check_address(&request.body(Body::empty()).unwrap(), settings)
            .map_or_else(|problem| problem.status(), |()| 200)
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
