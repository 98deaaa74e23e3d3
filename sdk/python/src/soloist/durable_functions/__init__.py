"""Orchestrators in the style of Durable Functions for Python: generators that yield tasks.

What was written for that library runs here once its import is changed:

    import soloist.durable_functions as df

    def orchestrator_function(context: df.DurableOrchestrationContext):
        first = yield context.call_activity("F1", None)
        second = yield context.call_activity("F2", first)
        return second

    main = df.Orchestrator.create(orchestrator_function)

A module is served under its own name, as a function there has the name of its folder; so one component serves as many as its
main module imports. Functions that are declared on a `df.DFApp` or a `df.Blueprint` have the names given there.

Not offered: entities, and `token_source` of `call_http`. HTTP triggers and clients have no place in a component: the host
speaks their HTTP API itself.
"""

from soloist.durable_functions._app import Blueprint, DFApp
from soloist.durable_functions._context import DurableOrchestrationContext
from soloist.durable_functions._orchestrator import Orchestrator
from soloist.durable_functions._retry import RetryOptions
from soloist.durable_functions._tasks import Task

__all__ = ["Blueprint", "DFApp", "DurableOrchestrationContext", "Orchestrator", "RetryOptions", "Task"]
