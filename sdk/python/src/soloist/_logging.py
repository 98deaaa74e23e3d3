"""Brings what an orchestrator logs by Python's `logging` to the instance's log, at its level."""

from __future__ import annotations

import logging
from contextlib import contextmanager
from collections.abc import Iterator

from soloist._context import Context, Level

_current: Context | None = None


@contextmanager
def to(context: Context) -> Iterator[None]:
    """While this is open, lines go to the orchestrator's log; else to standard error."""
    global _current
    _current = context
    try:
        yield
    finally:
        _current = None


def level(number: int) -> Level:
    """The host's level for one of Python's."""
    if number >= logging.ERROR:
        return "error"
    if number >= logging.WARNING:
        return "warn"
    if number >= logging.INFO:
        return "info"
    return "debug" if number >= logging.DEBUG else "trace"


class _Handler(logging.StreamHandler):  # type: ignore[type-arg]
    def emit(self, record: logging.LogRecord) -> None:
        if _current is None:
            super().emit(record)
        else:
            _current.log(level(record.levelno), self.format(record))


def install() -> None:
    """Takes over the root logger, unless the program has set it up."""
    root = logging.getLogger()
    if not root.handlers:
        root.addHandler(_Handler())
        root.setLevel(logging.INFO)
