"""HTTP requests of an activity, to the hosts that the operator lists in `allow_hosts` of its function.

    from soloist import ActivityContext, activity
    from soloist.http import fetch

    @activity
    def rate(ctx: ActivityContext, currency: str) -> float:
        response = fetch(f"https://api.example.com/rates/{currency}")
        response.raise_for_status()
        return response.json()["rate"]

A component whose modules import this one asks for `wasi:http`. An orchestrator must not fetch: it has `Context.call_http`.
"""

from __future__ import annotations

import importlib
import json as _json_module
import re
from dataclasses import dataclass
from typing import Any
from collections.abc import Mapping
from urllib.parse import quote, urlsplit

from soloist import _host
from soloist import _json as _encoding
from soloist._failure import Failure
from soloist._time import Length, milliseconds

__all__ = ["FetchError", "Response", "fetch"]

# Only a component that fetches has these, and nothing can be imported once it runs.
try:
    _handler: Any = importlib.import_module("wit_world.imports.outgoing_handler")
    _http: Any = importlib.import_module("wit_world.imports.wasi_http")
    _streams: Any = importlib.import_module("wit_world.imports.streams")
except ImportError:
    _handler = _http = _streams = None

# What `blocking-write-and-flush` takes at once.
_WRITE_BYTES = 4096
_READ_BYTES = 65536


class FetchError(Failure):
    """Why there is no response: `error_type` is the error code of `wasi:http`, such as `ConnectionRefused` or
    `HttpRequestDenied`, or `HttpStatus`."""


@dataclass(frozen=True)
class Response:
    """What a server answered, whatever the status."""

    url: str
    status: int
    headers: tuple[tuple[str, str], ...]
    """In the order they came, names in lower case."""
    body: bytes

    @property
    def ok(self) -> bool:
        """True for a status of 200 to 299."""
        return 200 <= self.status < 300

    @property
    def text(self) -> str:
        """The body as text, in UTF-8; what is none is replaced."""
        return self.body.decode("utf-8", "replace")

    def json(self) -> Any:
        """What the body holds."""
        return _json_module.loads(self.body)

    def header(self, name: str) -> str | None:
        """The first header of that name, or `None`."""
        return next((value for other, value in self.headers if other == name.lower()), None)

    def raise_for_status(self) -> None:
        """Raises `FetchError` of type `HttpStatus` for a status of 400 or more."""
        if self.status >= 400:
            raise FetchError("HttpStatus", f"{self.url} answered {self.status}", details=self.text[:1000])


def fetch(
    url: str,
    method: str = "GET",
    *,
    headers: Mapping[str, str] | None = None,
    body: bytes | str | None = None,
    json: Any = None,
    timeout: Length | None = None,
) -> Response:
    """Sends a request, and returns the response. No redirect is followed.

    `json` is any value, sent as JSON. `timeout` limits each of: to connect, to wait for the first byte, to wait for more.
    Raises `FetchError` if there is no response.
    """
    if _handler is None:
        raise RuntimeError("there is no host here: build a component with `python -m soloist build`, and deploy that")
    sent = {name.lower(): value for name, value in (headers or {}).items()}
    if json is not None:
        if body is not None:
            raise ValueError("a request has either `body` or `json`")
        body = _encoding.encode(json)
        sent.setdefault("content-type", "application/json")
    content = body.encode("utf-8") if isinstance(body, str) else body or b""
    if content:
        sent.setdefault("content-length", str(len(content)))
    try:
        with _send(url, method, sent, content, timeout) as response:
            status = response.status()
            with response.headers() as fields:
                received = tuple((name.lower(), value.decode("latin-1")) for name, value in fields.entries())
            return Response(url, status, received, _read(response))
    except (_host.Err, _Broken) as error:
        raise _error(method, url, error.args[0] if isinstance(error, _Broken) else error.value) from None


def _send(url: str, method: str, headers: dict[str, str], content: bytes, timeout: Length | None) -> Any:
    request = _request(url, method, headers)
    # Not by `with`: to finish a body, and to handle a request, takes it away.
    body = request.body()
    # The request goes out before its body is written, or a long one would find nobody who reads.
    with _handler.handle(request, _options(timeout)) as future:
        with body.write() as stream:
            for start in range(0, len(content), _WRITE_BYTES):
                stream.blocking_write_and_flush(content[start : start + _WRITE_BYTES])
        _http.OutgoingBody.finish(body, None)
        with future.subscribe() as ready:
            ready.block()
        # Ready, and asked once: there is an answer, and in it a response or an error.
        answer = future.get().value
    if isinstance(answer, _host.Err):
        raise answer
    return answer.value


def _request(url: str, method: str, headers: dict[str, str]) -> Any:
    parts = urlsplit(url)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError(f"cannot fetch {url!r}: a URL is http://HOST/... or https://HOST/...")
    fields = _http.Fields.from_list([(name, value.encode("utf-8")) for name, value in headers.items()])
    request = _http.OutgoingRequest(fields)
    path = quote(parts.path or "/", safe="/%:@!$&'()*+,;=~") + (f"?{parts.query}" if parts.query else "")
    try:
        request.set_method(_method(method))
        request.set_scheme(_http.Scheme_Https() if parts.scheme == "https" else _http.Scheme_Http())
        request.set_authority(parts.netloc.rpartition("@")[2])
        request.set_path_with_query(path)
    except _host.Err:
        raise ValueError(f"cannot fetch {url!r} by {method!r}: it is no method, or no URL") from None
    return request


def _method(name: str) -> Any:
    known = getattr(_http, f"Method_{name.capitalize()}", None)
    return _http.Method_Other(name) if known is None or name == "other" else known()


def _options(timeout: Length | None) -> Any:
    if timeout is None:
        return None
    nanoseconds = max(1, int(milliseconds(timeout) * 1_000_000))
    options = _http.RequestOptions()
    options.set_connect_timeout(nanoseconds)
    options.set_first_byte_timeout(nanoseconds)
    options.set_between_bytes_timeout(nanoseconds)
    return options


def _read(response: Any) -> bytes:
    parts: list[bytes] = []
    with response.consume() as body, body.stream() as stream:
        while True:
            try:
                parts.append(stream.blocking_read(_READ_BYTES))
            except _host.Err as error:
                if isinstance(error.value, _streams.StreamError_Closed):
                    return b"".join(parts)
                raise _Broken(_code(error.value)) from None


class _Broken(Exception):
    """The body ended before its end."""


def _code(error: Any) -> Any:
    """The error code of `wasi:http` behind the error of a stream."""
    if isinstance(error, _streams.StreamError_LastOperationFailed):
        with error.value as cause:
            return _http.http_error_code(cause)
    return error


def _error(method: str, url: str, code: Any) -> FetchError:
    """`HttpRequestDenied`, from `ErrorCode_HttpRequestDenied`."""
    code = _code(code)
    name = type(code).__name__.partition("_")[2] or "InternalError"
    words = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", name).lower()
    words = re.sub(r"\b(dns|http|ip|tls|uri)\b", lambda word: word[0].upper(), words)
    details = getattr(code, "value", None)
    return FetchError(name, f"{method} {url}: {words}", details=None if details is None else str(details))
