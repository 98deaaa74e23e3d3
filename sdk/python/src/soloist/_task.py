from __future__ import annotations

from typing import Any, Generic, TypeVar

from soloist import _host, _json, _shapes
from soloist._failure import Failure, TaskFailed, from_host

T = TypeVar("T")


class Task(Generic[T]):
    """Something that the orchestrator asked for.

    It runs from the moment it was asked for, whether somebody waits or not. Losing the object takes nothing back: use
    `cancel` to give it up.
    """

    __slots__ = ("_again", "_outcome", "_returns", "_what", "id")

    id: int
    """The ordinal of the request in its execution: 0, 1, 2, the same on every replay."""

    def __init__(self, id: int, what: str, returns: Any, again: bool = False) -> None:
        self.id = id
        self._what = what
        self._returns = returns
        self._again = again
        self._outcome: tuple[Any, Failure | None] | None = None

    def wait(self) -> T:
        """Parks the orchestrator until history holds the answer, and returns it: at once if it is there already, and the
        same each time.

        Raises `TaskFailed` with the failure of the task.
        """
        return self._open(self._settle())

    def cancel(self) -> None:
        """Gives up a task that is not done, and records that.

        It then fails with `Canceled`. A running activity is interrupted, a child is terminated, and an event that the task
        would have owned goes to the next wait of its name. A task that is done stays done.
        """
        _host.durable.cancel(self.id)

    def __repr__(self) -> str:
        return f"<Task {self.id}: {self._what}>"

    def _settle(self, answer: Any = None) -> tuple[Any, Failure | None]:
        """What the task came to. `answer`: what the host said already."""
        if self._outcome is None:
            self._outcome = self._read(answer)
        return self._outcome

    def _read(self, answer: Any) -> tuple[Any, Failure | None]:
        if answer is None:
            try:
                text = _host.durable.await_task(self.id)
            except _host.Err as error:
                return None, from_host(error.value)
        elif isinstance(answer, _host.Err):
            return None, from_host(answer.value)
        else:
            text = answer.value
        try:
            return _json.decode(text, self._returns, again=self._again), None
        except _shapes.Misfit as misfit:
            message = f"the answer of {self._what} is not a {_shapes.shown(self._returns)}: {misfit}"
            return None, TaskFailed(Failure.INVALID_ANSWER, message, details=text)

    @staticmethod
    def _open(outcome: tuple[Any, Failure | None]) -> Any:
        value, failure = outcome
        if failure is not None:
            # Whoever waits twice gets a traceback of its own.
            raise failure.with_traceback(None)
        return value
