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

use crate::admin::{binding, counts, executions, functions, instances, keys, modules};
use crate::app::{App, Shared};
use crate::caller::WEBHOOK_BASE;
use crate::description::{self, Description, Routes};
use crate::problem::Problem;
use crate::request_id::{self, RequestIds};
use crate::trouble::Trouble;
use crate::{ApiSettings, arrival, cors, guard, health, management, start};

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
    let (routes, described) = routes::<H, G, P>().split();
    let app = App::new(engine, settings, stopping, Description::new(described));
    let guarded_app = app.clone();
    let routes = routes
        .fallback(management::serve::<H, G, P>)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app);
    let shared = Arc::clone(&guarded_app.shared);
    let routes = routes.layer(from_fn_with_state(guarded_app, guard::admit::<H, G, P>));
    wrapped(routes, &shared)
}

/// Each route is served where its description says, and described for that.
fn routes<H: TaskHub, G: Guests, P: Platform>() -> Routes<App<H, G, P>> {
    let start_new = start::start_new::<H, G, P>;
    let start_singleton = start::start_singleton::<H, G, P>;
    let list_functions = functions::list::<H, G, P>;
    Routes::new()
        .serve(start::__path_start_new, start_new)
        .also("/api/orchestrators/{function}/", post(start_new))
        .serve(start::__path_start_singleton, start_singleton)
        .also(
            "/api/orchestrators/{function}/{instance}/",
            post(start_singleton),
        )
        .serve(functions::__path_list, list_functions)
        .also(
            "/admin/functions/",
            get(list_functions).put(functions::deploy_nameless),
        )
        .serve(functions::__path_show, functions::show::<H, G, P>)
        .serve(functions::__path_deploy, functions::deploy::<H, G, P>)
        .serve(functions::__path_remove, functions::remove::<H, G, P>)
        .serve(modules::__path_show, modules::show::<H, G, P>)
        .serve(modules::__path_remove, modules::remove::<H, G, P>)
        .serve(counts::__path_show, counts::show::<H, G, P>)
        .serve(instances::__path_history, instances::history::<H, G, P>)
        .serve(executions::__path_list, executions::list::<H, G, P>)
        .serve(executions::__path_show, executions::show::<H, G, P>)
        .serve(instances::__path_logs, instances::logs::<H, G, P>)
        .serve(keys::__path_list, keys::list::<H, G, P>)
        .serve(keys::__path_create, keys::create::<H, G, P>)
        .serve(keys::__path_revoke, keys::revoke::<H, G, P>)
        .serve(keys::__path_roll, keys::roll::<H, G, P>)
        .serve(binding::__path_show, binding::show::<H, G, P>)
        .serve(health::__path_alive, health::alive)
        .serve(health::__path_ready, health::ready::<H, G, P>)
        .serve(
            description::__path_show_json,
            description::show_json::<H, G, P>,
        )
        .serve(
            description::__path_show_page,
            description::show_page::<H, G, P>,
        )
        .describe(WEBHOOK_BASE, &management::DESCRIBED)
        .describe(management::RPC_BASE, &management::DESCRIBED)
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
        let shared = Shared::new(
            ApiSettings::default(),
            CancellationToken::new(),
            Description::new(Vec::new()),
        );
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
