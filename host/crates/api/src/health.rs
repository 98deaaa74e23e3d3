use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use soloist_engine::{Guests, Platform, TaskHub};

use crate::app::App;
use crate::problem::Problem;
use crate::reply::bytes;

const TEXT: &str = "text/plain; charset=utf-8";

/// Whether this process answers
#[utoipa::path(
    get, path = "/healthz", operation_id = "isAlive", security(()),
    responses((status = 200, description = "It does.", body = String))
)]
pub(crate) async fn alive() -> Response {
    bytes(StatusCode::OK, TEXT, "alive\n")
}

/// Whether the engine takes work
#[utoipa::path(
    get, path = "/readyz", operation_id = "isReady", security(()),
    responses(
        (status = 200, description = "It does.", body = String),
        (status = 503, description = "Not now: it stops, or cannot write.", body = Problem),
    )
)]
pub(crate) async fn ready<H: TaskHub, G: Guests, P: Platform>(
    State(app): State<App<H, G, P>>,
) -> Response {
    if app.engine.is_ready().await {
        bytes(StatusCode::OK, TEXT, "ready\n")
    } else {
        let detail = "the engine takes no work now: it stops, or cannot write, and its log says why; ask again";
        Problem::new(StatusCode::SERVICE_UNAVAILABLE, "not-ready", detail).into_response()
    }
}
