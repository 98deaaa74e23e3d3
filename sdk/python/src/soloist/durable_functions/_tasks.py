from __future__ import annotations

from typing import Any
from collections.abc import Sequence

import soloist
from soloist import Context, Failure


class Task:
    """What an orchestrator yields: a request, or several of them together."""

    def __init__(self) -> None:
        self._outcome: tuple[Any, Failure | None] | None = None

    @property
    def is_completed(self) -> bool:
        """True once the orchestrator has seen how the task ended: it was yielded, or it decided what was."""
        return self._outcome is not None

    @property
    def is_faulted(self) -> bool:
        """True if it is completed, and failed."""
        return self._outcome is not None and self._outcome[1] is not None

    @property
    def result(self) -> Any:
        """The answer, or the exception of a task that failed; `None` as long as it is not completed."""
        if self._outcome is None:
            return None
        answer, failure = self._outcome
        return answer if failure is None else failure

    def _open(self) -> tuple[Request, ...]:
        """The requests whose answers this still hangs on."""
        raise NotImplementedError

    def _look(self) -> None:
        """Completes what can be completed by what is known."""
        raise NotImplementedError

    def _complete(self, context: Context) -> tuple[Any, Failure | None]:
        """Parks until the task is completed, and returns its answer or its failure."""
        self._look()
        while self._outcome is None:
            requests = self._open()
            first = context.await_any([request.task for request in requests])
            next(request for request in requests if request.task is first).settle()
            self._look()
        return self._outcome


class Request(Task):
    """One request to the host."""

    def __init__(self, task: soloist.Task[Any]) -> None:
        super().__init__()
        self.task = task
        self._cancelled = False

    @property
    def is_cancelled(self) -> bool:
        """True if `cancel` was called."""
        return self._cancelled

    def cancel(self) -> None:
        """Gives up what is not completed: a timer, or any other request."""
        if self.is_completed:
            raise ValueError("a task that is completed cannot be cancelled")
        self._cancelled = True
        self.task.cancel()

    def settle(self, outcome: tuple[Any, Failure | None] | None = None) -> None:
        """Takes the answer, which is there."""
        self._outcome = outcome or self.task._settle()

    def _open(self) -> tuple[Request, ...]:
        return () if self.is_completed else (self,)

    def _look(self) -> None:
        pass

    def _complete(self, context: Context) -> tuple[Any, Failure | None]:
        self.settle()
        return self.task._settle()


class Several(Task):
    """Tasks that are yielded as one."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        super().__init__()
        self.children = list(tasks)
        for child in self.children:
            if not isinstance(child, Task):
                raise TypeError(f"a list of tasks holds a {type(child).__name__}: it takes what the context returns")

    def _open(self) -> tuple[Request, ...]:
        # One request may be in several of them.
        return tuple(dict.fromkeys(request for child in self.children for request in child._open()))

    def _requests(self) -> list[Request] | None:
        """The children, if all are single requests: the host then waits for them at once."""
        requests = [child for child in self.children if isinstance(child, Request)]
        return requests if len(requests) == len(self.children) else None


class All(Several):
    """Completed once all are. Its answer is theirs, in their order, or the first failure in their order."""

    def _look(self) -> None:
        for child in self.children:
            child._look()
        if self._outcome is None and all(child.is_completed for child in self.children):
            outcomes = [child._outcome for child in self.children if child._outcome]
            failures = [failure for _, failure in outcomes if failure is not None]
            self._outcome = (None, failures[0]) if failures else ([answer for answer, _ in outcomes], None)

    def _complete(self, context: Context) -> tuple[Any, Failure | None]:
        requests = self._requests()
        if requests:
            outcomes = context._outcomes([request.task for request in requests])
            for request, outcome in zip(requests, outcomes):
                request.settle(outcome)
        return super()._complete(context)


class First(Several):
    """Completed once one is. Its answer is that task, failed or not."""

    def __init__(self, tasks: Sequence[Task]) -> None:
        super().__init__(tasks)
        if not self.children:
            raise ValueError("task_any was given no tasks: none could ever be completed")

    def _look(self) -> None:
        for child in self.children:
            child._look()
        if self._outcome is None:
            first = next((child for child in self.children if child.is_completed), None)
            if first is not None:
                self._outcome = (first, None)

    def _complete(self, context: Context) -> tuple[Any, Failure | None]:
        requests = self._requests()
        if requests and self._outcome is None:
            # Also among those that are completed, history says which was first.
            first = context.await_any([request.task for request in requests])
            winner = next(request for request in requests if request.task is first)
            winner.settle()
            self._outcome = (winner, None)
        return super()._complete(context)
