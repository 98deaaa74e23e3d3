use std::io;
use std::sync::Arc;
use std::time::Duration;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::StatusCode;
use axum::middleware::{Next, from_fn_with_state};
use axum::response::{IntoResponse, Response};
use hyper::server::conn::http1;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::server::graceful::GracefulShutdown;
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::Semaphore;
use tokio::task::JoinSet;
use tokio_util::sync::CancellationToken;

use crate::ServerSettings;
use crate::problem::Problem;

/// How long the listener rests where accepting fails for want of something, such as file descriptors.
const REST: Duration = Duration::from_millis(100);

/// Serves `router` on `listener` until `stopping` is cancelled, and then until the requests in flight have ended, or
/// `drain_max` is over.
pub async fn serve(
    listener: TcpListener,
    router: Router,
    settings: &ServerSettings,
    stopping: CancellationToken,
) {
    let mut http = http1::Builder::new();
    http.timer(TokioTimer::new())
        .header_read_timeout(settings.header_timeout)
        .max_buf_size(settings.header_bytes_max);
    let router = router.layer(from_fn_with_state(settings.header_bytes_max, check_head));
    let places = Arc::new(Semaphore::new(settings.connections_max));
    let graceful = GracefulShutdown::new();
    let mut connections = JoinSet::new();
    loop {
        let (stream, place) = tokio::select! {
            biased;
            () = stopping.cancelled() => break,
            accepted = accept(&listener, &places) => accepted,
            Some(_) = connections.join_next() => continue,
        };
        let service = TowerToHyperService::new(router.clone());
        let connection = graceful.watch(http.serve_connection(TokioIo::new(stream), service));
        connections.spawn(async move {
            // A connection fails because of its client: it went away, was too slow, or spoke no HTTP.
            if let Err(error) = connection.await {
                tracing::debug!(%error, "a connection failed");
            }
            drop(place);
        });
    }
    drop(listener);
    let drained = tokio::time::timeout(settings.drain_max, graceful.shutdown());
    if drained.await.is_err() {
        tracing::warn!("requests in flight were cut off");
    }
    connections.shutdown().await;
}

/// Lets in a request whose line and headers are small enough. The library checks that only while it waits for more of
/// them, so that what comes at once may have twice as much.
async fn check_head(State(max): State<usize>, request: Request, next: Next) -> Response {
    let line = request.method().as_str().len()
        + request
            .uri()
            .path_and_query()
            .map_or(0, |path| path.as_str().len());
    let headers = request.headers().iter();
    let headers = headers.map(|(name, value)| name.as_str().len() + value.len() + 4);
    let bytes = line + headers.sum::<usize>();
    if bytes <= max {
        return next.run(request).await;
    }
    let detail = format!(
        "the request line and the headers have {bytes} bytes, and {max} are allowed: send fewer or shorter ones"
    );
    let status = StatusCode::REQUEST_HEADER_FIELDS_TOO_LARGE;
    Problem::new(status, "head-too-large", detail).into_response()
}

/// The next connection, with its place. Safe to drop at any point.
async fn accept(
    listener: &TcpListener,
    places: &Arc<Semaphore>,
) -> (TcpStream, tokio::sync::OwnedSemaphorePermit) {
    let place = Arc::clone(places)
        .acquire_owned()
        .await
        .expect("nobody closes it");
    loop {
        match listener.accept().await {
            Ok((stream, _)) => {
                if let Err(error) = stream.set_nodelay(true) {
                    tracing::debug!(%error, "a connection failed");
                    continue;
                }
                return (stream, place);
            }
            Err(error) if is_the_clients(&error) => {}
            Err(error) => {
                tracing::error!(%error, "no connection could be accepted");
                tokio::time::sleep(REST).await;
            }
        }
    }
}

fn is_the_clients(error: &io::Error) -> bool {
    matches!(
        error.kind(),
        io::ErrorKind::ConnectionAborted
            | io::ErrorKind::ConnectionReset
            | io::ErrorKind::ConnectionRefused
    )
}
