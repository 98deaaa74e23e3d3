from __future__ import annotations

from datetime import datetime
from typing import Any
from collections.abc import Mapping, Sequence
from uuid import UUID

from soloist import Context, _host, _http_call, _json, _registry, _retry, _shapes
from soloist import Task as Asked
from soloist.durable_functions._retry import RetryOptions
from soloist.durable_functions._tasks import All, First, Request, Task


class DurableOrchestrationContext:
    """All that an orchestrator can do. What asks returns a `Task`, for the orchestrator to yield."""

    def __init__(self, context: Context, input: str) -> None:
        self._context = context
        self._input = input
        self._custom_status: Any = None
        self._continued = False

    # --- Ask

    def call_activity(self, name: str, input_: Any = None) -> Task:
        """Asks for an activity."""
        return Request(self._context.call_activity(name, input_))

    def call_activity_with_retry(self, name: str, retry_options: RetryOptions, input_: Any = None) -> Task:
        """Asks for an activity that the host tries again when it fails."""
        return Request(self._context.call_activity(name, input_, retry=retry_options.policy()))

    def call_sub_orchestrator(self, name: str, input_: Any = None, instance_id: str | None = None) -> Task:
        """Asks for a child: an instance of another orchestrator."""
        return Request(self._context.call_orchestrator(name, input_, instance_id=instance_id))

    def call_sub_orchestrator_with_retry(
        self, name: str, retry_options: RetryOptions, input_: Any = None, instance_id: str | None = None
    ) -> Task:
        """Asks for a child that the host starts again when it fails."""
        policy = retry_options.policy()
        return Request(self._context.call_orchestrator(name, input_, instance_id=instance_id, retry=policy))

    def call_http(
        self,
        method: str,
        uri: str,
        content: Any = None,
        headers: Mapping[str, str] | None = None,
        token_source: Any = None,
        enable_polling: bool = True,
    ) -> Task:
        """Asks the host to send an HTTP request. The answer is `{"statusCode": ..., "headers": ..., "content": ...}`.

        Content that is no text is sent as JSON.
        """
        if token_source is not None:
            raise NotImplementedError("there are no token sources here: put the token into `headers`")
        text = content if isinstance(content, str) else None
        body = None if isinstance(content, str) else content
        asked = _http_call.request(method, uri, headers, text, body, enable_polling)
        # Not by the context's own call, whose answer is another class.
        task = _host.durable.call_http(_json.encode(asked), _retry.to_host(None))
        return Request(Asked(task, f"{method} {uri}", _shapes.ANYTHING))

    def create_timer(self, fire_at: datetime) -> Request:
        """Asks to be woken at a moment; one without a time zone is of UTC."""
        return Request(self._context.create_timer(fire_at))

    def wait_for_external_event(self, name: str) -> Request:
        """Waits for an event that somebody raises or has raised."""
        return Request(self._context.wait_for_event(name))

    def task_all(self, activities: Sequence[Task]) -> Task:
        """All of these. It fails with the first failure in their order, once all are completed."""
        return All(activities)

    def task_any(self, activities: Sequence[Task]) -> Task:
        """The first of these: the answer is that task."""
        return First(activities)

    # --- Tell

    def set_custom_status(self, status: Any) -> None:
        """Sets what the status of this instance shows as `customStatus`."""
        self._custom_status = status
        self._context.set_custom_status(status)

    def continue_as_new(self, input_: Any, *, preserve_unprocessed_events: bool = True) -> None:
        """Ends this execution when the orchestrator returns, and starts the next with this input and an empty history."""
        self._continued = True
        self._context.continue_as_new(input_, keep_events=preserve_unprocessed_events)

    # --- Know

    def get_input(self) -> Any:
        """What the instance was started with."""
        return _registry.read_input(self._input, _shapes.ANYTHING)

    @property
    def instance_id(self) -> str:
        """The ID that this instance was started with."""
        return self._context.instance_id

    @property
    def parent_instance_id(self) -> str | None:
        """The instance that called this one, if one did."""
        return self._context.parent_instance_id

    @property
    def function_name(self) -> str:
        """The name that this orchestrator was started under."""
        return self._context.function_name

    @property
    def current_utc_datetime(self) -> datetime:
        """Orchestration time: the moment of the last answer that was consumed. It names its time zone, UTC."""
        return self._context.current_time

    @property
    def is_replaying(self) -> bool:
        """True while this repeats what an earlier run recorded. For diagnostics only."""
        return self._context.is_replaying

    @property
    def custom_status(self) -> Any:
        """What was set last."""
        return self._custom_status

    @property
    def will_continue_as_new(self) -> bool:
        """True once `continue_as_new` was called."""
        return self._continued

    def new_uuid(self) -> str:
        """A new UUID as text, the same on every replay."""
        return self._context.new_guid()

    def new_guid(self) -> UUID:
        """A new UUID, the same on every replay."""
        return UUID(self._context.new_guid())
