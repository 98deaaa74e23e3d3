use std::time::Duration;

use axum::http::header::{CONTENT_TYPE, LOCATION, RETRY_AFTER};
use axum::http::{HeaderName, HeaderValue, Method};
use tower_http::cors::{AllowOrigin, CorsLayer};

use crate::arrival::Origin;
use crate::management::TOKEN;
use crate::request_id::REQUEST_ID;

const KEY: HeaderName = HeaderName::from_static("x-functions-key");

/// How long a browser remembers what it may ask.
const REMEMBERED: Duration = Duration::from_mins(10);

/// Tells browsers that pages of the listed origins may call this host; `None` if none are listed. No cookies: a page brings its
/// key in a header.
pub(crate) fn layer(origins: &[Origin]) -> Option<CorsLayer> {
    if origins.is_empty() {
        return None;
    }
    let origins = origins.iter().map(|origin| {
        HeaderValue::try_from(origin.to_string()).expect("an origin has visible characters alone")
    });
    Some(
        CorsLayer::new()
            .allow_origin(AllowOrigin::list(origins))
            .allow_methods([Method::GET, Method::POST, Method::PUT, Method::DELETE])
            .allow_headers([KEY, CONTENT_TYPE, TOKEN, REQUEST_ID])
            .expose_headers([LOCATION, RETRY_AFTER, TOKEN, REQUEST_ID])
            .max_age(REMEMBERED),
    )
}
