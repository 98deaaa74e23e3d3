from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any
from collections.abc import Mapping

from soloist import _json, _shapes
from soloist._failure import Failure


@dataclass(frozen=True)
class HttpResponse:
    """What a web service answered, whatever the status."""

    status_code: int
    headers: dict[str, str] = field(default_factory=dict)
    content: str = ""

    @property
    def ok(self) -> bool:
        """True for a status of 200 to 299."""
        return 200 <= self.status_code < 300

    def header(self, name: str) -> str | None:
        """The header of that name, in whatever letters, or `None`."""
        return next((value for other, value in self.headers.items() if other.lower() == name.lower()), None)

    def json(self, returns: Any = _shapes.ANYTHING) -> Any:
        """What the content holds.

        Raises `Failure` of type `InvalidAnswer` if it is no JSON, or not what is wanted.
        """
        try:
            return _json.decode(self.content, returns, again=False)
        except ValueError as error:
            message = f"the content of a response with status {self.status_code} is not what was expected: {error}"
            raise Failure(Failure.INVALID_ANSWER, message, details=self.content) from None


def read_response(value: Any) -> HttpResponse:
    return HttpResponse(value["statusCode"], value.get("headers") or {}, value.get("content") or "")


def request(
    method: str, uri: str, headers: Mapping[str, str] | None, content: str | None, body: Any, async_pattern: bool
) -> dict[str, Any]:
    """A request as the host wants it. `body`, if there is one, is sent as JSON."""
    headers = dict(headers or {})
    if body is not None:
        if content is not None:
            raise ValueError("a request has either `content` or `json`")
        content = _json.encode(body)
        if not any(name.lower() == "content-type" for name in headers):
            headers["content-type"] = "application/json"
    asked: dict[str, Any] = {"method": method, "uri": uri}
    if headers:
        asked["headers"] = headers
    if content is not None:
        asked["content"] = content
    if not async_pattern:
        asked["asyncPattern"] = False
    return asked
