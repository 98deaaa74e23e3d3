from __future__ import annotations

import inspect
from collections.abc import Generator
from typing import Any
from collections.abc import Callable

from soloist import Context
from soloist._registry import Served, orchestrators
from soloist.durable_functions._context import DurableOrchestrationContext
from soloist.durable_functions._tasks import Task

Function = Callable[[DurableOrchestrationContext], Any]


class Orchestrator:
    """Makes orchestrators of generator functions."""

    @staticmethod
    def create(fn: Function, name: str | None = None) -> Function:
        """Serves a generator function under the name of its module, or another that is given.

        If it is the only orchestrator of the component, and no name is given, it answers to any.
        """
        shown = name or fn.__module__.rpartition(".")[2]
        serve(fn, shown, any_name=name is None)
        return fn


def serve(fn: Function, name: str, *, any_name: bool) -> None:
    """Registers a function of the context, be it a generator or one that never waits."""
    if inspect.iscoroutinefunction(fn):
        raise TypeError(f"the orchestrator `{name}` is `async`: write `def`, and `yield` what it waits for")

    def call(context: Context, input: str) -> Any:
        return drive(fn, context, input)

    orchestrators.add(Served(name, call, any_name=any_name, function=fn))


def drive(fn: Function, context: Context, input: str) -> Any:
    """Runs an orchestrator to its end: each task that it yields is waited for, and its answer handed back."""
    started = fn(DurableOrchestrationContext(context, input))
    if not isinstance(started, Generator):
        return started
    answer: Any = None
    failure: BaseException | None = None
    while True:
        try:
            task = started.send(answer) if failure is None else started.throw(failure)
        except StopIteration as end:
            return end.value
        if isinstance(task, Task):
            answer, failure = task._complete(context)
        else:
            message = f"an orchestrator yields tasks of its context, not a {type(task).__name__}"
            answer, failure = None, TypeError(message)
