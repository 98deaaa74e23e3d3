use axum::extract::rejection::PathRejection;
use axum::extract::{FromRequestParts, Path};
use axum::http::StatusCode;
use axum::http::request::Parts;
use serde::de::DeserializeOwned;

use crate::problem::Problem;

/// What is said of a path whose percent-encoding hides something else than text.
pub(crate) const NOT_UTF8: &str =
    "the path is not UTF-8 where it is decoded: encode its text as UTF-8, then with percent signs";

/// The variable segments of a path, decoded.
pub(crate) struct Segments<T>(pub(crate) T);

impl<S: Send + Sync, T: DeserializeOwned + Send> FromRequestParts<S> for Segments<T> {
    type Rejection = Problem;

    async fn from_request_parts(parts: &mut Parts, state: &S) -> Result<Self, Problem> {
        let path: Result<Path<T>, PathRejection> = Path::from_request_parts(parts, state).await;
        path.map(|Path(segments)| Self(segments))
            .map_err(|_| Problem::new(StatusCode::BAD_REQUEST, "invalid-path", NOT_UTF8))
    }
}
