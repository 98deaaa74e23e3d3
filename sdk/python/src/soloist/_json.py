from __future__ import annotations

import dataclasses
import json
from datetime import date, datetime
from enum import Enum
from typing import Any
from uuid import UUID

from soloist import _shapes, _time
from soloist._failure import Failure


def encode(value: Any) -> str:
    """JSON of plain values, dataclasses, enums, moments, UUIDs and failures.

    Raises `TypeError` or `ValueError` for what does not fit JSON.
    """
    text = json.dumps(value, default=_plain, allow_nan=False, ensure_ascii=False, separators=(",", ":"))
    # Half a pair of surrogates is no text.
    text.encode("utf-8")
    return text


def _plain(value: Any) -> Any:
    if dataclasses.is_dataclass(value) and not isinstance(value, type):
        named = _shapes.names(type(value))
        return {name: getattr(value, field) for field, name in named.items()}
    if isinstance(value, Enum):
        return value.value
    if isinstance(value, datetime):
        return _time.iso(value)
    if isinstance(value, date):
        return value.isoformat()
    if isinstance(value, UUID):
        return str(value)
    if isinstance(value, Failure):
        return value.to_dict()
    raise TypeError(f"a {type(value).__name__} does not fit JSON")


def decode(text: str, wanted: Any, *, again: bool) -> Any:
    """What `text` holds, as what is wanted.

    With `again`, a string that holds JSON of an object or a list is read as that where no string is wanted: the Python client
    of Durable Functions encodes inputs and events twice. Raises `Misfit`.
    """
    if again and is_nothing(text, wanted):
        return _shapes.fit(None, wanted)
    value = json.loads(text)
    if again and isinstance(value, str) and not _shapes.takes_text(wanted):
        value = _inner(value)
    return _shapes.fit(value, wanted)


def is_nothing(text: str, wanted: Any) -> bool:
    """True of null, and of empty text where something else is wanted: the JavaScript client of Durable Functions sends that
    where there is no input."""
    return text == "null" or (text == '""' and wanted is not _shapes.ANYTHING and not _shapes.takes_text(wanted))


def _inner(text: str) -> Any:
    if text.lstrip()[:1] not in ("{", "["):
        return text
    try:
        return json.loads(text)
    except ValueError:
        return text
