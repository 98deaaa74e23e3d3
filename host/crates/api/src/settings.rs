use std::time::Duration;

use soloist_engine::KeyDigest;

use crate::arrival::{Network, Origin, PublicUrl};

/// The bounds of the HTTP surfaces, each with a name, because each can be met; and how callers reach them.
#[derive(Debug, Clone)]
pub struct ApiSettings {
    /// The largest JSON body: an input, the data of an event.
    pub body_bytes_max: usize,
    /// The largest component.
    pub module_bytes_max: usize,
    /// How long a body may take to come in.
    pub body_timeout: Duration,
    /// How many requests are served at once; the next one gets 503.
    pub requests_max: usize,
    /// How many uploads are held in memory at once; the next one waits.
    pub uploads_max: usize,
    /// How long a caller may wait for an instance to end.
    pub wait_max: Duration,
    /// How long a clean-up by a filter goes on before it says how much went so far.
    pub purge_max: Duration,
    /// How long an upload waits for its compilation before it is answered with 202.
    pub deploy_patience: Duration,
    /// Nobody is served without a key, not even on this machine.
    pub keys_required: bool,
    /// A master key that is not among those of the hub.
    pub master_key: Option<KeyDigest>,
    /// Where callers reach this host, whatever a request says.
    pub public_url: Option<PublicUrl>,
    /// From where it is believed how callers addressed a proxy.
    pub trusted_proxies: Vec<Network>,
    /// Whose pages may call this host, beside its own.
    pub cors_origins: Vec<Origin>,
    /// What the ids begin with of requests that bring none. If it is new at each start, they are never the same.
    pub request_prefix: String,
}

impl Default for ApiSettings {
    fn default() -> Self {
        Self {
            body_bytes_max: 16 << 20,
            module_bytes_max: 64 << 20,
            body_timeout: Duration::from_mins(1),
            requests_max: 4096,
            uploads_max: 4,
            wait_max: Duration::from_hours(1),
            purge_max: Duration::from_secs(30),
            deploy_patience: Duration::from_secs(2),
            keys_required: false,
            master_key: None,
            public_url: None,
            trusted_proxies: Vec::new(),
            cors_origins: Vec::new(),
            request_prefix: "request".to_owned(),
        }
    }
}

impl ApiSettings {
    /// Whether pages of this origin may call this host wherever they come from: they are listed, or come from it by its public
    /// name.
    pub(crate) fn welcomes(&self, origin: &str) -> bool {
        let own = self.public_url.as_ref().map(PublicUrl::origin);
        let origin = origin.parse::<Origin>();
        origin.is_ok_and(|origin| own == Some(&origin) || self.cors_origins.contains(&origin))
    }
}

/// The bounds of the listener.
#[derive(Debug, Clone)]
pub struct ServerSettings {
    /// How many connections are open at once; the next one waits in the kernel's queue.
    pub connections_max: usize,
    /// The most bytes that a request line and its headers may have.
    pub header_bytes_max: usize,
    /// How long a request line and its headers may take to come in, and so how long a connection may idle between two.
    pub header_timeout: Duration,
    /// How long requests in flight may take to end once the listener stops.
    pub drain_max: Duration,
}

impl Default for ServerSettings {
    fn default() -> Self {
        Self {
            connections_max: 8192,
            header_bytes_max: 64 << 10,
            header_timeout: Duration::from_secs(75),
            drain_max: Duration::from_secs(10),
        }
    }
}
