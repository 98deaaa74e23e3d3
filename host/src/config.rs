//! Flags, environment and file, in this order of precedence, become one checked value.

pub(crate) mod grants;
mod keys;
mod limits;
mod size;
mod wait;

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::num::{NonZeroU64, NonZeroUsize};
use std::str::FromStr;
use std::thread::available_parallelism;
use std::time::Duration;

use anyhow::{Context, Result};
use camino::{Utf8Path, Utf8PathBuf};
use clap::Args;
use serde::Deserialize;
use soloist_api::{ApiSettings, Network, Origin, PublicUrl, ServerSettings};
use soloist_core::FunctionName;
use soloist_engine::EngineSettings;
use soloist_store::StoreSettings;

use crate::failure::Usage;
use crate::telemetry::LogFormat;
use grants::FunctionTable;
pub(crate) use size::ByteSize;
pub(crate) use wait::Wait;

/// What an operator may set: as a flag, as a variable of the environment, or in the file, where a key is the flag's name
/// with `_` for `-`.
#[derive(Debug, Clone, Default, PartialEq, Args, Deserialize)]
#[serde(deny_unknown_fields, default)]
pub(crate) struct Settings {
    /// The address to listen on; beyond this machine it needs a master key [default: 127.0.0.1:7071]
    #[arg(long, env = "SOLOIST_LISTEN", value_name = "ADDRESS:PORT", value_parser = address)]
    listen: Option<SocketAddr>,
    /// Where callers reach this host, if that is not where it listens: all links begin with it
    #[arg(long, env = "SOLOIST_PUBLIC_URL", value_name = "URL")]
    public_url: Option<PublicUrl>,
    /// The proxies that are believed when they say how callers addressed them (Forwarded, X-Forwarded-*), such as
    /// 127.0.0.1,10.0.0.0/8 [default: none]
    #[arg(
        long,
        env = "SOLOIST_TRUSTED_PROXIES",
        value_name = "NETWORKS",
        value_delimiter = ','
    )]
    trusted_proxies: Option<Vec<Network>>,
    /// The origins whose pages may call this host, such as `https://app.example.com,http://localhost:3000` [default: none]
    #[arg(
        long,
        env = "SOLOIST_CORS_ORIGINS",
        value_name = "ORIGINS",
        value_delimiter = ','
    )]
    cors_origins: Option<Vec<Origin>>,
    /// The directory that holds all that must not be lost [default: soloist-data]
    #[arg(long, env = "SOLOIST_DATA", value_name = "DIR")]
    data: Option<Utf8PathBuf>,
    /// The most memory that waiting orchestrators may hold; at 0 none stays in memory [default: 512MiB]
    #[arg(long, env = "SOLOIST_HOT_BYTES", value_name = "SIZE")]
    hot_bytes: Option<ByteSize>,
    /// The most orchestrators that wait in memory [default: 2000]
    #[arg(long, env = "SOLOIST_HOT_INSTANCES", value_name = "COUNT", value_parser = count_or_none::<usize>)]
    hot_instances: Option<usize>,
    /// The most activities that run at once [default: 256]
    #[arg(long, env = "SOLOIST_ACTIVITIES", value_name = "COUNT", value_parser = count)]
    activities: Option<NonZeroUsize>,
    /// The most memory that one guest may have [default: 64MiB]
    #[arg(long, env = "SOLOIST_GUEST_BYTES", value_name = "SIZE")]
    guest_bytes: Option<ByteSize>,
    /// How long an orchestrator may compute without consuming an answer [default: 5s]
    #[arg(long, env = "SOLOIST_TURN_TIMEOUT", value_name = "TIME")]
    turn_timeout: Option<Wait>,
    /// How long an activity may run [default: 5m]
    #[arg(long, env = "SOLOIST_ACTIVITY_TIMEOUT", value_name = "TIME")]
    activity_timeout: Option<Wait>,
    /// The most events of one execution, which fails beyond [default: 1000000]
    #[arg(long, env = "SOLOIST_HISTORY_EVENTS", value_name = "COUNT")]
    history_events: Option<NonZeroU64>,
    /// How long an HTTP call of an orchestration may take [default: 100s]
    #[arg(long, env = "SOLOIST_HTTP_TIMEOUT", value_name = "TIME")]
    http_timeout: Option<Wait>,
    /// The largest body that a guest may send or receive over HTTP [default: 64MiB]
    #[arg(long, env = "SOLOIST_HTTP_BODY_BYTES", value_name = "SIZE")]
    http_body_bytes: Option<ByteSize>,
    /// The most HTTP connections that guests may have open at once [default: 256]
    #[arg(long, env = "SOLOIST_HTTP_CONNECTIONS", value_name = "COUNT")]
    http_connections: Option<NonZeroUsize>,
    /// The largest input, the largest data of an event and the largest answer to an HTTP call [default: 16MiB]
    #[arg(long, env = "SOLOIST_BODY_BYTES", value_name = "SIZE")]
    body_bytes: Option<ByteSize>,
    /// The largest component that can be deployed [default: 64MiB]
    #[arg(long, env = "SOLOIST_MODULE_BYTES", value_name = "SIZE")]
    module_bytes: Option<ByteSize>,
    /// How long instances that have ended are kept, such as 30d; then they are purged [default: for ever]
    #[arg(long, env = "SOLOIST_RETENTION", value_name = "TIME")]
    retention: Option<Wait>,
    /// How many earlier executions of each instance keep their histories and logs [default: 0]
    #[arg(long, env = "SOLOIST_KEPT_EXECUTIONS", value_name = "COUNT", value_parser = count_or_none::<u32>)]
    kept_executions: Option<u32>,
    /// How many threads run guests and answer requests [default: one less than there are cores]
    #[arg(long, env = "SOLOIST_WORKER_THREADS", value_name = "COUNT", value_parser = count)]
    worker_threads: Option<NonZeroUsize>,
    /// Let nobody in without a key, not even on this machine; always so where others reach the address
    #[arg(long, env = "SOLOIST_REQUIRE_KEYS", value_name = "BOOL", num_args = 0..=1, default_missing_value = "true")]
    require_keys: Option<bool>,
    /// A file that holds a master key, beside those that `soloist key` makes
    #[arg(long, env = "SOLOIST_MASTER_KEY_FILE", value_name = "FILE")]
    master_key_file: Option<Utf8PathBuf>,
    /// What is logged, such as `info` or `info,soloist_engine=debug` [default: info]
    #[arg(long, env = "SOLOIST_LOG_FILTER", value_name = "FILTER")]
    log_filter: Option<String>,
    /// How log lines are written [default: text]
    #[arg(long, env = "SOLOIST_LOG_FORMAT", value_name = "FORMAT")]
    log_format: Option<LogFormat>,
    /// What each function may do, and how many of its instances may be live: in the file only.
    #[arg(skip)]
    function: BTreeMap<FunctionName, FunctionTable>,
}

