from __future__ import annotations

from datetime import datetime, timedelta, timezone

Length = timedelta | float
"""A length of time: a `timedelta`, or a number of seconds."""

_EPOCH = datetime(1970, 1, 1, tzinfo=timezone.utc)
_MILLISECOND = timedelta(milliseconds=1)


def milliseconds(length: Length) -> float:
    if isinstance(length, timedelta):
        return length / _MILLISECOND
    return float(length) * 1000


def from_host(moment: float) -> datetime:
    return _EPOCH + timedelta(milliseconds=moment)


def to_host(moment: datetime) -> float:
    """A moment that names no time zone is one of UTC."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    return (moment - _EPOCH) / _MILLISECOND


def iso(moment: datetime) -> str:
    """ISO 8601, in UTC, to the millisecond where there are any."""
    if moment.tzinfo is None:
        moment = moment.replace(tzinfo=timezone.utc)
    text = moment.astimezone(timezone.utc).isoformat(timespec="milliseconds" if moment.microsecond else "seconds")
    return text.replace("+00:00", "Z")
