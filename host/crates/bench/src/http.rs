//! A client of HTTP/1.1 that costs little, since it shares its cores with what it measures: it knows status and length.

use std::io::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use anyhow::{Context as _, Result, bail, ensure};
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;
use tokio::time::timeout;

/// The most bytes of one answer.
const ANSWER_BYTES_MAX: usize = 1 << 23;
/// How long anything but a load may take.
const PATIENCE: Duration = Duration::from_mins(2);

/// The header that leads from page to page.
const TOKEN: &str = "x-ms-continuation-token";

/// One connection, kept alive.
pub(crate) struct Connection {
    stream: TcpStream,
    input: Vec<u8>,
}

/// The head of an answer, and where its body ends.
#[derive(Debug, PartialEq, Eq)]
struct Head {
    status: u16,
    body_starts: usize,
    body_ends: usize,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self> {
        let stream = TcpStream::connect(address)
            .await
            .with_context(|| format!("cannot connect to {address}"))?;
        stream.set_nodelay(true).context("no TCP_NODELAY")?;
        Ok(Self {
            stream,
            input: Vec::with_capacity(4096),
        })
    }

    /// Sends one request and returns the status of its answer.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> Result<u16> {
        let head = self.exchange_whole(request).await?;
        Ok(head.status)
    }

    /// Gets a page of a list: where the next one goes on, which is empty after the last, and what this one holds.
    pub(crate) async fn page(&mut self, request: &[u8]) -> Result<(String, &[u8])> {
        let head = self.exchange_whole(request).await?;
        let body = &self.input[head.body_starts..head.body_ends];
        let status = head.status;
        ensure!(status == 200, "{status}: {}", String::from_utf8_lossy(body));
        let token = header(&self.input, TOKEN).context("a page says where the next goes on")?;
        Ok((token, body))
    }

    async fn exchange_whole(&mut self, request: &[u8]) -> Result<Head> {
        self.stream
            .write_all(request)
            .await
            .context("a request cannot be sent")?;
        self.input.clear();
        let mut head = None;
        loop {
            let count = self.stream.read_buf(&mut self.input).await;
            if count.context("an answer cannot be read")? == 0 {
                bail!("the connection was closed before an answer was complete");
            }
            if head.is_none() {
                head = parse(&self.input)?;
            }
            let received = self.input.len();
            match head.take() {
                Some(known) if received == known.body_ends => return Ok(known),
                Some(known) if received > known.body_ends => bail!("an answer is too long"),
                known => head = known,
            }
            ensure!(received < ANSWER_BYTES_MAX, "an answer does not end");
        }
    }
}

/// The head of an answer, once it is complete.
fn parse(input: &[u8]) -> Result<Option<Head>> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    let body_starts = match response.parse(input).context("an answer is not HTTP")? {
        httparse::Status::Complete(length) => length,
        httparse::Status::Partial => return Ok(None),
    };
    let length = response
        .headers
        .iter()
        .find(|header| header.name.eq_ignore_ascii_case("content-length"))
        .and_then(|header| std::str::from_utf8(header.value).ok()?.parse().ok());
    let length: usize = length.context("an answer does not tell its length")?;
    ensure!(
        length <= ANSWER_BYTES_MAX,
        "an answer is too long: {length}"
    );
    Ok(Some(Head {
        status: response.code.context("an answer has no status")?,
        body_starts,
        body_ends: body_starts + length,
    }))
}

/// The value of a header of an answer.
fn header(input: &[u8], name: &str) -> Option<String> {
    let mut headers = [httparse::EMPTY_HEADER; 32];
    let mut response = httparse::Response::new(&mut headers);
    response.parse(input).ok()?;
    let mut headers = response.headers.iter();
    let header = headers.find(|header| header.name.eq_ignore_ascii_case(name))?;
    Some(String::from_utf8_lossy(header.value).into_owned())
}