/// All that a host is run with.
#[derive(Debug, Clone)]
pub(crate) struct Config {
    pub(crate) listen: SocketAddr,
    pub(crate) data: Utf8PathBuf,
    pub(crate) worker_threads: NonZeroUsize,
    pub(crate) log_filter: String,
    pub(crate) log_format: LogFormat,
    pub(crate) guests: GuestLimits,
    pub(crate) functions: BTreeMap<FunctionName, FunctionTable>,
    pub(crate) engine: EngineSettings,
    pub(crate) store: StoreSettings,
    pub(crate) api: ApiSettings,
    pub(crate) server: ServerSettings,
}

/// What one guest may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) struct GuestLimits {
    pub(crate) bytes: usize,
    pub(crate) turn_timeout: Duration,
    pub(crate) activity_timeout: Duration,
    pub(crate) http_timeout: Duration,
    pub(crate) http_body_bytes: usize,
    pub(crate) http_connections: usize,
}

impl Settings {
    /// The settings of a file.
    pub(crate) fn read(path: &Utf8Path) -> Result<Self> {
        let unusable = || Usage(format!("the settings in {path} cannot be used"));
        let text = std::fs::read_to_string(path).with_context(unusable)?;
        Self::parse(&text).with_context(unusable)
    }

    fn parse(text: &str) -> Result<Self> {
        toml::from_str(text).map_err(|error| {
            let line = error
                .span()
                .map(|span| text[..span.start].matches('\n').count() + 1);
            let place = line.map_or_else(String::new, |line| format!("line {line}: "));
            anyhow::Error::msg(format!("{place}{}", error.message()))
        })
    }

