use std::time::Duration;

use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// How long an answer may take before it counts as hung.
const PATIENCE: Duration = Duration::from_secs(90);

/// What came back on a raw connection.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Answer {
    /// The status code.
    pub status: u16,
    /// Header names in lower case, with their values.
    pub headers: Vec<(String, String)>,
    /// The body.
    pub body: String,
}

impl Answer {
    /// The value of a header.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers
            .iter()
            .find(|(header, _)| header == name)
            .map(|(_, value)| value.as_str())
    }
}

/// One open connection, with no client library between the test and the bytes.
#[derive(Debug)]
pub struct Connection {
    stream: TcpStream,
    address: String,
    /// What came and belongs to no answer yet.
    received: Vec<u8>,
}

impl Connection {
    /// Connects.
    ///
    /// # Errors
    /// If nobody listens.
    pub async fn open(address: &str) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true)?;
        Ok(Self {
            stream,
            address: address.to_owned(),
            received: Vec::new(),
        })
    }

    /// Sends bytes as they are.
    ///
    /// # Errors
    /// If the connection is lost, or nobody reads.
    pub async fn send(&mut self, bytes: &[u8]) -> Result<()> {
        let sent = timeout(PATIENCE, self.stream.write_all(bytes));
        sent.await.context("nobody reads what is sent")??;
        Ok(())
    }

    /// Says that nothing more will be sent.
    ///
    /// # Errors
    /// If the connection is lost.
    pub async fn finish(&mut self) -> Result<()> {
        Ok(self.stream.shutdown().await?)
    }

    /// The next answer.
    ///
    /// # Errors
    /// If the connection is lost before the answer is whole, or it does not come.
    pub async fn answer(&mut self) -> Result<Answer> {
        loop {
            if let Some((answer, length)) = parse(&self.received)? {
                self.received.drain(..length);
                return Ok(answer);
            }
            let read = timeout(PATIENCE, self.stream.read_buf(&mut self.received));
            if read.await.context("no answer came")?? == 0 {
                bail!("the connection was closed");
            }
        }
    }

    /// Waits until the other side closes. Returns what came and belonged to no answer.
    ///
    /// # Errors
    /// If it stays open.
    pub async fn closed(&mut self) -> Result<Vec<u8>> {
        let end = timeout(PATIENCE, self.stream.read_to_end(&mut self.received));
        match end.await.context("the connection stays open")? {
            Ok(_) => {}
            // What was sent and not read makes a reset of a close.
            Err(error) if error.kind() == std::io::ErrorKind::ConnectionReset => {}
            Err(error) => return Err(error.into()),
        }
        Ok(std::mem::take(&mut self.received))
    }

    /// Sends all of a POST but its last byte, so that the rest can be released together with others.
    ///
    /// # Errors
    /// If the connection is lost.
    pub async fn prepare_post(&mut self, path: &str, body: &str) -> Result<u8> {
        let request = format!(
            "POST {path} HTTP/1.1\r\nhost: {}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
            self.address,
            body.len()
        );
        let (last, rest) = request
            .as_bytes()
            .split_last()
            .context("a request is not empty")?;
        self.send(rest).await?;
        Ok(*last)
    }

    /// Sends the last byte and reads the answer.
    ///
    /// # Errors
    /// If the connection is lost before the answer is whole.
    pub async fn release(&mut self, last: u8) -> Result<Answer> {
        self.send(&[last]).await?;
        self.answer().await
    }
}

/// The answer and how many bytes it has, once it is whole.
fn parse(received: &[u8]) -> Result<Option<(Answer, usize)>> {
    let mut headers = [httparse::EMPTY_HEADER; 64];
    let mut response = httparse::Response::new(&mut headers);
    let httparse::Status::Complete(head) = response.parse(received)? else {
        return Ok(None);
    };
    let headers: Vec<_> = response
        .headers
        .iter()
        .map(|header| {
            (
                header.name.to_ascii_lowercase(),
                String::from_utf8_lossy(header.value).into_owned(),
            )
        })
        .collect();
    let length = headers
        .iter()
        .find(|(name, _)| name == "content-length")
        .map_or(Ok(0), |(_, value)| value.parse())?;
    let Some(body) = received.get(head..head + length) else {
        return Ok(None);
    };
    let status = response.code.context("an answer has a status")?;
    let answer = Answer {
        status,
        headers,
        body: String::from_utf8_lossy(body).into_owned(),
    };
    Ok(Some((answer, head + length)))
}
