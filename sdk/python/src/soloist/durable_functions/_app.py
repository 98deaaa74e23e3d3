from __future__ import annotations

from typing import Any
from collections.abc import Callable

from soloist import _registry
from soloist.durable_functions._orchestrator import Function, serve


class Blueprint:
    """Functions that are declared by decorators. All of them belong to the component, whichever app registers them.

        app = df.DFApp()

        @app.orchestration_trigger(context_name="context")
        def greet_all(context): ...

        @app.activity_trigger(input_name="city")
        def greet(city): ...
    """

    def __init__(self, **_settings: Any) -> None:
        """Settings, such as `http_auth_level`, concern triggers that there are none of."""

    def function_name(self, name: str) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Gives a function another name: to be written above its trigger."""

        def rename(function: Callable[..., Any]) -> Callable[..., Any]:
            for registry in (_registry.orchestrators, _registry.activities):
                registry.rename(function, name)
            return function

        return rename

    def orchestration_trigger(self, context_name: str, orchestration: str | None = None) -> Callable[[Function], Function]:
        """Serves an orchestrator under its function's name, or the one of `orchestration`."""

        def register(function: Function) -> Function:
            serve(function, orchestration or function.__name__, any_name=False)
            return function

        return register

    def activity_trigger(
        self, input_name: str, activity: str | None = None
    ) -> Callable[[Callable[..., Any]], Callable[..., Any]]:
        """Serves an activity under its function's name, or the one of `activity`. It takes the input by `input_name`."""

        def register(function: Callable[..., Any]) -> Callable[..., Any]:
            _registry.check_blocking("activity", function)

            def call(context: Any, input: str) -> Any:
                wanted = _registry.wanted_by(function, input_name)
                return function(**{input_name: _registry.read_input(input, wanted)})

            served = _registry.Served(activity or function.__name__, call, any_name=False, function=function)
            _registry.activities.add(served)
            return function

        return register

    def register_functions(self, functions: Blueprint) -> None:
        """Nothing is left to do: a blueprint's functions are served once its module is imported."""


class DFApp(Blueprint):
    """The functions of an app."""
