"""The orchestrators of the suite, in Python: see ../../README.md for what each takes and returns."""

import random
import time
from dataclasses import dataclass, field
from datetime import timedelta
from typing import Any

from soloist import Context, Failure, RetryPolicy, camel_case, orchestrator

CITIES = ["Tokyo", "Seattle", "London", "Cairo", "Lima"]


@camel_case
@dataclass(frozen=True)
class Delay:
    delay_ms: int = 0


@orchestrator("hello-cities")
def hello_cities(ctx: Context, input: Delay = Delay()) -> list[str]:
    return [ctx.call_activity("say-hello", {"name": city, "delayMs": input.delay_ms}).wait() for city in CITIES]


@camel_case
@dataclass(frozen=True)
class Timeout:
    timeout_ms: int = 60_000


@dataclass(frozen=True)
class Decision:
    approved: bool
    by: str | None = None


@orchestrator("approval")
def approval(ctx: Context, input: Timeout = Timeout()) -> dict[str, Any]:
    limit = timedelta(milliseconds=input.timeout_ms)
    ctx.set_custom_status({"stage": "waiting", "until": ctx.current_time + limit})
    decision = ctx.wait_for_event_within("Approval", limit, returns=Decision)
    ctx.set_custom_status({"stage": "decided"})
    if decision is None:
        return {"outcome": "timedOut"}
    return {"outcome": "approved" if decision.approved else "rejected", "by": decision.by}


@dataclass(frozen=True)
class Width:
    n: int = 100


@orchestrator("fan-out")
def fan_out(ctx: Context, input: Width = Width()) -> list[int]:
    return ctx.try_await_all([ctx.call_activity("echo", number) for number in range(input.n)])


@dataclass(frozen=True)
class Patience:
    failures: int = 2
    attempts: int = 5


@orchestrator("retry")
def retry(ctx: Context, input: Patience = Patience()) -> int:
    policy = RetryPolicy(input.attempts, timedelta(milliseconds=10), backoff_coefficient=2)
    return ctx.call_activity("flaky", {"until": input.failures + 1}, retry=policy).wait()


@camel_case
@dataclass(frozen=True)
class Blame:
    error_type: str = "Declined"
    message: str = "no funds"
    details: str | None = None
    non_retriable: bool = False


@orchestrator("fails")
def fails(ctx: Context, input: Blame = Blame()) -> None:
    raise Failure(input.error_type, input.message, input.details, input.non_retriable)


@orchestrator("catches")
def catches(ctx: Context, input: Blame = Blame()) -> dict[str, Any]:
    try:
        return ctx.call_activity("fails", input, retry=RetryPolicy(3, timedelta(milliseconds=10))).wait()
    except Failure as failure:
        return failure.to_dict()


@dataclass(frozen=True)
class Words:
    message: str = "boom"


@orchestrator("throws")
def throws(ctx: Context, input: Words = Words()) -> None:
    raise RuntimeError(input.message)


@dataclass(frozen=True)
class Family:
    n: int = 21
    instance: str | None = None


@orchestrator("child")
def child(ctx: Context, input: Family = Family()) -> int:
    return ctx.call_orchestrator("double", {"n": input.n}, instance_id=input.instance).wait()


@orchestrator("double")
def double(ctx: Context, input: Family) -> int:
    return ctx.call_activity("echo", 2 * input.n, returns=int).wait()


@orchestrator("child-fails")
def child_fails(ctx: Context, input: Blame = Blame()) -> dict[str, Any]:
    try:
        return ctx.call_orchestrator("fails", input).wait()
    except Failure as failure:
        return failure.to_dict()


@camel_case
@dataclass(frozen=True)
class Awaited:
    name: str = "Go"
    n: int = 1
    within_ms: int | None = None


@orchestrator("events")
def events(ctx: Context, input: Awaited = Awaited()) -> list[Any]:
    if input.within_ms is None:
        return [ctx.wait_for_event(input.name).wait() for _ in range(input.n)]
    limit = timedelta(milliseconds=input.within_ms)
    return [ctx.wait_for_event_within(input.name, limit) for _ in range(input.n)]


@dataclass(frozen=True)
class Letter:
    instance: str
    name: str = "Go"
    data: Any = None


@orchestrator("send")
def send(ctx: Context, input: Letter) -> str:
    ctx.send_event(input.instance, input.name, input.data)
    return "sent"


@dataclass(frozen=True)
class Count:
    n: int = 0
    until: int = 3


@orchestrator("counter")
def counter(ctx: Context, input: Count = Count()) -> int | None:
    if input.n >= input.until:
        return input.n
    ctx.call_activity("echo", input.n).wait()
    return ctx.continue_as_new(Count(input.n + 1, input.until))


@orchestrator("status")
def status(ctx: Context) -> str:
    for step in (1, 2):
        ctx.set_custom_status({"step": step})
        ctx.wait_for_event("Go").wait()
    return "done"


@orchestrator("log")
def log(ctx: Context) -> str:
    ctx.trace("trace before")
    ctx.debug("debug before")
    ctx.info("info before")
    ctx.warn("warn before")
    ctx.error("error before")
    ctx.call_activity("echo").wait()
    ctx.info("info after")
    return "logged"


@camel_case
@dataclass(frozen=True)
class Race:
    timer_ms: int = 60_000


@orchestrator("race")
def race(ctx: Context, input: Race = Race()) -> dict[str, Any]:
    timer = ctx.create_timer_after(timedelta(milliseconds=input.timer_ms))
    event = ctx.wait_for_event("Go")
    if ctx.await_any([timer, event]) is event:
        timer.cancel()
        return {"winner": "event", "value": event.wait()}
    event.cancel()
    return {"winner": "timer"}


@orchestrator("cancels")
def cancels(ctx: Context) -> str:
    slow = ctx.call_activity("slow", {"ms": 60_000})
    slow.cancel()
    try:
        slow.wait()
    except Failure as failure:
        return failure.error_type
    return "it was answered"


def reading(ctx: Context) -> dict[str, Any]:
    return {
        "now": time.time_ns() // 1_000_000,
        "random": random.random(),
        "guid": ctx.new_guid(),
        "time": round(ctx.current_time.timestamp() * 1000),
    }


@orchestrator("readings")
def readings(ctx: Context) -> dict[str, Any]:
    before = reading(ctx)
    ctx.set_custom_status(before)
    ctx.wait_for_event("Go").wait()
    return {"before": before, "after": reading(ctx)}


@dataclass(frozen=True)
class Request:
    uri: str
    method: str = "GET"
    headers: dict[str, str] = field(default_factory=dict)
    content: str | None = None


@orchestrator("http")
def http(ctx: Context, input: Request) -> dict[str, Any]:
    response = ctx.call_http(input.method, input.uri, headers=input.headers, content=input.content).wait()
    return {"statusCode": response.status_code, "content": response.content}


@orchestrator("context")
def context(ctx: Context) -> dict[str, Any]:
    return {
        "instanceId": ctx.instance_id,
        "functionName": ctx.function_name,
        "parentInstanceId": ctx.parent_instance_id,
        "guids": [ctx.new_guid(), ctx.new_guid()],
    }


@dataclass(frozen=True)
class Chain:
    activity: str
    n: int = 3
    rests: int = 0


@orchestrator("chain-python")
def chain(ctx: Context, input: Chain) -> list[Any]:
    answers: list[Any] = []
    for number in range(input.n):
        if answers and input.rests:
            ctx.create_timer_after(timedelta(milliseconds=input.rests)).wait()
        answers.append(ctx.call_activity(input.activity, number).wait())
    return answers
