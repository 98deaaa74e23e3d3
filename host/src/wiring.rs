//! The only place where adapters meet the engine.

use std::io::{Write, stdout};
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context, Result, bail};
use soloist_api::{ApiSettings, router};
use soloist_engine::{Engine, KeyKind, KeyRecord, KeyStore};
use soloist_store::SqliteHub;
use soloist_wasm::{Grants, HttpSettings, WasmGuests, WasmSettings};
use tokio::net::TcpListener;
use tokio::signal::unix::{Signal, SignalKind, signal};
use tokio_util::sync::CancellationToken;

use crate::authorities;
use crate::config::{Config, grants};
use crate::failure::Usage;
use crate::platform::{self, Machine};

/// How long turns under way may take to be committed at the end.
const TURNS_PATIENCE: Duration = Duration::from_secs(10);
/// Room for guests that run, beside those that wait in memory.
const RUNNING_GUESTS: usize = 1024;
/// Room for activities that are being interrupted, beside those that run.
const LEAVING_ACTIVITIES: usize = 64;

/// Runs a host until it is told to stop.
pub(crate) async fn serve(config: Config) -> Result<()> {
    let grants = grants::check(&config.functions, &config.data, |name| std::env::var(name))?;
    let mut signals = Signals::new()?;
    let listen = config.listen;
    if !config.data.exists() {
        // A host that is refused leaves no directory behind.
        check_keys(&config.api, &[], listen)?;
    }
    let listener = TcpListener::bind(listen).await.with_context(|| {
        format!(
            "cannot listen on {listen}: if another program has that port, choose one with --listen"
        )
    })?;
    let address = listener.local_addr().context("the port is not known")?;
    let wasm = wasm_settings(&config, grants);
    let hub = SqliteHub::open(config.data.as_std_path(), config.store)?;
    let unreadable = || {
        format!(
            "the task hub in {} cannot be read: restore it from a backup, or move it away to begin afresh",
            config.data
        )
    };
    let keys = hub.keys().await.with_context(unreadable)?;
    check_keys(&config.api, &keys, listen)?;
    let guests = WasmGuests::new(wasm)?;
    let engine = Engine::start_up(hub, guests, Machine, config.engine)
        .await
        .with_context(unreadable)?;

    let stopping = CancellationToken::new();
    let api = ApiSettings {
        request_prefix: platform::new_request_prefix(),
        ..config.api
    };
    let routes = router(engine.clone(), api, stopping.clone());
    let server = config.server;
    let stop = stopping.clone();
    let mut listening =
        tokio::spawn(async move { soloist_api::serve(listener, routes, &server, stop).await });
    announce(&format!("listening on http://{address}"))?;
    tracing::info!(%address, data = %config.data, "the host is ready");

    let name = tokio::select! {
        name = signals.next() => name,
        ended = &mut listening => {
            ended.context("the listener failed")?;
            bail!("the listener stopped by itself");
        }
    };
    tracing::info!(signal = name, "the host stops");
    let orderly = async {
        stopping.cancel();
        listening.await.context("the listener failed")?;
        engine.shut_down(TURNS_PATIENCE).await;
        Ok(())
    };
    tokio::select! {
        done = orderly => done,
        name = signals.next() => bail!("stopped at once by a second {name}"),
    }
}

/// Where nobody is served without a key, nobody could make the first one.
fn check_keys(settings: &ApiSettings, keys: &[KeyRecord], listen: SocketAddr) -> Result<(), Usage> {
    let is_master = |key: &KeyRecord| key.kind == KeyKind::Master;
    if !settings.keys_required || settings.master_key.is_some() || keys.iter().any(is_master) {
        return Ok(());
    }
    let needed_by = if !listen.ip().is_loopback() {
        format!("{listen} can be reached from other machines")
    } else if settings.public_url.is_some() || !settings.trusted_proxies.is_empty() {
        "others reach this host by its proxy".to_owned()
    } else {
        "require-keys is set".to_owned()
    };
    Err(Usage(format!(
        "{needed_by}, and this host has no master key: start it on 127.0.0.1 without that and make one with \
         `soloist key create NAME --kind master`, or name a file that holds one with --master-key-file"
    )))
}

fn wasm_settings(config: &Config, grants: Grants) -> WasmSettings {
    let count = |count: usize| u32::try_from(count).unwrap_or(u32::MAX);
    WasmSettings {
        hot_guests_max: count(config.engine.hot_guests_max.saturating_add(RUNNING_GUESTS)),
        activities_max: count(
            config
                .engine
                .activities_max
                .saturating_add(LEAVING_ACTIVITIES),
        ),
        memory_bytes_max: config.guests.bytes,
        turn_timeout: config.guests.turn_timeout,
        activity_timeout: config.guests.activity_timeout,
        http_timeout: config.guests.http_timeout,
        payload_bytes_max: config.api.body_bytes_max,
        http: HttpSettings {
            body_bytes_max: config.guests.http_body_bytes as u64,
            connections_max: config.guests.http_connections,
            wait_max: config
                .guests
                .activity_timeout
                .max(config.guests.http_timeout),
            // Reading them takes time and memory.
            roots: if grants.allow_hosts() {
                authorities::load()
            } else {
                Vec::new()
            },
            ..HttpSettings::default()
        },
        grants,
        ..WasmSettings::new(config.data.join("compiled"))
    }
}

/// The one line that a host writes to standard output: whoever started it knows by it that it is ready.
fn announce(text: &str) -> Result<()> {
    let mut out = stdout().lock();
    writeln!(out, "{text}")
        .and_then(|()| out.flush())
        .context("the address cannot be written to standard output: leave it open")
}

/// The signals that ask for an orderly end.
struct Signals {
    terminate: Signal,
    interrupt: Signal,
}

impl Signals {
    fn new() -> Result<Self> {
        let catch = |kind| signal(kind).context("signals cannot be caught");
        Ok(Self {
            terminate: catch(SignalKind::terminate())?,
            interrupt: catch(SignalKind::interrupt())?,
        })
    }

    async fn next(&mut self) -> &'static str {
        tokio::select! {
            _ = self.terminate.recv() => "SIGTERM",
            _ = self.interrupt.recv() => "SIGINT",
        }
    }
}
