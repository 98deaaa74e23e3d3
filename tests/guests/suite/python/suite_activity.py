"""The activities of the suite, in Python: see ../../README.md for what each takes and returns."""

import time
from dataclasses import dataclass
from typing import Any

from soloist import ActivityContext, Failure, activity, camel_case
from soloist.http import fetch


@camel_case
@dataclass(frozen=True)
class City:
    name: str
    delay_ms: int = 0


@activity("say-hello")
def say_hello(ctx: ActivityContext, input: City) -> str:
    time.sleep(input.delay_ms / 1000)
    return f"Hello {input.name}!"


@activity("echo")
def echo(ctx: ActivityContext, input: Any) -> Any:
    return input


@activity("echo-python")
def echo_python(ctx: ActivityContext, input: Any) -> Any:
    return input


@dataclass(frozen=True)
class Trial:
    until: int


@activity("flaky")
def flaky(ctx: ActivityContext, input: Trial) -> int:
    if ctx.attempt < input.until:
        raise Failure("Flaky", f"attempt {ctx.attempt} of {input.until}")
    return ctx.attempt


@camel_case
@dataclass(frozen=True)
class Blame:
    error_type: str = "Declined"
    message: str = "no funds"
    details: str | None = None
    non_retriable: bool = False


@activity("fails")
def fails(ctx: ActivityContext, input: Blame = Blame()) -> None:
    raise Failure(input.error_type, input.message, input.details, input.non_retriable)


@dataclass(frozen=True)
class Words:
    message: str = "boom"


@activity("throws")
def throws(ctx: ActivityContext, input: Words = Words()) -> None:
    raise RuntimeError(input.message)


@dataclass(frozen=True)
class Length:
    ms: int


@activity("slow")
def slow(ctx: ActivityContext, input: Length) -> None:
    time.sleep(input.ms / 1000)


@activity("context")
def context(ctx: ActivityContext) -> dict[str, Any]:
    return {
        "functionName": ctx.function_name,
        "instanceId": ctx.instance_id,
        "taskKey": ctx.task_key,
        "attempt": ctx.attempt,
    }


@dataclass(frozen=True)
class Page:
    url: str


@activity("fetch")
def fetch_page(ctx: ActivityContext, input: Page) -> dict[str, Any]:
    response = fetch(input.url)
    return {"status": response.status, "text": response.text}
