from __future__ import annotations

import re
from types import TracebackType
from typing import Any

from soloist import _host


class Failure(Exception):
    """Why a step, or a whole orchestration, failed. Part of history.

    Raise one to fail with a type of your own. Any other exception that leaves a function becomes one: its class names the
    `error_type`, its text is the message, and its traceback the details.
    """

    INVALID_INPUT = "InvalidInput"
    """The input is not what the function takes."""
    INVALID_OUTPUT = "InvalidOutput"
    """What the function returned does not fit JSON."""
    INVALID_ANSWER = "InvalidAnswer"
    """A task was answered with something else than its caller expects."""
    UNKNOWN_FUNCTION = "UnknownFunction"
    """The component was deployed under a name that it does not serve."""

    error_type: str
    """Stable and machine-readable, such as `PaymentDeclined`."""
    message: str
    """One sentence for a person."""
    details: str | None
    """Anything that helps to find the reason, or nothing."""
    non_retriable: bool
    """True if a retry policy must not try again."""

    def __init__(
        self, error_type: str, message: str = "", details: str | None = None, non_retriable: bool = False
    ) -> None:
        super().__init__(error_type, message)
        self.error_type = error_type
        self.message = message
        self.details = details
        self.non_retriable = non_retriable

    def __str__(self) -> str:
        return f"{self.error_type}: {self.message}"

    def to_dict(self) -> dict[str, Any]:
        """The failure as JSON has it: `errorType`, `message`, `details`, `nonRetriable`."""
        return {
            "errorType": self.error_type,
            "message": self.message,
            "details": self.details,
            "nonRetriable": self.non_retriable,
        }

    @classmethod
    def from_exception(cls, error: BaseException) -> Failure:
        """The failure that an exception becomes; a failure stays what it is."""
        if isinstance(error, Failure):
            return error
        return Failure(type(error).__name__, str(error), details=traceback_of(error))


class TaskFailed(Failure):
    """What a task raises that failed. Where it is not caught, its failure becomes that of the orchestrator."""


def from_host(record: Any) -> TaskFailed:
    return TaskFailed(record.error_type, record.message, record.details, record.non_retriable)


def to_host(failure: Failure) -> Any:
    # What a program puts there is its own matter; what crosses is text.
    details = None if failure.details is None else _crossing(failure.details)
    return _host.types.Failure(
        _crossing(failure.error_type), _crossing(failure.message), details, bool(failure.non_retriable)
    )


def _crossing(text: Any) -> str:
    return str(text).encode("utf-8", "replace").decode("utf-8")


# A recursion that never ends has a thousand of them.
_FRAMES_MAX = 50


def traceback_of(error: BaseException) -> str:
    """The traceback of an exception and of those that led to it.

    Not by `traceback`, which looks for lines of source: a component has no files, and one without WASI traps.
    """
    lines: list[str] = []
    _describe(error, lines, set())
    return "\n".join(lines)


def _describe(error: BaseException, lines: list[str], seen: set[int]) -> None:
    seen.add(id(error))
    context = None if error.__suppress_context__ else error.__context__
    before = error.__cause__ or context
    if before is not None and id(before) not in seen:
        _describe(before, lines, seen)
        lines.append("which led to:" if error.__cause__ else "while it was handled:")
    lines.append("Traceback (most recent call last):")
    frames = _frames(error.__traceback__)
    cut = len(frames) - _FRAMES_MAX
    if cut > 0:
        half = _FRAMES_MAX // 2
        frames = [*frames[:half], f"  ... {cut} more", *frames[-half:]]
    lines.extend(frames)
    name, text = type(error).__name__, str(error)
    lines.append(f"{name}: {text}" if text else name)


def _frames(traceback: TracebackType | None) -> list[str]:
    frames: list[str] = []
    while traceback is not None:
        code = traceback.tb_frame.f_code
        # How the function came to be called is of no interest.
        if frames or not traceback.tb_frame.f_globals.get("__name__", "").startswith("soloist."):
            # The folders of sources are numbered where a component is made.
            name = re.sub(r"^/\d+/", "", code.co_filename)
            frames.append(f'  File "{name}", line {traceback.tb_lineno}, in {code.co_name}')
        traceback = traceback.tb_next
    return frames
