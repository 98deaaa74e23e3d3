"""Write Soloist orchestrators and activities in Python.

An orchestrator is a plain function. It asks for steps, waits for their answers, and is replayed from its history, so it
must be deterministic: side effects belong in activities.

    from soloist import ActivityContext, Context, activity, orchestrator

    @orchestrator
    def greet_all(ctx: Context, cities: list[str]) -> list[str]:
        return ctx.try_await_all([ctx.call_activity("greet", city) for city in cities])

    @activity
    def greet(ctx: ActivityContext, city: str) -> str:
        return f"Hello {city}!"

`python -m soloist build app.py -o app.wasm` makes the component. Orchestrators that are written for Durable Functions
run by `soloist.durable_functions`; activities reach web services by `soloist.http`.
"""

from soloist._activity import ActivityContext
from soloist._context import Context
from soloist._failure import Failure, TaskFailed
from soloist._http_call import HttpResponse
from soloist._registry import activity, orchestrator
from soloist._retry import RetryPolicy
from soloist._shapes import camel_case
from soloist._task import Task

__all__ = [
    "ActivityContext",
    "Context",
    "Failure",
    "HttpResponse",
    "RetryPolicy",
    "Task",
    "TaskFailed",
    "activity",
    "camel_case",
    "orchestrator",
]

__version__ = "0.1.0"
