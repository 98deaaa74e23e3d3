"""The functions of a component, by name."""

from __future__ import annotations

import inspect
import typing
from dataclasses import dataclass, replace
from typing import Any, TypeVar, overload
from collections.abc import Callable

from soloist import _json, _shapes
from soloist._failure import Failure

_Function = TypeVar("_Function", bound=Callable[..., Any])


@dataclass(frozen=True)
class Served:
    """One function of a component."""

    name: str
    """What it is called under, if there are several."""
    call: Callable[[Any, str], Any]
    """Takes the context and the input as JSON, and returns what the function does."""
    any_name: bool
    """True if it answers to whatever name the component is deployed under, as long as it is the only one."""
    function: Callable[..., Any] | None = None
    """What it was made of, where that may be renamed."""


class Registry:
    """The functions of one kind."""

    def __init__(self, kind: str) -> None:
        self.kind = kind
        self.served: dict[str, Served] = {}

    def add(self, served: Served) -> None:
        key = _key(served.name)
        if key in self.served:
            raise ValueError(f"there are two functions for the {self.kind} `{served.name}`: give one another name")
        self.served[key] = served

    def rename(self, function: Callable[..., Any], name: str) -> None:
        """Gives another name to what was made of a function."""
        for key, served in list(self.served.items()):
            if served.function is function:
                del self.served[key]
                self.add(replace(served, name=name))

    def find(self, name: str) -> Served:
        """The function of that name. Raises the failure `UnknownFunction` if there is none."""
        if len(self.served) == 1:
            (only,) = self.served.values()
            if only.any_name:
                return only
        found = self.served.get(_key(name))
        if found is None:
            names = ", ".join(served.name for served in self.served.values())
            message = f"this component does not serve the {self.kind} `{name}`, but {names or 'none'}"
            raise Failure(Failure.UNKNOWN_FUNCTION, message, non_retriable=True)
        return found

    def run(self, name: str, context: Any, input: str) -> str:
        """What the function of that name makes of an input: JSON of both."""
        output = self.find(name).call(context, input)
        try:
            return _json.encode(output)
        except (TypeError, ValueError) as error:
            message = f"the output of the {self.kind} `{name}` does not fit JSON: {error}"
            raise Failure(Failure.INVALID_OUTPUT, message, non_retriable=True) from None


def _key(name: str) -> str:
    # A function's name in Python has no hyphens, one in a URL often has.
    return name.replace("_", "-")


orchestrators = Registry("orchestrator")
activities = Registry("activity")


@overload
def orchestrator(function: _Function, /) -> _Function: ...
@overload
def orchestrator(name: str, /) -> Callable[[_Function], _Function]: ...
def orchestrator(what: Any, /) -> Any:
    """Makes an orchestrator of a function that takes a `Context` and an input, and returns the output.

        @orchestrator
        def greet_all(ctx: Context, cities: list[str]) -> list[str]: ...

        @orchestrator("close-account")
        def close(ctx: Context, account: Account) -> None: ...

    The input is read as its annotation says, and `null` is the parameter's default where it has one. A component with one
    function answers to any name it is deployed under; of several, the function's name picks one, `greet-all` for the first
    above. The function itself stays as it is.
    """
    return _register(orchestrators, what)


@overload
def activity(function: _Function, /) -> _Function: ...
@overload
def activity(name: str, /) -> Callable[[_Function], _Function]: ...
def activity(what: Any, /) -> Any:
    """Makes an activity of a function that takes an `ActivityContext` and an input, and returns the output.

        @activity
        def greet(ctx: ActivityContext, city: str) -> str: ...

    Names and input are as for `orchestrator`.
    """
    return _register(activities, what)


def _register(registry: Registry, what: Any) -> Any:
    def register(function: _Function, name: str | None = None) -> _Function:
        check_blocking(registry.kind, function)
        shown = name or function.__name__.replace("_", "-")
        registry.add(Served(shown, caller(function, registry.kind), any_name=name is None))
        return function

    if isinstance(what, str):
        return lambda function: register(function, what)
    return register(what)


def check_blocking(kind: str, function: Callable[..., Any]) -> None:
    """Refuses a function whose call would only make a coroutine or a generator."""
    if inspect.iscoroutinefunction(function) or inspect.isasyncgenfunction(function):
        raise TypeError(f"the {kind} `{function.__name__}` is `async`: write `def`, and wait with `.wait()`")
    if inspect.isgeneratorfunction(function):
        raise TypeError(
            f"the {kind} `{function.__name__}` yields: wait with `.wait()`, or use soloist.durable_functions"
        )


def caller(function: Callable[..., Any], kind: str) -> Callable[[Any, str], Any]:
    """Calls a function of a context and an input, which it may do without."""
    parameters = list(inspect.signature(function).parameters.values())
    if not 1 <= len(parameters) <= 2:
        raise TypeError(f"the {kind} `{function.__name__}` takes a context and an input, not {len(parameters)} parameters")

    def call(context: Any, input: str) -> Any:
        if len(parameters) == 1:
            return function(context)
        parameter = parameters[1]
        wanted = wanted_by(function, parameter.name)
        if parameter.default is not inspect.Parameter.empty and _json.is_nothing(input, wanted):
            return function(context)
        return function(context, read_input(input, wanted))

    return call


def wanted_by(function: Callable[..., Any], parameter: str) -> Any:
    """The annotation of a parameter. Not before it is called: a type may be defined further down."""
    return typing.get_type_hints(function).get(parameter, _shapes.ANYTHING)


def read_input(input: str, wanted: Any) -> Any:
    try:
        return _json.decode(input, wanted, again=True)
    except _shapes.Misfit as misfit:
        message = f"the input is not a {_shapes.shown(wanted)}: {misfit}"
        raise Failure(Failure.INVALID_INPUT, message, non_retriable=True) from None
