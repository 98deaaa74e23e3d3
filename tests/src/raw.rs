use anyhow::{Context, Result, bail};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

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
        })
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
        self.stream.write_all(rest).await?;
        Ok(*last)
    }

    /// Sends the last byte and reads the answer.
    ///
    /// # Errors
    /// If the connection is lost before the answer is whole.
    pub async fn release(&mut self, last: u8) -> Result<Answer> {
        self.stream.write_all(&[last]).await?;
        let mut received = Vec::new();
        loop {
            let read = self.stream.read_buf(&mut received).await?;
            if let Some(answer) = parse(&received)? {
                return Ok(answer);
            }
            if read == 0 {
                bail!("the connection was closed");
            }
        }
    }
}

/// The answer, once it is whole.
fn parse(received: &[u8]) -> Result<Option<Answer>> {
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
    Ok(Some(Answer {
        status,
        headers,
        body: String::from_utf8_lossy(body).into_owned(),
    }))
}
