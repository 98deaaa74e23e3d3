use std::any::Any;
use std::sync::Arc;

use axum::Router;
use axum::http::StatusCode;
use axum::middleware::from_fn_with_state;
use axum::response::{IntoResponse, Response};
use axum::routing::{get, post};
use soloist_engine::{Engine, Guests, Platform, TaskHub};
use tokio_util::sync::CancellationToken;
use tower::ServiceBuilder;
use tower_http::catch_panic::CatchPanicLayer;
use tower_http::trace::TraceLayer;

use crate::app::{App, Shared};
use crate::problem::Problem;
use crate::{ApiSettings, admin, guard, health, management, start};

/// All HTTP surfaces over one engine. Whoever waits for an instance stops waiting when `stopping` is cancelled.
pub fn router<H: TaskHub, G: Guests, P: Platform>(
    engine: Engine<H, G, P>,
    settings: ApiSettings,
    stopping: CancellationToken,
) -> Router {
    let app = App::new(engine, settings, stopping);
    let shared = Arc::clone(&app.shared);
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
        .route("/admin/host/binding", get(admin::binding::show))
        .route("/healthz", get(health::alive))
        .route("/readyz", get(health::ready::<H, G, P>))
        .fallback(management::serve::<H, G, P>)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app);
    guarded(routes, shared)
}

/// What every request passes before it reaches a route.
fn guarded(routes: Router, shared: Arc<Shared>) -> Router {
    routes.layer(
        ServiceBuilder::new()
            // Whoever makes an error of the host into a reply has logged it.
            .layer(TraceLayer::new_for_http().on_failure(()))
            .layer(CatchPanicLayer::custom(panicked))
            .layer(from_fn_with_state(shared, guard::admit)),
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
        "the host could not do this; its log says why",
    )
    .into_response()
}
