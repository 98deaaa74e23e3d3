from __future__ import annotations

from datetime import datetime
from typing import Any, Literal, TypeVar
from collections.abc import Mapping, Sequence

from soloist import _host, _http_call, _json, _retry, _time
from soloist._failure import Failure
from soloist._http_call import HttpResponse
from soloist._retry import RetryPolicy
from soloist._shapes import ANYTHING
from soloist._task import Task
from soloist._time import Length

T = TypeVar("T")

Level = Literal["trace", "debug", "info", "warn", "error"]
"""How loud a log line is."""


class Context:
    """All that an orchestrator can do.

    Everything here is recorded in history and replayed from it. What asks returns a `Task` at once, and the step runs while the
    orchestrator goes on; `Task.wait`, `await_any` and `await_all` park it.

    Where an answer is expected, `returns` names its type: a dataclass, `list[int]`, and so on. Without it the answer is
    what JSON holds. Lengths of time are `timedelta`s, or numbers of seconds.
    """

    # --- Ask

    def call_activity(
        self, name: str, input: Any = None, *, retry: RetryPolicy | None = None, returns: Any = ANYTHING
    ) -> Task[Any]:
        """Asks for an activity. With `retry` the host tries it again when it fails.

            total = ctx.call_activity("add-up", [1, 2], returns=int).wait()
        """
        task = _host.durable.call_activity(name, _json.encode(input), _retry.to_host(retry))
        return Task(task, f"activity `{name}`", returns)

    def call_orchestrator(
        self,
        name: str,
        input: Any = None,
        *,
        instance_id: str | None = None,
        retry: RetryPolicy | None = None,
        returns: Any = ANYTHING,
    ) -> Task[Any]:
        """Asks for a child: an instance of another orchestrator. Without `instance_id` the host derives an ID.

        A child that nobody awaits runs to its end. One that fails answers with its own failure, one that is terminated with
        `Terminated`; if an instance of that ID is live, the failure is `InstanceExists`.
        """
        task = _host.durable.call_orchestrator(name, _json.encode(input), instance_id, _retry.to_host(retry))
        return Task(task, f"orchestrator `{name}`", returns)

    def call_http(
        self,
        method: str,
        uri: str,
        *,
        headers: Mapping[str, str] | None = None,
        content: str | None = None,
        json: Any = None,
        async_pattern: bool = True,
        retry: RetryPolicy | None = None,
    ) -> Task[HttpResponse]:
        """Asks the host to send an HTTP request, to a host that the operator lists in `allow_hosts` of this function.

        `content` is text; `json` is any value, sent as JSON. Any status is an answer. A 202 with a `Location` is followed until
        the work behind it is done, unless `async_pattern` is false; no redirect is followed. With `retry`, 408, 429 and 5xx
        are tried again. After a crash the request may be sent a second time: send a header such as `idempotency-key` with a
        `new_guid()` where that matters.

            ctx.call_http("POST", "https://api.example.com/orders", json={"tea": 3}).wait().json()
        """
        asked = _http_call.request(method, uri, headers, content, json, async_pattern)
        task = _host.durable.call_http(_json.encode(asked), _retry.to_host(retry))
        return _HttpTask(task, f"{method} {uri}", ANYTHING)

    def create_timer(self, fire_at: datetime) -> Task[None]:
        """Asks to be woken at a moment. One that is past is answered at once; one without a time zone is of UTC."""
        return Task(_host.durable.create_timer(_time.to_host(fire_at)), "a timer", ANYTHING)

    def create_timer_after(self, length: Length) -> Task[None]:
        """Asks to be woken after a length of time, counted from `current_time`."""
        moment = _host.durable.current_time() + _time.milliseconds(length)
        return Task(_host.durable.create_timer(moment), "a timer", ANYTHING)

    def wait_for_event(self, name: str, *, returns: Any = ANYTHING) -> Task[Any]:
        """Waits for an event that somebody raises or has raised. Names compare without regard to ASCII case.

        The k-th wait of a name gets the k-th event of that name. A wait that you give up must be cancelled, or it takes the
        next event with it; `wait_for_event_within` sees to that.
        """
        return Task(_host.durable.wait_for_event(name), f"event `{name}`", returns, again=True)

    # --- Wait

    def await_any(self, tasks: Sequence[Task[Any]]) -> Task[Any]:
        """Parks until one of `tasks` is answered, and returns the one whose answer stands earliest in history.

            timer = ctx.create_timer_after(5)
            if ctx.await_any([offer, timer]) is offer:
                price = offer.wait()
        """
        if not tasks:
            raise ValueError("await_any was given no tasks: none could ever answer")
        return tasks[_host.durable.await_any([task.id for task in tasks])]

    def await_all(self, tasks: Sequence[Task[T]]) -> list[T | Failure]:
        """Parks until all of `tasks` are answered, and returns what each came to: its answer, or its `Failure`."""
        return [value if failure is None else failure for value, failure in self._outcomes(tasks)]

    def try_await_all(self, tasks: Sequence[Task[T]]) -> list[T]:
        """Parks until all of `tasks` are answered, and returns their answers.

        Raises the first failure in the order of `tasks`.
        """
        return [Task._open(outcome) for outcome in self._outcomes(tasks)]

    def _outcomes(self, tasks: Sequence[Task[Any]]) -> list[tuple[Any, Failure | None]]:
        answers = _host.durable.await_all([task.id for task in tasks])
        return [task._settle(answer) for task, answer in zip(tasks, answers)]

    def wait_for_event_within(self, name: str, length: Length, *, returns: Any = ANYTHING) -> Any:
        """Waits for an event, but not longer than `length`: its data, or `None` if time was up first.

        Neither is left behind: the wait is cancelled if the timer wins, so that a late event goes to the next wait of its
        name, and the timer if the event does.
        """
        event = self.wait_for_event(name, returns=returns)
        timer = self.create_timer_after(length)
        if self.await_any([event, timer]) is event:
            timer.cancel()
            return event.wait()
        event.cancel()
        return None

    # --- Tell

    def send_event(self, instance_id: str, name: str, data: Any = None) -> None:
        """Raises an event at another instance, exactly once. One that does not exist, or has ended, does not get it."""
        _host.durable.send_event(instance_id, name, _json.encode(data))

    def set_custom_status(self, status: Any) -> None:
        """Sets what the status of this instance shows as `customStatus`: at most 16 KiB of JSON."""
        _host.durable.set_custom_status(_json.encode(status))

    def continue_as_new(self, input: Any = None, *, keep_events: bool = True) -> Any:
        """Ends this execution when the orchestrator returns, and starts the next with `input` and an empty history.

        What the orchestrator then returns is dropped: write `return ctx.continue_as_new(count + 1)`, whatever its output is. If
        it fails, it fails. Without `keep_events`, events that have happened and were not waited for are gone; later ones are
        carried over all the same.
        """
        _host.durable.continue_as_new(_json.encode(input), keep_events)
        return None

    def log(self, level: Level, message: str) -> None:
        """Writes a line to the instance's log, once however often it is replayed."""
        _host.durable.log(getattr(_host.durable.Level, level.upper()), message)

    def trace(self, message: str) -> None:
        """Logs every detail."""
        self.log("trace", message)

    def debug(self, message: str) -> None:
        """Logs what a developer wants to see."""
        self.log("debug", message)

    def info(self, message: str) -> None:
        """Logs what an operator wants to see."""
        self.log("info", message)

    def warn(self, message: str) -> None:
        """Logs that something is odd."""
        self.log("warn", message)

    def error(self, message: str) -> None:
        """Logs that something failed."""
        self.log("error", message)

    # --- Know: the same answers on every replay

    @property
    def instance_id(self) -> str:
        """The ID that this instance was started with."""
        return _host.durable.instance_id()

    @property
    def function_name(self) -> str:
        """The name that this orchestrator was started under."""
        return _host.durable.function_name()

    @property
    def parent_instance_id(self) -> str | None:
        """The instance that called this one, if one did."""
        return _host.durable.parent_instance_id()

    @property
    def current_time(self) -> datetime:
        """Orchestration time, in UTC: the moment of the last answer that this orchestrator has consumed."""
        return _time.from_host(_host.durable.current_time())

    @property
    def is_replaying(self) -> bool:
        """True while this repeats what an earlier run recorded. For diagnostics only."""
        return _host.durable.is_replaying()

    def new_guid(self) -> str:
        """A new version 5 UUID, derived from the execution and a counter."""
        return _host.durable.new_guid()


class _HttpTask(Task[HttpResponse]):
    __slots__ = ()

    def _read(self, answer: Any) -> tuple[Any, Failure | None]:
        value, failure = super()._read(answer)
        return (None, failure) if failure else (_http_call.read_response(value), None)
