use axum::body::Body;
use axum::http::request::Parts;

use super::*;

impl Arrival {
    /// The parts of a request that came straight to `localhost:7071`.
    pub(crate) fn parts(target: &str) -> Parts {
        let request = request("127.0.0.1", &[("host", "localhost:7071")]);
        let arrival = Self::of(&request, &ApiSettings::default()).unwrap();
        let (mut parts, _) = request.into_parts();
        parts.uri = target.parse().unwrap();
        parts.extensions.insert(arrival);
        parts
    }
}

fn request(peer: &str, headers: &[(&str, &str)]) -> Request {
    let peer = SocketAddr::new(peer.parse().unwrap(), 50_000);
    let request = Request::builder().uri("/x").extension(ConnectInfo(peer));
    let request = headers.iter().fold(request, |request, (name, value)| {
        request.header(*name, *value)
    });
    request.body(Body::empty()).unwrap()
}

/// A host behind proxies in 10.0.0.0/8.
fn behind() -> ApiSettings {
    ApiSettings {
        trusted_proxies: vec!["10.0.0.0/8".parse().unwrap()],
        ..ApiSettings::default()
    }
}

fn arrival(settings: &ApiSettings, peer: &str, headers: &[(&str, &str)]) -> Arrival {
    Arrival::of(&request(peer, headers), settings).unwrap()
}

const HOST: (&str, &str) = ("host", "127.0.0.1:7071");
const PROTO: (&str, &str) = ("x-forwarded-proto", "https");

#[test]
fn a_proxy_is_believed_only_where_it_is_trusted() {
    let headers = [HOST, ("forwarded", "proto=https;host=jobs.example.com")];
    for (settings, peer, base) in [
        (behind(), "10.1.2.3", "https://jobs.example.com"),
        (behind(), "::ffff:10.1.2.3", "https://jobs.example.com"),
        (behind(), "11.1.2.3", "http://127.0.0.1:7071"),
        (behind(), "127.0.0.1", "http://127.0.0.1:7071"),
        (ApiSettings::default(), "10.1.2.3", "http://127.0.0.1:7071"),
    ] {
        let arrival = arrival(&settings, peer, &headers);
        assert_eq!(&**arrival.base(), base, "{peer}");
        assert!(arrival.is_proxied());
    }
}

#[test]
fn what_a_trusted_proxy_does_not_say_the_request_says() {
    let base = |headers: &[_]| arrival(&behind(), "10.0.0.1", headers).base().to_string();
    assert_eq!(base(&[HOST]), "http://127.0.0.1:7071");
    assert_eq!(base(&[HOST, PROTO]), "https://127.0.0.1:7071");
    assert_eq!(
        base(&[HOST, ("x-forwarded-host", "a:80")]),
        "http://a",
        "the port that the scheme has anyway is left out"
    );
    assert_eq!(
        base(&[("host", "jobs.example.com:443"), PROTO]),
        "https://jobs.example.com"
    );
}

#[test]
fn what_a_trusted_proxy_says_must_make_sense_and_what_others_say_need_not() {
    let headers = [HOST, ("x-forwarded-host", "a/b")];
    let refused = Arrival::of(&request("10.0.0.1", &headers), &behind()).unwrap_err();
    assert_eq!(refused.status(), 400);
    let base = arrival(&behind(), "127.0.0.1", &headers);
    assert_eq!(&**base.base(), "http://127.0.0.1:7071");
}

#[test]
fn a_public_url_beats_whatever_a_request_says() {
    let settings = ApiSettings {
        public_url: Some("https://example.com/jobs".parse().unwrap()),
        ..behind()
    };
    for (peer, header) in [
        ("10.0.0.1", ("forwarded", "host=evil;proto=http")),
        ("10.0.0.1", ("forwarded", "malformed")),
        ("127.0.0.1", PROTO),
    ] {
        let arrival = arrival(&settings, peer, &[HOST, header]);
        assert_eq!(&**arrival.base(), "https://example.com/jobs");
    }
}

#[test]
fn a_request_that_a_proxy_may_have_passed_on_is_known() {
    let public = ApiSettings {
        public_url: Some("https://jobs.example.com".parse().unwrap()),
        ..ApiSettings::default()
    };
    let behind = behind();
    let is_proxied = |settings: &ApiSettings, peer, headers: &[(&str, &str)]| {
        arrival(settings, peer, headers).is_proxied()
    };
    let plain = ApiSettings::default();
    assert!(!is_proxied(&plain, "127.0.0.1", &[HOST]));
    assert!(!is_proxied(&public, "127.0.0.1", &[HOST]));
    assert!(!is_proxied(&behind, "127.0.0.1", &[HOST]));
    assert!(is_proxied(&behind, "10.0.0.1", &[HOST]));
    for name in [
        "forwarded",
        "via",
        "x-real-ip",
        "x-forwarded-for",
        "x-forwarded-server",
    ] {
        assert!(
            is_proxied(&plain, "127.0.0.1", &[HOST, (name, "x")]),
            "{name}"
        );
    }
    for host in ["jobs.example.com", "Jobs.Example.com:443"] {
        assert!(
            is_proxied(&public, "127.0.0.1", &[("host", host)]),
            "{host}"
        );
    }
    assert!(!is_proxied(
        &public,
        "127.0.0.1",
        &[("host", "jobs.example.com:80")]
    ));
}

#[test]
fn a_host_that_is_none_is_refused_and_none_at_all_is_left_to_the_guard() {
    for host in ["", "user@localhost", "localhost:port", "a/b", "\u{e4}"] {
        let refused = Arrival::of(&request("127.0.0.1", &[("host", host)]), &behind());
        assert_eq!(refused.unwrap_err().status(), 400, "{host}");
    }
    for headers in [&[][..], &[HOST, HOST]] {
        let arrival = arrival(&behind(), "127.0.0.1", headers);
        assert_eq!(&**arrival.base(), "");
    }
}

#[test]
fn a_head_is_as_large_as_its_line_and_its_headers() {
    let checked = |max| {
        // GET /x?y, and twice a name, a colon, a space, a value and an end of the line.
        let request = Request::builder()
            .uri("http://localhost/x?y")
            .header("host", "localhost")
            .header("x", "")
            .extension(HeadLimit(max));
        check_head(&request.body(Body::empty()).unwrap()).map_err(|problem| problem.status())
    };
    assert_eq!(checked(7 + 17 + 5), Ok(()));
    assert_eq!(checked(7 + 17 + 4), Err(431));
}