    /// These settings, and those of `other` where these say nothing.
    pub(crate) fn or(self, other: Self) -> Self {
        let mut function = other.function;
        function.extend(self.function);
        Self {
            listen: self.listen.or(other.listen),
            public_url: self.public_url.or(other.public_url),
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            cors_origins: self.cors_origins.or(other.cors_origins),
            data: self.data.or(other.data),
            hot_bytes: self.hot_bytes.or(other.hot_bytes),
            hot_instances: self.hot_instances.or(other.hot_instances),
            activities: self.activities.or(other.activities),
            guest_bytes: self.guest_bytes.or(other.guest_bytes),
            turn_timeout: self.turn_timeout.or(other.turn_timeout),
            activity_timeout: self.activity_timeout.or(other.activity_timeout),
            history_events: self.history_events.or(other.history_events),
            http_timeout: self.http_timeout.or(other.http_timeout),
            http_body_bytes: self.http_body_bytes.or(other.http_body_bytes),
            http_connections: self.http_connections.or(other.http_connections),
            body_bytes: self.body_bytes.or(other.body_bytes),
            module_bytes: self.module_bytes.or(other.module_bytes),
            retention: self.retention.or(other.retention),
            kept_executions: self.kept_executions.or(other.kept_executions),
            worker_threads: self.worker_threads.or(other.worker_threads),
            require_keys: self.require_keys.or(other.require_keys),
            master_key_file: self.master_key_file.or(other.master_key_file),
            log_filter: self.log_filter.or(other.log_filter),
            log_format: self.log_format.or(other.log_format),
            function,
        }
    }

    /// Fills in what was not said, and refuses what cannot be.
    pub(crate) fn check(self) -> Result<Config, Usage> {
        let listen = self
            .listen
            .unwrap_or_else(|| SocketAddr::from(([127, 0, 0, 1], 7071)));
        for (name, is_zero) in [
            ("guest-bytes", self.guest_bytes == Some(ByteSize(0))),
            ("module-bytes", self.module_bytes == Some(ByteSize(0))),
            ("body-bytes", self.body_bytes == Some(ByteSize(0))),
            (
                "turn-timeout",
                self.turn_timeout == Some(Wait(Duration::ZERO)),
            ),
            (
                "activity-timeout",
                self.activity_timeout == Some(Wait(Duration::ZERO)),
            ),
            (
                "http-timeout",
                self.http_timeout == Some(Wait(Duration::ZERO)),
            ),
        ] {
            if is_zero {
                return Err(Usage(format!("{name} is 0: nothing could run")));
            }
        }
        if self.retention == Some(Wait(Duration::ZERO)) {
            return Err(Usage(
                "retention is 0: nobody could see how an instance ended; leave it out to keep all"
                    .to_owned(),
            ));
        }
        self.check_bounds()?;
        let bytes = |size: Option<ByteSize>, default| size.map_or(default, |ByteSize(size)| size);
        let time = |wait: Option<Wait>, default| wait.map_or(default, |Wait(wait)| wait);
        let engine = EngineSettings::default();
        let api = ApiSettings::default();
        Ok(Config {
            listen,
            data: self.data.unwrap_or_else(|| "soloist-data".into()),
            worker_threads: self.worker_threads.unwrap_or_else(one_less_than_cores),
            log_filter: self.log_filter.unwrap_or_else(|| "info".to_owned()),
            log_format: self.log_format.unwrap_or_default(),
            guests: GuestLimits {
                bytes: bytes(self.guest_bytes, 64 << 20),
                turn_timeout: time(self.turn_timeout, Duration::from_secs(5)),
                activity_timeout: time(self.activity_timeout, Duration::from_mins(5)),
                http_timeout: time(self.http_timeout, Duration::from_secs(100)),
                http_body_bytes: bytes(self.http_body_bytes, 64 << 20),
                http_connections: self.http_connections.map_or(256, Into::into),
            },
            engine: EngineSettings {
                hot_bytes_max: bytes(self.hot_bytes, engine.hot_bytes_max),
                history_events_max: self
                    .history_events
                    .map_or(engine.history_events_max, Into::into),
                hot_guests_max: self.hot_instances.unwrap_or(engine.hot_guests_max),
                activities_max: self.activities.map_or(engine.activities_max, Into::into),
                limits: limits::check(&self.function)?,
                retention: self.retention.map(|Wait(keep)| keep),
                ..engine
            },
            functions: self.function,
            store: StoreSettings {
                kept_executions: self.kept_executions.unwrap_or_default(),
                ..StoreSettings::default()
            },
            api: ApiSettings {
                body_bytes_max: bytes(self.body_bytes, api.body_bytes_max),
                module_bytes_max: bytes(self.module_bytes, api.module_bytes_max),
                // Whatever stands in front of this host lets others reach it.
                keys_required: self.require_keys.unwrap_or_default()
                    || !listen.ip().is_loopback()
                    || self.public_url.is_some()
                    || self.trusted_proxies.is_some(),
                master_key: self
                    .master_key_file
                    .as_deref()
                    .map(keys::master)
                    .transpose()?,
                public_url: self.public_url,
                trusted_proxies: self.trusted_proxies.unwrap_or_default(),
                cors_origins: self.cors_origins.unwrap_or_default(),
                ..api
            },
            server: ServerSettings::default(),
        })
    }
}

