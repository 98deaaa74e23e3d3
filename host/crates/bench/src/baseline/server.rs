use std::net::Ipv4Addr;
use std::num::NonZeroUsize;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::thread::available_parallelism;

use anyhow::{Context as _, Result};
use axum::Router;
use axum::extract::{Path as PathOf, State};
use axum::http::StatusCode;
use axum::routing::post;
use axum::serve::ListenerExt as _;
use rusqlite::{Connection, params};
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};
use tokio::sync::oneshot;

use super::commits::{Committer, Piece};
use super::database::{self, MODULE_ROW};
use crate::clock::time_of_day;
use crate::host::{LISTENING, Server};
use crate::names;

/// Our server in a process of its own.
pub(crate) struct Baseline(pub(crate) Server);

impl Baseline {
    pub(crate) fn start(data: &Path) -> Result<Self> {
        let own = std::env::current_exe().context("this program is not found")?;
        let mut command = Command::new(own);
        command.arg("serve-baseline").arg("--data").arg(data);
        Server::start(&mut command, &data.with_extension("log"))
            .context("the baseline's server")
            .map(Self)
    }
}

/// One row of an instance, and who waits for it.
struct Insert {
    name: String,
    reply: oneshot::Sender<()>,
}

impl Piece for Insert {
    fn apply(&mut self, database: &Connection) -> rusqlite::Result<()> {
        let at = time_of_day();
        database
            .prepare_cached(
                "INSERT INTO instance (instance_id, function, module, execution, next_sequence, status, created, \
                   last_updated, ready, open_work, custom_status) \
                 VALUES (?1, 'instant', ?2, ?3, 4, 1, ?4, ?4, 0, 0, NULL)",
            )?
            .execute(params![
                self.name,
                MODULE_ROW,
                names::execution(at).as_uuid().as_bytes(),
                at.as_millis()
            ])
            .map(drop)
    }
}

/// Serves `/insert/{id}`, which answers 202 once a row is durable, and `/conflict/{id}`, which answers 409, until it is told
/// to stop. With as many threads as a host has: the writer has the other core.
pub(crate) fn serve(data: &Path) -> Result<()> {
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    let runtime = tokio::runtime::Builder::new_multi_thread()
        .worker_threads(cores.saturating_sub(1).max(1))
        .enable_all()
        .build()
        .context("no threads")?;
    runtime.block_on(async {
        let database = database::open(data).await?;
        let settle = |inserts: Vec<Insert>| {
            for insert in inserts {
                // Whoever hung up does not want to know.
                let _hung_up = insert.reply.send(());
            }
        };
        let committer = Arc::new(Committer::start(database, settle)?);
        let routes = Router::new()
            .route("/insert/{id}", post(insert))
            .route("/conflict/{id}", post(conflict))
            .with_state(committer);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        println!("{LISTENING}{}", listener.local_addr()?);
        // As the host does; an error shows in the next read.
        let listener = listener.tap_io(|stream| drop(stream.set_nodelay(true)));
        let mut stop = signal(SignalKind::terminate())?;
        axum::serve(listener, routes)
            .with_graceful_shutdown(async move {
                stop.recv().await;
            })
            .await
            .context("the listener failed")
    })
}

async fn insert(
    State(committer): State<Arc<Committer<Insert>>>,
    PathOf(name): PathOf<String>,
) -> StatusCode {
    let (reply, durable) = oneshot::channel();
    committer.push([Insert { name, reply }]);
    match durable.await {
        Ok(()) => StatusCode::ACCEPTED,
        Err(_) => StatusCode::SERVICE_UNAVAILABLE,
    }
}

async fn conflict(PathOf(name): PathOf<String>) -> (StatusCode, String) {
    let text = format!("An instance with ID '{name}' already exists.");
    (StatusCode::CONFLICT, text)
}
