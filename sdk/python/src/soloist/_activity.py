from __future__ import annotations

from soloist import _host


class ActivityContext:
    """What an activity may ask about its own call.

    An activity runs at least once: after a crash the host may run it again. `task_key` is the same each time, so that it
    serves as an idempotency key.
    """

    @property
    def function_name(self) -> str:
        """The name that this activity was called by."""
        return _host.activity_context.function_name()

    @property
    def instance_id(self) -> str:
        """The instance whose orchestrator called."""
        return _host.activity_context.instance_id()

    @property
    def task_key(self) -> str:
        """The same over all attempts of one call, and never used again."""
        return _host.activity_context.task_key()

    @property
    def attempt(self) -> int:
        """1 on the first attempt."""
        return _host.activity_context.attempt()