/// What a 32-bit guest can address.
const GUEST_BYTES_MAX: ByteSize = ByteSize(4 << 30);
/// They are listed in one answer, and the oldest go in one commit.
const KEPT_EXECUTIONS_MAX: u32 = 1_000;
/// More are of no use, and the system may not have them.
const WORKER_THREADS_MAX: usize = 512;

impl Settings {
    /// Refuses what no machine has.
    fn check_bounds(&self) -> Result<(), Usage> {
        if let Some(size) = self.guest_bytes.filter(|size| size.0 > GUEST_BYTES_MAX.0) {
            return Err(Usage(format!(
                "guest-bytes is {size}: a guest can use {GUEST_BYTES_MAX} at most"
            )));
        }
        let kept = self.kept_executions.unwrap_or_default();
        if kept > KEPT_EXECUTIONS_MAX {
            return Err(Usage(format!(
                "kept-executions is {kept}: {KEPT_EXECUTIONS_MAX} at most can be kept"
            )));
        }
        let threads = self.worker_threads.map_or(0, NonZeroUsize::get);
        if threads > WORKER_THREADS_MAX {
            return Err(Usage(format!(
                "worker-threads is {threads}: {WORKER_THREADS_MAX} at most are of use"
            )));
        }
        if self
            .data
            .as_ref()
            .is_some_and(|data| data.as_str().is_empty())
        {
            return Err(Usage("data is empty: name a directory".to_owned()));
        }
        Ok(())
    }
}

fn address(text: &str) -> Result<SocketAddr, String> {
    text.parse().map_err(|_| {
        format!("'{text}' is no address with a port: write 127.0.0.1:7071 or [::1]:7071")
    })
}

fn count(text: &str) -> Result<NonZeroUsize, String> {
    text.parse()
        .map_err(|_| format!("'{text}' is no count: write a whole number from 1"))
}

fn count_or_none<T: FromStr>(text: &str) -> Result<T, String> {
    text.parse()
        .map_err(|_| format!("'{text}' is no count: write a whole number from 0"))
}

/// The writer of the task hub has the other core.
fn one_less_than_cores() -> NonZeroUsize {
    let cores = available_parallelism().map_or(1, NonZeroUsize::get);
    NonZeroUsize::new(cores.saturating_sub(1)).unwrap_or(NonZeroUsize::MIN)
}

#[cfg(test)]
mod tests;
