use std::net::SocketAddr;

use anyhow::Result;
use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;

use crate::Authority;

/// What stands in front of a host and speaks TLS as `localhost`. It changes nothing of what passes.
#[derive(Debug)]
pub struct TlsProxy {
    port: u16,
    accepting: JoinHandle<()>,
}

impl TlsProxy {
    /// Starts one in front of `host`, on a free port of loopback.
    ///
    /// # Errors
    /// If there is no port, or the certificate is not made.
    pub async fn start(authority: &Authority, host: SocketAddr) -> Result<Self> {
        let acceptor = authority.acceptor()?;
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let port = listener.local_addr()?.port();
        let accepting = tokio::spawn(async move {
            while let Ok((stream, _)) = listener.accept().await {
                let acceptor = acceptor.clone();
                tokio::spawn(async move {
                    // Either side may go away, as on any wire.
                    if let (Ok(mut outer), Ok(mut inner)) =
                        tokio::join!(acceptor.accept(stream), TcpStream::connect(host))
                    {
                        drop(copy_bidirectional(&mut outer, &mut inner).await);
                    }
                });
            }
        });
        Ok(Self { port, accepting })
    }

    /// `https://localhost:port`
    pub fn origin(&self) -> String {
        format!("https://localhost:{}", self.port)
    }
}

impl Drop for TlsProxy {
    fn drop(&mut self) {
        self.accepting.abort();
    }
}
