use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::body::Body;
use axum::http::header::{CACHE_CONTROL, X_CONTENT_TYPE_OPTIONS};
use axum::http::{HeaderValue, StatusCode};
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use soloist_engine::{Engine, Guests, Platform, TaskHub};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::request_id::{PropagateRequestIdLayer, SetRequestIdLayer};
use tower_http::set_header::SetResponseHeaderLayer;
use tower_http::trace::TraceLayer;

use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::request_id::{self, RequestIds};
use crate::trouble::Trouble;
use crate::{ApiSettings, admin, arrival, cors, guard, health, management, start};

/// What an answer is, its `Content-Type` says.
const NOSNIFF: HeaderValue = HeaderValue::from_static("nosniff");
/// There are keys in links, and there is whatever callers and guests say in payloads.
const NO_STORE: HeaderValue = HeaderValue::from_static("no-store");

/// All HTTP surfaces over one engine. Whoever waits for an instance stops waiting when `stopping` is cancelled.
pub fn router<H: TaskHub, G: Guests, P: Platform>(
    engine: Engine<H, G, P>,
    settings: ApiSettings,
    stopping: CancellationToken,
) -> Router {
    let app = App::new(engine, settings, stopping);
    let guarded_app = app.clone();
    let start_new = || post(start::start_new::<H, G, P>);
    let start_singleton = || post(start::start_singleton::<H, G, P>);
    let routes = Router::new()
        .route("/api/orchestrators/{function}", start_new())
        .route("/api/orchestrators/{function}/", start_new())
        .route(
            "/api/orchestrators/{function}/{instance}",
            start_singleton(),
        )
        .route(
            "/api/orchestrators/{function}/{instance}/",
            start_singleton(),
        )
        .route("/admin/functions", get(admin::functions::list::<H, G, P>))
        .route(
            "/admin/functions/",
            get(admin::functions::list::<H, G, P>).put(admin::functions::deploy_nameless),
        )
        .route(
            "/admin/functions/{name}",
            get(admin::functions::show::<H, G, P>)
                .put(admin::functions::deploy::<H, G, P>)
                .delete(admin::functions::remove::<H, G, P>),
        )
        .route(
            "/admin/modules/{digest}",
            get(admin::modules::show::<H, G, P>).delete(admin::modules::remove::<H, G, P>),
        )
        .route(
            "/admin/instances/counts",
            get(admin::counts::show::<H, G, P>),
        )
        .route(
            "/admin/instances/{id}/history",
            get(admin::instances::history::<H, G, P>),
        )
        .route(
            "/admin/instances/{id}/executions",
            get(admin::executions::list::<H, G, P>),
        )
        .route(
            "/admin/instances/{id}/executions/{execution}",
            get(admin::executions::show::<H, G, P>),
        )
        .route(
            "/admin/instances/{id}/logs",
            get(admin::instances::logs::<H, G, P>),
        )
        .route("/admin/keys", get(admin::keys::list::<H, G, P>))
        .route(
            "/admin/keys/{name}",
            post(admin::keys::create::<H, G, P>).delete(admin::keys::revoke::<H, G, P>),
        )
        .route(
            "/admin/keys/{name}/roll",
            post(admin::keys::roll::<H, G, P>),
        )
        .route("/admin/host/binding", get(admin::binding::show::<H, G, P>))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready::<H, G, P>))
        .fallback(management::serve::<H, G, P>)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app);
    let shared = Arc::clone(&guarded_app.shared);
    let routes = routes.layer(from_fn_with_state(guarded_app, guard::admit::<H, G, P>));
    wrapped(routes, &shared)
}

/// What every request passes before the guard.
fn wrapped(routes: Router, shared: &Arc<Shared>) -> Router {
    let settings = &shared.settings;
    let ids = RequestIds::new(&settings.request_prefix);
    let trace = TraceLayer::new_for_http()
        .make_span_with(request_id::span::<Body>)
        // Whoever makes an error of the host into a reply has logged it.
        .on_failure(());
    let header = SetResponseHeaderLayer::if_not_present;
    routes.layer(
        ServiceBuilder::new()
            .map_request(request_id::keep_if_sane::<Body>)
            .layer(SetRequestIdLayer::x_request_id(ids))
            .layer(PropagateRequestIdLayer::x_request_id())
            .layer(header(X_CONTENT_TYPE_OPTIONS, NOSNIFF))
            .layer(header(CACHE_CONTROL, NO_STORE))
            .layer(trace)
            .layer(from_fn_with_state(Arc::clone(shared), arrival::arrive))
            .option_layer(cors::layer(&settings.cors_origins))
            .layer(CatchPanicLayer::custom(panicked)),
    )
}

async fn method_not_allowed() -> Problem {
    let detail = "this path does not take this method: the header Allow names those that it takes";
    Problem::new(StatusCode::METHOD_NOT_ALLOWED, "method-not-allowed", detail)
}

#[expect(clippy::needless_pass_by_value, reason = "the layer hands it over")]
fn panicked(cause: Box<dyn Any + Send>) -> Response {
    let text = cause
        .downcast_ref::<String>()
        .map(String::as_str)
        .or_else(|| cause.downcast_ref::<&str>().copied())
        .unwrap_or("no message");
    tracing::error!(panic = text, "a request panicked");
    Problem::new(
        StatusCode::INTERNAL_SERVER_ERROR,
        "internal",
        Trouble::Internal.sentence(),
    )
    .into_response()
}

#[cfg(test)]
mod tests {
    use axum::body::to_bytes;
    use axum::http::Request;
    use tower::ServiceExt;

    use super::*;

    #[tokio::test]
    async fn a_panic_is_told_to_the_log_alone() {
        async fn panics() -> StatusCode {
            panic!("at a place in the code")
        }
        let shared = Shared::new(ApiSettings::default(), CancellationToken::new());
        let routes = Router::new().route("/", get(panics));
        let request = Request::get("/").header("host", "localhost");
        let request = request.body(Body::empty()).unwrap();
        let reply = wrapped(routes, &Arc::new(shared)).oneshot(request).await;
        let (parts, body) = reply.unwrap().into_parts();
        assert_eq!(parts.status, StatusCode::INTERNAL_SERVER_ERROR);
        assert_eq!(parts.headers["x-request-id"], "request-1");
        assert_eq!(parts.headers["cache-control"], "no-store");
        let body = to_bytes(body, 10_000).await.unwrap();
        let body: serde_json::Value = serde_json::from_slice(&body).unwrap();
        assert_eq!(body["code"], "internal");
        assert_eq!(body["detail"], Trouble::Internal.sentence());
    }
}