/// A request for a page that goes on where the one before says.
pub(crate) fn page_request(address: SocketAddr, path: &str, token: &str) -> Vec<u8> {
    format!("GET {path} HTTP/1.1\r\nhost: {address}\r\n{TOKEN}: {token}\r\n\r\n").into_bytes()
}

/// Writes a request into `out`. A body is a component, or JSON.
pub(crate) fn request(
    out: &mut Vec<u8>,
    address: SocketAddr,
    method: &str,
    path: std::fmt::Arguments<'_>,
    body: &[u8],
) {
    let length = body.len();
    let kind = match body {
        [] => "",
        [0, b'a', b's', b'm', ..] => "content-type: application/wasm\r\n",
        _ => "content-type: application/json\r\n",
    };
    write!(
        out,
        "{method} {path} HTTP/1.1\r\nhost: {address}\r\n{kind}content-length: {length}\r\n\r\n"
    )
    .expect("memory takes what is written");
    out.extend_from_slice(body);
}

/// One request on a connection of its own: its status and the text of the answer.
pub(crate) async fn once(
    address: SocketAddr,
    method: &str,
    path: &str,
    body: &[u8],
) -> Result<(u16, String)> {
    let mut out = Vec::new();
    request(&mut out, address, method, format_args!("{path}"), body);
    let exchanged = async {
        let mut connection = Connection::open(address).await?;
        let head = connection.exchange_whole(&out).await?;
        let body = &connection.input[head.body_starts..head.body_ends];
        Ok((head.status, String::from_utf8_lossy(body).into_owned()))
    };
    timeout(PATIENCE, exchanged)
        .await
        .unwrap_or_else(|_| bail!("no answer in time"))
        .with_context(|| format!("{method} {path}"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_head_is_known_once_it_is_complete() {
        let text = b"HTTP/1.1 202 Accepted\r\ncontent-type: a/b\r\nContent-Length: 3\r\n\r\nabc";
        for length in 0..text.len() - 3 {
            assert_eq!(parse(&text[..length]).unwrap(), None, "{length}");
        }
        let head = Head {
            status: 202,
            body_starts: text.len() - 3,
            body_ends: text.len(),
        };
        assert_eq!(parse(text).unwrap(), Some(head));
    }

    #[test]
    fn a_header_is_found_whatever_its_case() {
        let text = b"HTTP/1.1 200 OK\r\nX-MS-Continuation-Token: c1.2\r\nContent-Length: 0\r\n\r\n";
        assert_eq!(header(text, TOKEN).as_deref(), Some("c1.2"));
        assert_eq!(header(text, "etag"), None);
    }

    #[test]
    fn what_has_no_length_or_is_no_answer_is_refused() {
        assert!(parse(b"HTTP/1.1 200 OK\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: -1\r\n\r\n").is_err());
        assert!(parse(b"HTTP/1.1 200 OK\r\ncontent-length: 99999999\r\n\r\n").is_err());
        assert!(parse(b"GET / HTTP/1.1\r\n\r\n").is_err());
    }

    #[test]
    fn a_request_tells_what_its_body_is_and_how_long() {
        let written = |body: &[u8]| {
            let mut out = Vec::new();
            let address = ([127, 0, 0, 1], 80).into();
            request(&mut out, address, "POST", format_args!("/a/{}", 7), body);
            String::from_utf8(out).unwrap()
        };
        assert_eq!(
            written(b"5"),
            "POST /a/7 HTTP/1.1\r\nhost: 127.0.0.1:80\r\ncontent-type: application/json\r\ncontent-length: 1\r\n\r\n5"
        );
        assert_eq!(
            written(b""),
            "POST /a/7 HTTP/1.1\r\nhost: 127.0.0.1:80\r\ncontent-length: 0\r\n\r\n"
        );
        assert!(written(b"\0asm").contains("\r\ncontent-type: application/wasm\r\n"));
    }
}
