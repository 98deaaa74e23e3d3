use std::time::Duration;

/// How guests may use HTTP, whatever they are allowed to call.
#[derive(Debug, Clone)]
pub struct HttpSettings {
    /// The largest body of a request and of an answer, in bytes.
    pub body_bytes_max: u64,
    /// The largest head of a request and of an answer, in bytes; at least 8 KiB.
    pub head_bytes_max: usize,
    /// The most connections that are open at once.
    pub connections_max: usize,
    /// The most connections that one call of a function holds at once.
    pub connections_per_call_max: usize,
    /// The longest that a guest waits for a connection, with all that belongs to it.
    pub connect_max: Duration,
    /// The longest that a guest waits for an answer, and for more of it.
    pub wait_max: Duration,
    /// The certificates, in DER, of the authorities that are trusted.
    pub roots: Vec<Vec<u8>>,
}

impl Default for HttpSettings {
    /// Without any authority: no server can be called by `https`.
    fn default() -> Self {
        Self {
            body_bytes_max: 64 << 20,
            head_bytes_max: 64 << 10,
            connections_max: 256,
            connections_per_call_max: 16,
            connect_max: Duration::from_secs(30),
            wait_max: Duration::from_mins(5),
            roots: Vec::new(),
        }
    }
}
