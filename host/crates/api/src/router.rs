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

use crate::admin::{binding, executions, functions, instances, modules};
use crate::app::{App, Shared};
use crate::caller::WEBHOOK_BASE;
use crate::description::{self, Description, Routes};
use crate::problem::Problem;
use crate::{ApiSettings, guard, health, management, start};

/// All HTTP surfaces over one engine. Whoever waits for an instance stops waiting when `stopping` is cancelled.
pub fn router<H: TaskHub, G: Guests, P: Platform>(
    engine: Engine<H, G, P>,
    settings: ApiSettings,
    stopping: CancellationToken,
) -> Router {
    let (routes, described) = routes::<H, G, P>().split();
    let app = App::new(engine, settings, stopping, Description::new(described));
    let shared = Arc::clone(&app.shared);
    let routes = routes
        .fallback(management::serve::<H, G, P>)
        .method_not_allowed_fallback(method_not_allowed)
        .with_state(app);
    guarded(routes, shared)
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
        .serve(instances::__path_history, instances::history::<H, G, P>)
        .serve(executions::__path_list, executions::list::<H, G, P>)
        .serve(executions::__path_show, executions::show::<H, G, P>)
        .serve(instances::__path_logs, instances::logs::<H, G, P>)
        .serve(binding::__path_show, binding::show)
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
