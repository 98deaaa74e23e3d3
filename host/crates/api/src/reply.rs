use axum::body::Body;
use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderValue, StatusCode};
use axum::response::Response;
use serde::Serialize;

/// A reply with a JSON body.
pub(crate) fn json(status: StatusCode, body: &impl Serialize) -> Response {
    let text = serde_json::to_vec(body).expect("replies have string keys and cannot fail");
    bytes(status, "application/json; charset=utf-8", text)
}

/// A reply whose body is of another kind.
pub(crate) fn bytes(
    status: StatusCode,
    content_type: &'static str,
    body: impl Into<Body>,
) -> Response {
    let mut reply = empty(status);
    *reply.body_mut() = body.into();
    reply
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    reply
}

/// A reply without a body.
pub(crate) fn empty(status: StatusCode) -> Response {
    let mut reply = Response::new(Body::empty());
    *reply.status_mut() = status;
    reply
}

/// The same reply with a `Location`. What cannot stand in a header is left out.
pub(crate) fn located(mut reply: Response, url: &str) -> Response {
    if let Ok(url) = HeaderValue::from_str(url) {
        reply.headers_mut().insert(LOCATION, url);
    }
    reply
}

/// The same reply with a `Retry-After`.
pub(crate) fn retry_after(mut reply: Response, seconds: u64) -> Response {
    reply
        .headers_mut()
        .insert(RETRY_AFTER, HeaderValue::from(seconds));
    reply
}
