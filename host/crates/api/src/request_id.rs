use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use axum::http::{HeaderName, HeaderValue, Request};
use tower_http::request_id::{MakeRequestId, RequestId};
use tracing::Span;

pub(crate) const REQUEST_ID: HeaderName = HeaderName::from_static("x-request-id");

/// What a caller's own id may have: it stands in each log line of its request.
const BYTES_MAX: usize = 128;

/// Makes ids for requests that have none: `7c9e6679f3a1b204-17`.
#[derive(Debug, Clone)]
pub(crate) struct RequestIds {
    prefix: Arc<str>,
    made: Arc<AtomicU64>,
}

impl RequestIds {
    pub(crate) fn new(prefix: &str) -> Self {
        Self {
            prefix: prefix.into(),
            made: Arc::default(),
        }
    }
}

impl MakeRequestId for RequestIds {
    fn make_request_id<B>(&mut self, _: &Request<B>) -> Option<RequestId> {
        let number = self.made.fetch_add(1, Ordering::Relaxed) + 1;
        let id = HeaderValue::try_from(format!("{}-{number}", self.prefix));
        id.ok().map(RequestId::new)
    }
}

/// Takes away an id that is no id, or is not the only one.
pub(crate) fn keep_if_sane<B>(mut request: Request<B>) -> Request<B> {
    let mut ids = request.headers().get_all(REQUEST_ID).iter();
    if !ids.next().is_none_or(is_sane) || ids.next().is_some() {
        request.headers_mut().remove(REQUEST_ID);
    }
    request
}

fn is_sane(id: &HeaderValue) -> bool {
    (1..=BYTES_MAX).contains(&id.len()) && id.as_bytes().iter().all(u8::is_ascii_graphic)
}

/// What log lines of a request carry. Its query is not among it, and no header but the id: there may be keys in them. It is
/// there at every level, because an error needs it most.
pub(crate) fn span<B>(request: &Request<B>) -> Span {
    let id = request.extensions().get::<RequestId>();
    let id = id.and_then(|id| id.header_value().to_str().ok());
    tracing::error_span!(
        "http.request",
        request.id = id,
        request.method = request.method().as_str(),
        request.path = request.uri().path(),
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    /// What is left of these ids.
    fn kept(ids: &[&str]) -> Option<String> {
        let request = ids.iter().fold(Request::builder(), |request, id| {
            request.header(REQUEST_ID, *id)
        });
        let request = keep_if_sane(request.body(()).unwrap());
        let mut left = request.headers().get_all(REQUEST_ID).iter();
        let id = left.next().map(|id| id.to_str().unwrap().to_owned());
        assert_eq!(left.next(), None);
        id
    }

    #[test]
    fn a_sane_id_is_kept() {
        let longest = "a".repeat(128);
        for id in ["a", "0f-17", "{\"a\":1}", longest.as_str()] {
            assert_eq!(kept(&[id]).as_deref(), Some(id));
        }
    }

    #[test]
    fn what_is_no_id_is_taken_away() {
        for ids in [
            &[][..],
            &[""],
            &["a b"],
            &["a\tb"],
            &["\u{e4}"],
            &["a".repeat(129).as_str()],
            &["a", "a"],
            &["a", ""],
        ] {
            assert_eq!(kept(ids), None, "{ids:?}");
        }
    }

    #[test]
    fn ids_that_are_made_differ() {
        let mut ids = RequestIds::new("p");
        let mut other = ids.clone();
        let made = [&mut ids, &mut other].map(|ids| {
            let id = ids.make_request_id(&Request::new(())).unwrap();
            id.header_value().to_str().unwrap().to_owned()
        });
        assert_eq!(made, ["p-1", "p-2"]);
    }
}
