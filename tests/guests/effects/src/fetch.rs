use serde::Deserialize;
use serde_json::{Value, json};
use soloist::Failure;
use wasip2::http::outgoing_handler::handle;
use wasip2::http::types::{
    ErrorCode, Fields, IncomingBody, IncomingResponse, Method, OutgoingBody, OutgoingRequest,
    RequestOptions, Scheme, http_error_code,
};
use wasip2::io::streams::StreamError;

/// The most that can be written or read at once, in bytes.
const CHUNK_BYTES: usize = 4096;
/// How much of an answer is returned, in bytes.
const SHOWN_BYTES: usize = 1000;

/// A request.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Fetch {
    url: String,
    #[serde(default = "get")]
    method: String,
    #[serde(default)]
    headers: Vec<(String, String)>,
    /// The length of a body to send.
    #[serde(default)]
    body_bytes: usize,
    between_bytes_ms: Option<u64>,
    first_byte_ms: Option<u64>,
}

fn get() -> String {
    "GET".to_owned()
}

impl Fetch {
    /// `{status, location, bytes, text}`, or a failure whose type is the error code of `wasi:http`.
    pub(crate) fn run(self) -> Result<Value, Failure> {
        let response = self.send()?;
        let location = response.headers().get("location");
        let location = location.first().map(|value| String::from_utf8_lossy(value));
        let (bytes, shown) = read(&response)?;
        Ok(json!({
            "status": response.status(),
            "location": location,
            "bytes": bytes,
            "text": String::from_utf8_lossy(&shown),
        }))
    }

    fn send(&self) -> Result<IncomingResponse, Failure> {
        let unusable = || Failure::new("Unusable", format!("cannot ask for {}", self.url));
        let (scheme, rest) = self.url.split_once("://").ok_or_else(unusable)?;
        let (authority, path) = match rest.find('/') {
            Some(at) => rest.split_at(at),
            None => (rest, "/"),
        };
        let scheme = match scheme {
            "http" => Scheme::Http,
            "https" => Scheme::Https,
            other => Scheme::Other(other.to_owned()),
        };
        let method = match self.method.as_str() {
            "GET" => Method::Get,
            "POST" => Method::Post,
            "CONNECT" => Method::Connect,
            other => Method::Other(other.to_owned()),
        };
        let headers = Fields::new();
        for (name, value) in &self.headers {
            headers
                .append(name, value.as_bytes())
                .map_err(|error| Failure::new("HeaderError", error.to_string()))?;
        }
        let request = OutgoingRequest::new(headers);
        request.set_method(&method).map_err(|()| unusable())?;
        request.set_scheme(Some(&scheme)).map_err(|()| unusable())?;
        request
            .set_authority(Some(authority))
            .map_err(|()| unusable())?;
        request
            .set_path_with_query(Some(path))
            .map_err(|()| unusable())?;
        let options = RequestOptions::new();
        let nanos = |millis: Option<u64>| millis.map(|millis| millis * 1_000_000);
        options
            .set_between_bytes_timeout(nanos(self.between_bytes_ms))
            .map_err(|()| unusable())?;
        options
            .set_first_byte_timeout(nanos(self.first_byte_ms))
            .map_err(|()| unusable())?;

        let body = request.body().map_err(|()| unusable())?;
        let answer = handle(request, Some(options)).map_err(|code| failure(&code))?;
        // If it cannot be written, the answer says why.
        let is_written = self.write(&body);
        if is_written {
            OutgoingBody::finish(body, None).map_err(|code| failure(&code))?;
        }
        answer.subscribe().block();
        let answer = answer.get().ok_or_else(unusable)?;
        answer
            .map_err(|()| unusable())?
            .map_err(|code| failure(&code))
    }

    fn write(&self, body: &OutgoingBody) -> bool {
        let Ok(stream) = body.write() else {
            return false;
        };
        let mut left = self.body_bytes;
        while left > 0 {
            let chunk = left.min(CHUNK_BYTES);
            if stream.blocking_write_and_flush(&vec![b'x'; chunk]).is_err() {
                return false;
            }
            left -= chunk;
        }
        true
    }
}

/// Makes headers for requests that are never sent, without end.
pub(crate) fn hoard() -> ! {
    let mut held = Vec::new();
    loop {
        held.push(Fields::new());
    }
}

/// Reads the whole body: its length, and how it begins.
fn read(response: &IncomingResponse) -> Result<(usize, Vec<u8>), Failure> {
    let unusable = || Failure::new("Unusable", "a body can be read once");
    let body: IncomingBody = response.consume().map_err(|()| unusable())?;
    let stream = body.stream().map_err(|()| unusable())?;
    let mut bytes = 0;
    let mut shown = Vec::new();
    loop {
        match stream.blocking_read(CHUNK_BYTES as u64) {
            Ok(chunk) => {
                bytes += chunk.len();
                let room = SHOWN_BYTES.saturating_sub(shown.len()).min(chunk.len());
                shown.extend_from_slice(&chunk[..room]);
            }
            Err(StreamError::Closed) => return Ok((bytes, shown)),
            Err(StreamError::LastOperationFailed(error)) => {
                return Err(match http_error_code(&error) {
                    Some(code) => failure(&code),
                    None => Failure::new("StreamError", error.to_debug_string()),
                });
            }
        }
    }
}

/// With the name of the code as its type.
fn failure(code: &ErrorCode) -> Failure {
    let text = format!("{code:?}");
    let name = text.strip_prefix("ErrorCode::").unwrap_or(&text);
    let name = name.split(['(', ' ']).next().unwrap_or(name);
    Failure::new(name, code.to_string())
}
