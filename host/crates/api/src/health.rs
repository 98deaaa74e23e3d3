use axum::extract::State;
use axum::http::StatusCode;
use axum::response::{IntoResponse, Response};
use soloist_engine::{Guests, Platform, TaskHub};

use crate::app::App;
use crate::problem::Problem;
use crate::reply::bytes;

const TEXT: &str = "text/plain; charset=utf-8";

/// `GET /healthz`: this process answers.
pub(crate) async fn alive() -> Response {
    bytes(StatusCode::OK, TEXT, "alive\n")
}

/// `GET /readyz`: the engine takes work.
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
