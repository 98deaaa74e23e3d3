"""A host for the unit tests: it notes what is asked, and answers what the test has put in."""

from __future__ import annotations

import enum
from dataclasses import dataclass, field
from types import SimpleNamespace
from typing import Any

from soloist import _host


@dataclass(frozen=True)
class Ok:
    value: Any


@dataclass(frozen=True)
class Err(Exception):
    """Frozen, as that of the bindings is."""

    value: Any


@dataclass
class Failure:
    error_type: str
    message: str
    details: str | None
    non_retriable: bool


@dataclass
class RetryPolicy:
    max_attempts: int
    first_retry_interval: float
    backoff_coefficient: float
    max_retry_interval: float | None
    retry_timeout: float | None
    attempt_timeout: float | None


class Level(enum.Enum):
    TRACE = 0
    DEBUG = 1
    INFO = 2
    WARN = 3
    ERROR = 4


@dataclass
class Host:
    """Answers tasks by their ordinals: JSON, or a failure. What has none cannot be waited for."""

    answers: dict[int, str | Failure] = field(default_factory=dict)
    earliest: list[int] = field(default_factory=list)
    """The order of the answers in history; by ordinal if nothing is said."""
    name: str = "main"
    asked: list[Any] = field(default_factory=list)
    tasks: int = 0
    now: float = 1_000_000.0

    Level = Level

    def __enter__(self) -> Host:
        self._before = (_host.durable, _host.activity_context, _host.types, _host.Err)
        _host.durable = _host.activity_context = self
        _host.types = SimpleNamespace(Failure=Failure, RetryPolicy=RetryPolicy)
        _host.Err = Err
        return self

    def __exit__(self, *_: object) -> None:
        _host.durable, _host.activity_context, _host.types, _host.Err = self._before

    def _ask(self, *what: Any) -> int:
        self.asked.append(what)
        self.tasks += 1
        return self.tasks - 1

    def call_activity(self, name: str, input: str, retry: Any) -> int:
        return self._ask("activity", name, input, retry)

    def call_orchestrator(self, name: str, input: str, instance_id: str | None, retry: Any) -> int:
        return self._ask("orchestrator", name, input, instance_id, retry)

    def call_http(self, request: str, retry: Any) -> int:
        return self._ask("http", request, retry)

    def create_timer(self, fire_at: float) -> int:
        return self._ask("timer", fire_at)

    def wait_for_event(self, name: str) -> int:
        return self._ask("event", name)

    def cancel(self, task: int) -> None:
        self.asked.append(("cancel", task))

    def await_task(self, task: int) -> str:
        self.asked.append(("await", task))
        answer = self.answers[task]
        if isinstance(answer, Failure):
            raise Err(answer)
        return answer

    def await_any(self, tasks: list[int]) -> int:
        self.asked.append(("any", tasks))
        order = self.earliest or sorted(self.answers)
        return tasks.index(next(task for task in order if task in tasks))

    def await_all(self, tasks: list[int]) -> list[Ok | Err]:
        self.asked.append(("all", tasks))
        answers = [self.answers[task] for task in tasks]
        return [Err(answer) if isinstance(answer, Failure) else Ok(answer) for answer in answers]

    def send_event(self, instance_id: str, name: str, data: str) -> None:
        self.asked.append(("send", instance_id, name, data))

    def set_custom_status(self, status: str) -> None:
        self.asked.append(("status", status))

    def continue_as_new(self, input: str, keep_events: bool) -> None:
        self.asked.append(("continue", input, keep_events))

    def log(self, level: Level, message: str) -> None:
        self.asked.append(("log", level.name, message))

    def current_time(self) -> float:
        return self.now

    def function_name(self) -> str:
        return self.name

    def instance_id(self) -> str:
        return "night-7"

    def parent_instance_id(self) -> str | None:
        return None

    def is_replaying(self) -> bool:
        return False

    def new_guid(self) -> str:
        return "9fff5849-821c-5af6-a09e-893393c20963"

    def task_key(self) -> str:
        return "night-7/0"

    def attempt(self) -> int:
        return 1
