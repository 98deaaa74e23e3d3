"""What a component exports: one class for each interface, by the name of the interface."""

from __future__ import annotations

import sys
from contextlib import AbstractContextManager, nullcontext
from typing import Any

from soloist import _host, _logging
from soloist._activity import ActivityContext
from soloist._context import Context
from soloist._failure import Failure, to_host
from soloist._registry import Registry, activities, orchestrators


class Orchestrator:
    """The interface `orchestrator`."""

    def run(self, input: str) -> str:
        context = Context()
        return _answer(orchestrators, context, input, _logging.to(context))


class Activity:
    """The interface `activity`."""

    def run(self, input: str) -> str:
        return _answer(activities, ActivityContext(), input, nullcontext())


def _answer(registry: Registry, context: Any, input: str, during: AbstractContextManager[None]) -> str:
    try:
        with during:
            return registry.run(context.function_name, context, input)
    except BaseException as error:
        # Also what is no `Exception`, such as `SystemExit`: anything else that leaves from here traps. So would an `Err`
        # that passes through a `with`, which writes to exceptions: it is frozen.
        raise _host.Err(to_host(Failure.from_exception(error))) from None
    finally:
        # What `print` holds back would be lost.
        sys.stdout.flush()
        sys.stderr.flush()


# A line is to be in the log while the orchestrator still waits.
for stream in (sys.stdout, sys.stderr):
    stream.reconfigure(line_buffering=True)  # type: ignore[union-attr]
_logging.install()
